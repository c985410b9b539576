//! What a step may use, and what it may do.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The bounds of one attempt. The names are those of `limits.…` in a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Time during which the guest itself computes.
    #[schemars(with = "serde_json::Value")]
    pub cpu: Duration,
    /// Time from start to end, without the time that a person takes to answer.
    #[schemars(with = "serde_json::Value")]
    pub wall: Duration,
    /// Bytes of all memories and tables of the instance together.
    pub memory: u64,
    /// How many attempts an execution may take in all, those after a trap or a limit included.
    pub attempts: u32,
    /// Calls of host functions in one attempt.
    pub host_calls: u64,
    /// Bytes handed over in one call of a host function, or given back by the step.
    pub transfer: u64,
    /// Bytes of log lines and of what the guest writes to its standard error.
    pub log: u64,
    /// Bytes of one document.
    pub document: u64,
    /// Files that one execution may write, or have in its copy of the workspace.
    pub files: u32,
    /// Bytes of all files that one execution writes, or has in its copy of the workspace.
    pub file_bytes: u64,
}

impl Default for Limits {
    /// Generous for a step that talks to models, tight for one that went wrong.
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            cpu: Duration::from_secs(30),
            wall: Duration::from_secs(30 * 60),
            memory: 256 * MIB,
            attempts: 10,
            host_calls: 1_000_000,
            transfer: 32 * MIB,
            log: MIB,
            document: 8 * MIB,
            files: 1_000,
            file_bytes: 64 * MIB,
        }
    }
}

/// What a step may do with the files of the workspace.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum WorkspaceGrant {
    /// Nothing.
    #[default]
    None,
    /// Read and list them.
    Read,
    /// Read, list, write and remove them.
    Write,
    /// Read and list them, and get a copy as a directory to do anything with, which is thrown away (rule E26).
    Copy,
}

impl WorkspaceGrant {
    /// Whether what is granted covers what is needed.
    #[must_use]
    pub fn covers(self, needed: Self) -> bool {
        match needed {
            Self::None => true,
            Self::Read => self != Self::None,
            Self::Write | Self::Copy => self == needed,
        }
    }

    /// The word of the definition, such as `read`; none where nothing is granted.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        (self != Self::None).then(|| self.into())
    }
}

/// What the operator lets a step do beyond its own prompt, inputs and model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grants {
    /// The files of the workspace.
    pub workspace: WorkspaceGrant,
    /// Whether it may add prompt versions and make one current.
    pub prompts_write: bool,
    /// Whether it sees the real time, and its timers wait.
    pub real_clock: bool,
}
