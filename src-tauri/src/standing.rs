//! Where the vault stands, one state at a time, and what is behind it while it is open.
//!
//! Two states let nobody else in: while the vault is being opened nobody opens it once more, and while it is being
//! locked (which the window is told as opening: it is the vault that has to be waited for) nobody opens it again before
//! it is shut. What is behind an open vault is reached through here and nowhere else, so that taking it away shuts
//! every door.

use std::sync::Arc;

use crate::view::{Launch, Settings, Ways};

/// The state, over a `T` that is there while the vault is open.
pub struct Standing<T> {
    launch: Launch,
    open: Option<Arc<T>>,
}

impl<T> Standing<T> {
    /// At the start: the disk and the keychain are being asked.
    pub fn new() -> Standing<T> {
        Standing {
            launch: Launch::Opening,
            open: None,
        }
    }

    /// What the window is told.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// What is behind the vault, while it is open.
    pub fn open(&self) -> Option<&Arc<T>> {
        self.open.as_ref()
    }

    /// Takes the right to open the vault, and gives back how it stood; `None` if it is open, being opened or being
    /// locked.
    pub fn begin_opening(&mut self) -> Option<Launch> {
        match self.launch {
            Launch::Opening | Launch::Open { .. } => None,
            Launch::NewPassphrase | Launch::Locked { .. } | Launch::Failed { .. } => {
                Some(std::mem::replace(&mut self.launch, Launch::Opening))
            }
        }
    }

    /// The vault is open.
    pub fn become_open(
        &mut self,
        behind: Arc<T>,
        settings: Settings,
        notices: Vec<String>,
        ways: Ways,
    ) {
        self.open = Some(behind);
        self.launch = Launch::Open {
            settings,
            notices,
            ways,
        };
    }

    /// The vault is not open.
    pub fn become_closed(&mut self, launch: Launch) {
        debug_assert!(!matches!(launch, Launch::Open { .. }), "see `become_open`");
        self.open = None;
        self.launch = launch;
    }

    /// Takes away what is behind an open vault, to shut it; `None` if it is not open.
    pub fn begin_locking(&mut self) -> Option<(Arc<T>, Ways)> {
        let ways = self.ways()?;
        let behind = self.open.take()?;
        self.launch = Launch::Opening;
        Some((behind, ways))
    }

    /// What opens an open vault once it is locked.
    pub fn ways(&self) -> Option<Ways> {
        match self.launch {
            Launch::Open { ways, .. } => Some(ways),
            _ => None,
        }
    }

    /// What was chosen in an open vault.
    pub fn settings(&self) -> Option<Settings> {
        match self.launch {
            Launch::Open { settings, .. } => Some(settings),
            _ => None,
        }
    }

    /// Other choices in an open vault.
    pub fn set_settings(&mut self, changed: Settings) {
        if let Launch::Open { settings, .. } = &mut self.launch {
            *settings = changed;
        }
    }

    /// Other ways to open an open vault.
    pub fn set_ways(&mut self, changed: Ways) {
        if let Launch::Open { ways, .. } = &mut self.launch {
            *ways = changed;
        }
    }

    /// Other things to be told of an open vault.
    pub fn set_notices(&mut self, changed: Vec<String>) {
        if let Launch::Open { notices, .. } = &mut self.launch {
            *notices = changed;
        }
    }

    /// One more thing to be told of an open vault.
    pub fn add_notice(&mut self, notice: String) {
        if let Launch::Open { notices, .. } = &mut self.launch {
            notices.push(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{AppError, Language, Theme};

    const SETTINGS: Settings = Settings {
        language: Language::French,
        theme: Theme::Dark,
        lock_after: 10,
        earlier: crate::view::EarlierTurns::OldestLeftOut,
        unload_after: 30,
        preset: crate::view::Preset::Careful,
        limits: crate::view::ReadingLimits::Usual,
        source_width: 0,
    };
    const WAYS: Ways = Ways {
        keychain: false,
        passphrase: true,
        recovery: false,
    };

    fn locked() -> Launch {
        Launch::Locked {
            ways: WAYS,
            trouble: None,
        }
    }

    fn closed(launch: Launch) -> Standing<&'static str> {
        let mut standing = Standing::new();
        standing.become_closed(launch);
        standing
    }

    fn open() -> Standing<&'static str> {
        let mut standing = closed(locked());
        standing.begin_opening().expect("it is locked");
        standing.become_open(Arc::new("letters"), SETTINGS, Vec::new(), WAYS);
        standing
    }

    #[test]
    fn only_one_caller_may_open_the_vault_and_none_while_it_is_looked_for() {
        let mut standing = Standing::<()>::new();
        assert!(standing.begin_opening().is_none(), "at the start");
        let error = AppError {
            code: "disk_full".into(),
            message: String::new(),
        };
        for launch in [locked(), Launch::NewPassphrase, Launch::Failed { error }] {
            let mut standing = closed(launch);
            assert!(standing.begin_opening().is_some(), "the first");
            assert!(standing.begin_opening().is_none(), "the second");
        }
        assert!(open().begin_opening().is_none(), "it is open");
    }

    #[test]
    fn an_attempt_that_fails_gives_the_form_back_as_it_was() {
        let mut standing = closed(locked());
        let before = standing.begin_opening().expect("it is locked");
        assert!(matches!(before, Launch::Locked { ways: WAYS, .. }));
        standing.become_closed(before);
        assert!(standing.begin_opening().is_some(), "it can be tried again");
    }

    #[test]
    fn locking_shuts_every_door_at_once_and_lets_nobody_in_before_it_is_done() {
        let mut standing = open();
        let (behind, ways) = standing.begin_locking().expect("it is open");
        assert_eq!(*behind, "letters");
        assert_eq!(ways, WAYS);
        assert!(standing.open().is_none(), "nobody reaches what is behind");
        assert!(standing.begin_opening().is_none(), "it is not shut yet");
        assert!(standing.begin_locking().is_none(), "it is locked once");
        standing.become_closed(locked());
        assert!(standing.begin_opening().is_some(), "it is shut");
    }

    #[test]
    fn what_is_chosen_or_noticed_in_a_vault_goes_with_it() {
        let mut standing = open();
        standing.set_notices(vec!["An older copy.".into()]);
        standing.set_settings(Settings {
            lock_after: 0,
            ..SETTINGS
        });
        assert_eq!(standing.settings().map(|kept| kept.lock_after), Some(0));
        standing.begin_locking().expect("it is open");
        standing.set_notices(vec!["Too late.".into()]);
        standing.set_ways(WAYS);
        assert!(matches!(standing.launch(), Launch::Opening));
        assert!(standing.settings().is_none() && standing.ways().is_none());
    }
}
