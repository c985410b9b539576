//! Removes a key from an answer, should a server send it back.
//!
//! It sits before everything that reads, shows or stores an answer, so that none of those has to think of it.

use crate::keys::Secret;

const INSTEAD: &[u8] = b"[key removed]";

/// Takes an answer in pieces and gives it on without the key.
#[derive(Debug)]
pub(crate) struct Scrub {
    key: Option<Secret>,
    /// The end of what came, as far as it may be the beginning of the key.
    held: Vec<u8>,
}

impl Scrub {
    pub(crate) fn new(key: Option<&Secret>) -> Self {
        Self {
            key: key.filter(|key| key.is_sensitive()).cloned(),
            held: Vec::new(),
        }
    }

    /// The next piece, without the key; its end is held back while it could be the key's beginning.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        let Some(key) = &self.key else {
            return piece.to_vec();
        };
        let key = key.expose().as_bytes();
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let mut clean = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if rest.starts_with(key) {
                clean.extend_from_slice(INSTEAD);
                at += key.len();
            } else if rest.len() < key.len() && key.starts_with(rest) {
                self.held = rest.to_vec();
                break;
            } else {
                clean.push(bytes[at]);
                at += 1;
            }
        }
        clean
    }

    /// What is still held back: the answer ended before it became the key.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.held)
    }

    /// A whole text without the key.
    pub(crate) fn text(&self, text: &str) -> String {
        match &self.key {
            Some(key) => text.replace(key.expose(), "[key removed]"),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_key_is_removed_wherever_it_is_cut(
            before in "[ks-]{0,12}",
            after in "[ks-]{0,12}",
            cut in 1usize..9,
        ) {
            let key = "sk-sk-secret";
            let text = format!("{before}{key}{after}{key}");
            let mut scrub = Scrub::new(Some(&Secret::new(key)));
            let mut clean = Vec::new();
            for piece in text.as_bytes().chunks(cut) {
                clean.extend(scrub.take(piece));
            }
            clean.extend(scrub.end());
            let expected = text.replace(key, "[key removed]");
            prop_assert_eq!(String::from_utf8(clean).unwrap(), expected);
        }
    }

    #[test]
    fn placeholders_are_no_secrets() {
        let mut scrub = Scrub::new(Some(&Secret::new("ollama")));
        assert_eq!(scrub.take(b"ollama runs"), b"ollama runs");
    }
}
