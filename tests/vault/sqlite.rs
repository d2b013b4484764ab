//! A database file page by page, as SQLite's documentation of its file format has it: so that every byte is accounted
//! for by something other than SQLite.

use std::collections::BTreeMap;

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
    Other,
}

/// What a database file consists of.
#[derive(Default)]
pub struct Anatomy {
    /// The rows and index entries by the page that their tree begins at; page 1 is the schema's.
    pub rows: BTreeMap<u32, Vec<Vec<Value>>>,
    /// Bytes that belong to nothing and are not zero: where, and what.
    pub stray: Vec<(usize, Vec<u8>)>,
    /// How many bytes are SQLite's own: headers, pointers, lengths.
    pub structure: usize,
    /// How many bytes are values.
    pub values: usize,
    /// How many bytes are zeros that belong to nothing.
    pub zeros: usize,
    /// How many bytes are left of old entries of indexes, which consist of ids and small numbers.
    pub old_in_indexes: usize,
}

struct Pages<'a> {
    bytes: &'a [u8],
    size: usize,
    usable: usize,
    /// What each byte was found to be.
    known: Vec<Known>,
}

#[derive(Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    /// Nothing, in a page of an index.
    NothingInIndex,
    Structure,
    Value,
}

/// Takes a database apart.
///
/// # Panics
/// If the file is not a sound database.
pub fn dissect(bytes: &[u8]) -> Anatomy {
    let size = match u16::from_be_bytes([bytes[16], bytes[17]]) {
        1 => 65_536,
        size => usize::from(size),
    };
    let mut pages = Pages {
        bytes,
        size,
        usable: size - usize::from(bytes[20]),
        known: vec![Known::Nothing; bytes.len()],
    };
    let mut anatomy = Anatomy::default();
    pages.mark(0, 100, Known::Structure);
    let mut schema = Vec::new();
    pages.tree(1, &mut schema);
    let roots = schema.iter().filter_map(|row| match row.get(3) {
        Some(Value::Integer(root)) if *root > 0 => Some(*root as u32),
        _ => None,
    });
    let roots: Vec<u32> = roots.collect();
    anatomy.rows.insert(1, schema);
    for root in roots {
        let mut rows = Vec::new();
        pages.tree(root, &mut rows);
        anatomy.rows.insert(root, rows);
    }
    pages.free_list();
    pages.account(&mut anatomy);
    anatomy
}

impl Pages<'_> {
    fn mark(&mut self, at: usize, length: usize, as_what: Known) {
        self.known[at..at + length].fill(as_what);
    }

    fn u16(&self, at: usize) -> usize {
        usize::from(u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.bytes[at..at + 4].try_into().expect("4 bytes"))
    }

    fn varint(&self, at: usize) -> (i64, usize) {
        varint(&self.bytes[at..])
    }

    fn tree(&mut self, page: u32, rows: &mut Vec<Vec<Value>>) {
        let base = (page as usize - 1) * self.size;
        let header = if page == 1 { base + 100 } else { base };
        let kind = self.bytes[header];
        let is_leaf = kind & 8 != 0;
        let is_table = kind & 1 != 0;
        assert!(
            matches!(kind, 2 | 5 | 10 | 13),
            "page {page} is of kind {kind}"
        );
        if !is_table {
            self.mark(base, self.size, Known::NothingInIndex);
        }
        let cells = self.u16(header + 3);
        let header_length = if is_leaf { 8 } else { 12 };
        self.mark(header, header_length + 2 * cells, Known::Structure);
        // Behind the pointers there may be some of cells that are gone: offsets in the page, and nothing else.
        let mut old = header + header_length + 2 * cells;
        while old + 2 <= base + self.size && (1..self.size).contains(&self.u16(old)) {
            self.mark(old, 2, Known::Structure);
            old += 2;
        }
        let mut free = self.u16(header + 1);
        while free != 0 {
            self.mark(base + free, 4, Known::Structure);
            free = self.u16(base + free);
        }
        for cell in 0..cells {
            let mut at = base + self.u16(header + header_length + 2 * cell);
            if !is_leaf {
                let child = self.u32(at);
                self.mark(at, 4, Known::Structure);
                at += 4;
                self.tree(child, rows);
                if is_table {
                    let (_, length) = self.varint(at);
                    self.mark(at, length, Known::Structure);
                    continue;
                }
            }
            let (payload, length) = self.varint(at);
            self.mark(at, length, Known::Structure);
            at += length;
            if is_table {
                let (_, length) = self.varint(at);
                self.mark(at, length, Known::Structure);
                at += length;
            }
            rows.push(self.payload(at, payload as usize, is_table));
        }
        if !is_leaf {
            self.tree(self.u32(header + 8), rows);
        }
    }

    /// Reads a payload that may go on in pages of its own, and takes it apart.
    fn payload(&mut self, at: usize, length: usize, is_table: bool) -> Vec<Value> {
        let usable = self.usable;
        let most = if is_table {
            usable - 35
        } else {
            (usable - 12) * 64 / 255 - 23
        };
        let least = (usable - 12) * 32 / 255 - 23;
        let rest = least + length.saturating_sub(least) % (usable - 4);
        let local = match length {
            length if length <= most => length,
            _ if rest <= most => rest,
            _ => least,
        };
        let mut places: Vec<usize> = (at..at + local).collect();
        if local < length {
            self.mark(at + local, 4, Known::Structure);
            let mut next = self.u32(at + local);
            while next != 0 {
                let base = (next as usize - 1) * self.size;
                self.mark(base, 4, Known::Structure);
                let here = (length - places.len()).min(usable - 4);
                places.extend(base + 4..base + 4 + here);
                next = self.u32(base);
            }
        }
        assert_eq!(places.len(), length, "a payload is whole");
        let payload: Vec<u8> = places.iter().map(|&place| self.bytes[place]).collect();
        let (header, values) = record(&payload);
        for (number, place) in places.into_iter().enumerate() {
            self.known[place] = if number < header {
                Known::Structure
            } else {
                Known::Value
            };
        }
        values
    }

    /// Pages that are free hold nothing but the numbers of others.
    fn free_list(&mut self) {
        let mut trunk = self.u32(32);
        while trunk != 0 {
            let base = (trunk as usize - 1) * self.size;
            let leaves = self.u32(base + 4) as usize;
            self.mark(base, 8 + 4 * leaves, Known::Structure);
            trunk = self.u32(base);
        }
    }

    fn account(&self, anatomy: &mut Anatomy) {
        let mut stray: Option<(usize, Vec<u8>)> = None;
        for (at, (&byte, &known)) in self.bytes.iter().zip(&self.known).enumerate() {
            match known {
                Known::Structure => anatomy.structure += 1,
                Known::Value => anatomy.values += 1,
                _ if byte == 0 => anatomy.zeros += 1,
                Known::NothingInIndex => anatomy.old_in_indexes += 1,
                Known::Nothing => (),
            }
            match (&mut stray, known == Known::Nothing && byte != 0) {
                (Some((_, bytes)), true) => bytes.push(byte),
                (stray @ None, true) => *stray = Some((at, vec![byte])),
                (stray, false) => anatomy.stray.extend(stray.take()),
            }
        }
        anatomy.stray.extend(stray);
    }
}

/// Takes a record apart: the length of its header, and its values.
fn record(payload: &[u8]) -> (usize, Vec<Value>) {
    let (header, mut at) = varint(payload);
    let header = header as usize;
    let mut from = header;
    let mut values = Vec::new();
    while at < header {
        let (serial, length) = varint(&payload[at..]);
        at += length;
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => serial as usize,
            5 => 6,
            6 | 7 => 8,
            serial => (serial as usize - 12) / 2,
        };
        let bytes = &payload[from..from + length];
        from += length;
        values.push(match serial {
            0 => Value::Null,
            8 | 9 => Value::Integer(serial - 8),
            1..=6 => {
                let negative = bytes[0] & 0x80 != 0;
                let start = if negative { -1 } else { 0 };
                Value::Integer(
                    bytes
                        .iter()
                        .fold(start, |number, &byte| number << 8 | i64::from(byte)),
                )
            }
            serial if serial >= 12 && serial % 2 == 0 => Value::Blob(bytes.to_vec()),
            serial if serial >= 13 => Value::Text(bytes.to_vec()),
            _ => Value::Other,
        });
    }
    assert_eq!(from, payload.len(), "a record is whole");
    (header, values)
}

fn varint(bytes: &[u8]) -> (i64, usize) {
    let mut number: u64 = 0;
    for (at, &byte) in bytes.iter().enumerate().take(8) {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return (number as i64, at + 1);
        }
    }
    ((number << 8 | u64::from(bytes[8])) as i64, 9)
}
