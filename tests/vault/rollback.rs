//! K6: a row that was dropped, or an older one that was put back, is noticed and told until it is accepted.
//!
//! That the whole of an older vault is put back can only be noticed by something outside of it: `keychain.rs` has that.

use aparte_vault::{Loss, Notice, OwnerKind, Vault};
use rusqlite::Connection;

use super::campaign::Tally;
use super::ground::{Contents, Ground, Held, MESSAGE};

/// The rows of a vault at some time, which can be put back in part.
struct Older {
    /// A database that is no vault's: the rows are attached from it.
    path: String,
}

impl Older {
    fn of(ground: &Ground) -> Older {
        let path = ground.beside("older.db").display().to_string();
        let _ = std::fs::remove_file(&path);
        ground.rows().execute("VACUUM INTO ?1", [&path]).unwrap();
        Older { path }
    }

    /// Runs statements that may read the older rows as `older.TABLE`.
    fn put_back(&self, rows: &Connection, statements: &str) {
        rows.execute("ATTACH ?1 AS older", [&self.path]).unwrap();
        rows.execute_batch(statements).unwrap();
        rows.execute("DETACH older", []).unwrap();
    }
}

/// What a person would hear.
#[derive(Debug, PartialEq)]
enum Told {
    /// When the vault opens.
    Notice(Notice),
    /// When the messages of the first conversation are listed.
    Messages(Loss),
    /// When the vault is checked.
    Check,
}

struct Scene {
    name: &'static str,
    /// What happens honestly between the older state and the newer.
    meanwhile: fn(&Vault, &Held),
    /// What is done to the rows of the newer state while nobody looks.
    tamper: String,
    told: Told,
}

fn nothing(_: &Vault, _: &Held) {}

/// Changes everything that the first conversation has.
fn change_all(vault: &Vault, owner: &Held) {
    vault
        .write(|change| {
            change.set_head(owner.id, b"Another title")?;
            change.replace(owner.id, owner.records[0].id, b"Another text")?;
            change.append(owner.id, MESSAGE, b"One more")?;
            Ok(())
        })
        .unwrap();
}

fn replace(vault: &Vault, owner: &Held) {
    vault
        .write(|change| change.replace(owner.id, owner.records[1].id, b"Another text"))
        .unwrap();
}

fn remove(vault: &Vault, owner: &Held) {
    vault
        .write(|change| change.remove_record(owner.id, owner.records[1].id))
        .unwrap();
}

fn erase(vault: &Vault, owner: &Held) {
    vault.write(|change| change.erase_owner(owner.id)).unwrap();
}

fn set(vault: &Vault, _: &Held) {
    let key = aparte_vault::SettingKey(1);
    vault
        .write(|change| change.set_setting(key, b"light"))
        .unwrap();
}

fn scenes(contents: &Contents) -> Vec<Scene> {
    let first = &contents.owners[0];
    let owner = format!("x'{}'", first.id);
    let record = |at: usize| format!("x'{}'", first.records[at].id);
    let blob = format!("x'{}'", first.blobs[0].0);
    let scene = |name, meanwhile, tamper: String, told| Scene {
        name,
        meanwhile,
        tamper,
        told,
    };
    let all_of_owner = format!(
        "DELETE FROM records WHERE owner = {owner}; DELETE FROM blobs WHERE owner = {owner};
         INSERT OR REPLACE INTO owners SELECT * FROM older.owners WHERE id = {owner};
         INSERT INTO records SELECT * FROM older.records WHERE owner = {owner};
         INSERT INTO blobs SELECT * FROM older.blobs WHERE owner = {owner};
         INSERT OR IGNORE INTO chunks SELECT c.* FROM older.chunks c JOIN older.blobs b ON c.blob = b.id WHERE b.owner = {owner};"
    );
    let drop_owner = |which: &str| {
        format!(
            "DELETE FROM owners WHERE {which}; DELETE FROM records WHERE owner NOT IN (SELECT id FROM owners);
             DELETE FROM blobs WHERE owner NOT IN (SELECT id FROM owners);
             DELETE FROM chunks WHERE blob NOT IN (SELECT id FROM blobs);"
        )
    };
    vec![
        scene(
            "a message is dropped",
            nothing,
            format!("DELETE FROM records WHERE id = {}", record(1)),
            Told::Messages(Loss::Missing(1)),
        ),
        scene(
            "the last message is dropped",
            nothing,
            format!("DELETE FROM records WHERE id = {}", record(3)),
            Told::Messages(Loss::Missing(1)),
        ),
        scene(
            "all messages are dropped",
            nothing,
            format!("DELETE FROM records WHERE owner = {owner} AND kind = 1"),
            Told::Messages(Loss::Missing(4)),
        ),
        scene(
            "a message is put back as it was before it was replaced",
            replace,
            format!(
                "INSERT OR REPLACE INTO records SELECT * FROM older.records WHERE id = {}",
                record(1)
            ),
            Told::Messages(Loss::Altered),
        ),
        scene(
            "a message that was removed is put back",
            remove,
            format!(
                "INSERT INTO records SELECT * FROM older.records WHERE id = {}",
                record(1)
            ),
            Told::Messages(Loss::Altered),
        ),
        scene(
            "a conversation is dropped",
            nothing,
            drop_owner(&format!("id = {owner}")),
            Told::Notice(Notice::OwnersLost(1)),
        ),
        scene(
            "three of four conversations and documents are dropped",
            nothing,
            drop_owner(&format!("id <> {owner}")),
            Told::Notice(Notice::OwnersLost(3)),
        ),
        scene(
            "a conversation is put back as it was",
            change_all,
            all_of_owner.clone(),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "a title is put back as it was",
            change_all,
            format!(
                "UPDATE owners SET head = (SELECT head FROM older.owners o WHERE o.id = owners.id) WHERE id = {owner}"
            ),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "what a conversation says of itself is put back as it was",
            change_all,
            format!(
                "UPDATE owners SET seal = (SELECT seal FROM older.owners o WHERE o.id = owners.id) WHERE id = {owner}"
            ),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "a conversation that was erased is put back",
            erase,
            all_of_owner.clone(),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "a setting is put back as it was",
            set,
            "INSERT OR REPLACE INTO settings SELECT * FROM older.settings WHERE key = 1".to_owned(),
            Told::Notice(Notice::SettingsAltered),
        ),
        scene(
            "a setting is dropped",
            nothing,
            "DELETE FROM settings WHERE key = 1".to_owned(),
            Told::Notice(Notice::SettingsAltered),
        ),
        scene(
            "what the vault says of itself is dropped",
            nothing,
            "DELETE FROM root".to_owned(),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "what the vault says of itself is put back as it was",
            change_all,
            "INSERT OR REPLACE INTO root SELECT * FROM older.root".to_owned(),
            Told::Notice(Notice::OwnersAltered),
        ),
        scene(
            "a conversation and what the vault says of itself are put back as they were, beside a newer setting",
            |vault, owner| {
                change_all(vault, owner);
                set(vault, owner);
            },
            format!("{all_of_owner} INSERT OR REPLACE INTO root SELECT * FROM older.root"),
            Told::Notice(Notice::SettingsAltered),
        ),
        scene(
            "the original of a document is dropped",
            nothing,
            format!("DELETE FROM chunks WHERE blob = {blob}; DELETE FROM blobs WHERE id = {blob}"),
            Told::Check,
        ),
        scene(
            "the pieces of an original are dropped",
            nothing,
            format!("DELETE FROM chunks WHERE blob = {blob}"),
            Told::Check,
        ),
    ]
}

fn hears(vault: &Vault, contents: &Contents, told: &Told) -> bool {
    match told {
        Told::Notice(notice) => vault.notices() == [*notice],
        Told::Messages(loss) => vault
            .records(contents.owners[0].id, MESSAGE)
            .is_ok_and(|listing| listing.loss == Some(*loss)),
        Told::Check => vault.check().is_ok_and(|health| !health.is_sound()),
    }
}

#[test]
fn what_was_dropped_or_put_back_is_told_at_every_start_until_it_is_accepted() {
    let mut tally = Tally::new("K6: rows are dropped or put back");
    let number = {
        let (_ground, vault) = Ground::new();
        scenes(&Contents::put(&vault, 4, 4, &[200])).len()
    };
    for at in 0..number {
        let (ground, vault) = Ground::new();
        let contents = Contents::put(&vault, 4, 4, &[200]);
        let scene = scenes(&contents).remove(at);
        vault.close().unwrap();
        let older = Older::of(&ground);
        let vault = ground.unlock().unwrap();
        assert!(contents.difference(&vault).is_none());
        (scene.meanwhile)(&vault, &contents.owners[0]);
        vault.close().unwrap();
        assert_eq!(
            ground.unlock().unwrap().notices(),
            [],
            "{}: before",
            scene.name
        );
        older.put_back(&ground.rows(), &scene.tamper);

        for again in 0..2 {
            let vault = ground.unlock().unwrap();
            tally.note(hears(&vault, &contents, &scene.told), || {
                let listing = vault.records(contents.owners[0].id, MESSAGE);
                let loss = listing.map(|listing| listing.loss);
                let health = vault.check();
                format!(
                    "{}, start {again}: {:?}, {loss:?}, {health:?}, not {:?}",
                    scene.name,
                    vault.notices(),
                    scene.told
                )
            });
            // Life goes on meanwhile, and what is written does not cover it up.
            vault
                .write(|change| change.create_owner(OwnerKind::Conversation, b"A new one"))
                .unwrap();
            if again == 0 {
                vault.close().unwrap();
            }
        }

        let vault = ground.unlock().unwrap();
        vault.accept().unwrap();
        vault.close().unwrap();
        let vault = ground.unlock().unwrap();
        let is_quiet = vault.notices().is_empty()
            && contents.owners.iter().all(|owner| {
                let listing = vault.records(owner.id, MESSAGE);
                listing.map_or(true, |listing| listing.loss.is_none())
            });
        tally.note(is_quiet, || {
            format!("{} was accepted and is told again", scene.name)
        });
    }
    tally.end();
}

/// A message that is damaged is told, but must not hide that another one is not the latest.
#[test]
fn a_damaged_message_does_not_hide_an_older_one() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 2, 4, &[]);
    let owner = &contents.owners[0];
    let older = Older::of(&ground);
    replace(&vault, owner);
    let rows = ground.rows();
    older.put_back(
        &rows,
        &format!(
            "INSERT OR REPLACE INTO records SELECT * FROM older.records WHERE id = x'{}';
             UPDATE records SET sealed = CAST(
                 substr(sealed, 1, length(sealed) - 1)
                 || CASE substr(sealed, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB
             ) WHERE id = x'{}'",
            owner.records[1].id, owner.records[2].id
        ),
    );
    let listing = vault.records(owner.id, MESSAGE).unwrap();
    assert_eq!(listing.damaged, [owner.records[2].id]);
    assert_eq!(listing.loss, Some(Loss::Altered));
}

/// One row that no vault writes takes nothing else with it.
#[test]
fn a_row_of_a_shape_that_no_vault_writes_leaves_the_others_readable() {
    let strange = [
        "UPDATE records SET sequence = -1 WHERE id = {record}",
        "UPDATE records SET sequence = 9223372036854775807 WHERE id = {record}",
        "UPDATE records SET kind = 70000 WHERE id = {record}",
        "UPDATE records SET kind = -1 WHERE id = {record}",
        "UPDATE records SET id = x'00' WHERE id = {record}",
        "UPDATE records SET id = x'' WHERE id = {record}",
        "UPDATE records SET sealed = x'' WHERE id = {record}",
        "UPDATE records SET owner = x'00' WHERE id = {record}",
        "UPDATE owners SET id = x'00' WHERE id = {owner}",
        "UPDATE owners SET id = zeroblob(17) WHERE id = {owner}",
        "UPDATE owners SET kind = 9 WHERE id = {owner}",
        "UPDATE owners SET kind = -9223372036854775807 WHERE id = {owner}",
        "UPDATE owners SET key = x'' WHERE id = {owner}",
        "UPDATE owners SET head = x'' WHERE id = {owner}",
        "UPDATE owners SET seal = x'' WHERE id = {owner}",
        "UPDATE blobs SET id = x'00' WHERE owner = {owner}",
        "UPDATE blobs SET head = x'' WHERE owner = {owner}",
        "UPDATE chunks SET sequence = -1",
        "UPDATE chunks SET sequence = 9223372036854775807",
        "UPDATE settings SET key = 70000 WHERE key = 1",
        "UPDATE settings SET key = -1 WHERE key = 1",
        "UPDATE settings SET sealed = x'' WHERE key = 1",
        "UPDATE root SET sealed = x''",
        "INSERT INTO caches VALUES (1, x'00', x'00')",
        "INSERT INTO caches VALUES (70000, x'00', x'00')",
        "INSERT INTO caches VALUES (-1, zeroblob(16), x'')",
        "INSERT INTO records VALUES (x'01', {owner}, 1, 99, x'')",
        "INSERT INTO owners VALUES (x'02', 1, x'', x'', x'')",
    ];
    let mut tally = Tally::new("K6: a row of a strange shape");
    for statement in strange {
        let (ground, vault) = Ground::new();
        let contents = Contents::put(&vault, 4, 3, &[200]);
        vault.close().unwrap();
        let first = &contents.owners[0];
        let statement = statement
            .replace("{record}", &format!("x'{}'", first.records[1].id))
            .replace("{owner}", &format!("x'{}'", first.id));
        ground.rows().execute_batch(&statement).unwrap();
        let vault = match ground.unlock() {
            Ok(vault) => vault,
            Err(error) => {
                tally.note(false, || {
                    format!("{statement}: the vault does not open: {error}")
                });
                continue;
            }
        };
        let difference = contents.difference(&vault);
        // All that may be missing is the owner's own, or the setting, or the blobs.
        let others = contents.owners[1..].iter().all(|owner| {
            vault
                .records(owner.id, MESSAGE)
                .is_ok_and(|listing| listing.readable.len() == 3)
        });
        let messages = vault.records(first.id, MESSAGE);
        let siblings = !statement.contains("records")
            || messages.is_ok_and(|listing| listing.readable.len() >= 2);
        let checked = vault.check().is_ok();
        tally.note(
            difference.is_honest() && others && siblings && checked,
            || format!("{statement}: {difference:?}, checked {checked}"),
        );
    }
    tally.end();
}
