//! Scratch.
use aparte_engine::*;
use aparte_protocol::engine::*;
use std::{fs::File, path::Path, sync::atomic::AtomicBool, time::Instant};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let b = Backends::load(Path::new("/work/main/target/debug/backends")).unwrap();
    eprintln!("LOADED BACKENDS");
    let f = File::open(&a[1]).unwrap();
    eprintln!("OPENED");
    let m = match Model::load(b, f, &mut |_| ()) {
        Ok(m) => m,
        Err(e) => {
            println!("{e}");
            return;
        }
    };
    let mut s = Session::open(&m).unwrap();
    println!("{:?}", s.facts());
    let n: usize = a[2].parse().unwrap();
    let g: u32 = a[3].parse().unwrap();
    let mut q = Generate {
        messages: vec![ChatMessage {
            role: Role::User,
            content: "The committee reads every report that it is sent. ".repeat(n / 10),
        }],
        sampling: Sampling {
            temperature: 0.0,
            top_p: 1.0,
            repeat_penalty: 1.0,
            seed: 1,
        },
        max_tokens: g,
    };
    for round in 0..3 {
        let mut last = Instant::now();
        let mut worst = 0.0f64;
        let mut steps = vec![];
        let mut text = String::new();
        let r = s.generate(&q, &AtomicBool::new(false), &mut |e| {
            let d = last.elapsed().as_secs_f64() * 1e3;
            last = Instant::now();
            match e {
                EngineEvent::Prompt { done, .. } => {
                    steps.push((done, d as u32));
                    worst = worst.max(d)
                }
                EngineEvent::Text(t) => text += &t,
                _ => (),
            }
        });
        println!("{round} {r:?}");
        if let Ok(r) = r {
            println!(
                "prompt {:?}/s gen {:?}/s worst step {worst:.0} ms",
                r.timings.prompt_tokens_per_s(),
                r.timings.generation_tokens_per_s()
            );
        }
        println!("{:?}", &steps[..steps.len().min(40)]);
        println!("{text:?}");
        if round == 1 {
            q.messages[0].content = q.messages[0].content.replacen("committee", "council", 1);
        }
    }
}
