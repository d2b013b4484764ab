//! Tells what a reasoning model thinks from what it answers, in the text of a reply.
//!
//! Two ways of marking are known. Qwen, DeepSeek, SmolLM3 and others think between `<think>` and
//! `</think>`; gpt-oss puts every part of a reply under a header, `<|channel|>analysis<|message|>` or
//! `<|channel|>final<|message|>`, and ends it with `<|end|>` or `<|return|>`. The latter are control
//! tokens, which a reply shows only when they are written out.
//!
//! A marker counts only where thinking can begin: at the start of a reply and after thinking. In the midst
//! of an answer it is a part of the answer, which may well be about such markers. White space around what
//! is thought belongs to the markers. A header that is none of the known ones is thinking: it is not said to
//! the person.

/// A piece of a reply. No piece is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// Written on the way to the answer.
    Thinking(String),
    /// Said to the person.
    Answer(String),
}

/// Whether a reply begins in the midst of thinking, because the last markup of its prompt opens it.
pub(crate) fn begins_in_thinking(markup: &str) -> bool {
    markup.trim_end().ends_with(OPEN)
}

/// Whether a template speaks of thinking: its model may think before it answers.
pub(crate) fn is_spoken_of(template: &str) -> bool {
    [OPEN, CLOSE, CHANNEL]
        .iter()
        .any(|marker| template.contains(marker))
}

/// Takes a reply in pieces and gives it out in pieces of thinking and of answer.
///
/// What is held back is only what may be the beginning of a marker. However the reply is cut, the same
/// comes out in the end.
#[derive(Debug)]
pub(crate) struct Thinking {
    state: State,
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No part has begun: a marker may come.
    Between {
        /// Whether something was thought, so that white space is no part of the answer.
        is_later: bool,
    },
    /// What is thought.
    Thinks {
        within: Marks,
        /// Whether nothing of it is there yet.
        is_new: bool,
    },
    /// An answer under a header, which ends with a marker.
    Answers,
    /// An answer to the end of the reply.
    AnswersToTheEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marks {
    Tags,
    Headers,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
const START: &str = "<|start|>";
const CHANNEL: &str = "<|channel|>";
const MESSAGE: &str = "<|message|>";

/// What ends a part under a header. The last two begin the next one too.
const ENDS: [&str; 5] = ["<|end|>", "<|return|>", "<|call|>", START, CHANNEL];

/// The longest header, in bytes.
const LONGEST_HEADER: usize = 256;

impl Thinking {
    /// Before the first piece of a reply; see [`begins_in_thinking`].
    pub(crate) fn new(begins_in_thinking: bool) -> Thinking {
        let state = match begins_in_thinking {
            true => State::Thinks {
                within: Marks::Tags,
                is_new: true,
            },
            false => State::Between { is_later: false },
        };
        Thinking {
            state,
            held: String::new(),
        }
    }

    /// Adds a piece and gives what is certain by now.
    pub(crate) fn push(&mut self, text: &str) -> Vec<Said> {
        let mut said = Vec::new();
        self.held.push_str(text);
        while self.step(&mut said) {}
        said
    }

    /// The reply is over: gives what was held back.
    pub(crate) fn finish(&mut self) -> Vec<Said> {
        let held = std::mem::take(&mut self.held);
        let rest = match self.state {
            State::Between { is_later: true } | State::Thinks { is_new: true, .. } => {
                held.trim_start()
            }
            _ => held.as_str(),
        };
        let mut said = Vec::new();
        self.say(&mut said, rest);
        said
    }

    /// Goes on by one part or marker; false when more of the reply is needed.
    fn step(&mut self, said: &mut Vec<Said>) -> bool {
        match self.state {
            State::Between { is_later } => self.begin(is_later),
            State::Thinks { within, is_new } => self.think(within, is_new, said),
            State::Answers => {
                let end = first_of(&self.held, &ENDS);
                let until = end.map_or_else(|| beginning_of(&self.held, &ENDS), |(at, _)| at);
                let part = self.take(until);
                self.say(said, &part);
                end.is_some_and(|(_, marker)| self.pass_over(marker))
            }
            State::AnswersToTheEnd => {
                let rest = std::mem::take(&mut self.held);
                self.say(said, &rest);
                false
            }
        }
    }

    /// Looks for what begins a part.
    fn begin(&mut self, is_later: bool) -> bool {
        let text = self.held.trim_start();
        let space = self.held.len() - text.len();
        if text.starts_with(OPEN) {
            self.state = State::Thinks {
                within: Marks::Tags,
                is_new: true,
            };
            self.take(space + OPEN.len());
            return true;
        }
        if text.starts_with(START) || text.starts_with(CHANNEL) {
            let end = text.find(MESSAGE).map(|at| at + MESSAGE.len());
            if let Some(end) = end.filter(|&end| end <= LONGEST_HEADER) {
                self.state = under(&text[..end]);
                self.take(space + end);
                return true;
            }
            if text.len() < LONGEST_HEADER {
                return false;
            }
        } else if [OPEN, START, CHANNEL]
            .iter()
            .any(|marker| marker.starts_with(text))
        {
            return false;
        }
        self.state = State::AnswersToTheEnd;
        if is_later {
            self.take(space);
        }
        true
    }

    fn think(&mut self, within: Marks, is_new: bool, said: &mut Vec<Said>) -> bool {
        if is_new {
            let space = self.held.len() - self.held.trim_start().len();
            self.take(space);
            // Some models open again what their prompt has opened.
            if within == Marks::Tags && self.held.starts_with(OPEN) {
                self.take(OPEN.len());
                return true;
            }
            let may_open = within == Marks::Tags && OPEN.starts_with(&self.held);
            if self.held.is_empty() || may_open {
                return false;
            }
        }
        let ends: &[&str] = match within {
            Marks::Tags => &[CLOSE],
            Marks::Headers => &ENDS,
        };
        let end = first_of(&self.held, ends);
        let until = end.map_or_else(|| beginning_of(&self.held, ends), |(at, _)| at);
        let thought = self.held[..until].trim_end().len();
        if thought > 0 {
            let part = self.take(thought);
            self.say(said, &part);
            let is_new = false;
            self.state = State::Thinks { within, is_new };
        }
        end.is_some_and(|(_, marker)| {
            self.take(until - thought);
            self.pass_over(marker)
        })
    }

    /// Goes past the marker that ends a part, unless it begins the next one.
    fn pass_over(&mut self, marker: &str) -> bool {
        if marker != START && marker != CHANNEL {
            self.take(marker.len());
        }
        self.state = State::Between { is_later: true };
        true
    }

    fn take(&mut self, until: usize) -> String {
        let rest = self.held.split_off(until);
        std::mem::replace(&mut self.held, rest)
    }

    fn say(&self, said: &mut Vec<Said>, text: &str) {
        if text.is_empty() {
            return;
        }
        said.push(match self.state {
            State::Thinks { .. } => Said::Thinking(text.to_owned()),
            _ => Said::Answer(text.to_owned()),
        });
    }
}

/// What comes under a header.
fn under(header: &str) -> State {
    let channel = header.split_once(CHANNEL).map(|(_, name)| name);
    match channel {
        Some(name) if !name.trim_start().starts_with("final") => State::Thinks {
            within: Marks::Headers,
            is_new: true,
        },
        _ => State::Answers,
    }
}

/// The first of the markers in a text, and where it is.
fn first_of<'m>(text: &str, markers: &[&'m str]) -> Option<(usize, &'m str)> {
    markers
        .iter()
        .filter_map(|&marker| text.find(marker).map(|at| (at, marker)))
        .min()
}

/// Where the end of a text begins that may become one of the markers.
fn beginning_of(text: &str, markers: &[&str]) -> usize {
    let longest = markers.iter().map(|marker| marker.len()).max().unwrap_or(0);
    (text.len().saturating_sub(longest)..text.len())
        .filter(|&at| text.is_char_boundary(at))
        .find(|&at| markers.iter().any(|marker| marker.starts_with(&text[at..])))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is thought and what is answered, when the reply comes in these pieces.
    fn split(in_thinking: bool, pieces: &[&str]) -> (String, String) {
        let (mut thought, mut answer) = (String::new(), String::new());
        let mut thinking = Thinking::new(in_thinking);
        let mut said: Vec<Said> = pieces
            .iter()
            .flat_map(|piece| thinking.push(piece))
            .collect();
        said.extend(thinking.finish());
        for piece in said {
            let (text, whole) = match piece {
                Said::Thinking(text) => (text, &mut thought),
                Said::Answer(text) => (text, &mut answer),
            };
            assert!(!text.is_empty());
            whole.push_str(&text);
        }
        (thought, answer)
    }

    /// Checks it for every way to cut the reply into three, and into characters.
    #[track_caller]
    fn check(in_thinking: bool, reply: &str, thought: &str, answer: &str) {
        let expected = (thought.to_owned(), answer.to_owned());
        let cuts: Vec<usize> = (0..=reply.len())
            .filter(|&at| reply.is_char_boundary(at))
            .collect();
        for &first in &cuts {
            for &second in cuts.iter().filter(|&&second| second >= first) {
                let pieces = [&reply[..first], &reply[first..second], &reply[second..]];
                assert_eq!(split(in_thinking, &pieces), expected, "{pieces:?}");
            }
        }
        let characters: Vec<&str> = cuts.windows(2).map(|cut| &reply[cut[0]..cut[1]]).collect();
        assert_eq!(split(in_thinking, &characters), expected);
    }

    #[test]
    fn thinking_is_told_from_the_answer() {
        check(
            false,
            "<think>\nIs it 4?\n\nYes.\n</think>\n\nIt is 4.\n",
            "Is it 4?\n\nYes.",
            "It is 4.\n",
        );
        check(false, "\n <think>é</think>à", "é", "à");
        check(false, "<think>\n\n</think>\n\nAt once.", "", "At once.");
        check(false, "<think>a < b </thin </think>x", "a < b </thin", "x");
        check(false, "<think>a</think> <think>b</think> c", "ab", "c");
    }

    #[test]
    fn a_reply_whose_prompt_opens_the_thinking_begins_in_it() {
        check(true, "Hm.\n</think>\n\nYes.", "Hm.", "Yes.");
        check(true, "\n<think>\nHm.</think>Yes.", "Hm.", "Yes.");
        check(true, "</think>Yes.", "", "Yes.");
        assert!(begins_in_thinking("<|Assistant|><think>\n"));
        assert!(begins_in_thinking("<think>"));
        assert!(!begins_in_thinking("<|im_start|>assistant\n"));
        assert!(!begins_in_thinking("<think>\n\n</think>\n\n"));
    }

    #[test]
    fn thinking_that_is_not_closed_stays_thinking() {
        check(false, "<think>So the <b>answer", "So the <b>answer", "");
        check(true, "I wonder </thi", "I wonder </thi", "");
        check(true, "", "", "");
        check(true, " \n", "", "");
        check(false, "<think>\n", "", "");
    }

    #[test]
    fn what_never_thinks_is_not_changed() {
        for reply in [
            "Yes.\n",
            " \n Yes",
            "<thi",
            "<thinking> is a tag",
            "< think>",
            "",
            " ",
            "<|st",
            "<",
        ] {
            check(false, reply, "", reply);
        }
    }

    #[test]
    fn a_marker_in_the_midst_of_an_answer_is_a_part_of_it() {
        let about = "Write <think> and </think>, or <|channel|>analysis<|message|>.";
        check(false, about, "", about);
        check(
            false,
            "<think>a</think>b <think>c</think>",
            "a",
            "b <think>c</think>",
        );
    }

    #[test]
    fn the_parts_of_gpt_oss_are_told_by_their_headers() {
        let reply = "<|channel|>analysis<|message|>Two and two. <|end|>\
                     <|start|>assistant<|channel|>final<|message|>It is 4. <|return|>";
        check(false, reply, "Two and two.", "It is 4. ");
        check(false, "<|channel|>final<|message|>a <b> c", "", "a <b> c");
        check(
            false,
            "<|channel|>analysis<|message|>a<|channel|>final<|message|>b",
            "a",
            "b",
        );
        check(false, "<|start|>assistant<|message|>a<|end|>", "", "a");
        let call = "<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>";
        check(false, call, "{}", "");
        check(false, "<|channel|>analysis<|message|>a <|en", "a <|en", "");
        check(false, "<|channel|>analysis", "", "<|channel|>analysis");
    }

    #[test]
    fn a_header_without_end_is_text() {
        let long = format!("<|channel|>{}<|message|>a", "x".repeat(LONGEST_HEADER));
        check(false, &long, "", &long);
    }

    #[test]
    fn nothing_is_held_back_but_what_may_become_a_marker() {
        let answer = |text: &str| vec![Said::Answer(text.to_owned())];
        let mut thinking = Thinking::new(false);
        assert_eq!(thinking.push("Y"), answer("Y"));
        assert_eq!(thinking.push("<think"), answer("<think"));
        let mut thinking = Thinking::new(false);
        assert_eq!(thinking.push("<thi"), []);
        assert_eq!(thinking.push("s> "), answer("<this> "));
        let mut thinking = Thinking::new(true);
        assert_eq!(thinking.push("a </"), [Said::Thinking("a".to_owned())]);
        assert_eq!(thinking.push("b>"), [Said::Thinking(" </b>".to_owned())]);
    }
}
