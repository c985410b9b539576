//! NaCl's secretbox: XSalsa20 hides a text, and Poly1305 shows whether it was changed.
//!
//! <https://nacl.cr.yp.to/secretbox.html>

use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit as _;
use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

/// The bytes of what is used once.
pub(crate) const NONCE: usize = 24;

const KEY: usize = 32;

/// The bytes that show whether the text was changed: they stand before it.
const TAG: usize = 16;

/// Hides a text.
pub(crate) fn sealed(key: &[u8; KEY], nonce: &[u8; NONCE], text: &[u8]) -> Vec<u8> {
    let (mut stream, authenticator) = begun(key, nonce);
    let mut hidden = text.to_vec();
    stream.apply_keystream(&mut hidden);
    let tag = authenticator.compute_unpadded(&hidden);
    [tag.as_slice(), &hidden].concat()
}

/// The text that was hidden; none where the key is another one, or anything was changed.
pub(crate) fn opened(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (tag, hidden) = sealed.split_at_checked(TAG)?;
    let (mut stream, authenticator) = begun(key, nonce);
    let expected = authenticator.compute_unpadded(hidden);
    // All of it is compared, whatever differs first.
    let differs = tag
        .iter()
        .zip(expected)
        .fold(0, |all, (one, other)| all | (one ^ other));
    if differs != 0 {
        return None;
    }
    let mut text = Zeroizing::new(hidden.to_vec());
    stream.apply_keystream(&mut text);
    Some(text)
}

/// The stream that hides, behind its first bytes, which are the key of what authenticates.
fn begun(key: &[u8; KEY], nonce: &[u8; NONCE]) -> (XSalsa20, Poly1305) {
    let mut stream = XSalsa20::new(&(*key).into(), &(*nonce).into());
    let mut first = Zeroizing::new([0; KEY]);
    stream.apply_keystream(&mut *first);
    (stream, Poly1305::new(&(*first).into()))
}
