//! A text that ends a reply, for models that have no token for the end of a turn.

/// Passes text on until the stop text appears, and holds back what may be its beginning.
#[derive(Debug)]
pub(crate) struct StopText {
    stop: Option<&'static str>,
    held: String,
}

impl StopText {
    /// Waits for `stop`; with none, everything passes at once.
    pub(crate) fn new(stop: Option<&'static str>) -> StopText {
        StopText {
            stop,
            held: String::new(),
        }
    }

    /// Adds `text` and returns what may be shown, and whether the stop text was met.
    pub(crate) fn push(&mut self, text: &str) -> (String, bool) {
        let Some(stop) = self.stop else {
            return (text.to_owned(), false);
        };
        self.held.push_str(text);
        if let Some(at) = self.held.find(stop) {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let from = beginning_of(stop, &self.held);
        let after = self.held.split_off(from);
        (std::mem::replace(&mut self.held, after), false)
    }

    /// Returns what was held back and turned out to be no stop text.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// Where the longest end of `text` begins that could become `stop`.
fn beginning_of(stop: &str, text: &str) -> usize {
    text.char_indices()
        .map(|(at, _)| at)
        .find(|&at| stop.starts_with(&text[at..]))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&str]) -> (String, bool) {
        let mut stop_text = StopText::new(Some("\nUser:"));
        let mut together = String::new();
        for piece in pieces {
            let (text, stopped) = stop_text.push(piece);
            together += &text;
            if stopped {
                return (together, true);
            }
        }
        (together + &stop_text.finish(), false)
    }

    #[test]
    fn the_stop_text_is_never_shown_however_it_is_cut() {
        let reply = "It is so.\nUser: and then?";
        for size in 1..reply.len() {
            let pieces: Vec<&str> = reply
                .as_bytes()
                .chunks(size)
                .map(|bytes| std::str::from_utf8(bytes).unwrap())
                .collect();
            assert_eq!(shown(&pieces), ("It is so.".to_owned(), true));
        }
    }

    #[test]
    fn what_only_looks_like_it_is_shown() {
        let near = ["a\nUs", "ers\n\nUser", " \nUser"];
        assert_eq!(shown(&near), ("a\nUsers\n\nUser \nUser".to_owned(), false));
    }

    #[test]
    fn without_a_stop_text_all_passes_at_once() {
        let mut stop_text = StopText::new(None);
        assert_eq!(stop_text.push("\nUser:"), ("\nUser:".to_owned(), false));
    }
}
