//! K5: no nonce is used twice, whoever writes and from whatever copy of the vault.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use aparte_vault::{OwnerId, OwnerKind, Vault};

use super::campaign::{Tally, times};
use super::ground::{Contents, Ground, MASTER, MESSAGE, put_files, rows};

const FOLDER: &str = "APARTE_TEST_NONCES";
const BATCH: usize = 5_000;

/// Two processes go on from the same copy of a vault, with the same keys.
#[test]
fn two_processes_on_two_copies_of_one_vault_never_use_a_nonce_twice() {
    let each = times(50_000, 5_000_000);
    if let Some(folder) = std::env::var_os(FOLDER) {
        write_nonces(Path::new(&folder), each);
        return;
    }
    let (ground, vault) = Ground::new();
    Contents::put(&vault, 1, 1, &[]);
    vault.close().unwrap();
    let copies = [ground.beside("one"), ground.beside("other")];
    for copy in &copies {
        fs::create_dir(copy).unwrap();
        put_files(copy, &ground.files());
    }
    let writers = copies.each_ref().map(|copy| {
        Command::new(std::env::current_exe().expect("a running test has a path"))
            .args([
                "--exact",
                "vault::nonces::two_processes_on_two_copies_of_one_vault_never_use_a_nonce_twice",
            ])
            .env(FOLDER, copy)
            .stdout(Stdio::null())
            .spawn()
            .expect("the test can be started once more")
    });
    for mut writer in writers {
        assert!(writer.wait().unwrap().success(), "a writer failed");
    }
    let mut values = Vec::with_capacity(2 * each);
    for copy in &copies {
        let bytes = fs::read(copy.join("nonces")).unwrap();
        values.extend(
            bytes
                .chunks_exact(12)
                .map(|nonce| <[u8; 12]>::try_from(nonce).unwrap()),
        );
    }
    assert_eq!(values.len(), 2 * each);
    let mut tally = Tally::new("K5: a nonce is drawn");
    for repeated in repeats(&mut values) {
        tally.note(!repeated, || "it was used before".to_owned());
    }
    tally.end();
}

#[test]
fn a_nonce_that_is_used_twice_would_be_seen() {
    let mut values = vec![[1; 12], [2; 12], [3; 12], [2; 12]];
    assert_eq!(repeats(&mut values).filter(|repeated| *repeated).count(), 1);
}

/// Says of each value whether it is the same as another one before it.
fn repeats(values: &mut [[u8; 12]]) -> impl Iterator<Item = bool> {
    values.sort_unstable();
    let values = &*values;
    (0..values.len()).map(move |at| at > 0 && values[at] == values[at - 1])
}

/// Writes so many messages and notes the nonce of each.
fn write_nonces(folder: &Path, count: usize) {
    let vault = Vault::unlock_for_tests(folder, &MASTER).unwrap();
    let owner = vault.owners(OwnerKind::Conversation).unwrap().readable[0].id;
    let rows = rows(folder);
    let mut nonces = Vec::with_capacity(12 * count);
    for _ in 0..count / BATCH {
        rows.execute("DELETE FROM records", []).unwrap();
        write_batch(&vault, owner);
        let mut select = rows
            .prepare("SELECT substr(sealed, 18, 12) FROM records")
            .unwrap();
        let found = select
            .query_map([], |row| row.get::<_, [u8; 12]>(0))
            .unwrap();
        found.for_each(|nonce| nonces.extend(nonce.unwrap()));
    }
    fs::write(folder.join("nonces"), nonces).unwrap();
}

fn write_batch(vault: &Vault, owner: OwnerId) {
    vault
        .write(|change| {
            (0..BATCH).try_for_each(|_| change.append(owner, MESSAGE, b"the same text").map(drop))
        })
        .unwrap();
}
