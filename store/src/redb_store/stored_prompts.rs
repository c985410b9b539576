//! A prompt as it is stored: its record without the texts of its versions, which are blobs.
//!
//! A record that held them would be copied whole, megabytes of it, whenever something beside it in the table changes. Nothing
//! here knows the rules of versions.

use bytes::Bytes;
use stepwell_contract::{Digest, Name};

use super::failure::Trouble;
use super::keys::{self, Named};
use super::{codec, frame};
use crate::records::PromptRecord;
use crate::{StoreError, prompts};

/// The value of a prompt, in which no texts stand: those of its versions and plugins have to be blobs by then.
pub(super) fn encode(key: &[u8], record: &PromptRecord) -> Result<Vec<u8>, StoreError> {
    codec::encode(key, record)
}

/// A prompt with the texts of its versions, which `text` gives.
///
/// One that breaks the rules could make a run use the wrong text, so it counts as unreadable. A version whose text can't be read
/// is unreadable by itself.
pub(super) fn decode(
    key: &[u8],
    value: &[u8],
    text: impl Fn(&Digest) -> Result<Option<Bytes>, Trouble>,
) -> Result<PromptRecord, Trouble> {
    let mut record: PromptRecord = codec::decode(key, value)?;
    let content = |digest: &Digest| match text(digest) {
        Ok(Some(bytes)) => Ok(String::from_utf8(bytes.into()).map_err(|error| error.to_string())),
        Ok(None) => Ok(Err("its text is gone".into())),
        Err(Trouble::Store(StoreError::Unreadable { reason, .. })) => Ok(Err(reason)),
        Err(trouble) => Err(trouble),
    };
    for version in &mut record.versions {
        version.content = content(&version.digest)?;
    }
    for intrinsic in &mut record.intrinsic {
        intrinsic.content = content(&intrinsic.digest)?;
    }
    match prompts::broken_rule(&record) {
        None => Ok(record),
        Some(reason) => Err(codec::unreadable(key, reason).into()),
    }
}

/// The prompt that a key names.
pub(super) fn name_of(key: &[u8]) -> Option<Name> {
    match keys::read(key) {
        Some(Named::Prompt(name)) => Some(name),
        _ => None,
    }
}

/// The name that stands in the value of a prompt that can't be read: another one than its key's where it is the key that is
/// damaged.
pub(super) fn name_within(value: &[u8]) -> Option<Name> {
    let record: PromptRecord = serde_json::from_slice(frame::unchecked(value)?).ok()?;
    Some(record.name)
}
