//! What works on templates, JSON Schemas and regular expressions.
//!
//! All may come from anyone: a prompt from whoever can add a version, a schema from a plugin, an expression from whoever
//! asks for a comparison. So what reads them stands behind a trait, and may run where it can do no harm.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amounts;

/// A bound that work on a template, a JSON Schema or a regular expression ran into.
///
/// What is handed in is charged before it is worked on, so a bound of memory grows with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextBound {
    /// It took more memory than this many bytes.
    #[error("it takes more than {} of memory", amounts::size(*.0))]
    Memory(u64),
    /// It took longer than this.
    #[error("it takes more than {} to work out", amounts::duration(u64::try_from(.0.as_millis()).unwrap_or(u64::MAX)))]
    Time(Duration),
    /// It is nested deeper than can be followed.
    #[error("it is nested too deep, or leads back to itself")]
    Depth,
}

/// The service itself failed: nothing is known of what it was asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("what works on templates, JSON Schemas and regular expressions failed: {reason}")]
pub struct TextServiceFailed {
    /// What happened.
    pub reason: String,
}

/// Why a template can't be read or filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateError {
    /// Its text is wrong, or what it does with a value can't be done.
    #[error("line {line}: {message}")]
    Invalid {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A value that it names isn't there.
    #[error("line {line}: `{name}` has no value")]
    MissingVariable {
        /// The value, as the template names it.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// Its own text is larger than allowed.
    #[error("the template is larger than {most} bytes")]
    TooLong {
        /// The most bytes.
        most: usize,
    },
    /// The filled text is larger than allowed.
    #[error("the filled template is larger than {most} bytes")]
    TooLarge {
        /// The most bytes.
        most: usize,
    },
    /// It takes more steps to fill than allowed.
    #[error("the template takes more than {most} steps to fill")]
    TooCostly {
        /// The most steps.
        most: u64,
    },
    /// Working on it ran into a bound.
    #[error("the template ran into a limit: {0}")]
    Bound(#[from] TextBound),
    /// It isn't the template's fault.
    #[error(transparent)]
    Failed(#[from] TextServiceFailed),
}

impl TemplateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Invalid { .. } => {
                "see the syntax of minijinja templates; a literal `{{` is written `{{ \"{{\" }}`"
                    .into()
            }
            Self::MissingVariable { name, .. } => {
                format!(
                    "check the spelling, or write `{{{{ {name} | default(\"\") }}}}` if it may be missing"
                )
            }
            Self::TooLong { .. } => {
                "give what is large as an input: a variable may hold more".into()
            }
            Self::TooLarge { .. } => "take less into the text, or split the work".into(),
            Self::TooCostly { .. } => "look for loops inside loops".into(),
            Self::Bound(TextBound::Depth) => {
                "look for something that holds itself, and for hundreds of operators in a row"
                    .into()
            }
            Self::Bound(TextBound::Memory(_) | TextBound::Time(_)) => {
                "look for texts that grow in a loop, and for loops inside loops".into()
            }
            Self::Failed(_) => "the template may be right: try it again".into(),
        }
    }
}

/// A variable that a template may look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableUse {
    /// The variable.
    pub name: String,
    /// What it is asked for somewhere, as in `variable.part`; a text has no parts.
    pub part: Option<String>,
    /// The line of its first use, from 1.
    pub line: usize,
    /// The column of its first use, from 1, in characters.
    pub column: usize,
}

/// A template with all that it is filled with.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// The template's text.
    pub template: &'a str,
    /// What there is, by name. A text goes in as it is, everything else prints as JSON; a variable that isn't here is
    /// missing.
    pub variables: &'a [(&'a str, Value)],
    /// The most bytes that may come of it.
    pub most_bytes: usize,
}

/// Why nothing can be held against a JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemaError {
    /// It is none.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where in the schema, as a JSON pointer; empty at the top.
        path: String,
    },
    /// Working on it, or holding a value against it, ran into a bound.
    #[error("the schema ran into a limit: {0}")]
    Bound(#[from] TextBound),
}

/// Why nothing can be searched for with a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PatternError {
    /// It is none.
    #[error("{0}")]
    Invalid(String),
    /// Reading it, or searching with it, ran into a bound.
    #[error("the regular expression ran into a limit: {0}")]
    Bound(#[from] TextBound),
}

/// A value, and the JSON Schema that it has to keep to.
#[derive(Debug, Clone, Copy)]
pub struct HeldAgainst<'a> {
    /// The JSON Schema.
    pub schema: &'a Value,
    /// The value.
    pub value: &'a Value,
}

/// One way in which a value breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfit {
    /// What is wrong.
    pub message: String,
    /// Where in the value, as a JSON pointer; empty at the top.
    pub path: String,
}

/// How a value breaks its schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfits {
    /// The first ones, as many as were asked for; empty where the value keeps to the schema.
    pub first: Vec<Misfit>,
    /// How many more there are.
    pub more: usize,
}

/// Fills templates, holds values against JSON Schemas, and searches with regular expressions.
///
/// No call depends on an earlier one, and each is bounded in time and memory by whoever implements it. A value is never
/// read as a template, and nothing is loaded from anywhere.
#[async_trait]
pub trait TextService: Send + Sync {
    /// Reads a template. Gives the variables that it may look at and doesn't make itself, in the order of their first use.
    ///
    /// # Errors
    /// [`TemplateError::Invalid`], [`TemplateError::TooLong`], [`TemplateError::Failed`].
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError>;

    /// Fills a template.
    ///
    /// # Errors
    /// [`TemplateError`] says whether the template is wrong, something is missing, or filling it takes too much.
    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError>;

    /// Whether each of these is a JSON Schema.
    ///
    /// # Errors
    /// [`TextServiceFailed`]; of each schema [`SchemaError`] says what is wrong with it.
    async fn check_schemas(
        &self,
        schemas: &[&Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed>;

    /// How values break their JSON Schemas, which [`TextService::check_schemas`] found to be some: one that is none may forbid
    /// nothing. `most` findings are told of each. To read a schema takes longer than to hold a value against it: values that share
    /// one are best asked about together.
    ///
    /// # Errors
    /// [`TextServiceFailed`]; [`SchemaError`] where there is nothing to hold a value against.
    async fn check_values(
        &self,
        values: &[HeldAgainst<'_>],
        most: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed>;

    /// Whether each of these is a regular expression, in the syntax of the crate `regex`.
    ///
    /// # Errors
    /// [`TextServiceFailed`]; of each [`PatternError`] says what is wrong with it.
    async fn check_patterns(
        &self,
        patterns: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed>;

    /// Where a regular expression first matches a text, in bytes; none where it matches nowhere.
    ///
    /// # Errors
    /// [`TextServiceFailed`]; [`PatternError`] where it can't be told.
    async fn search(
        &self,
        pattern: &str,
        text: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed>;

    /// As [`TextService::check_schemas`], of one.
    ///
    /// # Errors
    /// As there.
    async fn check_schema(
        &self,
        schema: &Value,
    ) -> Result<Result<(), SchemaError>, TextServiceFailed> {
        the_one(self.check_schemas(&[schema]).await?)
    }

    /// As [`TextService::check_values`], of one.
    ///
    /// # Errors
    /// As there.
    async fn check_value(
        &self,
        schema: &Value,
        value: &Value,
        most: usize,
    ) -> Result<Result<Misfits, SchemaError>, TextServiceFailed> {
        let held = HeldAgainst { schema, value };
        the_one(self.check_values(&[held], most).await?)
    }
}

fn the_one<T>(found: Vec<T>) -> Result<T, TextServiceFailed> {
    let failed = || TextServiceFailed {
        reason: "it gave no answer".into(),
    };
    found.into_iter().next().ok_or_else(failed)
}
