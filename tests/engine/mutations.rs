//! Model files with something changed: a field of the header, a piece of the vocabulary, a weight, the length.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::campaign::Dice;
use crate::gguf::{Gguf, Place};

/// A sound model that mutants are made of.
pub struct Stock {
    bytes: Vec<u8>,
    /// Short pieces of the header: counts, types, lengths, names, values.
    fields: Vec<Place>,
    /// Long lists, which are the vocabulary.
    lists: Vec<Place>,
    data: Range<usize>,
}

/// What is changed in a file.
pub struct Mutation {
    /// In words.
    pub what: String,
    change: Change,
}

enum Change {
    /// Other bytes at some places.
    Patches(Vec<(usize, Vec<u8>)>),
    /// The first bytes alone.
    Cut(usize),
    /// Everything, and then more.
    Longer(Vec<u8>),
    /// The header becomes another, and the data follow it as it is.
    Header(Vec<u8>),
}

/// A file that is changed and mended again and again.
pub struct Ground {
    path: PathBuf,
    file: File,
}

/// Places longer than this are lists.
const LONGEST_FIELD: usize = 4096;

impl Stock {
    pub fn new(model: &Gguf) -> Stock {
        let (bytes, mut places) = model.write();
        let data = places.pop().expect("the data are the last place").bytes;
        places.retain(|place| !place.bytes.is_empty());
        let (lists, fields) = places
            .into_iter()
            .partition(|place| place.bytes.len() > LONGEST_FIELD);
        Stock {
            bytes,
            fields,
            lists,
            data,
        }
    }

    /// The mutation that has this number: the same at every run.
    pub fn mutation(&self, number: u64) -> Mutation {
        let mut dice = Dice::new(number);
        let (what, change) = match dice.below(100) {
            0..50 => self.change_field(&mut dice),
            50..58 => self.exchange_fields(&mut dice),
            58..68 => self.change_list(&mut dice),
            68..78 => self.change_data(&mut dice),
            78..86 => self.cut(&mut dice),
            86..90 => self.lengthen(&mut dice),
            _ => self.splice(&mut dice),
        };
        Mutation { what, change }
    }

    fn change_field(&self, dice: &mut Dice) -> (String, Change) {
        let mut what = Vec::new();
        let mut patches = Vec::new();
        for _ in 0..1 + dice.below(8) / 6 {
            let Place { what: name, bytes } = dice.one(&self.fields);
            let old = &self.bytes[bytes.clone()];
            let new = other_value(old, dice);
            what.push(format!("{name} was {} and is {}", shown(old), shown(&new)));
            patches.push((bytes.start, new));
        }
        (what.join(", "), Change::Patches(patches))
    }

    fn exchange_fields(&self, dice: &mut Dice) -> (String, Change) {
        let one = dice.one(&self.fields);
        let same: Vec<_> = self
            .fields
            .iter()
            .filter(|place| place.bytes.len() == one.bytes.len())
            .collect();
        let other = *dice.one(&same);
        let bytes = |place: &Place| self.bytes[place.bytes.clone()].to_vec();
        let patches = vec![
            (one.bytes.start, bytes(other)),
            (other.bytes.start, bytes(one)),
        ];
        let what = format!("{} and {} are exchanged", one.what, other.what);
        (what, Change::Patches(patches))
    }

    fn change_list(&self, dice: &mut Dice) -> (String, Change) {
        if self.lists.is_empty() {
            return self.change_field(dice);
        }
        let Place { what, bytes } = dice.one(&self.lists);
        let at = bytes.start + dice.below(bytes.len());
        let length = (1 + dice.below(16)).min(bytes.end - at);
        let new = other_value(&self.bytes[at..at + length], dice);
        let what = format!("{what}, at {at}: {}", shown(&new));
        (what, Change::Patches(vec![(at, new)]))
    }

    fn change_data(&self, dice: &mut Dice) -> (String, Change) {
        let at = self.data.start + dice.below(self.data.len());
        let length = (1 << dice.below(16)).min(self.data.end - at);
        let new = match dice.below(4) {
            0 => vec![0xff; length],
            1 => vec![0; length],
            // Not a number, and far too large a one, in 32 bits.
            2 => 0x7fc0_0001_u32.to_le_bytes().repeat(length.div_ceil(4))[..length].to_vec(),
            _ => dice.bytes(length),
        };
        let what = format!("{length} bytes of weights at {at}");
        (what, Change::Patches(vec![(at, new)]))
    }

    fn cut(&self, dice: &mut Dice) -> (String, Change) {
        let length = match dice.below(3) {
            0 => dice.one(&self.fields).bytes.start,
            1 => dice.below(self.data.start),
            _ => dice.below(self.bytes.len()),
        };
        (format!("cut to {length} bytes"), Change::Cut(length))
    }

    fn lengthen(&self, dice: &mut Dice) -> (String, Change) {
        let length = 1 + dice.below(5_000);
        let more = dice.bytes(length);
        (format!("{length} bytes more"), Change::Longer(more))
    }

    /// Takes a run of fields out, doubles it, or puts another one there, without mending any count.
    fn splice(&self, dice: &mut Dice) -> (String, Change) {
        let run = |dice: &mut Dice| {
            let first = dice.below(self.fields.len());
            let last = (first + dice.below(4)).min(self.fields.len() - 1);
            let (first, last) = (&self.fields[first], &self.fields[last]);
            (first.what.clone(), first.bytes.start..last.bytes.end)
        };
        let (name, bytes) = run(dice);
        let mut header = self.bytes[..self.data.start].to_vec();
        let length = bytes.len();
        let what = match dice.below(3) {
            0 => {
                header.drain(bytes);
                format!("without {name} and what follows, {length} bytes")
            }
            1 => {
                let again = header[bytes.clone()].to_vec();
                header.splice(bytes.start..bytes.start, again);
                format!("{name} and what follows twice, {length} bytes")
            }
            _ => {
                let (other, from) = run(dice);
                let strange = header[from].to_vec();
                header.splice(bytes, strange);
                format!("{other} and what follows in the place of {name}")
            }
        };
        (what, Change::Header(header))
    }
}

/// Other bytes in the place of a field: numbers at the edges of what they can be, and neighbours of what it was.
fn other_value(old: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut new = old.to_vec();
    let at = dice.below(old.len());
    match dice.below(10) {
        0..=2 => new[at] ^= 1 << dice.below(8),
        3 => new[at] = dice.number() as u8,
        4 => new.fill(*dice.one(&[0, 0xff, 0x7f, 0x80])),
        5 => new = dice.bytes(old.len()),
        _ => {
            let size = old.len().min(8);
            let mut number = [0; 8];
            number[..size].copy_from_slice(&old[..size]);
            let number = u64::from_le_bytes(number);
            let number = match dice.below(10) {
                0 => number.wrapping_add(1),
                1 => number.wrapping_sub(1),
                2 => number.wrapping_mul(2),
                3 => number / 2,
                4 => 0,
                5 => 1,
                6 => dice.below(64) as u64,
                7 => 1 << dice.below(64),
                8 => u64::from(dice.one(&[f32::NAN, f32::INFINITY, -1.0, 1e30]).to_bits()),
                _ => number ^ 1 << dice.below(64),
            };
            new[..size].copy_from_slice(&number.to_le_bytes()[..size]);
        }
    }
    new
}

fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        ..=8 => format!("{bytes:?}"),
        _ => format!("{:?}…", String::from_utf8_lossy(&bytes[..8])),
    }
}

impl Ground {
    /// A file that holds the sound model.
    pub fn new(path: &Path, stock: &Stock) -> Ground {
        std::fs::write(path, &stock.bytes).expect("there is room for a small model");
        Ground {
            path: path.to_owned(),
            file: OpenOptions::new()
                .write(true)
                .open(path)
                .expect("it was just written"),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the change, and gives back what mends it.
    pub fn apply(&mut self, mutation: &Mutation, stock: &Stock) {
        match &mutation.change {
            Change::Patches(patches) => {
                for (at, new) in patches {
                    self.put(*at, new);
                }
            }
            Change::Cut(length) => self.resize(*length),
            Change::Longer(more) => self.put(stock.bytes.len(), more),
            Change::Header(header) => {
                self.resize(0);
                self.put(0, header);
                self.put(header.len(), &stock.bytes[stock.data.clone()]);
            }
        }
    }

    /// Makes the file sound again.
    pub fn mend(&mut self, mutation: &Mutation, stock: &Stock) {
        match &mutation.change {
            Change::Patches(patches) => {
                for (at, new) in patches {
                    self.put(*at, &stock.bytes[*at..*at + new.len()]);
                }
            }
            Change::Cut(length) => self.put(*length, &stock.bytes[*length..]),
            Change::Longer(_) => self.resize(stock.bytes.len()),
            Change::Header(_) => {
                self.put(0, &stock.bytes);
                self.resize(stock.bytes.len());
            }
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.file
            .seek(SeekFrom::Start(at as u64))
            .and_then(|_| self.file.write_all(bytes))
            .expect("there is room for a small model");
    }

    fn resize(&mut self, length: usize) {
        self.file
            .set_len(length as u64)
            .expect("its length may change");
    }
}
