//! Writes small models as GGUF, the format of `docs/gguf.md` in the ggml repository.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

/// ggml's numbers for the types of weights.
pub const F32: u32 = 0;
pub const F16: u32 = 1;
pub const Q4_0: u32 = 2;

/// A file in the making.
#[derive(Default)]
pub struct Gguf {
    keys: Vec<u8>,
    key_count: u64,
    tensors: Vec<Tensor>,
}

struct Tensor {
    name: String,
    dimensions: Vec<u64>,
    kind: u32,
    /// Zeros where there are none.
    values: Option<Vec<f32>>,
}

impl Gguf {
    pub fn text(&mut self, name: &str, value: &str) {
        self.key(name, 8, &text(value));
    }

    pub fn number(&mut self, name: &str, value: u32) {
        self.key(name, 4, &value.to_le_bytes());
    }

    pub fn truth(&mut self, name: &str, value: bool) {
        self.key(name, 7, &[u8::from(value)]);
    }

    pub fn float(&mut self, name: &str, value: f32) {
        self.key(name, 6, &value.to_le_bytes());
    }

    pub fn texts(&mut self, name: &str, values: &[String]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| text(value)).collect();
        self.list(name, 8, values.len(), &bytes);
    }

    pub fn numbers(&mut self, name: &str, values: &[u32]) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.list(name, 5, values.len(), &bytes);
    }

    pub fn floats(&mut self, name: &str, values: &[f32]) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.list(name, 6, values.len(), &bytes);
    }

    /// Adds weights; the first dimension is the one whose numbers lie side by side.
    pub fn weights(&mut self, name: &str, dimensions: &[u64], values: Vec<f32>) {
        assert_eq!(dimensions.iter().product::<u64>(), values.len() as u64);
        self.tensors.push(Tensor {
            name: name.to_owned(),
            dimensions: dimensions.to_vec(),
            kind: F32,
            values: Some(values),
        });
    }

    /// Adds weights of any type that are all zero.
    pub fn zeros(&mut self, name: &str, dimensions: &[u64], kind: u32) {
        self.tensors.push(Tensor {
            name: name.to_owned(),
            dimensions: dimensions.to_vec(),
            kind,
            values: None,
        });
    }

    /// Writes it into a file that has no name for long.
    pub fn file(&self) -> tempfile::NamedTempFile {
        let mut header = b"GGUF".to_vec();
        header.extend(3_u32.to_le_bytes());
        header.extend((self.tensors.len() as u64).to_le_bytes());
        header.extend(self.key_count.to_le_bytes());
        header.extend(&self.keys);
        let mut offset = 0_u64;
        let mut offsets = Vec::new();
        for tensor in &self.tensors {
            header.extend(text(&tensor.name));
            header.extend((tensor.dimensions.len() as u32).to_le_bytes());
            for dimension in &tensor.dimensions {
                header.extend(dimension.to_le_bytes());
            }
            header.extend(tensor.kind.to_le_bytes());
            header.extend(offset.to_le_bytes());
            offsets.push(offset);
            offset = (offset + tensor.size()).next_multiple_of(32);
        }
        let start = (header.len() as u64).next_multiple_of(32);
        let named = tempfile::NamedTempFile::new().unwrap();
        let mut file: &File = named.as_file();
        file.write_all(&header).unwrap();
        file.set_len(start + offset).unwrap();
        for (tensor, offset) in self.tensors.iter().zip(offsets) {
            if let Some(values) = &tensor.values {
                let bytes: Vec<u8> = values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                file.seek(SeekFrom::Start(start + offset)).unwrap();
                file.write_all(&bytes).unwrap();
            }
        }
        named
    }

    fn key(&mut self, name: &str, kind: u32, value: &[u8]) {
        self.keys.extend(text(name));
        self.keys.extend(kind.to_le_bytes());
        self.keys.extend(value);
        self.key_count += 1;
    }

    fn list(&mut self, name: &str, kind: u32, count: usize, values: &[u8]) {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend((count as u64).to_le_bytes());
        bytes.extend(values);
        self.key(name, 9, &bytes);
    }
}

impl Tensor {
    fn size(&self) -> u64 {
        let count: u64 = self.dimensions.iter().product();
        match self.kind {
            F32 => count * 4,
            F16 => count * 2,
            Q4_0 => count / 32 * 18,
            kind => panic!("no size is known for type {kind}"),
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}
