//! Calls that fail on purpose.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libc::c_int;

use crate::entry::{Entry, Kind};
use crate::log;
use crate::next::{set_errno, variable};

/// What a call is to do.
pub enum Verdict {
    /// Its work.
    Proceed,
    /// Nothing; its error is set.
    Fail,
    /// Half of its work, where it is a write.
    Short,
}

struct Fault {
    /// Which call, counted from 1.
    call: u64,
    action: Action,
    forever: bool,
}

#[derive(Clone, Copy)]
enum Action {
    Fail(c_int),
    Short,
    Die,
}

static FAULT: OnceLock<Fault> = OnceLock::new();
static CALLS: AtomicU64 = AtomicU64::new(0);

pub fn prepare() {
    let Some(text) = variable(c"APARTE_INTERPOSE_FAULT") else {
        return;
    };
    match read(text) {
        Some(fault) => drop(FAULT.set(fault)),
        // A fault that nobody understood would pass for a program that survives it.
        None => std::process::abort(),
    }
}

fn read(text: &[u8]) -> Option<Fault> {
    let mut words = std::str::from_utf8(text).ok()?.split(' ');
    Some(Fault {
        call: words.next()?.parse().ok()?,
        action: match words.next()? {
            "EIO" => Action::Fail(libc::EIO),
            "ENOSPC" => Action::Fail(libc::ENOSPC),
            "EDQUOT" => Action::Fail(libc::EDQUOT),
            "EINTR" => Action::Fail(libc::EINTR),
            "SHORT" => Action::Short,
            "DIE" => Action::Die,
            _ => return None,
        },
        forever: match words.next()? {
            "once" => false,
            "forever" => true,
            _ => return None,
        },
    })
}

/// Counts a call on a file that is meant, and says what it is to do.
pub fn verdict(name: &'static str, path: &[u8]) -> Verdict {
    let Some(fault) = FAULT.get() else {
        return Verdict::Proceed;
    };
    let number = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    log::add(Entry {
        path,
        data: name.as_bytes(),
        ..Entry::of(Kind::Call)
    });
    // Whoever does not get a lock waits for it, as if another had it. For ever that is a long time, and no fault of a disk.
    let again = fault.forever && name != "lock";
    if number < fault.call || number > fault.call && !again {
        return Verdict::Proceed;
    }
    log::add(Entry::of(Kind::Fault));
    match fault.action {
        Action::Fail(error) => {
            set_errno(error);
            Verdict::Fail
        }
        Action::Short => Verdict::Short,
        Action::Die => {
            // SAFETY: a process may end itself.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            Verdict::Fail
        }
    }
}
