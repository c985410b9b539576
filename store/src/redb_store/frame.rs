//! What stands around every value of the table: how it is written, and a digest by which damage is noticed.
//!
//! `FORM · DIGEST · PAYLOAD`: a byte that says how the payload is written, the first 16 bytes of a SHA-256, and the rest. The
//! digest is that of the form, the key and the payload, so that a value under a foreign key doesn't pass for that key's.
//! It is made anew at each write, whoever writes: a build that keeps fields which it doesn't know needs to know nothing of them.
//!
//! A form is never given another meaning. Nothing here knows what the payloads are.

use stepwell_contract::Digest;

use super::codec;
use crate::StoreError;

/// The payload as it is.
const PLAIN: u8 = 1;

/// How many bytes of the hash are kept: chance gets past them never, and they aren't there against anybody's intent.
const DIGEST: usize = 16;

/// A value with its frame.
pub(super) fn around(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(1 + DIGEST + payload.len());
    value.push(PLAIN);
    value.extend(digest(PLAIN, key, payload));
    value.extend_from_slice(payload);
    value
}

/// What is in the frame of a key's value.
///
/// # Errors
/// [`StoreError::Unreadable`] where it isn't what was written, or is written in a form that this build doesn't know.
pub(super) fn within<'v>(key: &[u8], value: &'v [u8]) -> Result<&'v [u8], StoreError> {
    let parts = value.split_first().and_then(|(form, rest)| {
        let (digest, payload) = rest.split_first_chunk::<DIGEST>()?;
        Some((*form, digest, payload))
    });
    let Some((form, kept, payload)) = parts else {
        return Err(codec::unreadable(key, "it is cut off".into()));
    };
    if digest(form, key, payload) != *kept {
        let reason = "it is damaged: its digest doesn't fit what is stored";
        return Err(codec::unreadable(key, reason.into()));
    }
    if form != PLAIN {
        let reason =
            format!("a later build wrote it in a form ({form}) that this one doesn't know");
        return Err(codec::unreadable(key, reason));
    }
    Ok(payload)
}

/// What is in a frame, whether or not it is what was written.
pub(super) fn unchecked(value: &[u8]) -> Option<&[u8]> {
    value.get(1 + DIGEST..)
}

fn digest(form: u8, key: &[u8], payload: &[u8]) -> [u8; DIGEST] {
    // With its length before it, no key can pass for another one and the beginning of a payload.
    let length = (key.len() as u64).to_be_bytes();
    let whole = Digest::of_parts([&[form], length.as_slice(), key, payload]);
    let mut kept = [0; DIGEST];
    kept.copy_from_slice(&whole.as_bytes()[..DIGEST]);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn one_bit_of_a_value_or_of_its_key_is_noticed(
            key in prop::collection::vec(any::<u8>(), 1..40),
            payload in prop::collection::vec(any::<u8>(), 0..200),
            bit: prop::sample::Index,
        ) {
            let value = around(&key, &payload);
            prop_assert_eq!(within(&key, &value).unwrap(), payload.as_slice());
            let flipped = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                let bit = bit.index(bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                bytes
            };
            prop_assert!(within(&key, &flipped(&value)).is_err());
            prop_assert!(within(&flipped(&key), &value).is_err());
            let cut = bit.index(value.len());
            prop_assert!(within(&key, &value[..cut]).is_err());
        }
    }

    #[test]
    fn a_form_of_a_later_build_is_told_from_damage() {
        let later = |form: u8| {
            let mut value = vec![form];
            value.extend(digest(form, b"t", b"squeezed"));
            value.extend_from_slice(b"squeezed");
            within(b"t", &value).unwrap_err().to_string()
        };
        assert!(later(7).contains("a later build wrote it"), "{}", later(7));
    }

    #[test]
    fn a_frame_never_changes() {
        // Every build that was ever handed out reads it.
        let expected = [
            1, 179, 235, 221, 170, 115, 135, 245, 166, 175, 108, 55, 217, 245, 23, 156, 4, b'{',
            b'}',
        ];
        assert_eq!(around(b"pname", b"{}"), expected);
    }
}
