//! Why a file is not a cassette.

use stepwell_contract::Remedy;

/// Why a file is not a cassette, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct CassetteError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: CassetteProblem,
}

/// What is wrong with a line of a cassette.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CassetteProblem {
    /// The first line is another one.
    #[error("this is not a cassette: the first line is not `stepwell-cassette 1`")]
    NotACassette,
    /// A line is no text.
    #[error("this is not a cassette: the line is not text in UTF-8")]
    NoText,
    /// It was made for another build.
    #[error("this is a cassette of version `{version}`, and this build reads version 1")]
    OtherVersion {
        /// What stands in place of the 1.
        version: String,
    },
    /// The head doesn't say how to match.
    #[error("the head doesn't say how calls find their answers")]
    NoMatch,
    /// A line of the head can't be understood.
    #[error("`{line}` is no line of a cassette's head")]
    BadHead {
        /// The line.
        line: String,
    },
    /// A line that begins an entry can't be understood.
    #[error("`=== {line}` begins no entry: {reason}")]
    BadEntry {
        /// The line without its `=== `.
        line: String,
        /// What is wrong.
        reason: String,
    },
    /// Between an entry's first line and its text stands something else.
    #[error("`{line}` stands before the empty line that begins the text")]
    BadField {
        /// The line.
        line: String,
    },
    /// A section belongs to an entry that isn't there.
    #[error("`=== {section}` follows no entry that it could belong to")]
    Stray {
        /// The section.
        section: String,
    },
    /// A section holds no JSON, or another than it should.
    #[error("`=== {section}` holds no such JSON: {reason}")]
    BadJson {
        /// The section.
        section: String,
        /// What is wrong.
        reason: String,
    },
    /// Two entries have one place, and calls are matched by place.
    #[error("there are two entries `{place}`")]
    Twice {
        /// The place.
        place: String,
    },
}

impl CassetteError {
    /// What helps. What is to be changed in the file is said here alone: no face knows more of its lines.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        Remedy::said(match &self.problem {
            CassetteProblem::NotACassette => return Remedy::RecordCassette,
            CassetteProblem::NoText => "save the file as UTF-8",
            CassetteProblem::OtherVersion { .. } => {
                "use the build that wrote it, or record it again"
            }
            CassetteProblem::NoMatch => {
                "write `match = \"sequence\"` or `match = \"request\"` into the second line"
            }
            CassetteProblem::BadHead { .. } => {
                "the head knows `match` and `default-model`; other text goes after an empty line"
            }
            CassetteProblem::BadEntry { .. } => {
                "if the line belongs to a text, put a backslash before it"
            }
            CassetteProblem::BadField { .. } => {
                "put an empty line before the text; before it stand only `model`, `answered-by`, `finish`, `usage` and `kind`"
            }
            CassetteProblem::Stray { .. } => {
                "`=== request` and `=== message` stand after the call they belong to"
            }
            CassetteProblem::BadJson { .. } => "mend the JSON, or leave the section out",
            CassetteProblem::Twice { .. } => "number them `#1`, `#2`, or leave the numbers out",
        })
    }
}
