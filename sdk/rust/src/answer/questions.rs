//! Questions to the person that a model proposes.
//!
//! The format that prompts ask for is
//! `{"questions": [{"key": "storage", "question": "Where …?", "why": "…", "choices": ["…"], "suggested": "…"}]}`,
//! an empty list where nothing is open.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::json::json_of;
use crate::Failure;
use crate::dialogue::Question;

/// The most questions that one answer may ask: nobody reads on after that.
const MOST: usize = 6;

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Wrapped { questions: Vec<Proposed> },
    Bare(Vec<Proposed>),
}

#[derive(Deserialize)]
struct Proposed {
    #[serde(default, alias = "id", alias = "name")]
    key: Option<String>,
    #[serde(alias = "text")]
    question: String,
    #[serde(default, alias = "reason")]
    why: Option<String>,
    #[serde(default, alias = "options")]
    choices: Option<Vec<String>>,
    #[serde(default, alias = "default", alias = "suggestion")]
    suggested: Option<String>,
}

/// The questions of an answer; none where nothing is open. Their keys are names, each once, also beside the keys
/// in `taken`, to which they are added: so an answer that is given beforehand means one question.
///
/// # Errors
/// [`Failure::invalid_response`] if the answer isn't such JSON.
pub fn questions(answer: &str, taken: &mut BTreeSet<String>) -> Result<Vec<Question>, Failure> {
    let proposed = match json_of(answer) {
        Ok(Answer::Wrapped { questions } | Answer::Bare(questions)) => questions,
        Err(_) => {
            return Err(Failure::invalid_response(
                "it holds no JSON object with a list `questions`, each with a `key` and a `question`",
            ));
        }
    };
    Ok(proposed
        .into_iter()
        .filter(|proposed| !proposed.question.trim().is_empty())
        .take(MOST)
        .map(|proposed| proposed.into_question(taken))
        .collect())
}

impl Proposed {
    fn into_question(self, taken: &mut BTreeSet<String>) -> Question {
        let text = match self.why.as_deref().map(str::trim) {
            None | Some("") => self.question.trim().to_owned(),
            Some(why) => format!("{}\n({why})", self.question.trim()),
        };
        let key = free_key(&self.key.unwrap_or_default(), taken);
        let choices = self.choices.unwrap_or_default();
        let choices = choices
            .iter()
            .map(|choice| choice.trim())
            .filter(|c| !c.is_empty());
        let question = Question::new(key, text).choices(choices).optional();
        match self.suggested.as_deref().map(str::trim) {
            None | Some("") => question,
            Some(suggested) => question.suggest(suggested),
        }
    }
}

/// The wish as a name that isn't taken, and takes it.
fn free_key(wish: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name: String = wish
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take(40)
        .collect();
    name.truncate(name.trim_end_matches('_').len());
    if name.is_empty() {
        name.push_str("question");
    }
    let key = std::iter::once(name.clone())
        .chain((2_u32..).map(|number| format!("{name}_{number}")))
        .find(|key| !taken.contains(key))
        .unwrap_or(name);
    taken.insert(key.clone());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Vec<Question> {
        questions(answer, &mut BTreeSet::from(["enough".to_owned()])).unwrap()
    }

    #[test]
    fn questions_come_with_choices_and_suggestions() {
        let asked = read(
            "Two things:\r\n```json\r\n{\"questions\": [{\"key\": \"Storage place\", \"question\": \"Where?\", \"why\": \"It lasts.\", \"choices\": [\"file\", \"db\"], \"suggested\": \"file\"}, {\"question\": \"Who?\"}]}\r\n```",
        );
        assert_eq!(asked[0].key, "storage_place");
        assert_eq!(asked[0].text, "Where?\n(It lasts.)");
        assert_eq!(asked[0].choices, ["file", "db"]);
        assert_eq!(asked[0].suggested.as_deref(), Some("file"));
        assert_eq!(asked[1].key, "question");
    }

    #[test]
    fn keys_are_unique_and_leave_taken_ones_alone() {
        let text = r#"[{"key":"a","question":"1"},{"key":"A","question":"2"},{"key":"enough","question":"3"},{"key":"7","question":"4"}]"#;
        let keys: Vec<String> = read(text)
            .into_iter()
            .map(|question| question.key)
            .collect();
        assert_eq!(keys, ["a", "a_2", "enough_2", "question"]);
    }

    #[test]
    fn nothing_open() {
        assert!(read("Nothing is open: {\"questions\": []}").is_empty());
        assert!(questions("All clear!", &mut BTreeSet::new()).is_err());
    }

    #[test]
    fn not_more_than_a_person_reads() {
        let many: Vec<String> = (0..20)
            .map(|n| format!("{{\"question\":\"{n}?\"}}"))
            .collect();
        assert_eq!(read(&format!("[{}]", many.join(","))).len(), MOST);
    }
}
