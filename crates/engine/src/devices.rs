//! What computes in this machine, and how much memory each device has.

use llama_cpp_2::{LlamaBackendDevice, LlamaBackendDeviceType, list_llama_ggml_backend_devices};
use llama_cpp_sys_2 as sys;

/// A processor or GPU that one of the compute libraries can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// ggml's name, for example `Vulkan0`.
    pub name: String,
    /// The maker's name, for example `NVIDIA GeForce RTX 4060`.
    pub description: String,
    /// What it is.
    pub kind: DeviceKind,
    /// Bytes of its memory that are free; zero when it does not tell.
    pub free: u64,
    /// Bytes of its memory; zero when it does not tell.
    pub total: u64,
    /// Where it stands in ggml's list.
    pub(crate) index: usize,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor, which every machine has.
    Processor,
    /// A GPU with memory of its own.
    Gpu,
    /// A GPU that uses the memory of the processor.
    IntegratedGpu,
}

/// Lists the devices of the libraries that are loaded, with what they say of their memory at this moment.
pub(crate) fn list() -> Vec<Device> {
    list_llama_ggml_backend_devices()
        .into_iter()
        .filter_map(device)
        .collect()
}

/// Has each GPU opened by its library, which does it at the first use otherwise: behind the walls of a worker, where nothing
/// can be opened any more.
pub(crate) fn open(devices: &[Device]) {
    for device in devices {
        if device.kind != DeviceKind::Processor {
            // SAFETY: ggml's list has not become shorter since the place was noted; what is asked for is a constant of the
            // open device.
            unsafe { sys::ggml_backend_dev_buffer_type(sys::ggml_backend_dev_get(device.index)) };
        }
    }
}

/// A device of ours; `None` for what only helps the processor along, as a library for matrices does.
fn device(listed: LlamaBackendDevice) -> Option<Device> {
    let kind = match listed.device_type {
        LlamaBackendDeviceType::Cpu => DeviceKind::Processor,
        // Where Metal is, all share one memory.
        LlamaBackendDeviceType::Gpu if cfg!(target_os = "macos") => DeviceKind::IntegratedGpu,
        LlamaBackendDeviceType::Gpu => DeviceKind::Gpu,
        LlamaBackendDeviceType::IntegratedGpu => DeviceKind::IntegratedGpu,
        LlamaBackendDeviceType::Accelerator | LlamaBackendDeviceType::Unknown => return None,
    };
    Some(Device {
        name: listed.name,
        description: listed.description.trim().to_owned(),
        kind,
        free: listed.memory_free as u64,
        total: listed.memory_total as u64,
        index: listed.index,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(device_type: LlamaBackendDeviceType) -> LlamaBackendDevice {
        LlamaBackendDevice {
            index: 3,
            name: "Name0".to_owned(),
            description: " A maker's name ".to_owned(),
            backend: "Name".to_owned(),
            memory_total: 8 << 30,
            memory_free: 7 << 30,
            device_type,
        }
    }

    #[test]
    fn a_device_says_what_it_is_and_what_memory_it_has() {
        let device = device(listed(LlamaBackendDeviceType::IntegratedGpu)).unwrap();
        assert_eq!(
            device,
            Device {
                name: "Name0".to_owned(),
                description: "A maker's name".to_owned(),
                kind: DeviceKind::IntegratedGpu,
                free: 7 << 30,
                total: 8 << 30,
                index: 3,
            }
        );
    }

    #[test]
    fn what_computes_nothing_on_its_own_is_no_device() {
        assert_eq!(device(listed(LlamaBackendDeviceType::Accelerator)), None);
        assert_eq!(device(listed(LlamaBackendDeviceType::Unknown)), None);
    }
}
