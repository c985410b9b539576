//! Several secrets at once: what a provider was sent may be a key, and values of headers and of the address besides.
//!
//! Each is taken out by itself, the longest first, since a shorter one may be a part of it. So is what each looks like in base64, as servers
//! have it that show a header `Authorization: Basic …`.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use stepwell_contract::ChatResponse;

use super::Scrub;
use crate::keys::Secret;

/// Takes an answer in pieces and gives it on without any of the secrets.
#[derive(Debug, Default)]
pub(crate) struct Scrubs(Vec<Scrub>);

impl Scrubs {
    pub(crate) fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let secrets: Vec<_> = ordered(secrets).collect();
        let plain = secrets.iter().copied().cloned();
        let encoded = secrets.iter().flat_map(|secret| in_base64(secret));
        let all = plain.chain(encoded);
        Self(all.map(|it| Scrub::new(Some(&it))).collect())
    }

    /// For what is told in lower case, such as names of headers.
    pub(crate) fn in_lower_case<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let scrubs = ordered(secrets).map(|it| Scrub::in_lower_case(Some(it)));
        Self(scrubs.collect())
    }

    /// The next piece, as far as it can be given on already.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        let scrubs = self.0.iter_mut();
        scrubs.fold(piece.to_vec(), |piece, scrub| scrub.take(&piece))
    }

    /// What is still held back.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        self.0.iter_mut().fold(Vec::new(), |before, scrub| {
            let mut clean = scrub.take(&before);
            clean.append(&mut scrub.end());
            clean
        })
    }

    /// So many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.0.iter().map(Scrub::held).sum()
    }

    /// Whether one of the secrets was in it.
    pub(crate) fn has_removed(&self) -> bool {
        self.0.iter().any(Scrub::has_removed)
    }

    /// A whole text without the secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        let scrubs = self.0.iter();
        scrubs.fold(text.to_owned(), |text, scrub| scrub.text(&text))
    }

    /// An answer without the secrets, wherever they stand.
    pub(crate) fn response(&self, response: ChatResponse) -> ChatResponse {
        let scrubs = self.0.iter();
        scrubs.fold(response, |response, scrub| scrub.response(response))
    }

    /// Whether a raw answer holds one of them in pieces.
    pub(crate) fn is_in_pieces(&self, raw: &[u8]) -> bool {
        self.0.iter().any(|scrub| scrub.is_in_pieces(raw))
    }
}

fn ordered<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> impl Iterator<Item = &'s Secret> {
    let mut secrets: Vec<_> = secrets.into_iter().collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    secrets.dedup();
    secrets.into_iter()
}

/// How a secret looks in base64, in both alphabets, as far as that doesn't depend on what stands around it: it may begin at each of three
/// places of a group.
fn in_base64(secret: &Secret) -> BTreeSet<Secret> {
    const BYTES_OF_A_GROUP: usize = 3;
    const BITS_OF_A_CHARACTER: usize = 6;
    if !secret.is_sensitive() {
        return BTreeSet::new();
    }
    let forms = (0..BYTES_OF_A_GROUP).flat_map(|before| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.expose().as_bytes());
        let first = (before * 8).div_ceil(BITS_OF_A_CHARACTER);
        let behind = bytes.len() * 8 / BITS_OF_A_CHARACTER;
        [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD].map(|alphabet| {
            let encoded = alphabet.encode(&bytes);
            Secret::new(encoded.get(first..behind).unwrap_or_default())
        })
    });
    forms.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_base64_goes_wherever_it_begins() {
        let key = "sk-secret>>??~~key-0042";
        let secret = Secret::new(key);
        for (before, behind) in [
            ("", ""),
            ("a", "b"),
            ("me:", ""),
            ("user:", "\n"),
            ("ab", "cd"),
        ] {
            for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let told = alphabet.encode(format!("{before}{key}{behind}"));
                let clean = Scrubs::new([&secret]).text(&format!("Basic {told}."));
                assert!(clean.contains("[key removed]"), "{clean}");
                assert!(
                    clean.len()
                        <= "Basic [key removed].".len() + 2 * behind.len() + 2 * before.len() + 4,
                    "{clean}"
                );
            }
        }
        let other = STANDARD_NO_PAD.encode("sk-secret of somebody else entirely");
        assert_eq!(Scrubs::new([&secret]).text(&other), other);
    }

    #[test]
    fn each_secret_goes_also_where_one_is_a_part_of_another_and_pieces_cut_them() {
        let [key, longer, other] =
            ["sk-secret-1", "sk-secret-1-and-more", "tenant-0042"].map(Secret::new);
        let told = "a sk-secret-1-and-more b tenant-0042 c sk-secret-1 d tenant-00";
        for size in 1..told.len() {
            let mut scrubs = Scrubs::new([&key, &longer, &other]);
            let mut clean = Vec::new();
            for piece in told.as_bytes().chunks(size) {
                clean.append(&mut scrubs.take(piece));
            }
            clean.append(&mut scrubs.end());
            let clean = String::from_utf8(clean).unwrap();
            let removed = "a [key removed] b [key removed] c [key removed] d [key removed]";
            assert_eq!(clean, removed, "{size}");
            assert!(scrubs.has_removed());
        }
        assert_eq!(Scrubs::default().text(told), told);
    }
}
