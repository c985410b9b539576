//! The documents of the steps that this one depends on, beyond those it was given as inputs.

use crate::host::call;

pub use crate::bindings::stepwell::plugin::documents::{DocumentError, DocumentErrorKind, Entry};

/// The documents that a step wrote, such as those of `requirement/refine`.
///
/// # Errors
/// This step doesn't depend on it.
pub fn entries(step: &str) -> Result<Vec<Entry>, DocumentError> {
    call(|host| host.document_entries(step))
}

/// A document of a step without `for_each`.
///
/// # Errors
/// There is none, or this step doesn't depend on it.
pub fn read(step: &str, name: &str) -> Result<String, DocumentError> {
    read_item(step, name, &[])
}

/// A document of one item: one number for each `for_each` on the step's path.
///
/// # Errors
/// There is none, or this step doesn't depend on it.
pub fn read_item(step: &str, name: &str, items: &[u32]) -> Result<String, DocumentError> {
    call(|host| host.read_document(step, name, items))
}
