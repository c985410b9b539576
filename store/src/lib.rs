//! What Stepwell keeps: prompts, runs, executions, memos, calls, documents, events and blobs.
//!
//! [`Store`] is the trait; [`RedbStore`] keeps everything in one file and a folder of large blobs beside it.
//! Nothing here knows what a step does, and no database type leaks out.

mod error;
mod prompts;
mod records;
mod redb_store;
mod store;

pub use error::StoreError;
pub use records::*;
pub use redb_store::RedbStore;
pub use store::{Change, Committed, Notice, PromptChange, RunFilter, Scope, Store};
