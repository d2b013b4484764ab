//! The language of the system, for as long as nobody has chosen one.

use aparte_assistant::Language;

/// English where the system speaks neither of our languages.
pub fn of_system() -> Language {
    sys_locale::get_locales()
        .find_map(|locale| Language::from_tag(&locale))
        .unwrap_or(Language::English)
}
