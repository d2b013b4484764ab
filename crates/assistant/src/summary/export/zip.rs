//! Some files in one, as ZIP, which a document of Word is: stored as they are, without a time or anything else about this machine.

/// The first day that the format knows.
const DAY: u16 = 0x21;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
/// Of the format that a reader must know.
const VERSION: u16 = 20;

/// The bytes of an archive with these files, each a name and what is in it. Together they have less than 4 GiB.
pub(super) fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let offset = bytes.len() as u32;
        let size = content.len() as u32;
        let mut head = Vec::new();
        push16(&mut head, &[VERSION, FLAGS, 0, 0, DAY]);
        push32(
            &mut head,
            &[crc32fast::hash(content.as_bytes()), size, size],
        );
        push16(&mut head, &[name.len() as u16, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&head);
        bytes.extend(name.as_bytes());
        bytes.extend(content.as_bytes());
        directory.extend(b"PK\x01\x02");
        push16(&mut directory, &[VERSION]);
        directory.extend(&head);
        // No comment, the first disk, no attributes.
        push16(&mut directory, &[0, 0, 0]);
        push32(&mut directory, &[0, offset]);
        directory.extend(name.as_bytes());
    }
    let (begin, count) = (bytes.len() as u32, files.len() as u16);
    let length = directory.len() as u32;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    push16(&mut bytes, &[0, 0, count, count]);
    push32(&mut bytes, &[length, begin]);
    push16(&mut bytes, &[0]);
    bytes
}

fn push16(bytes: &mut Vec<u8>, numbers: &[u16]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn push32(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
