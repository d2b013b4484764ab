//! States of sequences, kept outside of the context: what is not worked on costs those that are no time there.

use aparte_protocol::engine::StateName;
use llama_cpp_2::token::LlamaToken;

/// The state of a sequence: its tokens, and what llama.cpp computed from them.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) tokens: Vec<LlamaToken>,
    /// [`State::HEAD`] and the tokens, then llama.cpp's own bytes.
    bytes: Vec<u8>,
}

impl State {
    const HEAD: usize = MAGIC.len() + size_of::<u32>();

    /// The state of `tokens`; `append` adds what was computed from them, and says whether it could.
    pub(crate) fn new(
        tokens: Vec<LlamaToken>,
        append: impl FnOnce(&mut Vec<u8>) -> bool,
    ) -> Option<State> {
        let mut bytes = Vec::with_capacity(Self::HEAD + tokens.len() * 4);
        bytes.extend(MAGIC);
        bytes.extend(u32::try_from(tokens.len()).ok()?.to_le_bytes());
        bytes.extend(tokens.iter().flat_map(|token| token.0.to_le_bytes()));
        append(&mut bytes).then_some(State { tokens, bytes })
    }

    /// Reads what [`State::as_bytes`] gave; `None` for anything else. What follows the tokens is llama.cpp's, and not looked
    /// at: whoever keeps these bytes must know that nobody changed them.
    pub(crate) fn from_bytes(bytes: Vec<u8>, vocabulary: i32) -> Option<State> {
        let rest = bytes.strip_prefix(&MAGIC)?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let tokens = rest.get(..count.checked_mul(4)?)?;
        let tokens: Vec<_> = tokens
            .chunks_exact(4)
            .map(|token| i32::from_le_bytes(token.try_into().expect("four bytes")))
            .collect();
        if tokens.is_empty() || tokens.iter().any(|token| !(0..vocabulary).contains(token)) {
            return None;
        }
        let tokens = tokens.into_iter().map(LlamaToken::new).collect();
        Some(State { tokens, bytes })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// llama.cpp's own bytes.
    pub(crate) fn computed(&self) -> &[u8] {
        &self.bytes[Self::HEAD + self.tokens.len() * 4..]
    }
}

/// The first bytes, with the version of this layout.
const MAGIC: [u8; 8] = *b"APKV\x01\0\0\0";

/// States within a budget of memory; those that were used longest ago give way.
#[derive(Debug)]
pub(crate) struct States {
    /// The latest last.
    kept: Vec<(Option<StateName>, State)>,
    /// In bytes.
    budget: u64,
}

impl States {
    pub(crate) fn new(budget: u64) -> States {
        States {
            kept: Vec::new(),
            budget,
        }
    }

    /// Keeps a state in place of the one with its name.
    pub(crate) fn keep(&mut self, name: Option<StateName>, state: State) {
        if name.is_some() {
            self.kept.retain(|(other, _)| *other != name);
        }
        // One that has no room alone would only drive out the others.
        if length(&state) > self.budget {
            return;
        }
        self.kept.push((name, state));
        let mut bytes: u64 = self.kept.iter().map(|(_, state)| length(state)).sum();
        while bytes > self.budget {
            bytes -= length(&self.kept.remove(0).1);
        }
    }

    pub(crate) fn get(&self, name: StateName) -> Option<&State> {
        let (_, state) = self.kept.iter().find(|(other, _)| *other == Some(name))?;
        Some(state)
    }

    /// Takes out the state that begins as `tokens` do for the longest, with its name and for how long, if that is more than
    /// `least`. A state that cannot go back counts only as a whole.
    pub(crate) fn take_best(
        &mut self,
        tokens: &[LlamaToken],
        can_go_back: bool,
        least: usize,
    ) -> Option<(Option<StateName>, usize, State)> {
        let lengths = self
            .kept
            .iter()
            .map(|(_, state)| usable_beginning(&state.tokens, tokens, can_go_back));
        let (place, length) = lengths.enumerate().max_by_key(|(_, length)| *length)?;
        if length <= least {
            return None;
        }
        let (name, state) = self.kept.remove(place);
        Some((name, length, state))
    }

    pub(crate) fn forget(&mut self, name: StateName) {
        self.kept.retain(|(other, _)| *other != Some(name));
    }

    pub(crate) fn forget_all(&mut self) {
        self.kept.clear();
    }
}

fn length(state: &State) -> u64 {
    state.bytes.len() as u64
}

/// How many of the tokens that are `held` a prompt can use: those in which both begin alike, less than the whole prompt,
/// because the outcome of its last token is where a reply begins. What cannot go back is of use as a whole or not at all.
pub(crate) fn usable_beginning(
    held: &[LlamaToken],
    prompt: &[LlamaToken],
    can_go_back: bool,
) -> usize {
    let alike = held
        .iter()
        .zip(prompt)
        .take_while(|(held, wanted)| held == wanted);
    let common = alike.count().min(prompt.len().saturating_sub(1));
    match can_go_back || common == held.len() {
        true => common,
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: &[i32]) -> Vec<LlamaToken> {
        ids.iter().copied().map(LlamaToken::new).collect()
    }

    fn state(ids: &[i32], computed: usize) -> State {
        let append = |bytes: &mut Vec<u8>| {
            bytes.extend(vec![7; computed]);
            true
        };
        State::new(tokens(ids), append).unwrap()
    }

    const NAME: StateName = StateName([1; 16]);

    #[test]
    fn a_state_is_read_back_as_it_was_written() {
        let state = state(&[1, 2, 3], 10);
        let read = State::from_bytes(state.as_bytes().to_vec(), 4).unwrap();
        assert_eq!(read.tokens, state.tokens);
        assert_eq!(read.computed(), [7; 10]);
    }

    #[test]
    fn bytes_that_are_no_state_are_refused() {
        let whole = state(&[1, 2, 3], 0).as_bytes().to_vec();
        for cut in 0..whole.len() {
            assert!(State::from_bytes(whole[..cut].to_vec(), 4).is_none());
        }
        assert!(
            State::from_bytes(whole.clone(), 3).is_none(),
            "no such token"
        );
        let mut endless = whole.clone();
        endless[8..12].fill(0xff);
        assert!(State::from_bytes(endless, 4).is_none());
        let mut other = whole;
        other[4] = 2;
        assert!(State::from_bytes(other, 4).is_none(), "another version");
    }

    #[test]
    fn the_longest_beginning_is_found_and_leaves_a_token_to_compute() {
        let found = |prompt: &[i32], can_go_back| {
            let mut states = States::new(1 << 20);
            states.keep(None, state(&[1, 2], 1));
            states.keep(Some(NAME), state(&[1, 2, 3, 4], 1));
            let found = states.take_best(&tokens(prompt), can_go_back, 0);
            found.map(|(_, length, state)| (state.tokens.len(), length))
        };
        assert_eq!(found(&[1, 2, 3, 9, 9], true), Some((4, 3)));
        assert_eq!(found(&[1, 2, 3, 9, 9], false), Some((2, 2)));
        assert_eq!(found(&[1, 2, 3, 4], true), Some((4, 3)));
        assert_eq!(found(&[5, 6], true), None);
    }

    #[test]
    fn what_was_used_longest_ago_gives_way_to_what_is_kept() {
        let size = state(&[1], 100).as_bytes().len() as u64;
        let mut states = States::new(2 * size);
        for byte in [1, 2, 3] {
            states.keep(Some(StateName([byte; 16])), state(&[1], 100));
        }
        let is_kept = [1, 2, 3].map(|byte| states.get(StateName([byte; 16])).is_some());
        assert_eq!(is_kept, [false, true, true]);
        states.keep(Some(NAME), state(&[1], 1000));
        assert!(states.get(NAME).is_none(), "more than the whole budget");
        let stays = |byte| states.get(StateName([byte; 16])).is_some();
        assert!(stays(2) && stays(3), "it drives nobody out");
    }

    #[test]
    fn a_name_has_one_state() {
        let mut states = States::new(1 << 20);
        states.keep(Some(NAME), state(&[1], 1));
        states.keep(Some(NAME), state(&[2], 1));
        assert_eq!(states.get(NAME).unwrap().tokens, tokens(&[2]));
        assert_eq!(states.kept.len(), 1);
    }
}
