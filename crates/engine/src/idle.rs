//! How much of the processor nobody uses: whether there is room for one more thread.

use std::fs::File;

/// Where Linux counts the time that its cores were idle, held open: a worker behind its walls opens nothing more. Other
/// systems do not say it through a descriptor.
const UPTIME: &str = "/proc/uptime";

/// The idle time of all cores, where the system tells it.
#[derive(Debug)]
pub(crate) struct IdleTime(Option<File>);

impl IdleTime {
    /// Opens what tells it.
    pub(crate) fn open() -> IdleTime {
        IdleTime(match cfg!(target_os = "linux") {
            true => File::open(UPTIME).ok(),
            false => None,
        })
    }

    /// Seconds since the system started in which a core had nothing to do, of all cores together.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let mut bytes = [0; 64];
        let length = read_from_start(self.0.as_ref()?, &mut bytes)?;
        parse(std::str::from_utf8(&bytes[..length]).ok()?)
    }
}

#[cfg(unix)]
fn read_from_start(file: &File, bytes: &mut [u8]) -> Option<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, 0).ok()
}

#[cfg(not(unix))]
fn read_from_start(_file: &File, _bytes: &mut [u8]) -> Option<usize> {
    None
}

/// The second of two numbers: seconds since the start, and idle ones (Linux, proc_uptime(5)).
fn parse(uptime: &str) -> Option<f64> {
    let idle: f64 = uptime.split_ascii_whitespace().nth(1)?.parse().ok()?;
    idle.is_finite().then_some(idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_the_second_number() {
        assert_eq!(parse("350735.47 234388.90\n"), Some(234_388.9));
        for nonsense in ["", "12.0", "12.0 many", "12.0 nan", "1 inf"] {
            assert_eq!(parse(nonsense), None, "{nonsense:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_it_again_and_again() {
        let idle = IdleTime::open();
        let before = idle.seconds().expect("Linux tells it");
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert!(idle.seconds().expect("a second time") >= before);
    }
}
