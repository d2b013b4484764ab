//! Word, Excel and PowerPoint files under a password: a compound file that holds the encrypted document, by `office_crypto`.
//!
//! Format: MS-OFFCRYPTO, 2.3.4, ECMA-376 agile and standard encryption.

use std::io::{self, Cursor, Read, Write};

use aparte_protocol::documents::DocumentFailure;
use cfb::CompoundFile;

use crate::archive::Archive;

/// What Excel locks a file with whose cells alone are protected: it asks nobody for it.
const OF_EXCEL: &str = "VelvetSweatshop";

/// Where the encrypted document lies.
const PACKAGE: &str = "EncryptedPackage";
/// How it is encrypted.
const INFO: &str = "EncryptionInfo";

/// The document itself: what is not locked is given as it is.
///
/// # Errors
///
/// [`DocumentFailure::PasswordWanted`] and [`DocumentFailure::PasswordWrong`]; [`DocumentFailure::Encrypted`] for a lock of
/// another kind, such as one that a company's server opens.
pub(crate) fn unlocked(bytes: Vec<u8>, password: Option<&str>) -> Result<Vec<u8>, DocumentFailure> {
    if !bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Ok(bytes);
    }
    let file = match CompoundFile::open(Cursor::new(&bytes)) {
        Ok(file) if file.exists(PACKAGE) => file,
        _ => return Ok(bytes),
    };
    let locked = without_padding(file).map_err(|_| DocumentFailure::Encrypted)?;
    drop(bytes);
    for tried in [Some(OF_EXCEL), password].into_iter().flatten() {
        match office_crypto::decrypt_from_bytes(locked.clone(), tried) {
            // The library does not compare the password's own mark: with a wrong one what comes out is no archive.
            Ok(document) if Archive::is_one(&document) => return Ok(document),
            Ok(_) => {}
            Err(_) => return Err(DocumentFailure::Encrypted),
        }
    }
    Err(match password {
        Some(_) => DocumentFailure::PasswordWrong,
        None => DocumentFailure::PasswordWanted,
    })
}

/// The same with nothing in it but the lock and what is behind it, which ends where its last block does: the library
/// wants it so, and some programs write more.
fn without_padding<T: Read + io::Seek>(mut file: CompoundFile<T>) -> io::Result<Vec<u8>> {
    let mut read = |name: &str| -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        file.open_stream(name)?.read_to_end(&mut content)?;
        Ok(content)
    };
    let info = read(INFO)?;
    let mut package = read(PACKAGE)?;
    let (size, _) = package
        .split_first_chunk::<8>()
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let size = usize::try_from(u64::from_le_bytes(*size)).unwrap_or(usize::MAX);
    package.truncate(size.div_ceil(BLOCK).saturating_mul(BLOCK).saturating_add(8));
    let mut bare = CompoundFile::create(Cursor::new(Vec::new()))?;
    for (name, content) in [(INFO, info), (PACKAGE, package)] {
        bare.create_stream(name)?.write_all(&content)?;
    }
    Ok(bare.into_inner().into_inner())
}

/// Bytes that the cipher, AES, turns at a time.
const BLOCK: usize = 16;
