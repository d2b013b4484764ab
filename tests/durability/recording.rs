//! What the interposer recorded, as a disk sees it: contents and names, of which some were brought to the disk and some
//! were not yet. From it the states are drawn that a power cut may leave behind.
//!
//! The disk is as unkind as POSIX allows: what was written since the last sync of a file may be there, be missing, be
//! there in parts of 512 bytes, in another order, or be garbage where the file had no bytes before; one sector may be
//! half old and half new. A name that was made, changed or removed since the last sync of its folder may be old or new.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::entry::{Entry, Kind};
use crate::plan::Draw;

const SECTOR: usize = 512;

/// The files of a folder: contents by their name, and none for a folder.
pub type Files = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A log, entry by entry.
pub fn entries(log: &[u8]) -> Vec<Entry<'_>> {
    let mut rest = log;
    let mut entries = Vec::new();
    while let Some(entry) = Entry::read(&mut rest) {
        entries.push(entry);
    }
    assert!(
        rest.is_empty() || rest.len() < 1 << 20,
        "the log is not read to its end"
    );
    entries
}

/// How often a kind of entry is in a log.
pub fn count(log: &[u8], kind: Kind) -> usize {
    entries(log)
        .iter()
        .filter(|entry| entry.kind == kind)
        .count()
}

/// What there is under a folder, without the folder's own name. The shared index of SQLite's journal is left out: it is
/// written through memory, and made anew by whoever opens the database first.
pub fn files(root: &Path) -> Files {
    let mut files = Files::new();
    gather(root, root, &mut |path, node| {
        drop(files.insert(path, node.1))
    });
    files
}

/// Hears of a file by its name: its inode, and its bytes unless it is a folder.
type Hear<'a> = dyn FnMut(Vec<u8>, (u64, Option<Vec<u8>>)) + 'a;

fn gather(root: &Path, folder: &Path, found: &mut Hear<'_>) {
    for entry in fs::read_dir(folder).expect("the test made it") {
        let path = entry.expect("the test made it").path();
        let metadata = path.symlink_metadata().expect("it is there");
        let name = path.strip_prefix(root).expect("it is below");
        let name = name.as_os_str().as_bytes().to_vec();
        if metadata.is_dir() {
            found(name, (metadata.ino(), None));
            gather(root, &path, found);
        } else if is_of_the_disk(&name) {
            let content = fs::read(&path).expect("the test made it");
            found(name, (metadata.ino(), Some(content)));
        }
    }
}

fn is_of_the_disk(name: &[u8]) -> bool {
    !name.ends_with(b"-shm")
}

/// Lays files out in an empty folder.
pub fn lay_out(files: &Files, root: &Path) {
    for (name, content) in files {
        let path = root.join(OsStr::from_bytes(name));
        match content {
            None => fs::create_dir(path),
            Some(content) => fs::write(path, content),
        }
        .expect("the folder is the test's own");
    }
}

/// A disk in the middle of a recording.
pub struct Disk<'a> {
    root: Vec<u8>,
    files: Vec<Content<'a>>,
    by_inode: HashMap<u64, usize>,
    /// Names on the disk.
    names: BTreeMap<Vec<u8>, Node>,
    /// Names as the program sees them.
    seen: BTreeMap<Vec<u8>, Node>,
    waiting: Vec<(usize, Naming)>,
    /// How many entries were taken in.
    clock: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    Folder,
    File(usize),
}

#[derive(Default)]
struct Content<'a> {
    durable: Vec<u8>,
    waiting: Vec<(usize, Writing<'a>)>,
}

#[derive(Clone, Copy)]
enum Writing<'a> {
    Bytes { offset: usize, data: &'a [u8] },
    Length(usize),
}

#[derive(Clone)]
enum Naming {
    Put(Vec<u8>, Node),
    Remove(Vec<u8>),
    Rename(Vec<u8>, Vec<u8>),
}

/// What became of what was not yet on the disk.
#[derive(Clone, Copy)]
enum Fate {
    /// All of it is lost.
    Lost,
    /// All of it got there.
    Kept,
    /// What came before one entry got there, and a part of that one: a disk that keeps to the order.
    Until(usize),
    /// Each piece got there, or a part of it, or not.
    Some,
    /// The same, in any order, and some of what is beyond the old end as garbage.
    Shuffled,
}

impl<'a> Disk<'a> {
    /// A disk that holds what is under a folder now. The inodes are those that a recording will name.
    pub fn of(root: &Path) -> Disk<'a> {
        let mut disk = Disk {
            root: root.as_os_str().as_bytes().to_vec(),
            files: Vec::new(),
            by_inode: HashMap::new(),
            names: BTreeMap::new(),
            seen: BTreeMap::new(),
            waiting: Vec::new(),
            clock: 0,
        };
        gather(root, root, &mut |name, (inode, content)| {
            let node = match content {
                None => Node::Folder,
                Some(durable) => {
                    let waiting = Vec::new();
                    disk.files.push(Content { durable, waiting });
                    disk.by_inode.insert(inode, disk.files.len() - 1);
                    Node::File(disk.files.len() - 1)
                }
            };
            disk.names.insert(name.clone(), node);
            disk.seen.insert(name, node);
        });
        disk
    }

    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry<'a>) {
        self.clock += 1;
        match entry.kind {
            Kind::Create => {
                let name = self.name(entry.path);
                if !is_of_the_disk(&name) {
                    return;
                }
                self.files.push(Content::default());
                let file = self.files.len() - 1;
                // A number that belonged to a file which is gone may be given again.
                self.by_inode.insert(entry.inode, file);
                self.rename(Naming::Put(name, Node::File(file)));
            }
            Kind::Write => self.write(
                entry.inode,
                Writing::Bytes {
                    offset: entry.offset as usize,
                    data: entry.data,
                },
            ),
            Kind::Resize => self.write(entry.inode, Writing::Length(entry.offset as usize)),
            Kind::Sync if entry.path.is_empty() => {
                if let Some(file) = self.by_inode.get(&entry.inode) {
                    let file = &mut self.files[*file];
                    for (_, writing) in std::mem::take(&mut file.waiting) {
                        writing.apply(&mut file.durable);
                    }
                }
            }
            Kind::Sync => {
                let folder = self.name(entry.path);
                let (synced, waiting) = std::mem::take(&mut self.waiting)
                    .into_iter()
                    .partition(|(_, naming)| naming.folder() == folder);
                self.waiting = waiting;
                for (_, naming) in synced {
                    naming.apply(&mut self.names);
                }
            }
            Kind::Rename => {
                let (from, to) = (self.name(entry.path), self.name(entry.other));
                let both = Naming::Rename(from, to);
                self.rename(both);
            }
            Kind::Link => {
                let (from, to) = (self.name(entry.path), self.name(entry.other));
                let node = self.seen[&from];
                self.rename(Naming::Put(to, node));
            }
            Kind::Remove => {
                let name = self.name(entry.path);
                if is_of_the_disk(&name) {
                    self.rename(Naming::Remove(name));
                }
            }
            Kind::Folder => {
                let name = self.name(entry.path);
                self.rename(Naming::Put(name, Node::Folder));
            }
            Kind::Mark | Kind::Call | Kind::Fault => (),
        }
    }

    /// What the program sees: everything, whether it is on the disk or not.
    pub fn whole(&self) -> Files {
        self.state(&mut Draw::of(0), Fate::Kept)
    }

    /// What a power cut leaves, in one of the ways it may.
    pub fn cut(&self, draw: &mut Draw) -> Files {
        let fate = match draw.below(8) {
            0 => Fate::Lost,
            1 => Fate::Kept,
            2 | 3 => Fate::Until(self.moment(draw)),
            4 | 5 => Fate::Some,
            _ => Fate::Shuffled,
        };
        self.state(draw, fate)
    }

    fn moment(&self, draw: &mut Draw) -> usize {
        let files = self.files.iter().flat_map(|file| &file.waiting);
        let moments = files.map(|(moment, _)| moment);
        let moments: Vec<_> = moments
            .chain(self.waiting.iter().map(|(moment, _)| moment))
            .collect();
        match moments.len() {
            0 => self.clock,
            some => *moments[draw.below(some)],
        }
    }

    fn state(&self, draw: &mut Draw, fate: Fate) -> Files {
        let mut names = self.names.clone();
        for (moment, naming) in &self.waiting {
            let happens = match fate {
                Fate::Lost => false,
                Fate::Kept => true,
                Fate::Until(end) => *moment < end,
                Fate::Some | Fate::Shuffled => draw.below(2) == 0,
            };
            if happens {
                naming.apply(&mut names);
            }
        }
        let mut files = Files::new();
        // A name comes after its folder's, so that what is in no folder is not there.
        for (name, node) in names {
            let folder = folder_of(&name);
            if !folder.is_empty() && files.get(folder) != Some(&None) {
                continue;
            }
            let content = match node {
                Node::Folder => None,
                Node::File(file) => Some(self.files[file].state(draw, fate)),
            };
            files.insert(name, content);
        }
        files
    }

    fn write(&mut self, inode: u64, writing: Writing<'a>) {
        if let Some(file) = self.by_inode.get(&inode) {
            self.files[*file].waiting.push((self.clock, writing));
        }
    }

    fn rename(&mut self, naming: Naming) {
        naming.apply(&mut self.seen);
        self.waiting.push((self.clock, naming));
    }

    /// A name without that of the whole folder.
    fn name(&self, path: &[u8]) -> Vec<u8> {
        let rest = path.strip_prefix(self.root.as_slice());
        let rest = rest.expect("only what is under the folder is recorded");
        rest.strip_prefix(b"/").unwrap_or(rest).to_vec()
    }
}

impl Content<'_> {
    fn state(&self, draw: &mut Draw, fate: Fate) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let mut waiting: Vec<_> = self.waiting.iter().collect();
        if let Fate::Shuffled = fate {
            for at in (1..waiting.len()).rev() {
                waiting.swap(at, draw.below(at + 1));
            }
        }
        for (moment, writing) in waiting {
            match fate {
                Fate::Lost => (),
                Fate::Kept => writing.apply(&mut bytes),
                Fate::Until(end) if *moment < end => writing.apply(&mut bytes),
                Fate::Until(end) if *moment == end => {
                    writing.apply_torn(&mut bytes, draw, usize::MAX)
                }
                Fate::Until(_) => (),
                Fate::Some | Fate::Shuffled => match draw.below(3) {
                    0 => (),
                    1 => writing.apply(&mut bytes),
                    _ => {
                        let garbage = match fate {
                            Fate::Shuffled => self.durable.len(),
                            _ => usize::MAX,
                        };
                        writing.apply_torn(&mut bytes, draw, garbage);
                    }
                },
            }
        }
        bytes
    }
}

impl Writing<'_> {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Writing::Bytes { offset, data } => put(bytes, offset, data),
            Writing::Length(length) => bytes.resize(length, 0),
        }
    }

    /// Applies some of the sectors that the bytes lie in. From the offset `garbage` on, one may hold anything.
    fn apply_torn(self, bytes: &mut Vec<u8>, draw: &mut Draw, garbage: usize) {
        let Writing::Bytes { offset, data } = self else {
            return self.apply(bytes);
        };
        let mut at = 0;
        while at < data.len() {
            let end = data
                .len()
                .min((offset + at) / SECTOR * SECTOR + SECTOR - offset);
            let piece = &data[at..end];
            match draw.below(16) {
                0..7 => (),
                // A disk writes a sector from one end to the other.
                13 => put(bytes, offset + at, &piece[..draw.below(piece.len())]),
                14 => {
                    let from = draw.below(piece.len());
                    put(bytes, offset + at + from, &piece[from..]);
                }
                15 if offset + at >= garbage => {
                    let noise: Vec<u8> = piece.iter().map(|_| draw.number() as u8).collect();
                    put(bytes, offset + at, &noise);
                }
                _ => put(bytes, offset + at, piece),
            }
            at = end;
        }
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<Vec<u8>, Node>) {
        match self {
            Naming::Put(name, node) => drop(names.insert(name.clone(), *node)),
            Naming::Remove(name) => drop(names.remove(name)),
            Naming::Rename(from, to) => {
                let mut inside = from.clone();
                inside.push(b'/');
                let moved: Vec<Vec<u8>> = names
                    .keys()
                    .filter(|name| *name == from || name.starts_with(&inside))
                    .cloned()
                    .collect();
                for name in moved {
                    let node = names.remove(&name).expect("it was found");
                    names.insert([to.as_slice(), &name[from.len()..]].concat(), node);
                }
            }
        }
    }

    /// The folder whose sync brings it to the disk.
    fn folder(&self) -> &[u8] {
        match self {
            Naming::Put(name, _) | Naming::Remove(name) => folder_of(name),
            Naming::Rename(from, to) => {
                assert_eq!(
                    folder_of(from),
                    folder_of(to),
                    "moving between folders is not modelled"
                );
                folder_of(to)
            }
        }
    }
}

fn folder_of(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|byte| *byte == b'/');
    &name[..end.unwrap_or(0)]
}

/// The names of what differs between two folders.
pub fn differences(one: &Files, other: &Files) -> Vec<String> {
    let names = one.keys().chain(other.keys());
    let mut differing: Vec<String> = names
        .filter(|name| one.get(*name) != other.get(*name))
        .map(|name| {
            std::ffi::OsString::from_vec(name.clone())
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    differing.dedup();
    differing
}
