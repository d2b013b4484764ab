//! K2: a sealed value opens in its own place and nowhere else.

use aparte_vault::Vault;
use rusqlite::{Connection, params};

use super::campaign::Tally;
use super::ground::{Contents, Ground, Held, HeldRecord};

/// A record with the owner it belongs to.
#[derive(Clone, Copy)]
struct Own<'a> {
    owner: &'a Held,
    record: &'a HeldRecord,
}

/// The row of a record.
struct Row {
    owner: [u8; 16],
    kind: i64,
    sequence: i64,
    sealed: Vec<u8>,
}

impl Row {
    fn of(rows: &Connection, record: &HeldRecord) -> Row {
        rows.prepare_cached("SELECT owner, kind, sequence, sealed FROM records WHERE id = ?1")
            .and_then(|mut select| {
                select.query_row([record.id.as_bytes()], |row| {
                    Ok(Row {
                        owner: row.get(0)?,
                        kind: row.get(1)?,
                        sequence: row.get(2)?,
                        sealed: row.get(3)?,
                    })
                })
            })
            .expect("the record is there")
    }

    fn put(&self, rows: &Connection, id: &[u8; 16]) {
        rows.prepare_cached(
            "INSERT OR REPLACE INTO records (id, owner, kind, sequence, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .and_then(|mut insert| {
            insert.execute(params![id, self.owner, self.kind, self.sequence, self.sealed])
        })
        .expect("a row can be put anywhere");
    }
}

fn remove(rows: &Connection, record: &HeldRecord) {
    rows.prepare_cached("DELETE FROM records WHERE id = ?1")
        .and_then(|mut delete| delete.execute([record.id.as_bytes()]))
        .expect("a row can be removed");
}

/// What may be exchanged between the rows of two records.
const EXCHANGES: [&str; 7] = [
    "the sealed value",
    "the whole row",
    "the id",
    "the owner",
    "the kind",
    "the sequence",
    "the id of the key",
];

/// Puts something of `from` in place of what `to` has, and leaves the rest of both as it was.
fn exchange(rows: &Connection, what: &str, from: Own<'_>, to: Own<'_>) {
    let (mine, theirs) = (Row::of(rows, from.record), Row::of(rows, to.record));
    let (from_id, to_id) = (from.record.id.as_bytes(), to.record.id.as_bytes());
    remove(rows, from.record);
    remove(rows, to.record);
    let [mut one, mut other] = [(mine, from_id), (theirs, to_id)];
    match what {
        "the sealed value" => std::mem::swap(&mut one.0.sealed, &mut other.0.sealed),
        // The row stands where the other stood, and the other is gone.
        "the whole row" => {
            one.0.owner = other.0.owner;
            one.0.kind = other.0.kind;
            one.0.sequence = other.0.sequence;
            one.0.put(rows, one.1);
            return;
        }
        "the id" => std::mem::swap(&mut one.1, &mut other.1),
        "the owner" => std::mem::swap(&mut one.0.owner, &mut other.0.owner),
        "the kind" => std::mem::swap(&mut one.0.kind, &mut other.0.kind),
        "the sequence" => std::mem::swap(&mut one.0.sequence, &mut other.0.sequence),
        _ => {
            let key = one.0.sealed[1..17].to_vec();
            one.0.sealed[1..17].copy_from_slice(&other.0.sealed[1..17]);
            other.0.sealed[1..17].copy_from_slice(&key);
        }
    }
    one.0.put(rows, one.1);
    other.0.put(rows, other.1);
}

/// Whether both records have the same there, so that an exchange changes nothing.
fn is_idle(what: &str, from: Own<'_>, to: Own<'_>) -> bool {
    match what {
        "the owner" | "the id of the key" => from.owner.id == to.owner.id,
        "the kind" => from.record.kind == to.record.kind,
        "the sequence" => from.record.sequence == to.record.sequence,
        _ => false,
    }
}

/// Tells what is wrong unless nothing of the two owners reads as something else, and the exchange is told.
fn is_noticed(vault: &Vault, owners: [&Held; 2]) -> Result<(), String> {
    let mut told = false;
    for owner in owners {
        for kind in super::ground::KINDS {
            let listing = vault
                .records(owner.id, kind)
                .map_err(|error| format!("nothing can be read: {error}"))?;
            for found in &listing.readable {
                let known = |held: &HeldRecord| {
                    (held.kind, held.id, held.sequence) == (kind, found.id, found.sequence)
                        && held.body == found.body
                };
                if !owner.records.iter().any(known) {
                    return Err(format!("{} was accepted", found.id));
                }
            }
            told |= !listing.damaged.is_empty() || listing.loss.is_some();
        }
    }
    match told {
        true => Ok(()),
        false => Err("nothing is said".to_owned()),
    }
}

#[test]
fn no_two_of_fifty_records_can_be_exchanged() {
    let (ground, vault) = Ground::new();
    // Two conversations and a document, two kinds of record, nine positions.
    let contents = Contents::put(&vault, 3, 9, &[]);
    let rows = ground.rows();
    let all: Vec<_> = contents
        .owners
        .iter()
        .flat_map(|owner| {
            owner
                .records
                .iter()
                .map(move |record| Own { owner, record })
        })
        .take(50)
        .collect();
    assert_eq!(all.len(), 50);
    rows.execute_batch("CREATE TEMP TABLE whole AS SELECT * FROM records")
        .unwrap();
    let mut tally = Tally::new("K2: two records are exchanged");
    for (from_at, &from) in all.iter().enumerate() {
        for (to_at, &to) in all.iter().enumerate() {
            if from_at == to_at {
                continue;
            }
            for what in EXCHANGES {
                if is_idle(what, from, to) {
                    continue;
                }
                rows.execute_batch("BEGIN").unwrap();
                exchange(&rows, what, from, to);
                rows.execute_batch("COMMIT").unwrap();
                let noticed = is_noticed(&vault, [from.owner, to.owner]);
                tally.take(noticed, format!("{what} of {from_at} and {to_at}"));
                // A row may have pushed a third one out of its place.
                rows.execute_batch(
                    "BEGIN; DELETE FROM records; INSERT INTO records SELECT * FROM whole; COMMIT",
                )
                .unwrap();
            }
        }
    }
    assert!(contents.difference(&vault).is_none(), "all is as it was");
    tally.end();
}

/// A sealed value: which column of which row.
struct Cell {
    table: &'static str,
    column: &'static str,
    row: i64,
    sealed: Vec<u8>,
}

fn cells(rows: &Connection) -> Vec<Cell> {
    let columns = [
        ("owners", "key"),
        ("owners", "head"),
        ("owners", "seal"),
        ("records", "sealed"),
        ("blobs", "head"),
        ("chunks", "sealed"),
        ("settings", "sealed"),
        ("root", "sealed"),
    ];
    let mut cells = Vec::new();
    for (table, column) in columns {
        let mut select = rows
            .prepare(&format!(
                "SELECT rowid, {column} FROM {table} ORDER BY rowid LIMIT 4"
            ))
            .unwrap();
        let found = select.query_map([], |row| {
            Ok(Cell {
                table,
                column,
                row: row.get(0)?,
                sealed: row.get(1)?,
            })
        });
        cells.extend(found.unwrap().map(Result::unwrap));
    }
    cells
}

#[test]
fn no_sealed_value_opens_in_another_column_or_row() {
    let (ground, vault) = Ground::new();
    let contents = Contents::put(&vault, 4, 2, &[300, 400]);
    vault.close().unwrap();
    let rows = ground.rows();
    let cells = cells(&rows);
    let mut tally = Tally::new("K2: a sealed value is put in place of another");
    for from in &cells {
        for to in &cells {
            if (from.table, from.column, from.row) == (to.table, to.column, to.row) {
                continue;
            }
            let update = format!(
                "UPDATE {} SET {} = ?2 WHERE rowid = ?1",
                to.table, to.column
            );
            rows.execute(&update, params![to.row, from.sealed]).unwrap();
            let place = || {
                format!(
                    "{}.{} {} in place of {}.{} {}",
                    from.table, from.column, from.row, to.table, to.column, to.row
                )
            };
            let difference = match ground.unlock() {
                Ok(vault) => contents.difference(&vault),
                Err(error) => panic!("{}: the vault does not open: {error}", place()),
            };
            let noticed = difference.wrong.is_empty() && !difference.told.is_empty();
            tally.note(noticed, || format!("{}: {difference:?}", place()));
            // What opening the vault wrote is taken back with it.
            for cell in &cells {
                let update = format!(
                    "UPDATE {} SET {} = ?2 WHERE rowid = ?1",
                    cell.table, cell.column
                );
                rows.execute(&update, params![cell.row, cell.sealed])
                    .unwrap();
            }
        }
    }
    assert!(
        contents.difference(&ground.unlock().unwrap()).is_none(),
        "all is as it was"
    );
    tally.end();
}
