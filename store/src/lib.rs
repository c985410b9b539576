//! What Stepwell keeps: prompts, runs, executions, memos, calls, documents, events and blobs.
//!
//! [`Store`] is the trait; [`RedbStore`] keeps everything in one file and a folder of large blobs beside it.
//! Nothing here knows what a step does, and no database type leaks out.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use stepwell_store::{Change, Origin, PromptChange, RedbStore, Store};
//!
//! let store = RedbStore::in_memory()?;
//! let name: stepwell_contract::Name = "requirement".parse().unwrap();
//! let add = PromptChange::Add {
//!     name: name.clone(),
//!     content: "Write a requirement for {{ feature }}.".into(),
//!     note: "Shorter".into(),
//!     origin: Origin::Person,
//!     by: "anna".into(),
//!     because: None,
//!     at: jiff::Timestamp::now(),
//! };
//! store.commit(vec![Change::Prompt(add)]).await?;
//! let prompt = store.prompt(&name).await?.unwrap();
//! assert_eq!(prompt.current, 1);
//! # Ok::<(), stepwell_store::StoreError>(())
//! # }).unwrap();
//! ```

mod ending;
mod error;
mod fresh;
mod prompts;
mod records;
mod redb_store;
mod salvaged;
mod sketch;
mod store;
mod survey;

pub use ending::{Ending, Numbers};
pub use error::{Lacking, StoreError, Stray};
pub use fresh::fresh_id;
pub use prompts::would_change;
pub use records::*;
pub use redb_store::{AnswerRoom, FolderState, RedbStore, make_folder};
pub use salvaged::{RecordKind, Salvaged, SalvagedCommit, SalvagedKind};
pub use sketch::Sketch;
pub use store::{Because, Change, Committed, Gaps, LeftOut, Notice, PromptChange, Scope, Store};
pub use survey::{BackedUp, Freed, Leaving, StandsOn, Survey};
