//! A false Secret Service (draft 0.2 of freedesktop.org), which does what it is told to do wrong.
//!
//! The key exchange of a session is a Diffie-Hellman one. The service says that its public number is 1, so that the
//! secret that both share is 1 too, and no arithmetic is needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use zbus::blocking::Connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value};
use zbus::{ObjectServer, fdo, interface};

use super::machine::{Machine, SECRETS};

const SERVICE: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/test";
const SESSION: &str = "/org/freedesktop/secrets/session/1";
const PROMPT: &str = "/org/freedesktop/secrets/prompt/1";

/// What the service does wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    #[default]
    Well,
    /// It takes the first call and never answers.
    Silent,
    /// It finds entries, and never answers when it is asked for their secret.
    SilentAboutSecrets,
    /// It is locked, and its prompt never ends.
    SilentPrompt,
    /// It is locked, and the person dismisses its prompt.
    Dismissed,
    /// It lets nobody write.
    ReadOnly,
    /// It never answers who writes.
    SilentToWriters,
}

/// An entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub attributes: HashMap<String, String>,
    pub secret: Vec<u8>,
}

#[derive(Default)]
struct State {
    mood: Mood,
    entries: Vec<Entry>,
    /// How many entries were made, changed or removed by callers.
    writes: usize,
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The service, as long as it is held.
pub struct FalseRing {
    state: Shared,
    _connection: Connection,
}

impl FalseRing {
    /// Puts a service that works on the machine's bus.
    pub fn start(machine: &Machine) -> FalseRing {
        let state = Shared::default();
        let connection = machine
            .connect()
            .serve_at(SERVICE, Service(state.clone()))
            .and_then(|builder| builder.serve_at(COLLECTION, Collection(state.clone())))
            .and_then(|builder| builder.serve_at(PROMPT, Prompt(state.clone())))
            .and_then(|builder| builder.name(SECRETS))
            .and_then(zbus::blocking::connection::Builder::build)
            .expect("nobody else is a Secret Service there");
        for number in 0..ITEMS {
            let item = Item {
                state: state.clone(),
                number,
            };
            let made = connection.object_server().at(item_path(number), item);
            made.expect("the place is free");
        }
        FalseRing {
            state,
            _connection: connection,
        }
    }

    /// From here on does this wrong.
    pub fn is(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// The entries as they are.
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.state).entries.clone()
    }

    /// Changes the entries behind everybody's back.
    pub fn tamper(&self, change: impl FnOnce(&mut Vec<Entry>)) {
        change(&mut lock(&self.state).entries);
    }

    /// How often somebody wrote.
    pub fn writes(&self) -> usize {
        lock(&self.state).writes
    }
}

/// More than any test makes.
const ITEMS: usize = 8;

fn item_path(number: usize) -> OwnedObjectPath {
    path(&format!("{COLLECTION}/{number}"))
}

fn path(text: &str) -> OwnedObjectPath {
    ObjectPath::try_from(text).expect("it is a path").into()
}

fn no_path() -> OwnedObjectPath {
    path("/")
}

fn denied() -> fdo::Error {
    fdo::Error::AccessDenied("this ring is not to be written".to_owned())
}

/// Session, parameters, value, kind of content.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// Never answers.
async fn say_nothing() {
    std::future::pending::<()>().await;
}

struct Service(Shared);

impl Service {
    fn mood(&self) -> Mood {
        lock(&self.0).mood
    }
}

#[interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    async fn open_session(
        &self,
        algorithm: String,
        _input: OwnedValue,
    ) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        if self.mood() == Mood::Silent {
            say_nothing().await;
        }
        if !algorithm.starts_with("dh-") {
            return Err(fdo::Error::NotSupported(algorithm));
        }
        let public = Value::from(vec![1_u8])
            .try_into()
            .expect("bytes can be owned");
        Ok((public, path(SESSION)))
    }

    async fn search_items(
        &self,
        attributes: HashMap<String, String>,
    ) -> fdo::Result<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>)> {
        let state = lock(&self.0);
        let fits = |entry: &Entry| {
            attributes
                .iter()
                .all(|(name, value)| entry.attributes.get(name) == Some(value))
        };
        let found = state
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| fits(entry));
        let found = found.map(|(number, _)| item_path(number)).collect();
        Ok(match state.mood {
            Mood::Dismissed | Mood::SilentPrompt => (Vec::new(), found),
            _ => (found, Vec::new()),
        })
    }

    async fn unlock(
        &self,
        objects: Vec<OwnedObjectPath>,
    ) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        match self.mood() {
            Mood::Dismissed | Mood::SilentPrompt => (Vec::new(), path(PROMPT)),
            _ => (objects, no_path()),
        }
    }

    async fn read_alias(&self, _name: String) -> OwnedObjectPath {
        path(COLLECTION)
    }
}

struct Collection(Shared);

#[interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    async fn create_item(
        &self,
        properties: HashMap<String, OwnedValue>,
        secret: Secret,
        _replace: bool,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        let mood = lock(&self.0).mood;
        match mood {
            Mood::ReadOnly => return Err(denied()),
            Mood::SilentToWriters => say_nothing().await,
            _ => (),
        }
        let attributes = properties
            .get("org.freedesktop.Secret.Item.Attributes")
            .and_then(|value| HashMap::try_from(value.try_clone().ok()?).ok())
            .ok_or_else(|| fdo::Error::InvalidArgs("an item has attributes".to_owned()))?;
        let mut state = lock(&self.0);
        state.writes += 1;
        state.entries.push(Entry {
            attributes,
            secret: decrypt(&secret.1, &secret.2),
        });
        let number = state.entries.len() - 1;
        assert!(number < ITEMS, "no test makes so many entries");
        Ok((item_path(number), no_path()))
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        matches!(lock(&self.0).mood, Mood::Dismissed | Mood::SilentPrompt)
    }

    #[zbus(property)]
    fn label(&self) -> &str {
        "a ring of the test"
    }
}

struct Item {
    state: Shared,
    number: usize,
}

#[interface(name = "org.freedesktop.Secret.Item")]
impl Item {
    async fn get_secret(&self, _session: OwnedObjectPath) -> fdo::Result<(Secret,)> {
        let mood = lock(&self.state).mood;
        if mood == Mood::SilentAboutSecrets {
            say_nothing().await;
        }
        let state = lock(&self.state);
        let entry = state.entries.get(self.number).ok_or_else(gone)?;
        let vector = [7; 16];
        let value = encrypt(&vector, &entry.secret);
        Ok(((
            path(SESSION),
            vector.to_vec(),
            value,
            "text/plain".to_owned(),
        ),))
    }

    async fn set_secret(&self, secret: Secret) -> fdo::Result<()> {
        let mood = lock(&self.state).mood;
        match mood {
            Mood::ReadOnly => return Err(denied()),
            Mood::SilentToWriters => say_nothing().await,
            _ => (),
        }
        let mut state = lock(&self.state);
        state.writes += 1;
        let entry = state.entries.get_mut(self.number).ok_or_else(gone)?;
        entry.secret = decrypt(&secret.1, &secret.2);
        Ok(())
    }

    async fn delete(&self) -> fdo::Result<OwnedObjectPath> {
        let mut state = lock(&self.state);
        if state.mood == Mood::ReadOnly {
            return Err(denied());
        }
        state.writes += 1;
        // Its place stays, so that the paths of the others do.
        let entry = state.entries.get_mut(self.number).ok_or_else(gone)?;
        entry.attributes.clear();
        Ok(no_path())
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        matches!(lock(&self.state).mood, Mood::Dismissed | Mood::SilentPrompt)
    }
}

fn gone() -> fdo::Error {
    fdo::Error::UnknownObject("this entry is gone".to_owned())
}

struct Prompt(Shared);

#[interface(name = "org.freedesktop.Secret.Prompt")]
impl Prompt {
    async fn prompt(
        &self,
        _window: String,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        #[zbus(object_server)] _server: &ObjectServer,
    ) -> fdo::Result<()> {
        let mood = lock(&self.0).mood;
        if mood != Mood::SilentPrompt {
            Prompt::completed(&emitter, true, Value::from("")).await?;
        }
        Ok(())
    }

    async fn dismiss(&self) {}

    #[zbus(signal)]
    async fn completed(
        emitter: &SignalEmitter<'_>,
        dismissed: bool,
        result: Value<'_>,
    ) -> zbus::Result<()>;
}

/// The key of every session: what HKDF-SHA256 makes of the number 1 in 128 bytes.
fn session_key() -> Aes128 {
    let mut shared = [0; 128];
    shared[127] = 1;
    let mut key = [0; 16];
    Hkdf::<Sha256>::new(None, &shared)
        .expand(&[], &mut key)
        .expect("16 bytes are few");
    Aes128::new(&key.into())
}

/// AES-128-CBC with the padding of PKCS #7.
fn encrypt(vector: &[u8; 16], plain: &[u8]) -> Vec<u8> {
    let key = session_key();
    let padding = 16 - plain.len() % 16;
    let padded = [plain, &vec![padding as u8; padding]].concat();
    let mut before = *vector;
    let mut sealed = Vec::new();
    for chunk in padded.chunks_exact(16) {
        let mixed: [u8; 16] = std::array::from_fn(|at| chunk[at] ^ before[at]);
        let mut block = mixed.into();
        key.encrypt_block(&mut block);
        before = block.into();
        sealed.extend(before);
    }
    sealed
}

fn decrypt(vector: &[u8], sealed: &[u8]) -> Vec<u8> {
    let key = session_key();
    let mut before: [u8; 16] = vector.try_into().expect("a vector has 16 bytes");
    let mut plain = Vec::new();
    for chunk in sealed.chunks_exact(16) {
        let chunk: [u8; 16] = chunk.try_into().expect("16 bytes");
        let mut block = chunk.into();
        key.decrypt_block(&mut block);
        let block: [u8; 16] = block.into();
        plain.extend((0..16).map(|at| block[at] ^ before[at]));
        before = chunk;
    }
    let padding = usize::from(*plain.last().expect("there is padding"));
    plain.truncate(plain.len() - padding);
    plain
}
