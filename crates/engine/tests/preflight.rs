//! Model files that are wrong in every way that anybody thought of: each is refused by the look at its header, with a
//! reason, and with little memory.

#[path = "preflight/bad_files.rs"]
mod bad_files;
#[expect(dead_code, reason = "nothing is cut out of a real model here")]
mod gguf;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use aparte_engine::preflight::{Header, preflight};
use aparte_protocol::engine::LoadFailure;

use gguf::{Gguf, Tensor, Value};

/// What the look at a header may take, in bytes.
const MEMORY_LIMIT: usize = 64 << 20;

#[test]
fn every_bad_file_is_refused_for_a_reason_and_with_little_memory() {
    let files = bad_files::all();
    let mut wrong = Vec::new();
    let mut different = HashSet::new();
    let mut most = 0;
    for bad_files::BadFile {
        what,
        bytes,
        reason,
    } in &files
    {
        different.insert(bytes);
        let (verdict, peak) = measured(bytes);
        most = most.max(peak);
        let said = match verdict {
            Ok(_) => "it was accepted".to_owned(),
            Err(failure) if !failure.to_string().contains(reason) => {
                format!("refused with “{failure}”, which does not say “{reason}”")
            }
            Err(_) if peak > MEMORY_LIMIT => format!("{peak} bytes of memory were taken"),
            Err(_) => continue,
        };
        wrong.push(format!("{what}: {said}"));
    }
    println!(
        "{} files, {} of them different, at most {most} bytes of memory",
        files.len(),
        different.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(different.len() >= 300, "only {} files", different.len());
}

#[test]
fn the_file_that_all_bad_ones_are_made_of_is_sound() {
    let header = measured(&Gguf::sound().bytes()).0.unwrap();
    assert_eq!(header.block_count, u64::from(gguf::LAYERS));
    assert_eq!(header.embedding_length, gguf::WIDTH);
}

#[test]
fn a_file_that_is_read_in_and_written_again_is_the_same() {
    let bytes = Gguf::sound().bytes();
    assert!(Gguf::read(&bytes).bytes() == bytes);
}

#[test]
fn a_sound_file_that_is_larger_than_any_other_takes_little_memory() {
    // More than a million tokens, and as many tensors and keys as are ever read.
    let tokens: Vec<String> = (0..1_500_000)
        .map(|token| format!("token{token}"))
        .collect();
    let count = tokens.len();
    let mut file = Gguf::sound()
        .with("tokenizer.ggml.tokens", Value::texts(&tokens))
        .with(
            "tokenizer.ggml.token_type",
            Value::repeated(gguf::I32, &1_i32.to_le_bytes(), count),
        )
        .with_tensor("token_embd.weight", |tensor| {
            // Blocks of 32 numbers in 18 bytes.
            tensor.extents[1] = count as u64;
            *tensor = tensor.clone().with_type(2, count * 18);
        });
    for number in file.tensors.len()..1 << 17 {
        let name = format!("{number:0>63}");
        file.tensors.push(Tensor::new(&name, &[1]));
    }
    for number in file.keys.len()..1 << 14 {
        let name = format!("{number:0>128}");
        file = with_another(file, &name, Value::text("a text that nobody asked for"));
    }
    let (verdict, peak) = measured(&file.bytes());
    assert_eq!(verdict.map(|header| header.token_count), Ok(count as u64));
    println!("{peak} bytes of memory");
    assert!(peak < MEMORY_LIMIT, "{peak} bytes of memory were taken");
}

#[test]
fn names_and_lists_without_end_take_little_memory() {
    let mut long_names = Gguf::sound();
    for number in 0..1_500 {
        let name = format!("{number:0>60000}");
        long_names = with_another(long_names, &name, Value::number(1));
    }
    let mut lists = Gguf::sound();
    for number in 0..1 << 13 {
        let name = format!("{number}.attention.head_count");
        lists = with_another(lists, &name, Value::numbers(&[1; 512]));
    }
    for (file, is_sound) in [(long_names, true), (lists, false)] {
        let (verdict, peak) = measured(&file.bytes());
        assert_eq!(verdict.is_ok(), is_sound);
        assert!(peak < MEMORY_LIMIT, "{peak} bytes of memory were taken");
    }
}

/// The corpus of the fuzz target (`fuzz/`): what once was found does no harm in any later build.
#[test]
fn every_input_of_the_fuzz_corpus_is_taken_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/preflight");
    let (mut taken, mut refused) = (0, 0);
    for input in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(input.unwrap().path()).unwrap();
        let (weights, header) = bytes.split_first_chunk().unwrap();
        let length = header.len() as u64 + u64::from(u32::from_le_bytes(*weights));
        match preflight(&mut Cursor::new(header), length) {
            Ok(_) => taken += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
}

/// Adds a key whose name is known to be new.
fn with_another(mut file: Gguf, name: &str, value: Value) -> Gguf {
    file.keys.push((name.as_bytes().to_vec(), value));
    file
}

/// What is said of a file, and the most bytes that this thread had at a time while it was looked at.
fn measured(bytes: &[u8]) -> (Result<Header, LoadFailure>, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let verdict = preflight(&mut Cursor::new(bytes), bytes.len() as u64);
    (verdict, PEAK.get() - before)
}

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The system's memory, with an account of what each thread holds of it.
struct Counted;

#[global_allocator]
static MEMORY: Counted = Counted;

impl Counted {
    fn took(bytes: usize) {
        let held = HELD.get().wrapping_add(bytes);
        HELD.set(held);
        PEAK.set(PEAK.get().max(held));
    }

    /// What another thread took may be given back here: the account of both is off then, and they hold little.
    fn gave_back(bytes: usize) {
        HELD.set(HELD.get().saturating_sub(bytes));
    }
}

// SAFETY: everything is the system's; counting allocates nothing.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counted::took(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Counted::gave_back(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // For a moment there may be both.
        Counted::took(size);
        // SAFETY: as the caller promises.
        let moved = unsafe { System.realloc(pointer, layout, size) };
        Counted::gave_back(layout.size());
        moved
    }
}
