//! The one application interface: what every face calls.
//!
//! Requests and answers are plain data that can be serialised, so that a command, an HTTP API and an AI system get
//! the same. Each file beside this one is one area of it.

/// Makes the operations of a table methods of the engine.
macro_rules! methods {
    ($($(#[$about:meta])* [$area:ident] $name:ident($($given:ident: $kind:ty),*) -> $told:ty;)*) => {
        impl $crate::Engine {
            $($(#[$about])*
            pub async fn $name(&self, $($given: $kind),*) -> Result<$told, EngineError> {
                self.$area().$name($($given),*).await
            })*
        }
    };
}

mod ahead;
mod alone;
mod branches;
mod calls;
mod checking;
mod choosing_runs;
mod costs;
mod declared;
mod definitions;
mod documents;
mod driving;
mod engine;
mod estimates;
mod events;
mod files;
mod following;
mod forms;
mod histories;
mod intrinsic;
mod listing_runs;
mod locking;
mod locking_begun;
mod operations;
mod plugins;
mod prompts;
mod records;
mod reruns;
mod restoring;
mod round_views;
mod run_views;
mod runs;
mod upkeep;
mod warnings;

use std::sync::Arc;

pub use engine::Engine;
pub use following::Follow;

use crate::state::{House, Reach};

/// What answers the operations; each file beside this one is one area of them.
#[derive(Clone)]
struct Operations {
    house: Arc<House>,
    reach: Reach,
}
