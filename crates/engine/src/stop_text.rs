//! Texts that end a reply: those that a request names, and one for models that have no token for the end
//! of a turn.

/// The most texts that a request may name, and the bytes of the longest: they are looked for after each token.
pub(crate) const MOST: usize = 64;
pub(crate) const LONGEST: usize = 1024;

/// Whether they can be looked for without holding up everybody else.
pub(crate) fn are_few(stops: &[String]) -> bool {
    stops.len() <= MOST && stops.iter().all(|stop| stop.len() <= LONGEST)
}

/// Passes text on until one of the stop texts is there, and holds back what may be the beginning of one.
///
/// The one that is complete first ends the reply, however the text is cut into pieces. Of two that are
/// complete at once it is the longer one.
#[derive(Debug)]
pub(crate) struct StopTexts {
    stops: Vec<String>,
    held: String,
}

impl StopTexts {
    /// Waits for one of `stops`, of which empty ones are left out; with none, everything passes at once.
    pub(crate) fn new(stops: impl IntoIterator<Item = String>) -> StopTexts {
        StopTexts {
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            held: String::new(),
        }
    }

    /// Adds `text` and returns what may be shown, and whether a stop text was met.
    pub(crate) fn push(&mut self, text: &str) -> (String, bool) {
        self.held.push_str(text);
        let first = self
            .stops
            .iter()
            .filter_map(|stop| {
                let start = self.held.find(stop)?;
                Some((start + stop.len(), start))
            })
            .min();
        if let Some((_, start)) = first {
            self.held.truncate(start);
            return (std::mem::take(&mut self.held), true);
        }
        let after = self.held.split_off(self.beginning_of_one());
        (std::mem::replace(&mut self.held, after), false)
    }

    /// Returns what was held back and turned out to be no stop text.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Where the longest end of the text begins that could become a stop text.
    fn beginning_of_one(&self) -> usize {
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest);
        (from..self.held.len())
            .filter(|&at| self.held.is_char_boundary(at))
            .find(|&at| {
                let end = &self.held[at..];
                self.stops.iter().any(|stop| stop.starts_with(end))
            })
            .unwrap_or(self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'p>(stops: &[&str], pieces: impl IntoIterator<Item = &'p str>) -> (String, bool) {
        let mut stop_texts = StopTexts::new(stops.iter().map(|&stop| stop.to_owned()));
        let mut together = String::new();
        for piece in pieces {
            let (text, stopped) = stop_texts.push(piece);
            together += &text;
            if stopped {
                return (together, true);
            }
        }
        (together + &stop_texts.finish(), false)
    }

    #[track_caller]
    fn shows(stops: &[&str], reply: &str, expected: &str) {
        let is_stopped = expected != reply;
        for size in 1..=reply.len() {
            let mut pieces = Vec::new();
            let mut rest = reply;
            while !rest.is_empty() {
                let end = (size..rest.len()).find(|&at| rest.is_char_boundary(at));
                let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            let seen = shown(stops, pieces);
            assert_eq!(
                seen,
                (expected.to_owned(), is_stopped),
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn the_stop_text_is_never_shown_however_it_is_cut() {
        shows(&["\nUser:"], "It is so.\nUser: and then?", "It is so.");
        shows(&["END", "é!"], "Un café!END", "Un caf");
        shows(&["."], ".", "");
    }

    #[test]
    fn of_several_the_one_that_is_complete_first_ends_the_reply() {
        shows(&["###", "STOP"], "a STOP b ### c", "a ");
        shows(&["###", "STOP"], "a ### b STOP c", "a ");
        shows(&["abcX", "bc"], "-abcX-", "-a");
        shows(&["bc", "abc"], "-abc-", "-");
        shows(&["aab"], "aaaab", "aa");
    }

    #[test]
    fn no_more_is_looked_for_than_costs_no_time() {
        let stops = |count: usize, length: usize| vec!["é".repeat(length / 2); count];
        assert!(are_few(&[]));
        assert!(are_few(&stops(MOST, LONGEST)));
        assert!(!are_few(&stops(MOST + 1, 2)));
        assert!(!are_few(&stops(1, LONGEST + 2)));
    }

    #[test]
    fn what_only_looks_like_it_is_shown() {
        shows(
            &["\nUser:"],
            "a\nUsers\n\nUser \nUser",
            "a\nUsers\n\nUser \nUser",
        );
        shows(&["ab", "abcd"], "a ac a", "a ac a");
    }

    #[test]
    fn without_a_stop_text_all_passes_at_once() {
        for stops in [vec![], vec![String::new()]] {
            let mut stop_texts = StopTexts::new(stops);
            assert_eq!(stop_texts.push("\nUser:"), ("\nUser:".to_owned(), false));
        }
    }

    #[test]
    fn no_more_is_held_back_than_may_become_one() {
        let mut stop_texts = StopTexts::new(["STOP".to_owned(), "\n\n".to_owned()]);
        assert_eq!(stop_texts.push("one\nST"), ("one\n".to_owned(), false));
        assert_eq!(stop_texts.push("\n"), ("ST".to_owned(), false));
        assert_eq!(stop_texts.finish(), "\n");
    }
}
