//! Compound files: the older kinds of Office, and messages of Outlook.

use super::{Any, Encrypted, SOUND, Unknown, case, found, hold};
use crate::writer::compound::{compound, doc};

#[test]
fn compound_files_that_mean_harm() {
    let mut cases = Vec::new();
    let compounds = SOUND.iter();
    for (extension, bytes) in compounds.filter(|(_, bytes)| bytes.starts_with(b"\xd0\xcf")) {
        // The header's numbers: sectors of the table, of the directory, of the small table, their first ones.
        for at in [24, 26, 30, 32, 44, 48, 56, 60, 64, 68, 72, 76, 80] {
            for value in [0_u32, 1, 0x7fff_ffff, 0xffff_fffe] {
                let mut lying = bytes.clone();
                lying[at..at + 4].copy_from_slice(&value.to_le_bytes());
                cases.push(case(
                    format!("{extension}: {value:#x} at {at}"),
                    extension,
                    Any,
                    move || lying,
                ));
            }
        }
        // The table's sectors lead to each other in a circle.
        let mut circle = bytes.clone();
        for at in (512..circle.len().min(1024)).step_by(4) {
            let next = ((at - 512) / 4 + 1) as u32 % 128;
            circle[at..at + 4].copy_from_slice(&next.to_le_bytes());
        }
        cases.push(case(
            format!("{extension}: sectors in a circle"),
            extension,
            Any,
            move || circle,
        ));
        // Everything in the directory is its own child and brother.
        let mut own = bytes.clone();
        for at in (512..own.len() - 128).step_by(128) {
            if own[at + 66] == 1 || own[at + 66] == 2 || own[at + 66] == 5 {
                own[at + 68..at + 80].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
                own[at + 120..at + 124].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            }
        }
        cases.push(case(
            format!("{extension}: a directory of itself"),
            extension,
            Any,
            move || own,
        ));
    }
    cases.push(case("doc: a text of 2^31 characters", "doc", Any, || {
        let mut bytes = doc("The rent is due.\r");
        let text = found(&bytes, &[0xec, 0xa5, 0xc1, 0]);
        bytes[text + 76..text + 80].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        bytes
    }));
    cases.push(case("doc: under a password", "doc", Encrypted, || {
        let mut bytes = doc("The rent is due.\r");
        let text = found(&bytes, &[0xec, 0xa5, 0xc1, 0]);
        bytes[text + 11] |= 0x01;
        bytes
    }));
    cases.push(case(
        "xls: records longer than the stream",
        "xls",
        Any,
        || compound(&[("Workbook", [0x09, 0x08, 0xff, 0xff].repeat(2_000))]),
    ));
    cases.push(case("xls: a hundred thousand sheets", "xls", Any, || {
        let mut stream = vec![0x09, 0x08, 0x10, 0x00, 0x00, 0x06, 0x05, 0x00];
        stream.extend([0; 12]);
        for _ in 0..100_000 {
            stream.extend([0x85, 0x00, 0x09, 0x00, 0, 0, 0, 0, 0, 0, 1, 0, b'x']);
        }
        compound(&[("Workbook", stream)])
    }));
    cases.push(case("ppt: records in records", "ppt", Any, || {
        let mut stream = Vec::new();
        for n in (0..100_000_u32).rev() {
            stream.extend([0x0f, 0x00, 0xe8, 0x03]);
            stream.extend((n * 8).to_le_bytes());
        }
        compound(&[
            ("PowerPoint Document", stream),
            ("Current User", vec![0; 40]),
        ])
    }));
    cases.push(case("msg: messages in messages", "msg", Any, || {
        let mut streams = Vec::new();
        let mut path = String::new();
        for _ in 0..40 {
            streams.push((format!("{path}__properties_version1.0"), vec![0; 40]));
            path.push_str("__attach_version1.0_#00000000/__substg1.0_3701000D/");
        }
        compound(&streams)
    }));
    cases.push(case("msg: a body that repeats itself", "msg", Any, || {
        let mut body = b"\0\0\0\0\0\0\0\0LZFu\0\0\0\0".to_vec();
        body.extend([0xff; 500_000]);
        compound(&[
            ("__properties_version1.0", vec![0; 32]),
            ("__substg1.0_10090102", body),
        ])
    }));
    cases.push(case("a compound file of nothing", "doc", Unknown, || {
        compound(&[("x", b"y")])
    }));
    hold(cases);
}
