//! What is only worth seeing while it happens, beside the events that are kept.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{LogLevel, RunId};
use uuid::Uuid;

use super::events::EventView;

/// Something that happens in a run.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "most are events, and each is moved once"
)]
pub enum Happening {
    /// It is kept, and has a cursor.
    Event(EventView),
    /// It is only worth seeing now.
    Live(Live),
}

/// What is only worth seeing while it happens: it is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Live {
    /// A plugin is being compiled, which for a large one takes seconds. It belongs to no run: its code is kept.
    Compiling {
        /// The plugin, as `uses` names it.
        plugin: String,
        /// The bytes of its component.
        bytes: u64,
        /// Whether it waits until others are compiled.
        #[serde(default)]
        waits: bool,
    },
    /// A plugin comes from another machine. It belongs to no run: it is kept.
    Fetching {
        /// The plugin, as `uses` names it.
        plugin: String,
    },
    /// A piece of a model's answer.
    Tokens {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// The call.
        call: Uuid,
        /// The piece.
        text: String,
    },
    /// The answer broke off; what came of it is void.
    Restarted {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// The call.
        call: Uuid,
    },
    /// A call waits before it is tried (again).
    Backoff {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// Milliseconds.
        wait_ms: u64,
        /// Why.
        reason: String,
    },
    /// A call waits before its provider: for the minute to pass in which no more may be sent, for one that is down, or for as long as it
    /// asked.
    Queued {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// The provider.
        provider: String,
        /// What makes it wait: the setting `requests_per_minute`, `tokens_per_minute` or `circuit_pause`, or the header `retry-after`.
        limit: String,
        /// Until when, at least.
        until: Timestamp,
    },
    /// A step says something, before the event is durable.
    Log {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// How much it matters.
        level: LogLevel,
        /// The line.
        message: String,
    },
    /// A step says how far it is.
    Progress {
        /// The run.
        run: RunId,
        /// The execution, as a person names it.
        execution: String,
        /// Done so far.
        done: u32,
        /// Of how many.
        total: u32,
        /// With what.
        label: String,
    },
    /// A batch of a comparison's calls is waited for.
    Batch {
        /// The log of the comparison.
        run: RunId,
        /// The provider's name in the settings.
        provider: String,
        /// What the provider calls it; none while that is being found out.
        batch: Option<String>,
        /// When it was sent.
        sent_at: Option<Timestamp>,
        /// How many of its requests were answered.
        done: u32,
        /// Of how many.
        total: u32,
        /// Why it can't be looked at now.
        trouble: Option<String>,
    },
}

impl Live {
    /// The run that it is about; none where it is about none.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        match self {
            Self::Tokens { run, .. }
            | Self::Restarted { run, .. }
            | Self::Backoff { run, .. }
            | Self::Queued { run, .. }
            | Self::Log { run, .. }
            | Self::Progress { run, .. }
            | Self::Batch { run, .. } => Some(*run),
            Self::Compiling { .. } | Self::Fetching { .. } => None,
        }
    }
}
