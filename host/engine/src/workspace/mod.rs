//! The directory of a run's workspace: looked at safely, written atomically.
//!
//! The overlay of what is staged, and the memos, are not here: this is the plain file-system part. Every path goes
//! through `cap-std`, so that none leads outside, not even through a symbolic link.

mod diff;
mod folder;
mod ignored;
mod paths;
mod publish;

pub use diff::unified_diff;
pub use folder::OpenError;
pub(crate) use folder::WorkspaceFolder;
