//! Which layers of a model go to which GPU, and how long a context fits.
//!
//! A plan is made from what is known before loading: the header, the devices and the free memory. It asks for no
//! more than fits, and steps down where the wish does not: fewer layers on GPUs, then a shorter context, half by half. The
//! context that was asked for comes before the GPU: when both cannot be had, the processor computes.
//! A machine without a GPU is nothing unusual and no step down.

use std::iter;

use aparte_protocol::engine::StepDown;

use crate::devices::{Device, DeviceKind};
use crate::memory::{Needs, Opening, movable_layers, needs, overhead};
use crate::preflight::Header;

/// How a model is loaded and opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How the context is opened: as wished, but perhaps shorter.
    pub opening: Opening,
    /// The GPUs that compute, in the order of the layers that they get. The processor has what comes before those.
    pub shares: Vec<Share>,
    /// Layers that can be on a GPU: those of the model, and what comes after the last.
    pub layers: u64,
    /// What is allocated where, the GPUs in the order of the shares.
    pub needs: Needs,
    /// Where the wish was not met.
    pub steps: Vec<StepDown>,
}

impl Plan {
    /// Layers on GPUs.
    pub fn layers_on_gpus(&self) -> u64 {
        self.shares.iter().map(|share| share.layers).sum()
    }

    /// Whether there is room for the context to be opened otherwise in the same places. `devices` and `free` are those of
    /// [`plan`].
    pub(crate) fn can_open(
        &self,
        opening: &Opening,
        header: &Header,
        devices: &[Device],
        free: u64,
    ) -> bool {
        self.is_held(
            &needs(header, opening, &self.split()),
            header,
            devices,
            free,
        )
    }

    /// Whether there is room for another context beside the planned one, in the same places.
    pub(crate) fn has_room_beside(
        &self,
        other: &Opening,
        header: &Header,
        devices: &[Device],
        free: u64,
    ) -> bool {
        let mut both = needs(header, other, &self.split());
        let own = iter::once(&self.needs.processor).chain(&self.needs.gpus);
        for (need, own) in iter::once(&mut both.processor)
            .chain(&mut both.gpus)
            .zip(own)
        {
            // The weights are there once.
            need.weights = 0;
            need.cache = need.cache.saturating_add(own.total());
        }
        self.is_held(&both, header, devices, free)
    }

    fn split(&self) -> Vec<u64> {
        self.shares.iter().map(|share| share.layers).collect()
    }

    fn is_held(&self, needs: &Needs, header: &Header, devices: &[Device], free: u64) -> bool {
        let room = Room::on(header, devices, free);
        let gpu = |share: &Share| room.gpus.iter().find(|gpu| gpu.device == share.device);
        let gpus: Vec<Gpu> = self.shares.iter().filter_map(gpu).copied().collect();
        gpus.len() == self.shares.len() && room.holds(needs, &gpus)
    }
}

/// What one GPU gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The GPU, as its place in the list of devices that the plan was made from.
    pub device: usize,
    /// How many layers, at least one.
    pub layers: u64,
}

/// The model fits nowhere, with the shortest context that makes sense. In bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoesNotFit {
    /// What the processor would need.
    pub needed: u64,
    /// What it may use.
    pub available: u64,
}

/// Plans for `header`'s model on a machine with these `devices` and `free` bytes in the memory of the processor.
///
/// # Errors
/// [`DoesNotFit`] when even the processor alone has no room for it with a short context.
pub fn plan(
    header: &Header,
    devices: &[Device],
    free: u64,
    wanted: &Opening,
) -> Result<Plan, DoesNotFit> {
    let room = Room::on(header, devices, free);
    let mut opening = *wanted;
    loop {
        if let Some((shares, needs)) = room.place(&opening) {
            return Ok(Plan {
                opening,
                steps: steps(header, devices, wanted, &opening, &shares),
                shares,
                layers: movable_layers(header),
                needs,
            });
        }
        match shorter(header, &opening) {
            Some(context) => opening.context = context,
            None => {
                return Err(DoesNotFit {
                    needed: room.needed(&needs(header, &opening, &[])),
                    available: room.available,
                });
            }
        }
    }
}

/// Takes the GPUs of `plan`, for which they had no room after all, to have room for half of it: the next plan asks for less, and
/// at last for nothing.
pub(crate) fn trust_less(devices: &mut [Device], plan: &Plan) {
    for (share, need) in plan.shares.iter().zip(&plan.needs.gpus) {
        let device = &mut devices[share.device];
        let half = margin_of_gpu(device.total.max(device.free)).saturating_add(need.total() / 2);
        device.free = device.free.min(half);
    }
}

/// Shorter contexts than this cannot hold a question with its passages.
const SHORTEST_CONTEXT: u32 = 2048;

/// Passages are shorter than this, in tokens.
const SHORTEST_TEXT: u32 = 256;

/// Half of the context, but not less than what makes sense or what the model knows; `None` when it is that short already.
fn shorter(header: &Header, opening: &Opening) -> Option<u32> {
    let sensible = if opening.has_rows {
        SHORTEST_TEXT
    } else {
        SHORTEST_CONTEXT
    };
    let shortest = match header.context_length {
        0 => sensible,
        trained => trained.min(sensible),
    };
    (opening.context > shortest).then(|| (opening.context / 2).max(shortest))
}

/// What the system keeps: a sixteenth of what is free, and no more than it makes use of.
fn margin_of_processor(free: u64) -> u64 {
    (free / 16).min(1 << 30)
}

/// What a driver and the screen take beside what llama.cpp asks for.
fn margin_of_gpu(total: u64) -> u64 {
    (256 << 20) + total / 16
}

/// A GPU and how much of it may be used.
#[derive(Clone, Copy)]
struct Gpu {
    /// Its place in the list of devices.
    device: usize,
    available: u64,
    /// Whether its memory is that of the processor.
    is_shared: bool,
}

/// The GPUs that have room for anything, the largest first. Integrated ones are slower, and serve only where there are no others.
fn usable_gpus(devices: &[Device]) -> Vec<Gpu> {
    let of = |kind: DeviceKind| -> Vec<Gpu> {
        let mut gpus: Vec<Gpu> = devices
            .iter()
            .enumerate()
            .filter(|(_, device)| device.kind == kind)
            .map(|(place, device)| Gpu {
                device: place,
                available: device
                    .free
                    .saturating_sub(margin_of_gpu(device.total.max(device.free))),
                is_shared: kind == DeviceKind::IntegratedGpu,
            })
            .filter(|gpu| gpu.available > 0)
            .collect();
        gpus.sort_by_key(|gpu| std::cmp::Reverse(gpu.available));
        gpus
    };
    let own = of(DeviceKind::Gpu);
    if own.is_empty() {
        of(DeviceKind::IntegratedGpu)
    } else {
        own
    }
}

/// Where a model may go.
struct Room<'a> {
    header: &'a Header,
    gpus: Vec<Gpu>,
    /// Bytes in the memory of the processor.
    available: u64,
}

impl<'a> Room<'a> {
    fn on(header: &'a Header, devices: &[Device], free: u64) -> Room<'a> {
        Room {
            header,
            gpus: usable_gpus(devices),
            available: free.saturating_sub(margin_of_processor(free)),
        }
    }

    /// Puts as many layers as possible on as few GPUs as possible; `None` when there is no room even without them.
    fn place(&self, opening: &Opening) -> Option<(Vec<Share>, Needs)> {
        for layers in (1..=movable_layers(self.header)).rev() {
            for count in 1..=self.gpus.len() {
                let gpus = &self.gpus[..count];
                let on_gpus = split(layers, gpus);
                let needs = needs(self.header, opening, &on_gpus);
                // A GPU that would get nothing is no part of the plan.
                if on_gpus.contains(&0) || !self.holds(&needs, gpus) {
                    continue;
                }
                let shares = gpus
                    .iter()
                    .zip(on_gpus)
                    .map(|(gpu, layers)| Share {
                        device: gpu.device,
                        layers,
                    })
                    .collect();
                return Some((shares, needs));
            }
        }
        let needs = needs(self.header, opening, &[]);
        self.holds(&needs, &[]).then(|| (Vec::new(), needs))
    }

    fn holds(&self, needs: &Needs, gpus: &[Gpu]) -> bool {
        let shared = gpus
            .iter()
            .zip(&needs.gpus)
            .filter(|(gpu, _)| gpu.is_shared)
            .fold(0_u64, |sum, (_, need)| sum.saturating_add(need.total()));
        gpus.iter()
            .zip(&needs.gpus)
            .all(|(gpu, need)| need.total() <= gpu.available)
            && self.needed(needs).saturating_add(shared) <= self.available
    }

    /// What the process takes in the memory of the processor.
    fn needed(&self, needs: &Needs) -> u64 {
        needs
            .processor
            .total()
            .saturating_add(overhead(self.header))
    }
}

/// Splits layers over GPUs by the memory that they have: the larger the GPU, the sooner it gets what does not divide.
fn split(layers: u64, gpus: &[Gpu]) -> Vec<u64> {
    let all: u128 = gpus.iter().map(|gpu| u128::from(gpu.available)).sum();
    let mut given = 0;
    let mut seen: u128 = 0;
    gpus.iter()
        .map(|gpu| {
            seen += u128::from(gpu.available);
            // Rounded up, so that the sum is exact and the first gets the rest. The quotient is at most `layers`.
            let until = (u128::from(layers) * seen).div_ceil(all.max(1)) as u64;
            let share = until - given;
            given = until;
            share
        })
        .collect()
}

fn steps(
    header: &Header,
    devices: &[Device],
    wanted: &Opening,
    opening: &Opening,
    shares: &[Share],
) -> Vec<StepDown> {
    let mut steps = Vec::new();
    let of = movable_layers(header);
    let layers = shares.iter().map(|share| share.layers).sum();
    let gpus = || {
        devices
            .iter()
            .filter(|device| device.kind != DeviceKind::Processor)
    };
    match gpus().map(|gpu| gpu.free).max() {
        None => {}
        Some(0) => steps.push(StepDown::GpuMemoryUnknown),
        Some(free) if layers == 0 => steps.push(StepDown::GpuTooSmall { free }),
        Some(_) if layers < of => steps.push(StepDown::FewerLayersOnGpu { layers, of }),
        Some(_) => {}
    }
    if opening.context < wanted.context {
        steps.push(StepDown::ShorterContext {
            wanted: wanted.context,
            given: opening.context,
        });
    }
    steps
}

#[cfg(test)]
mod tests;
