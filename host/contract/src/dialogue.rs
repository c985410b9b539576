//! Questions to the person behind the run: interface `dialogue` of the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// Names the question for answers that are given beforehand; unique within one form.
    pub key: String,
    /// What is asked.
    pub text: String,
    /// Ready answers to choose from; empty for free text.
    pub choices: Vec<String>,
    /// The answer that the step suggests.
    pub suggested: Option<String>,
    /// Hints on how to ask, as name and JSON value.
    pub annotations: Vec<Text>,
}

impl Question {
    /// Whether a hint says this, as JSON.
    #[must_use]
    pub fn is_annotated(&self, name: &str, json: &str) -> bool {
        let mut annotations = self.annotations.iter();
        annotations.any(|annotation| annotation.name == name && annotation.value.trim() == json)
    }

    /// Whether it has to be answered; what hasn't may be left empty.
    #[must_use]
    pub fn is_required(&self) -> bool {
        !self.is_annotated("required", "false")
    }
}

/// The annotation that holds what a form is about, as a JSON string. It crosses the boundary at a question, since the contract's form
/// has no room for it.
const ABOUT: &str = "about";

/// Questions that are asked together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Form {
    /// What the questions are about.
    pub title: String,
    /// What the person should know before answering, as Markdown.
    pub guidance: String,
    /// The text that the questions are about, such as a draft, as Markdown. A step hands it over as the annotation `about` of its
    /// first question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The questions, in the order in which they are asked.
    pub questions: Vec<Question>,
}

impl Form {
    /// A form as a step hands it over: what it is about is taken from its first question.
    #[must_use]
    pub fn new(title: String, guidance: String, mut questions: Vec<Question>) -> Self {
        let first = questions.first_mut();
        let about = first.and_then(|first| take_about(&mut first.annotations));
        Self {
            title,
            guidance,
            about,
            questions,
        }
    }
}

/// Takes the text out of the annotations. What is no text stays what it is: a hint that nobody knows.
fn take_about(annotations: &mut Vec<Text>) -> Option<String> {
    let place = annotations.iter().position(|hint| hint.name == ABOUT)?;
    let text: String = serde_json::from_str(&annotations[place].value).ok()?;
    annotations.remove(place);
    Some(text).filter(|text| !text.trim().is_empty())
}

crate::refusals::closed! {
    /// Why the host said no. The set is closed by the contract: what is new goes under `Other`.
    pub enum DialogueErrorKind {
        /// The run was told that nobody will answer.
        NobodyThere = "nobody-there",
        /// The person declined to answer.
        Declined = "declined",
    }
    other: " Anything else, with a code of its own."
    told: " What the step is told when the host says no." DialogueError
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(annotations: Vec<Text>) -> Form {
        let question = Question {
            key: "k".into(),
            text: "?".into(),
            choices: Vec::new(),
            suggested: None,
            annotations,
        };
        Form::new("t".into(), String::new(), vec![question])
    }

    #[test]
    fn what_a_form_is_about_is_taken_from_its_first_question() {
        let hints = || vec![Text::new("required", "false")];
        let about = Text::new("about", r##""# Draft\n""##);
        let taken = form([hints(), vec![about]].concat());
        assert_eq!(taken.about.as_deref(), Some("# Draft\n"));
        assert_eq!(taken.questions[0].annotations, hints());
    }

    #[test]
    fn a_hint_that_is_no_text_stays_one() {
        let odd = vec![Text::new("about", "{}")];
        let taken = form(odd.clone());
        assert_eq!((taken.about, &taken.questions[0].annotations), (None, &odd));
    }

    #[test]
    fn a_form_about_nothing_is_kept_as_it_always_was() {
        let kept = serde_json::to_value(form(Vec::new())).unwrap();
        assert!(kept.get("about").is_none(), "{kept}");
    }
}
