//! A person's answers in a cassette, added to those of the command line.

use std::collections::BTreeMap;

use stepwell_engine::{Event, EventView, GivenAnswer, QuestionPlace};
use stepwell_llm::Cassette;

use super::texts;
use crate::arguments::AnswerValue;
use crate::errors::CommandError;
use crate::terminal::path_of;
use crate::wiring::Context;

/// Answers of the command line, with who gives them.
pub(super) fn given(
    answers: &[AnswerValue],
    context: &Context,
) -> Result<Vec<GivenAnswer>, CommandError> {
    let user = context.environment.user();
    let given = |answer: &AnswerValue| {
        let AnswerValue {
            step,
            items,
            key,
            text,
        } = answer;
        Ok(GivenAnswer {
            step: step.clone(),
            items: items.clone(),
            form: None,
            key: key.clone(),
            text: texts::answer(key, text.clone())?,
            by: user.clone(),
        })
    };
    answers.iter().map(given).collect()
}

/// The answers of the command line, then those of the cassette that nobody has given yet.
///
/// A step may ask for one key again and again, so the n-th answer of a cassette is for the n-th time: those that the
/// run has had already, or is still holding, and those that the command line replaces, are passed over.
pub(super) fn with_cassette(
    given: Vec<GivenAnswer>,
    cassette: Option<&Cassette>,
    already: &BTreeMap<QuestionPlace, usize>,
) -> Vec<GivenAnswer> {
    let Some(cassette) = cassette else {
        return given;
    };
    let recorded = cassette.answers().map(|answer| GivenAnswer {
        step: answer.step.clone(),
        items: Vec::new(),
        form: None,
        key: answer.key.clone(),
        text: answer.text.clone(),
        by: String::new(),
    });
    left_over(given, recorded.collect(), already)
}

fn left_over(
    given: Vec<GivenAnswer>,
    recorded: Vec<GivenAnswer>,
    already: &BTreeMap<QuestionPlace, usize>,
) -> Vec<GivenAnswer> {
    let mut passed_over = already.clone();
    let mut replaced: Vec<&GivenAnswer> = given.iter().collect();
    let mut added = Vec::new();
    for answer in recorded {
        let of_any_step = QuestionPlace {
            step: None,
            key: answer.key.clone(),
        };
        let spent = [answer.place(), of_any_step]
            .into_iter()
            .find(|asked| passed_over.get(asked).is_some_and(|count| *count > 0));
        if let Some(count) = spent.and_then(|asked| passed_over.get_mut(&asked)) {
            *count -= 1;
            continue;
        }
        let fits = |other: &&GivenAnswer| {
            other.key == answer.key
                && (other.step.is_none() || answer.step.is_none() || other.step == answer.step)
        };
        if let Some(place) = replaced.iter().position(fits) {
            replaced.remove(place);
            continue;
        }
        added.push(answer);
    }
    let mut all = given;
    all.extend(added);
    all
}

/// How often each question of a run was answered, and the answers that it still holds.
pub(super) fn already(
    events: &[EventView],
    held: &[(String, String)],
) -> BTreeMap<QuestionPlace, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        if let (Event::Answered { key, from, .. }, Some(execution)) = (&event.event, &event.execution)
            // An answer that an earlier take got was recorded once.
            && from != "earlier take"
        {
            let asked = QuestionPlace {
                step: path_of(execution).parse().ok(),
                key: key.clone(),
            };
            *counts.entry(asked).or_default() += 1;
        }
    }
    for (place, _) in held {
        let asked = QuestionPlace::from(place.as_str());
        *counts.entry(asked).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(place: &str, text: &str) -> GivenAnswer {
        let QuestionPlace { step, key } = place.into();
        GivenAnswer {
            step,
            items: Vec::new(),
            form: None,
            key,
            text: text.into(),
            by: String::new(),
        }
    }

    fn texts(answers: &[GivenAnswer]) -> Vec<&str> {
        answers.iter().map(|answer| answer.text.as_str()).collect()
    }

    #[test]
    fn an_answer_of_the_command_line_replaces_one_of_the_cassette() {
        let recorded = vec![
            answer("a/who", "1"),
            answer("a/who", "2"),
            answer("b/who", "3"),
        ];
        let all = left_over(vec![answer("who", "mine")], recorded, &BTreeMap::new());
        assert_eq!(texts(&all), ["mine", "2", "3"]);
    }

    #[test]
    fn what_a_run_has_had_or_holds_is_not_given_twice() {
        let recorded = vec![
            answer("a/who", "1"),
            answer("a/who", "2"),
            answer("a/who", "3"),
            answer("a/what", "4"),
        ];
        let event = |from: &str| EventView {
            cursor: 1,
            at: jiff::Timestamp::UNIX_EPOCH,
            execution: Some("a[0]".into()),
            event: Event::Answered {
                key: "who".into(),
                from: from.into(),
                by: String::new(),
            },
        };
        let already = already(
            &[event("given"), event("earlier take")],
            &[("a/who".into(), "2".into())],
        );
        let all = left_over(Vec::new(), recorded, &already);
        assert_eq!(texts(&all), ["3", "4"]);
    }
}
