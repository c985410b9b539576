//! What must be true of a case wherever it comes from: a file, a face's form, a program.

use std::fmt;

use stepwell_contract::{TextService, TextServiceFailed, suggestion};

use crate::cases::{Case, Check, Length, Rule, Target};
use crate::looked_into::rule_problems;

/// The most bytes that a text of a case may have.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most checks that a case may have: each is looked into before anything is spent, and again in each cell.
const MOST_CHECKS: usize = 1_000;

impl Case {
    /// Whether the case can be carried out, before anything is spent on it.
    ///
    /// # Errors
    /// [`TextServiceFailed`] where that can't be told; within, the first mistake, with its place in the case.
    pub async fn check(
        &self,
        texts: &dyn TextService,
    ) -> Result<Result<(), String>, TextServiceFailed> {
        if let Err(mistake) = self.check_texts() {
            return Ok(Err(mistake));
        }
        if self.checks.len() > MOST_CHECKS {
            let there = self.checks.len();
            return Ok(Err(format!(
                "it has {there} checks; at most {MOST_CHECKS} are taken"
            )));
        }
        let named = |(place, reason)| Ok(Err(format!("check {}: {reason}", place + 1)));
        let own = self.checks.iter().map(|check| check.check().err());
        if let Some(first) = first_of(own) {
            return named(first);
        }
        let rules: Vec<&Rule> = self.checks.iter().map(|check| &check.rule).collect();
        let problems = rule_problems(&rules, texts).await?;
        first_of(problems.into_iter()).map_or(Ok(Ok(())), named)
    }

    fn check_texts(&self) -> Result<(), String> {
        for (group, texts) in [
            ("inputs", Some(&self.inputs)),
            ("answers", Some(&self.answers)),
            ("files", self.files.as_ref()),
        ] {
            for (name, text) in texts.into_iter().flatten() {
                check_size(text).map_err(|reason| format!("`{group}.{name}`: {reason}"))?;
            }
        }
        for path in self.files.iter().flat_map(|files| files.keys()) {
            check_path(path)?;
        }
        Ok(())
    }

    /// Whether the step writes every document that a check looks at; `declared` are those that its plugin names.
    ///
    /// # Errors
    /// The first mistake with its place in the case, and what was most likely meant.
    pub fn check_documents(&self, declared: &[&str]) -> Result<(), (String, String)> {
        for (place, check) in self.checks.iter().enumerate() {
            if let Some(name) = &check.target.document
                && !declared.contains(&name.as_str())
            {
                let mistake = format!(
                    "check {} (“{check}”) looks at a document `{name}`, which the step doesn't write",
                    place + 1
                );
                let hint = suggestion(name, declared.iter().copied(), "documents");
                return Err((mistake, hint));
            }
        }
        Ok(())
    }
}

impl Check {
    fn check(&self) -> Result<(), String> {
        self.target.check(matches!(self.rule, Rule::Judge(_)))?;
        self.rule.check()
    }
}

impl Target {
    pub(crate) fn check(&self, of_judge: bool) -> Result<(), String> {
        let named = usize::from(self.document.is_some())
            + usize::from(self.file.is_some())
            + usize::from(self.answer);
        if named > 1 {
            return Err("a check looks at one thing: `document`, `file` or `answer`".into());
        }
        if named > 0 && of_judge {
            return Err(
                "a judge is shown everything: it takes no `document`, `file` or `answer`".into(),
            );
        }
        self.file.as_deref().map_or(Ok(()), check_path)
    }
}

impl Rule {
    /// Whether the rule can be carried out, as far as it shows from here; [`rule_problems`] looks into it.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Contains(text) | Self::Equals(text) => check_size(text),
            Self::Length(Length { min, max, .. }) => match (min, max) {
                (Some(min), Some(max)) if min > max => {
                    Err("no text is so long and so short at once".into())
                }
                _ => Ok(()),
            },
            Self::Judge(judge) => match judge.at_least {
                Some(least) if !(0.0..=1.0).contains(&least) => {
                    Err("`at_least` must be a number from 0 to 1".into())
                }
                _ => Ok(()),
            },
            Self::Regex(_) | Self::JsonSchema(_) | Self::Exists(_) => Ok(()),
        }
    }
}

/// The first that is there, with its place.
fn first_of(found: impl Iterator<Item = Option<String>>) -> Option<(usize, String)> {
    found
        .enumerate()
        .find_map(|(place, reason)| Some((place, reason?)))
}

/// Whether a path stays within a workspace.
pub(crate) fn check_path(path: &str) -> Result<(), String> {
    let stays = |part: &str| !matches!(part, "" | "." | "..");
    if path.split('/').all(stays) && !path.contains(['\\', '\0']) {
        return Ok(());
    }
    Err(format!(
        "`{path}` is no path of a file in the workspace: write it as `src/report.py`"
    ))
}

/// Whether a text isn't larger than anybody would compare on.
pub(crate) fn check_size(text: &str) -> Result<(), String> {
    if text.len() <= MOST_BYTES {
        return Ok(());
    }
    Err(format!(
        "the text has {} bytes; at most {MOST_BYTES} are taken",
        text.len()
    ))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { answer: true, .. } => f.write_str("the answer"),
            Self {
                file: Some(path), ..
            } => write!(f, "the file {path}"),
            Self {
                document: Some(name),
                ..
            } => write!(f, "the document {name}"),
            _ => f.write_str("the document"),
        }
    }
}
