//! Ids as text, for interfaces that can only name things: 32 hexadecimal digits.

macro_rules! id_as_text {
    ($id:ident) => {
        impl std::fmt::Display for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $id {
            type Err = $crate::ids::NotAnId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::ids::parse(text).map($id)
            }
        }
    };
}

use aparte_vault::OwnerId;

/// A text that names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id")]
pub struct NotAnId;

pub(crate) fn parse(text: &str) -> Result<OwnerId, NotAnId> {
    let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).map_err(|_| NotAnId)?;
    is_hexadecimal
        .then(|| OwnerId::from_bytes(number.to_be_bytes()))
        .ok_or(NotAnId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_from_its_text_and_nothing_else_is_one() {
        let id = OwnerId::from_bytes(*b"\x00\x01conversation \xff");
        assert_eq!(parse(&id.to_string()), Ok(id));
        for text in [
            "",
            "12",
            "+0000000000000000000000000000001",
            "é",
            &"g".repeat(32),
            &"0".repeat(33),
        ] {
            assert_eq!(parse(text), Err(NotAnId), "{text}");
        }
    }
}
