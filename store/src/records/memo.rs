//! A memo: what an execution got from outside, by which it can be started afresh and get the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, ExecutionKey};

use super::OtherFields;

/// What names a memo within its execution (rule E2). It doesn't depend on the order of the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MemoKey {
    /// The hash of the question.
    pub question: Digest,
    /// Which of the equal questions of the execution, from 0.
    pub occurrence: u32,
}

stepwell_contract::words! {
    /// What sort of question a memo answers.
    pub enum MemoKind {
        /// One call to a model, or one of several.
        Complete = "complete",
        /// A question to the person.
        Ask = "ask",
        /// What a file of the workspace holds.
        Read = "read",
        /// Which files the workspace has.
        Entries = "entries",
        /// What was searched or skimmed of the workspace: its files' digests, and none of their texts.
        Search = "search",
        /// Whether something is in the way of a file that is to be written.
        Write = "write",
        /// A prompt that the step didn't declare.
        Prompt = "prompt",
        /// The documents of another step.
        Documents = "documents",
        /// One request to a server.
        Exchange = "exchange",
    }
    other: " What a later build wrote."
}

impl MemoKind {
    /// Whether it is a look at something or a question to a person, of which a step may make as many as it likes.
    #[must_use]
    pub fn is_look(&self) -> bool {
        match self {
            Self::Read
            | Self::Entries
            | Self::Search
            | Self::Write
            | Self::Ask
            | Self::Prompt
            | Self::Documents
            | Self::Exchange => true,
            Self::Complete | Self::Other(_) => false,
        }
    }

    /// Whether it is a look at the workspace.
    #[must_use]
    pub fn is_of_files(&self) -> bool {
        match self {
            Self::Read | Self::Entries | Self::Search | Self::Write => true,
            Self::Complete
            | Self::Ask
            | Self::Prompt
            | Self::Documents
            | Self::Exchange
            | Self::Other(_) => false,
        }
    }
}

/// One answer from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoRecord {
    /// The execution that asked.
    pub execution: ExecutionKey,
    /// The question.
    #[serde(flatten)]
    pub key: MemoKey,
    /// What sort of question.
    pub kind: MemoKind,
    /// The answer, as the host function gave it. Bytes stand in it as digests of blobs (rule E4).
    pub answer: serde_json::Value,
    /// The attempt that asked: what an attempt asked before a crash and not again after it is a divergence (rule E18).
    #[serde(default)]
    pub attempt: u32,
    /// An error from outside holds for this attempt only and is forgotten by the next (rule E10).
    #[serde(default)]
    pub only_attempt: Option<u32>,
    /// When it was received.
    pub received_at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_it_is_shown_and_one_of_a_later_build_is_kept() {
        for kind in [
            MemoKind::Complete,
            MemoKind::Ask,
            MemoKind::Read,
            MemoKind::Entries,
            MemoKind::Write,
            MemoKind::Prompt,
            MemoKind::Documents,
            MemoKind::Exchange,
            MemoKind::Search,
            MemoKind::Other("divination".into()),
        ] {
            let written = serde_json::to_value(&kind).unwrap();
            assert_eq!(written, kind.to_string());
            assert_eq!(serde_json::from_value::<MemoKind>(written).unwrap(), kind);
        }
    }
}
