//! What a server would rather be asked, where it refuses what the host puts into a request by itself.

use crate::wire::{Otherwise, failure};

/// How else to ask, by what a refusal says.
pub(super) fn otherwise(status: u16, body: &[u8]) -> Option<Otherwise> {
    let text = failure::refused_field(status, body)?;
    let names_new = text.contains("max_completion_tokens");
    let names_old = text
        .replace("max_completion_tokens", "")
        .contains("max_tokens");
    match (text.contains("stream_options"), names_old, names_new) {
        (true, ..) => Some(Otherwise::NoStreamOptions),
        (_, true, true) => Some(Otherwise::OtherTokenLimit),
        // Told apart from a limit that is too high by what it says of the name.
        (_, true, false) if text.contains("unsupported") => Some(Otherwise::OtherTokenLimit),
        (_, false, true) => Some(Otherwise::OtherTokenLimit),
        _ => None,
    }
}
