//! How fast one core seals and opens, without any storing.

use std::hint::black_box;
use std::time::Instant;

use aparte_assistant::bench_support::{Failure, Sealer};

use crate::report::Report;

/// Of a message, of a page with its words, and of a large body.
const SIZES: [(usize, &str, &str); 3] = [
    (500, "seal_gb_per_s_500", "unseal_gb_per_s_500"),
    (8 << 10, "seal_gb_per_s_8k", "unseal_gb_per_s_8k"),
    (64 << 10, "seal_gb_per_s", "unseal_gb_per_s"),
];
/// Bytes a measurement.
const VOLUME: usize = 256 << 20;
const ROUNDS: usize = 9;

pub fn measure() -> Result<Report, Failure> {
    let sealer = Sealer::new()?;
    let mut report = Report::default();
    for (size, sealing, opening) in SIZES {
        let body = vec![b'a'; size];
        let times = VOLUME / size;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for _ in 0..times {
                black_box(sealer.seal(black_box(&body))?);
            }
            report.add(sealing, per_second(size * times, start));
            let sealed = sealer.seal(&body)?;
            let start = Instant::now();
            for _ in 0..times {
                let opened = sealer.open(black_box(&sealed));
                black_box(opened.ok_or("what was sealed does not open")?);
            }
            report.add(opening, per_second(size * times, start));
        }
    }
    Ok(report)
}

/// Gigabytes of bodies a second.
fn per_second(bytes: usize, since: Instant) -> f64 {
    bytes as f64 / 1e9 / since.elapsed().as_secs_f64()
}
