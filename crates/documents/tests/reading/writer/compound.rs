//! Small compound files: what Office wrote before 2007, and Outlook's messages.

use std::io::{Cursor, Write};

use cfb::CompoundFile;

/// A compound file of streams; the storages on their paths are made.
pub fn compound<N: AsRef<str>, B: AsRef<[u8]>>(streams: &[(N, B)]) -> Vec<u8> {
    let mut file = CompoundFile::create(Cursor::new(Vec::new())).expect("memory takes everything");
    for (path, bytes) in streams {
        let path = format!("/{}", path.as_ref());
        if let Some((storage, _)) = path.rsplit_once('/')
            && !storage.is_empty()
        {
            file.create_storage_all(storage)
                .expect("memory takes everything");
        }
        let mut stream = file.create_stream(&path).expect("memory takes everything");
        stream
            .write_all(bytes.as_ref())
            .expect("memory takes everything");
    }
    file.flush().expect("memory takes everything");
    file.into_inner().into_inner()
}

/// A Word 97 document: a FIB, the text in one piece, and the table of that piece (MS-DOC, 2.5 and 2.9.38).
pub fn doc(text: &str) -> Vec<u8> {
    const TEXT_AT: u32 = 0x600;
    let text: Vec<u8> = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let mut main = vec![0_u8; TEXT_AT as usize];
    let mut put = |at: usize, bytes: &[u8]| main[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &0xa5ec_u16.to_le_bytes());
    put(2, &0x00c1_u16.to_le_bytes());
    // The table is in 1Table.
    put(10, &0x0200_u16.to_le_bytes());
    put(12, &0x00bf_u16.to_le_bytes());
    put(32, &14_u16.to_le_bytes());
    put(62, &22_u16.to_le_bytes());
    put(64, &(TEXT_AT + text.len() as u32).to_le_bytes());
    put(76, &(text.len() as u32).to_le_bytes());
    put(152, &93_u16.to_le_bytes());
    let mut pieces = vec![2_u8];
    pieces.extend(16_u32.to_le_bytes());
    pieces.extend(0_u32.to_le_bytes());
    pieces.extend((text.len() as u32).to_le_bytes());
    pieces.extend(0_u16.to_le_bytes());
    // One byte a character.
    pieces.extend(((TEXT_AT * 2) | (1 << 30)).to_le_bytes());
    pieces.extend(0_u16.to_le_bytes());
    put(154 + 33 * 8, &0_u32.to_le_bytes());
    put(154 + 33 * 8 + 4, &(pieces.len() as u32).to_le_bytes());
    main.extend(text);
    compound(&[("WordDocument", main), ("1Table", pieces)])
}

/// A cell of an old workbook.
pub enum OldCell<'a> {
    Text(&'a str),
    Number(f64),
}

/// An Excel 97 workbook of one sheet (MS-XLS).
pub fn xls(name: &str, cells: &[(u16, u16, OldCell)]) -> Vec<u8> {
    fn record(stream: &mut Vec<u8>, kind: u16, body: &[u8]) {
        stream.extend(kind.to_le_bytes());
        stream.extend((body.len() as u16).to_le_bytes());
        stream.extend(body);
    }
    let begin = |kind: u16| {
        let mut body = Vec::new();
        for value in [0x0600_u16, kind, 0x0dbb, 0x07cc] {
            body.extend(value.to_le_bytes());
        }
        body.extend([0; 8]);
        body
    };
    let mut stream = Vec::new();
    record(&mut stream, 0x0809, &begin(0x0005));
    let place = stream.len() + 4;
    let mut sheet = vec![0; 6];
    sheet.extend([name.len() as u8, 0]);
    sheet.extend(name.as_bytes());
    record(&mut stream, 0x0085, &sheet);
    record(&mut stream, 0x000a, &[]);
    let start = (stream.len() as u32).to_le_bytes();
    stream[place..place + 4].copy_from_slice(&start);
    record(&mut stream, 0x0809, &begin(0x0010));
    for (row, column, cell) in cells {
        let mut body = Vec::new();
        body.extend(row.to_le_bytes());
        body.extend(column.to_le_bytes());
        body.extend(0_u16.to_le_bytes());
        match cell {
            OldCell::Number(number) => {
                body.extend(number.to_le_bytes());
                record(&mut stream, 0x0203, &body);
            }
            OldCell::Text(text) => {
                let units: Vec<u16> = text.encode_utf16().collect();
                body.extend((units.len() as u16).to_le_bytes());
                body.push(1);
                body.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
                record(&mut stream, 0x0204, &body);
            }
        }
    }
    record(&mut stream, 0x000a, &[]);
    // A stream this short would go to the container's other place; both are read.
    compound(&[("Workbook", stream)])
}

/// A PowerPoint 97 presentation: the texts of each slide, a title and a body (MS-PPT).
pub fn ppt(slides: &[(&str, &str)]) -> Vec<u8> {
    fn record(version: u16, kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = version.to_le_bytes().to_vec();
        bytes.extend(kind.to_le_bytes());
        bytes.extend((body.len() as u32).to_le_bytes());
        bytes.extend(body);
        bytes
    }
    let text = |kind: u32, text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut bytes = record(0, 3999, &kind.to_le_bytes());
        bytes.extend(record(0, 4000, &units));
        bytes
    };
    let mut list = Vec::new();
    let mut persisted: Vec<Vec<u8>> = Vec::new();
    for (n, (title, body)) in slides.iter().enumerate() {
        let reference = n as u32 + 2;
        let mut place = Vec::new();
        for value in [reference, 4, 2, 256 + n as u32, 0] {
            place.extend(value.to_le_bytes());
        }
        list.extend(record(0, 1011, &place));
        list.extend(text(0, title));
        list.extend(text(1, body));
        persisted.push(record(0x000f, 1006, &record(2, 1007, &[0; 24])));
    }
    let document = record(
        0x000f,
        1000,
        &[record(1, 1001, &[0; 40]), record(0x000f, 4080, &list)].concat(),
    );
    let mut stream = document;
    let mut offsets = vec![0_u32];
    for slide in persisted {
        offsets.push(stream.len() as u32);
        stream.extend(slide);
    }
    let directory_at = stream.len() as u32;
    let mut directory = (((offsets.len() as u32) << 20) | 1).to_le_bytes().to_vec();
    directory.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
    stream.extend(record(0, 6002, &directory));
    let edit_at = stream.len() as u32;
    let mut edit = Vec::new();
    for value in [
        0_u32,
        0x0300_0000,
        0,
        directory_at,
        1,
        offsets.len() as u32 + 1,
        0,
    ] {
        edit.extend(value.to_le_bytes());
    }
    stream.extend(record(0, 4085, &edit));
    let mut user = Vec::new();
    for value in [20_u32, 0xe391_c05f, edit_at] {
        user.extend(value.to_le_bytes());
    }
    user.extend([0, 0, 0xf4, 3, 3, 0, 0, 0]);
    compound(&[
        ("PowerPoint Document", stream),
        ("Current User", record(0, 4086, &user)),
    ])
}

/// An Outlook message with an attachment.
pub fn msg(subject: &str, body: &str, attachment: (&str, &[u8])) -> Vec<u8> {
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let mut properties = vec![0; 32];
    properties.extend(0x0039_0040_u32.to_le_bytes());
    properties.extend([0; 4]);
    // 29 February 2024, 12:00 UTC.
    properties.extend(133_536_816_000_000_000_u64.to_le_bytes());
    compound(&[
        ("__properties_version1.0".to_owned(), properties),
        ("__substg1.0_0037001F".to_owned(), wide(subject)),
        ("__substg1.0_0C1A001F".to_owned(), wide("Ana Example")),
        ("__substg1.0_5D01001F".to_owned(), wide("ana@example.org")),
        ("__substg1.0_0E04001F".to_owned(), wide("Bo")),
        ("__substg1.0_1000001F".to_owned(), wide(body)),
        (
            "__attach_version1.0_#00000000/__properties_version1.0".to_owned(),
            vec![0; 8],
        ),
        (
            "__attach_version1.0_#00000000/__substg1.0_3707001F".to_owned(),
            wide(attachment.0),
        ),
        (
            "__attach_version1.0_#00000000/__substg1.0_37010102".to_owned(),
            attachment.1.to_vec(),
        ),
    ])
}
