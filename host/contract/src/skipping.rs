//! Why a step was left out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a step was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// A person gave its documents.
    Given,
    /// Its plugin could not be loaded, and the step is optional.
    NoPlugin,
    /// Its definition says when it is carried out, and that isn't so.
    Condition(UnmetCondition),
}

/// A condition that wasn't met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnmetCondition {
    /// What says whether the step is carried out, as the definition names it: `steps.review.decision`.
    pub value: String,
    /// What it would have said.
    pub wanted: Vec<String>,
    /// The beginning of what it said; none where nobody wrote it.
    pub said: Option<String>,
}

impl UnmetCondition {
    /// The most characters that are kept of what was said.
    pub const MOST_SAID: usize = 80;

    /// What came of holding a text against the wanted words.
    #[must_use]
    pub fn new(value: &str, wanted: &[String], said: Option<&str>) -> Self {
        let said = said.map(|text| {
            let line = text.trim().lines().next().unwrap_or_default();
            let mut beginning: String = line.chars().take(Self::MOST_SAID).collect();
            if beginning.len() < text.trim().len() {
                beginning.push('…');
            }
            beginning
        });
        Self {
            value: value.to_owned(),
            wanted: wanted.to_vec(),
            said,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_only_its_beginning_is_kept() {
        let said = |text: &str| {
            UnmetCondition::new("inputs.a", &[], Some(text))
                .said
                .unwrap()
        };
        assert_eq!(said(" no \n"), "no");
        assert_eq!(said("no\nbecause"), "no…");
        assert_eq!(said(&"ä".repeat(100)), format!("{}…", "ä".repeat(80)));
        assert_eq!(said(""), "");
    }

    #[test]
    fn reasons_are_words() {
        let unmet = UnmetCondition::new("inputs.a", &["yes".into()], None);
        for (reason, written) in [
            (SkipReason::Given, r#""given""#),
            (SkipReason::NoPlugin, r#""no-plugin""#),
            (
                SkipReason::Condition(unmet),
                r#"{"condition":{"value":"inputs.a","wanted":["yes"],"said":null}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), written);
            assert_eq!(serde_json::from_str::<SkipReason>(written).unwrap(), reason);
        }
    }
}
