//! SQLite: its schema, the settings of the connection, and what is checked before a file is trusted.
//!
//! Columns are BLOB or INTEGER only. Every BLOB is a random id or sealed bytes, but for the copy of
//! `vault.json`.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::{Part, VaultError, folder};

/// "Apar" in the header of the file.
pub(crate) const APPLICATION_ID: i32 = 0x4170_6172;
/// The version that this build writes.
pub(crate) const SCHEMA_VERSION: i32 = 2;

/// What made each version out of the one before it. A new database goes the same way, so that its schema is the same,
/// letter by letter. Steps are added at the end and never changed.
const STEPS: [&str; SCHEMA_VERSION as usize] = [
    "
CREATE TABLE manifest (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE owners (
    id BLOB PRIMARY KEY NOT NULL,
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    head BLOB NOT NULL
) STRICT;
CREATE TABLE records (
    id BLOB PRIMARY KEY NOT NULL,
    owner BLOB NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (owner, kind, sequence)
) STRICT;
CREATE TABLE blobs (
    id BLOB PRIMARY KEY NOT NULL,
    owner BLOB NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    head BLOB NOT NULL
) STRICT;
CREATE INDEX blobs_by_owner ON blobs (owner);
CREATE TABLE chunks (
    blob BLOB NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (blob, sequence)
) STRICT;
CREATE TABLE settings (
    key INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
",
    "
ALTER TABLE owners ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
CREATE TABLE root (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE caches (
    kind INTEGER PRIMARY KEY,
    file BLOB NOT NULL,
    head BLOB NOT NULL
) STRICT;
",
];

/// Makes the database under a name aside, so that it appears whole or not at all. `root` is the sealed root.
pub(crate) fn create(folder: &Path, manifest: &[u8], root: &[u8]) -> Result<(), VaultError> {
    let aside = folder.join(folder::DATABASE_BEING_MADE);
    folder::clear_aside(folder)?;
    folder::create(&aside)?;
    let connection = connect(&aside)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    fill(&connection, manifest, root)?;
    connection.close().map_err(|(_, error)| error)?;
    folder::rename(folder, folder::DATABASE_BEING_MADE, folder::DATABASE)
}

/// Opens the database of `folder`. Until [`trust`] is called nothing is written to its files, whatever a crash left in
/// the journal.
///
/// # Errors
/// [`VaultError::Foreign`] or [`VaultError::NewerFormat`], the file untouched. Beside a `vault.json` a file that is not
/// ours stands where ours was: [`VaultError::Damaged`].
pub(crate) fn open(folder: &Path) -> Result<Connection, VaultError> {
    match open_file(&folder.join(folder::DATABASE)) {
        Err(VaultError::Foreign) if folder.join(folder::SLOTS).try_exists()? => {
            Err(VaultError::Damaged(Part::Database))
        }
        opened => opened,
    }
}

/// Opens a database by its path: see [`open`].
pub(crate) fn open_file(path: &Path) -> Result<Connection, VaultError> {
    check_header(path)?;
    let mut connection = connect_to_look(path)?;
    let mut found = version(&connection);
    if let Err(VaultError::Database(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)) = found {
        // A full disk has no room for the index of the journal, which others would need. Nobody else is to be here.
        connection = connect_to_look(path)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        found = version(&connection);
    }
    // The journal may hold a newer version than the header of the file.
    check_version(found?)?;
    // Before anything is set, some of which SQLite notes in the file.
    if !has_our_schema(&connection)? {
        return Err(VaultError::Foreign);
    }
    configure(&connection)?;
    // The journal's name must outlast a power cut. SQLite syncs the folder too, and goes on in silence when that fails.
    folder::sync_folder(folder::parent(path))?;
    Ok(connection)
}

/// The vault is unlocked: from here on the journal is folded into the file when the connection closes.
pub(crate) fn trust(connection: &Connection) -> Result<(), VaultError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Makes a database that lives in memory and ends with its connection.
pub(crate) fn in_memory(root: &[u8]) -> Result<Connection, VaultError> {
    let connection = Connection::open_in_memory_with_flags(FLAGS | OpenFlags::SQLITE_OPEN_CREATE)?;
    fill(&connection, &[], root)?;
    configure(&connection)?;
    Ok(connection)
}

/// Reads the version of the schema.
pub(crate) fn version(connection: &Connection) -> Result<i32, VaultError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Takes the schema from its version to this build's, inside a transaction of the caller.
pub(crate) fn upgrade(connection: &Connection, from: i32) -> Result<(), VaultError> {
    for step in &STEPS[from as usize..] {
        connection.execute_batch(step)?;
    }
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}

/// Checks a database of unknown origin: SQLite finds it sound, every row belongs to one that is there, and behind the
/// last page there is nothing.
pub(crate) fn check_structure(connection: &Connection, length: u64) -> Result<(), VaultError> {
    let is_consistent = is_consistent(connection)?;
    let has_orphans = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
    let size = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let pages = size("page_count")?.checked_mul(size("page_size")?);
    match is_consistent && !has_orphans && pages == i64::try_from(length).ok() {
        true => Ok(()),
        false => Err(VaultError::Damaged(Part::Database)),
    }
}

/// Whether SQLite finds nothing wrong, the indexes included: one that tells of other rows than its table has would hide some.
pub(crate) fn is_consistent(connection: &Connection) -> Result<bool, VaultError> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}

/// Whether the schema is letter by letter the one that a build of its version makes.
fn has_our_schema(connection: &Connection) -> Result<bool, VaultError> {
    let expected = Connection::open_in_memory()?;
    for step in &STEPS[..version(connection)? as usize] {
        expected.execute_batch(step)?;
    }
    Ok(schema(connection)? == schema(&expected)?)
}

/// Reads the copy of `vault.json`.
pub(crate) fn manifest(connection: &Connection) -> Result<Vec<u8>, VaultError> {
    Ok(connection.query_row("SELECT bytes FROM manifest", [], |row| row.get(0))?)
}

/// Replaces the copy of `vault.json`.
pub(crate) fn set_manifest(connection: &Connection, bytes: &[u8]) -> Result<(), VaultError> {
    connection.execute("UPDATE manifest SET bytes = ?1", [bytes])?;
    Ok(())
}

/// Reads the sealed root; `None` if its row is gone.
pub(crate) fn root(connection: &Connection) -> Result<Option<Vec<u8>>, VaultError> {
    let select = "SELECT sealed FROM root WHERE id = 1";
    let sealed = connection.query_row(select, [], |row| row.get(0));
    Ok(sealed.optional()?)
}

/// Replaces the sealed root.
pub(crate) fn set_root(connection: &Connection, sealed: &[u8]) -> Result<(), VaultError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO root (id, sealed) VALUES (1, ?1)")?
        .execute([sealed])?;
    Ok(())
}

/// Cuts the journal, which still holds what was replaced or erased. Gives whether it was cut: somebody else who reads the
/// database keeps it from being.
pub(crate) fn cut_journal(connection: &Connection) -> Result<bool, VaultError> {
    // Nobody waits for them: it is tried again.
    connection.busy_timeout(Duration::ZERO)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    connection.busy_timeout(PATIENCE)?;
    let busy: i64 = busy?;
    Ok(busy == 0)
}

/// Connects to a file. A relative path may look like a URI to SQLite.
fn connect(path: &Path) -> Result<Connection, VaultError> {
    let path = std::path::absolute(path)?;
    Ok(Connection::open_with_flags(path, FLAGS)?)
}

/// Connects to a file whose journal is to be left as it was, should nobody get in.
fn connect_to_look(path: &Path) -> Result<Connection, VaultError> {
    let connection = connect(path)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// How long SQLite waits for somebody else who has the database.
const PATIENCE: Duration = Duration::from_secs(5);

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

fn fill(connection: &Connection, manifest: &[u8], root: &[u8]) -> Result<(), VaultError> {
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute_batch("BEGIN")?;
    upgrade(connection, 0)?;
    connection.execute("INSERT INTO manifest VALUES (1, ?1)", [manifest])?;
    set_root(connection, root)?;
    connection.execute_batch("COMMIT")?;
    Ok(())
}

fn configure(connection: &Connection) -> Result<(), VaultError> {
    // To the end of the statement: only there does SQLite say that it could not note the new mode in the file.
    let journal: Vec<String> = connection
        .prepare("PRAGMA journal_mode = WAL")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    // A database in memory has a journal of its own kind; on a disk SQLite may stay with the old one in silence.
    if journal != ["wal"] && journal != ["memory"] {
        return Err(VaultError::Io(std::io::ErrorKind::Unsupported));
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA foreign_keys = ON;",
    )?;
    // Extension loading is off unless a program turns it on, and only then does rusqlite offer it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    Ok(())
}

fn schema(connection: &Connection) -> Result<Vec<(String, String, Option<String>)>, VaultError> {
    let mut select =
        connection.prepare("SELECT type, name, sql FROM sqlite_master ORDER BY name")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where a database may have what is not in its file yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journaling {
    /// In `-wal`, beside it.
    WriteAhead,
    /// Nowhere, unless a write was interrupted.
    Rollback,
}

/// Looks at the first hundred bytes before SQLite may write any: the layout is SQLite's file format.
pub(crate) fn check_header(path: &Path) -> Result<Journaling, VaultError> {
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    let number = |at: usize| i32::from_be_bytes(header[at..at + 4].try_into().expect("4 bytes"));
    if header.len() < 100 || !header.starts_with(folder::MAGIC) || number(68) != APPLICATION_ID {
        return Err(VaultError::Foreign);
    }
    check_version(number(60))?;
    Ok(match header[18] {
        2 => Journaling::WriteAhead,
        _ => Journaling::Rollback,
    })
}

fn check_version(version: i32) -> Result<(), VaultError> {
    match version {
        1..=SCHEMA_VERSION => Ok(()),
        newer if newer > SCHEMA_VERSION => Err(VaultError::NewerFormat),
        _ => Err(VaultError::Damaged(Part::Database)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        create(folder.path(), b"{}", b"root").unwrap();
        let connection = open(folder.path()).unwrap();
        (folder, connection)
    }

    #[test]
    fn every_setting_reads_back() {
        let (_folder, connection) = database();
        let number = |name| -> i64 {
            connection
                .pragma_query_value(None, name, |row| row.get(0))
                .unwrap()
        };
        let journal: String = connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(journal, "wal");
        assert_eq!(number("synchronous"), 2);
        assert_eq!(number("secure_delete"), 1);
        assert_eq!(number("temp_store"), 2);
        assert_eq!(number("mmap_size"), 0);
        assert_eq!(number("trusted_schema"), 0);
        assert_eq!(number("cell_size_check"), 1);
        assert_eq!(number("foreign_keys"), 1);
        assert!(
            connection
                .db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE)
                .unwrap()
        );
        let extension = connection.execute_batch("SELECT load_extension('none')");
        assert!(
            extension
                .unwrap_err()
                .to_string()
                .contains("not authorized")
        );
    }

    #[test]
    fn sqlite_is_past_the_journal_corruption() {
        assert!(
            rusqlite::version_number() >= 3_051_003,
            "{}",
            rusqlite::version()
        );
    }

    #[test]
    fn columns_are_blobs_and_integers() {
        let (_folder, connection) = database();
        let mut columns = connection
            .prepare("SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'")
            .unwrap();
        let types: Vec<String> = columns
            .query_map([], |row| row.get(2))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(types.len() > 15);
        assert!(types.iter().all(|name| name == "BLOB" || name == "INTEGER"));
    }

    #[test]
    fn a_foreign_or_newer_file_is_refused_with_its_bytes_unchanged() {
        let (folder, connection) = database();
        connection.close().unwrap();
        let path = folder.path().join(folder::DATABASE);
        let ours = std::fs::read(&path).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bytes = ours.clone();
            bytes[at] = byte;
            bytes
        };
        for (bytes, newer) in [
            (b"a letter, not a database".to_vec(), false),
            (Vec::new(), false),
            (with(71, 0), false),
            (with(63, 3), true),
        ] {
            std::fs::write(&path, &bytes).unwrap();
            match open(folder.path()) {
                Err(VaultError::NewerFormat) => assert!(newer),
                Err(VaultError::Foreign) => assert!(!newer),
                _ => panic!("not refused"),
            }
            assert_eq!(std::fs::read(&path).unwrap(), bytes);
            assert!(!folder.path().join("vault.db-wal").exists());
        }
    }
}
