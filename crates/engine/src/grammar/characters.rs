//! A set of characters.

/// Ranges of characters, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Characters(Vec<(u32, u32)>);

impl Characters {
    /// Nothing but this one.
    pub(crate) fn only(character: char) -> Characters {
        Characters(vec![(character as u32, character as u32)])
    }

    /// Every character in one of the ranges, whose ends are included.
    pub(crate) fn of(ranges: &[(char, char)]) -> Characters {
        let mut ranges: Vec<(u32, u32)> = ranges
            .iter()
            .map(|&(first, last)| (first as u32, last as u32))
            .filter(|(first, last)| first <= last)
            .collect();
        ranges.sort_unstable();
        let mut apart: Vec<(u32, u32)> = Vec::new();
        for (first, last) in ranges {
            match apart.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => apart.push((first, last)),
            }
        }
        Characters(apart)
    }

    /// Every character that is in none of the ranges.
    pub(crate) fn not_of(ranges: &[(char, char)]) -> Characters {
        let mut rest = Vec::new();
        let mut from = 0;
        for (first, last) in Characters::of(ranges).0 {
            if from < first {
                rest.push((from, first - 1));
            }
            from = last + 1;
        }
        if from <= char::MAX as u32 {
            rest.push((from, char::MAX as u32));
        }
        Characters(rest)
    }

    /// Whether the character of this number is in the set.
    pub(crate) fn has(&self, character: char) -> bool {
        self.has_some(character as u32, character as u32)
    }

    /// Whether a character from `first` to `last` is in the set.
    pub(crate) fn has_some(&self, first: u32, last: u32) -> bool {
        let after = self.0.partition_point(|range| range.1 < first);
        self.0.get(after).is_some_and(|range| range.0 <= last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_is_in_its_ranges_and_nothing_else() {
        let set = Characters::of(&[('x', 'z'), ('a', 'c'), ('b', 'd'), ('9', '0')]);
        let has: String = ('\0'..='\u{200}').filter(|&c| set.has(c)).collect();
        assert_eq!(has, "abcdxyz");
    }

    #[test]
    fn the_rest_is_everything_else() {
        let (some, rest) = (
            [('b', 'y'), ('\0', '\u{1f}')],
            ['a', 'z', ' ', '\u{10ffff}'],
        );
        let set = Characters::not_of(&some);
        assert!(rest.iter().all(|&c| set.has(c)));
        assert!(!set.has('b') && !set.has('\n') && !set.has_some('c' as u32, 'x' as u32));
        assert_eq!(
            Characters::not_of(&[('\0', char::MAX)]),
            Characters::of(&[])
        );
    }
}
