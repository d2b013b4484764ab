//! Locking: by hand, when nobody did anything for a while, when the screen is locked, when the machine goes to sleep.
//!
//! A lock takes the domain away from every command at once, ends the page so that its memory ends with it, stops the
//! replies (which are kept), the loading of a model and the reading of files (which goes on after the next unlocking), and
//! shuts the vault. Only then can it be opened again.
//!
//! What nobody asked for happens only where a passphrase protects the vault: a keychain that is open would hand the key
//! to whoever sits down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aparte_assistant::Assistant;

use crate::clock::Moment;
use crate::model;
use crate::session::Session;
use crate::view::{Launch, ModelStatus, Settings, Ways};
use crate::window;

/// How long whoever works on something behind the vault has to come to an end when the application ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks at the clock for as long as the application runs.
pub fn watch_the_clock(session: &Arc<Session>) {
    let session = Arc::clone(session);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK_EVERY);
            let now = Moment::now();
            session.erase_what_is_due(now);
            let (settings, ways) = (session.settings(), session.ways());
            if let Some(settings) = settings {
                model::unload_if_idle(&session, settings.unload_after);
            }
            model::calibrate_if_idle(&session);
            if let (Some(settings), Some(ways)) = (settings, ways)
                && is_due(settings, ways, now.since(session.last_active()))
            {
                lock(&session);
            }
        }
    });
}

/// Locks the vault because somebody wants it locked, without waiting until it is.
pub fn by_hand(session: &Arc<Session>) {
    let session = Arc::clone(session);
    std::thread::spawn(move || lock(&session));
}

/// Locks the vault because whoever opened it left, and waits until it is locked.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only there the desktop is heard")
)]
pub fn nobody_is_here(session: &Session) {
    if session.ways().is_some_and(is_protected) {
        lock(session);
    }
}

/// Shuts the vault because another takes its place, which the caller then opens, or says why it did not. Says whether
/// there was one to shut.
pub fn shut(session: &Session) -> bool {
    put_away_for_now(session).is_some()
}

/// Shuts the vault because the application ends.
pub fn for_good(session: &Session) {
    if let Some((assistant, _)) = session.begin_locking() {
        put_away(session, assistant, PATIENCE);
    }
}

/// Ends the work of this thread if the vault was locked under it. Loading a model and reading a file have no other way
/// out than through their callers: they tell how far they are, and do not come back from that.
pub fn end_if_locked(session: &Session) {
    if !session.is_open() {
        std::panic::resume_unwind(Box::new(WasLocked));
    }
}

/// What a thread that was ended by [`end_if_locked`] leaves behind.
pub struct WasLocked;

fn is_due(settings: Settings, ways: Ways, idle: Duration) -> bool {
    let limit = Duration::from_secs(60 * u64::from(settings.lock_after));
    !limit.is_zero() && idle >= limit && is_protected(ways)
}

fn is_protected(ways: Ways) -> bool {
    ways.passphrase
}

fn lock(session: &Session) {
    if let Some(ways) = put_away_for_now(session) {
        let trouble = None;
        session.become_closed(Launch::Locked { ways, trouble });
    }
}

/// Everything of a lock but its end: nobody else can open the vault before the caller says how it stands.
fn put_away_for_now(session: &Session) -> Option<Ways> {
    let (assistant, ways) = session.begin_locking()?;
    window::empty(session);
    // However long it takes: nobody is told that a vault is locked whose keys are still in memory.
    put_away(session, assistant, Duration::MAX);
    session.set_model(ModelStatus::Waiting);
    Some(ways)
}

/// Waits until nobody else holds the domain, and shuts the vault. What is still held at the end of `patience` is shut by
/// the last who holds it.
fn put_away(session: &Session, mut assistant: Arc<Assistant>, patience: Duration) {
    session.incoming.let_go();
    session.erasing.forget();
    let began = Instant::now();
    loop {
        // Told each time: a question that had reached the domain before it was taken away begins its reply after that.
        session.replies.stop_all();
        session.findings.stop_all();
        session.summaries.forget_all();
        match Arc::try_unwrap(assistant) {
            Ok(assistant) => {
                if assistant.close().is_err() {
                    tracing::error!(target: "aparte", "the vault was shut without its last words");
                }
                return;
            }
            Err(held) if began.elapsed() < patience => assistant = held,
            Err(_) => {
                tracing::error!(target: "aparte", "the vault is still held and was left to its holder");
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{EarlierTurns, Language, Preset, ReadingLimits, Theme};

    const MINUTE: Duration = Duration::from_secs(60);

    const BEHIND_A_PASSPHRASE: Ways = Ways {
        keychain: false,
        passphrase: true,
        recovery: false,
    };

    fn after(minutes: u16) -> Settings {
        Settings {
            language: Language::English,
            theme: Theme::System,
            lock_after: minutes,
            earlier: EarlierTurns::OldestLeftOut,
            unload_after: 30,
            preset: Preset::Careful,
            limits: ReadingLimits::Usual,
            source_width: 0,
        }
    }

    #[test]
    fn a_vault_is_locked_when_nobody_did_anything_for_as_long_as_was_chosen() {
        let is_due = |idle| is_due(after(10), BEHIND_A_PASSPHRASE, idle);
        assert!(!is_due(Duration::ZERO));
        assert!(!is_due(10 * MINUTE - Duration::from_millis(1)));
        assert!(is_due(10 * MINUTE));
    }

    #[test]
    fn a_machine_that_slept_through_the_time_is_locked_when_it_wakes() {
        let active = Moment::now();
        let woken = active.after_sleep(8 * 60 * MINUTE);
        assert!(is_due(after(10), BEHIND_A_PASSPHRASE, woken.since(active)));
    }

    #[test]
    fn setting_the_clock_back_keeps_no_vault_open() {
        let active = Moment::now();
        let later = active.later(11 * MINUTE).set_back(365 * 24 * 60 * MINUTE);
        assert!(is_due(after(10), BEHIND_A_PASSPHRASE, later.since(active)));
    }

    #[test]
    fn zero_minutes_are_never() {
        assert!(!is_due(after(0), BEHIND_A_PASSPHRASE, Duration::MAX));
    }

    #[test]
    fn a_vault_that_an_open_keychain_opens_is_not_locked_unasked() {
        for recovery in [false, true] {
            let ways = Ways {
                keychain: true,
                passphrase: false,
                recovery,
            };
            assert!(!is_due(after(10), ways, Duration::MAX));
        }
    }

    #[test]
    fn work_under_a_locked_vault_ends_without_being_taken_for_a_mistake() {
        let session = Session::new();
        let work = std::panic::AssertUnwindSafe(|| end_if_locked(&session));
        let left = std::panic::catch_unwind(work).expect_err("no vault is open");
        assert!(left.is::<WasLocked>());
    }
}
