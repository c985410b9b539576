//! What is to be said of a plugin before it is used: each with its place in the component or in its description, and the mend.
//!
//! Nothing here decides what is wrong.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amounts::cut;
use crate::{Remedy, visible_on_one_line};

/// So many errors of one plugin are told, and so many warnings; of others it is told how many there are.
const MOST_FINDINGS: usize = 50;

/// So many bytes of a finding's words are told: a name in it may be as long as all that a plugin says of itself.
const LONGEST_WORDS: usize = 1000;

/// How bad a problem is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing can be run before it is mended.
    Error,
    /// It works, but most likely not as meant.
    Warning,
}

crate::words! {
    /// Which sort of finding about a plugin.
    pub enum FindingCode {
        /// Its bytes are no component.
        NotAComponent = "not-a-component",
        /// It is a core module.
        CoreModule = "core-module",
        /// It imports something that this host doesn't have.
        UnknownImport = "unknown-import",
        /// It lacks an export of a step.
        MissingExport = "missing-export",
        /// An import or export has another type than the contract says.
        OtherContract = "other-contract",
        /// Its functions are asynchronous.
        AsyncFunctions = "async-functions",
        /// It broke while it described itself.
        Describe = "describe",
        /// It says more of itself than a plugin may.
        TooMuchSaid = "too-much-said",
        /// It has more in it than the sandbox takes.
        TooMuch = "too-much",
        /// To compile it takes more than it may.
        TooCostly = "too-costly",
        /// A name is none.
        BadName = "bad-name",
        /// A name is declared twice.
        DeclaredTwice = "declared-twice",
        /// Its version can't be shown.
        BadVersion = "bad-version",
        /// It has more prompts than a plugin may.
        TooManyPrompts = "too-many-prompts",
        /// The JSON Schema of a field is none.
        BadSchema = "bad-schema",
        /// An annotation doesn't say what the contract has it say.
        BadAnnotation = "bad-annotation",
        /// It needs a grant that this host doesn't have.
        UnsupportedGrant = "unsupported-grant",
        /// It asks for one grant more than once.
        RepeatedGrant = "repeated-grant",
        /// It doesn't say why it needs a grant.
        GrantWithoutReason = "grant-without-reason",
        /// It asks for a grant that it can't make use of.
        IdleGrant = "idle-grant",
        /// An intrinsic prompt can't be read as a template.
        BadTemplate = "bad-template",
        /// An intrinsic prompt names a variable that isn't declared.
        UnknownVariable = "unknown-variable",
        /// A variable is declared, and its intrinsic prompt doesn't use it.
        UnusedVariable = "unused-variable",
        /// An intrinsic prompt is empty.
        EmptyPrompt = "empty-prompt",
        /// Another plugin keeps the versions of a prompt of its own under the same name.
        SharedPrompt = "shared-prompt",
        /// An intrinsic prompt can't be filled with example texts.
        UnfilledPrompt = "unfilled-prompt",
        /// No example is known that fits a schema.
        NoExample = "no-example",
        /// `construct-prompt` gave no prompt for the inputs that it was given.
        ConstructPrompt = "construct-prompt",
        /// How many more there are.
        More = "more-findings",
    }
    other: " One of a later build."
}

/// Where in a plugin something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct PluginPlace {
    /// The path, such as `documents.notes.schema`, `imports.wasi:keyvalue/store@0.2.0` or `component`.
    pub path: String,
    /// The line of a prompt's text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

impl PluginPlace {
    /// The component as a whole.
    #[must_use]
    pub fn component() -> Self {
        Self::of(["component"])
    }

    /// A path from its parts.
    #[must_use]
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts: Vec<&str> = parts.into_iter().collect();
        Self {
            path: cut(parts.join("."), LONGEST_WORDS),
            line: None,
            column: None,
        }
    }

    /// A line in it, and a column where that is known.
    #[must_use]
    pub fn at(self, line: usize, column: Option<usize>) -> Self {
        Self {
            line: Some(line),
            column,
            ..self
        }
    }
}

impl fmt::Display for PluginPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names that a stranger made up stand in it.
        f.write_str(&visible_on_one_line(&self.path))?;
        let numbers = self.line.into_iter().chain(self.column);
        numbers
            .into_iter()
            .try_for_each(|number| write!(f, ":{number}"))
    }
}

/// One thing that is to be said of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginFinding {
    /// How bad it is. With an error the plugin isn't used.
    pub severity: Severity,
    /// Which sort of finding.
    pub code: FindingCode,
    /// Where it is.
    pub place: PluginPlace,
    /// What is wrong.
    pub message: String,
    /// What helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Remedy>,
}

impl PluginFinding {
    /// Something for which the plugin isn't used.
    pub fn error(code: FindingCode, place: PluginPlace, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, place, message.into())
    }

    /// Something that is most likely not meant.
    pub fn warning(code: FindingCode, place: PluginPlace, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, place, message.into())
    }

    fn new(severity: Severity, code: FindingCode, place: PluginPlace, message: String) -> Self {
        Self {
            severity,
            code,
            place,
            message: cut(message, LONGEST_WORDS),
            remedy: None,
        }
    }

    /// The same, with what helps.
    #[must_use]
    pub fn with(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// The same, with what the author can do about it.
    #[must_use]
    pub fn mended_by(self, text: impl Into<String>) -> Self {
        self.with(Remedy::said(cut(text.into(), LONGEST_WORDS)))
    }

    /// Whether the plugin isn't used for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for PluginFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Collects what is to be said of one plugin: so much is told, and of the rest how much it is.
#[derive(Debug, Default)]
pub struct PluginFindings {
    found: Vec<PluginFinding>,
    more_errors: usize,
    more_warnings: usize,
}

impl PluginFindings {
    /// Adds one, unless it is there already.
    pub fn add(&mut self, finding: PluginFinding) {
        let same = self.found.iter();
        let count = same.filter(|it| it.severity == finding.severity).count();
        if self.found.contains(&finding) {
            return;
        }
        match finding.severity {
            _ if count < MOST_FINDINGS => self.found.push(finding),
            Severity::Error => self.more_errors += 1,
            Severity::Warning => self.more_warnings += 1,
        }
    }

    /// Adds all that others hold, with how many more there are.
    pub fn join(&mut self, others: Self) {
        self.more_errors += others.more_errors;
        self.more_warnings += others.more_warnings;
        self.extend(others.found);
    }

    /// Whether there is an error among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(PluginFinding::is_error)
    }

    /// All of them, errors first, each in the order in which they were found; and how many more there are.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<PluginFinding> {
        self.found.sort_by_key(|finding| finding.severity);
        for (severity, more, what) in [
            (Severity::Error, self.more_errors, "errors"),
            (Severity::Warning, self.more_warnings, "warnings"),
        ] {
            if more > 0 {
                let message = format!("there are {more} more {what}, which are not shown");
                let (code, place) = (FindingCode::More, PluginPlace::component());
                let more = PluginFinding::new(severity, code, place, message);
                self.found.push(more.mended_by("mend these first"));
            }
        }
        self.found
    }
}

impl Extend<PluginFinding> for PluginFindings {
    fn extend<T: IntoIterator<Item = PluginFinding>>(&mut self, findings: T) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_a_path_with_line_and_column() {
        let place = PluginPlace::of(["prompts", "notes", "intrinsic"]);
        assert_eq!(place.to_string(), "prompts.notes.intrinsic");
        assert_eq!(
            place.clone().at(3, None).to_string(),
            "prompts.notes.intrinsic:3"
        );
        assert_eq!(
            place.at(3, Some(7)).to_string(),
            "prompts.notes.intrinsic:3:7"
        );
    }

    #[test]
    fn what_a_hostile_plugin_makes_of_them_has_an_end() {
        let mut findings = PluginFindings::default();
        for number in 0..10_000 {
            let long = "x".repeat(10_000);
            let place = PluginPlace::of(["inputs", &long]);
            let message = format!("{number} {long}");
            findings.add(PluginFinding::error(FindingCode::BadName, place, message));
        }
        let mut all = PluginFindings::default();
        all.join(findings);
        let found = all.into_vec();
        assert_eq!(found.len(), MOST_FINDINGS + 1);
        assert!(found.iter().all(|it| it.to_string().len() < 2100));
        assert!(found[MOST_FINDINGS].message.contains("9950 more errors"));
    }
}
