//! A message that is put on the disk by the vault, beside the same write without any sealing.
//!
//! The plain side is a copy of the vault's own database under the same settings, so that both have the same rows, the
//! same byte lengths and trees of the same depth. It writes the same rows: the message, what the conversation says of
//! its messages, and what the vault says of its conversations; only that their bytes are not sealed. A third side writes
//! the message alone, as a program would that keeps no seals. The sides take turns with every
//! message.

use std::path::Path;
use std::time::Instant;

use aparte_assistant::bench_support::{self as inside, Failure, OwnerId};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::report::Report;
use crate::text::Writer;
use crate::{milliseconds, unlock};

/// How many series there are. Each gives one ratio.
const TURNS: usize = 21;
/// Messages of a series: enough for the journal to be taken into the database in each.
const MESSAGES: usize = 300;
/// Bytes of a message.
const LENGTH: usize = 500;

pub fn measure(folder: &Path) -> Result<Report, Failure> {
    let files = ["rows.db", "row.db"].map(|extension| folder.with_extension(extension));
    for file in &files {
        std::fs::copy(folder.join("vault.db"), file)?;
    }
    let mut same_rows = Plain::open(&files[0], true)?;
    let mut alone = Plain::open(&files[1], false)?;
    let before = same_rows.bytes()?;
    let vault = unlock(folder)?;
    let conversations = inside::conversations(&vault)?;
    let mut writer = Writer::new(std::process::id().into());
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..TURNS {
        let messages: Vec<(OwnerId, Vec<u8>)> = (0..MESSAGES)
            .map(|_| {
                let conversation = writer.below(conversations.len() as u64) as usize;
                let question = inside::question(&writer.text(LENGTH));
                (conversations[conversation], question)
            })
            .collect();
        let mut taken = [0.0; 3];
        for (number, (conversation, message)) in messages.iter().enumerate() {
            // Whoever comes first with one message comes last with another.
            for place in 0..3 {
                let side = (number + place) % 3;
                let start = Instant::now();
                match side {
                    0 => inside::add_message(&vault, *conversation, message)?,
                    1 => same_rows.write(conversation, message)?,
                    _ => alone.write(conversation, message)?,
                }
                taken[side] += milliseconds(start);
            }
        }
        for (times, taken) in times.iter_mut().zip(taken) {
            times.push(taken / MESSAGES as f64);
        }
    }
    vault.close()?;
    let sealed = Plain::open(&folder.join("vault.db"), false)?.bytes()?;
    if same_rows.bytes()? != sealed || alone.bytes()? != sealed || sealed == before {
        return Err("the sides did not write the same number of bytes".into());
    }
    drop((same_rows, alone));
    for file in &files {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
    let mut report = Report::default();
    let [sealed, same_rows, alone] = times;
    for ((sealed, same_rows), alone) in sealed.iter().zip(&same_rows).zip(&alone) {
        report.add("commit_ms", *sealed);
        report.add("commit_plain_ms", *same_rows);
        report.add("commit_plain_message_row_alone_ms", *alone);
        report.add("commit_ratio", sealed / same_rows);
        report.add("commit_ratio_message_row_alone", sealed / alone);
    }
    Ok(report)
}

/// The same tables without sealing.
struct Plain {
    connection: Connection,
    /// Whether it writes what the vault's seals are, too.
    seals: bool,
    /// As many bytes as the vault's root has.
    root: usize,
    ids: Writer,
}

impl Plain {
    fn open(file: &Path, seals: bool) -> rusqlite::Result<Plain> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA mmap_size = 0;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
             PRAGMA foreign_keys = ON;",
        )?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let root: u32 =
            connection.query_row("SELECT length(sealed) FROM root", [], |row| row.get(0))?;
        Ok(Plain {
            connection,
            seals,
            root: root as usize,
            ids: Writer::new(4),
        })
    }

    /// How many bytes all messages have together.
    fn bytes(&self) -> rusqlite::Result<i64> {
        let sum = "SELECT sum(length(sealed)) FROM records";
        self.connection.query_row(sum, [], |row| row.get(0))
    }

    fn write(&mut self, owner: &OwnerId, message: &[u8]) -> rusqlite::Result<()> {
        let owner = owner.as_bytes();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (next, seal): (u32, u32) = {
            let mut select = transaction.prepare_cached(
                "SELECT (SELECT coalesce(max(sequence), -1) + 1 FROM records WHERE owner = ?1 AND kind = 1),
                        length(seal) FROM owners WHERE id = ?1",
            )?;
            select.query_row(params![owner], |row| Ok((row.get(0)?, row.get(1)?)))?
        };
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.ids.number().to_le_bytes());
        id[8..].copy_from_slice(&self.ids.number().to_le_bytes());
        let mut bytes = vec![0; sealed_length(message.len())];
        bytes[..message.len()].copy_from_slice(message);
        transaction
            .prepare_cached(
                "INSERT INTO records (id, owner, kind, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, owner, 1, next, bytes])?;
        if self.seals {
            transaction
                .prepare_cached("UPDATE owners SET seal = ?2 WHERE id = ?1")?
                .execute(params![owner, vec![next as u8; seal as usize]])?;
            transaction
                .prepare_cached("INSERT OR REPLACE INTO root (id, sealed) VALUES (1, ?1)")?
                .execute(params![vec![next as u8; self.root]])?;
        }
        transaction.commit()
    }
}

/// The length of a sealed body of up to four kilobytes: its length, itself and its padding, and what is around them.
fn sealed_length(body: usize) -> usize {
    (4 + body).next_multiple_of(256) + 1 + 16 + 12 + 16
}
