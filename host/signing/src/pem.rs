//! The one block of a PEM file that holds a key.

use pem_rfc7468::LineEnding;
use zeroize::Zeroizing;

use crate::key_errors::KeyError;

/// Says of an elliptic curve's private key in openssl's own form which curve it is; the key says so, too.
const PARAMETERS: &str = "EC PARAMETERS";

const BEGIN: &str = "-----BEGIN ";

/// The most characters of a label that are told.
const SHOWN: usize = 60;

/// The first block that isn't about parameters: its label, and its bytes.
pub(crate) fn block(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), KeyError> {
    if text.len() as u64 > crate::LARGEST_KEY {
        return Err(KeyError::BrokenPem);
    }
    let begins = text.match_indices(BEGIN).map(|(at, _)| &text[at..]);
    let mut blocks = begins.map(|rest| (rest, label(rest)));
    let (rest, label) = blocks
        .find(|(_, label)| *label != Some(PARAMETERS))
        .ok_or(KeyError::NoPem)?;
    let label = label.ok_or(KeyError::BrokenPem)?;
    let end = format!("-----END {label}-----");
    let length = rest.find(&end).ok_or(KeyError::BrokenPem)? + end.len();
    let whole = &rest[..length];
    let (_, bytes) = pem_rfc7468::decode_vec(whole.as_bytes()).map_err(|_| KeyError::BrokenPem)?;
    Ok((label, Zeroizing::new(bytes)))
}

fn label(rest: &str) -> Option<&str> {
    let line = rest.lines().next()?;
    line.strip_prefix(BEGIN)?.trim_end().strip_suffix("-----")
}

/// A label as it may be shown.
pub(crate) fn foreign(label: &str) -> KeyError {
    let plain = label
        .chars()
        .filter(|it| it.is_ascii_graphic() || *it == ' ');
    KeyError::Foreign {
        label: plain.take(SHOWN).collect(),
    }
}

/// A block as text.
pub(crate) fn written(label: &'static str, bytes: &[u8]) -> String {
    // It fails only for a label that is none.
    pem_rfc7468::encode_string(label, LineEnding::LF, bytes).unwrap_or_default()
}
