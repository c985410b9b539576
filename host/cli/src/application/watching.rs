//! Following a run, wherever it is driven.

use stepwell_contract::Undertaking;
use stepwell_engine::{EventView, Follow, Happening};
use stepwell_server::Watch;

use super::Application;
use crate::errors::CommandError;

/// Follows one run: see [`Follow`].
pub(crate) enum Watching {
    Here(Follow),
    There(Watch),
}

impl Application {
    /// Follows a run or a comparison from the event after a cursor on.
    pub(crate) fn follow(&self, what: impl Into<Undertaking>, after: u64) -> Watching {
        match self {
            Self::Here(engine) => Watching::Here(engine.follow(what, after)),
            Self::There(client) => Watching::There(client.follow(what, after)),
        }
    }
}

impl Watching {
    /// The next thing that happens; none when nothing can happen any more. It may be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<Option<Happening>, CommandError> {
        match self {
            Self::Here(follow) => Ok(follow.next().await?),
            Self::There(watch) => Ok(watch.next().await?),
        }
    }

    /// Everything that was stored by now and not given yet.
    pub(crate) async fn rest(&mut self) -> Result<Vec<EventView>, CommandError> {
        match self {
            Self::Here(follow) => Ok(follow.rest().await?),
            Self::There(watch) => Ok(watch.rest().await?),
        }
    }
}
