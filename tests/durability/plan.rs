//! What a scenario writes: operations and their contents, all of them following from a seed, so that a test knows what
//! must be there without having seen it.

use std::fmt;

/// A conversation or a document of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    Conversation(u32),
    Document(u32),
}

/// One thing that a person does, which is stored whole or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A conversation begins.
    Begin { conversation: u32 },
    /// A message is added to it.
    Say { conversation: u32, message: u32 },
    /// The text that is not sent yet changes.
    Draft { conversation: u32, version: u32 },
    /// It gets another title.
    Rename { conversation: u32, version: u32 },
    /// A document is imported: its original and its pages.
    Import { document: u32 },
    /// Something is erased for good.
    Erase { item: Item },
    /// Something is erased, and can be had back for a while.
    Hide { item: Item },
    /// It is had back.
    Show { item: Item },
    /// A setting changes.
    Set { key: u16, version: u32 },
    /// What can be made again is kept.
    Cache { version: u32 },
    /// The vault is closed, and opened again.
    Close,
    /// The vault is dropped without being closed, and opened again.
    Drop,
}

/// How many settings a plan uses.
pub const SETTINGS: u16 = 3;

/// The operations of a seed, the first `count` of an endless row.
pub fn plan(seed: u64, count: usize) -> Vec<Operation> {
    let mut draw = Draw::of(seed);
    let mut made = Made::default();
    (0..count).map(|_| made.next(&mut draw)).collect()
}

/// What there is after some operations, if all of them succeed.
#[derive(Default)]
struct Made {
    conversations: Vec<u32>,
    documents: Vec<u32>,
    next: u32,
    version: u32,
    hidden: Option<Item>,
}

impl Made {
    fn next(&mut self, draw: &mut Draw) -> Operation {
        // What was erased by mistake comes back at once: a restart ends that chance.
        if let Some(item) = self.hidden.take()
            && draw.below(2) == 0
        {
            self.keep(item);
            return Operation::Show { item };
        }
        self.next += 1;
        self.version += 1;
        let version = self.version;
        if self.conversations.is_empty() {
            return self.begin();
        }
        let conversation = self.conversations[draw.below(self.conversations.len())];
        match draw.below(100) {
            0..10 => self.begin(),
            10..45 => Operation::Say {
                conversation,
                message: version,
            },
            45..57 => Operation::Draft {
                conversation,
                version,
            },
            57..63 => Operation::Rename {
                conversation,
                version,
            },
            63..73 => {
                self.documents.push(self.next);
                Operation::Import {
                    document: self.next,
                }
            }
            73..79 => match self.take(draw) {
                Some(item) => Operation::Erase { item },
                None => self.begin(),
            },
            79..83 => match self.take(draw) {
                Some(item) => {
                    self.hidden = Some(item);
                    Operation::Hide { item }
                }
                None => self.begin(),
            },
            83..90 => Operation::Set {
                key: 1 + draw.below(usize::from(SETTINGS)) as u16,
                version,
            },
            90..94 => Operation::Cache { version },
            94..97 => Operation::Close,
            _ => Operation::Drop,
        }
    }

    fn begin(&mut self) -> Operation {
        self.conversations.push(self.next);
        Operation::Begin {
            conversation: self.next,
        }
    }

    fn take(&mut self, draw: &mut Draw) -> Option<Item> {
        if !self.documents.is_empty() && draw.below(2) == 0 {
            let at = draw.below(self.documents.len());
            return Some(Item::Document(self.documents.swap_remove(at)));
        }
        if self.conversations.len() < 2 {
            return None;
        }
        let at = draw.below(self.conversations.len());
        Some(Item::Conversation(self.conversations.swap_remove(at)))
    }

    fn keep(&mut self, item: Item) {
        match item {
            Item::Conversation(number) => self.conversations.push(number),
            Item::Document(number) => self.documents.push(number),
        }
    }
}

/// A title; it names the item.
pub fn head(item: Item, version: u32) -> String {
    format!("{item} version {version}")
}

/// The item and the version of a title.
pub fn of_head(head: &[u8]) -> Option<(Item, u32)> {
    let text = std::str::from_utf8(head).ok()?;
    let mut words = text.split(' ');
    let (kind, number) = (words.next()?, words.next()?.parse().ok()?);
    let item = match kind {
        "conversation" => Item::Conversation(number),
        "document" => Item::Document(number),
        _ => return None,
    };
    let version = words.nth(1)?.parse().ok()?;
    (head == self::head(item, version).as_bytes()).then_some((item, version))
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Conversation(number) => write!(f, "conversation {number}"),
            Item::Document(number) => write!(f, "document {number}"),
        }
    }
}

/// A message, by its number; the number can be read from it.
pub fn message(conversation: u32, message: u32) -> Vec<u8> {
    let length = match mix(u64::from(message) << 32 | u64::from(conversation)) % 12 {
        0 => 20_000,
        1 => 0,
        other => 60 * other as usize,
    };
    content(format!("message {message} of {conversation}:"), length)
}

/// The number of a message.
pub fn of_message(body: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(body.split(|byte| *byte == b':').next()?).into_owned();
    text.split(' ').nth(1)?.parse().ok()
}

/// An unsent text.
pub fn draft(conversation: u32, version: u32) -> Vec<u8> {
    content(
        format!("draft {version} of {conversation}:"),
        version as usize * 7 % 900,
    )
}

/// The value of a setting.
pub fn setting(key: u16, version: u32) -> Vec<u8> {
    content(format!("setting {key} version {version}:"), 12)
}

/// What is kept because making it again takes time.
pub fn cache(version: u32) -> Vec<u8> {
    content(
        format!("cache {version}:"),
        version as usize * 4_001 % 150_000,
    )
}

/// The pages of a document.
pub fn pages(document: u32) -> Vec<Vec<u8>> {
    (0..1 + document % 4)
        .map(|page| content(format!("page {page} of {document}:"), 1_500))
        .collect()
}

/// The original of a document: empty, short, of exactly one piece, or of several.
pub fn original(document: u32) -> Vec<u8> {
    let length = [0, 700, (64 << 10) - 25, 200_000][document as usize % 4];
    content(format!("original of {document:6}:"), length)
}

fn content(name: String, length: usize) -> Vec<u8> {
    let mut state = name
        .bytes()
        .fold(1, |state, byte| mix(state ^ u64::from(byte)));
    let mut bytes = name.into_bytes();
    let end = bytes.len() + length;
    while bytes.len() < end {
        state = mix(state);
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(end);
    bytes
}

/// Numbers that follow from a seed (SplitMix64).
pub struct Draw(u64);

impl Draw {
    pub fn of(seed: u64) -> Draw {
        Draw(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below a limit that is not zero.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit as u64) as usize
    }
}

fn mix(mut state: u64) -> u64 {
    state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}
