//! What Stepwell keeps: prompts, runs, executions, memos, calls, documents, events and blobs.
//!
//! [`Store`] is the trait; [`RedbStore`] keeps everything in one file and a folder of large blobs beside it.
//! Nothing here knows what a step does, and no database type leaks out.

mod error;
mod records;
mod store;

pub use error::StoreError;
pub use records::*;
pub use store::{Change, Committed, Notice, PromptChange, RunFilter, Scope, Store};
