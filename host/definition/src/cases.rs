//! The cases that prompt versions are compared on: inputs, a person's answers, files, and what is checked.
//!
//! Plain data; `parse_cases` reads it from a file, and the engine carries it out.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One case.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Case {
    /// Names it among the others.
    pub id: String,
    /// The inputs of the step, by name.
    pub inputs: BTreeMap<String, String>,
    /// A person's answers, by the questions' keys. A question without one is answered by nobody.
    pub answers: BTreeMap<String, String>,
    /// The files that the step finds in its workspace, by path, and no others; none is the workspace as it is.
    pub files: Option<BTreeMap<String, String>>,
    /// What is checked.
    pub checks: Vec<Check>,
    /// What it is for where a prompt is improved; none leaves that to chance. A comparison keeps nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// What a case is for where a prompt is improved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Proposals are made from what failed of it, and tried on it.
    Training,
    /// It is kept back: whoever proposes never sees it, and by it a proposal is held to be better or not.
    Validation,
}

/// One check of an outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What it looks at.
    #[serde(flatten)]
    pub target: Target,
    /// Whether it passes where it would fail, and the other way round.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
    /// What must hold.
    #[serde(flatten)]
    pub rule: Rule,
}

/// What a check looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// A document, by name; none is the first one that the step declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// A file that the step wrote, by path, instead of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The last raw answer of the model, instead of a document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answer: bool,
}

/// What must hold of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It has this in it, letter by letter.
    Contains(String),
    /// This regular expression (of the Rust crate `regex`) finds something in it.
    Regex(String),
    /// It is this, but for white space around it.
    Equals(String),
    /// It is JSON that keeps to this JSON Schema.
    JsonSchema(serde_json::Value),
    /// It is so long.
    Length(Length),
    /// It is there at all, or isn't.
    Exists(bool),
    /// A judging step says so.
    Judge(Judge),
}

/// How long a text may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Length {
    /// At least this.
    pub min: Option<u64>,
    /// At most this.
    pub max: Option<u64>,
    /// Counted in.
    pub unit: LengthUnit,
}

/// What the length of a text is counted in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// Unicode characters.
    #[default]
    Characters,
    /// What white space parts.
    Words,
    /// Lines.
    Lines,
}

/// A step that judges an outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Judge {
    /// Its plugin, as in `uses`; in a case file a path starts at the file's folder.
    pub uses: String,
    /// What it is to look for.
    #[serde(default)]
    pub criteria: String,
    /// The least score that passes, from 0 to 1; none leaves it to the judge.
    #[serde(default)]
    pub at_least: Option<f64>,
    /// The model that it asks, by short name; none is the one that `[defaults]` of `stepwell.toml` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said_of(&self.target))
    }
}

impl Check {
    /// The check in words, of something that is named by whoever looks at it.
    #[must_use]
    pub fn said_of(&self, target: &dyn fmt::Display) -> String {
        let Self { not, rule, .. } = self;
        let is = if *not { "isn't" } else { "is" };
        match rule {
            Rule::Contains(text) if *not => format!("{target} doesn't contain “{text}”"),
            Rule::Contains(text) => format!("{target} contains “{text}”"),
            Rule::Regex(pattern) if *not => format!("{target} doesn't match /{pattern}/"),
            Rule::Regex(pattern) => format!("{target} matches /{pattern}/"),
            Rule::Equals(text) => format!("{target} {is} “{text}”"),
            Rule::JsonSchema(_) => format!("{target} {is} JSON that keeps to the schema"),
            Rule::Length(length) => format!("{target} {is} {length} long"),
            Rule::Exists(there) => match *there == *not {
                true => format!("{target} isn't there"),
                false => format!("{target} is there"),
            },
            Rule::Judge(judge) => judge.said(*not),
        }
    }
}

impl Judge {
    fn said(&self, not: bool) -> String {
        let approves = if not { "doesn't approve" } else { "approves" };
        // Where the plugin lies tells nobody what it looks for.
        let name = self.uses.rsplit(['/', '\\']).next().unwrap_or_default();
        let said = match &self.model {
            Some(model) => format!("{name} ({model}) {approves}"),
            None => format!("{name} {approves}"),
        };
        match self.criteria.is_empty() {
            true => said,
            false => format!("{said}: {}", self.criteria),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, "{min} to {max}")?,
            (Some(min), None) => write!(f, "at least {min}")?,
            (None, Some(max)) => write!(f, "at most {max}")?,
            (None, None) => f.write_str("any number of")?,
        }
        f.write_str(match self.unit {
            LengthUnit::Characters => " characters",
            LengthUnit::Words => " words",
            LengthUnit::Lines => " lines",
        })
    }
}
