//! The answers that a run was given before they were asked for.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Digest, StepPath};
use stepwell_store::{FormAnswer, RunRecord};

use super::open_forms::OpenForm;
use crate::words::{GivenAnswer, QuestionPlace};

/// The answers that a run's record holds until they are asked for.
///
/// Each stands under the place that it was given for: a key, with the path of a step before it where one was named. A step may ask for one
/// key again and again, so those of one place wait in the order given.
pub(crate) struct HeldAnswers<'a>(&'a mut RunRecord);

/// An answer that was held, and who gave it, where that is known.
pub(crate) struct HeldAnswer {
    pub(crate) text: String,
    pub(crate) by: String,
}

impl<'a> HeldAnswers<'a> {
    pub(crate) fn of(record: &'a mut RunRecord) -> Self {
        Self(record)
    }

    /// What a person means of what they say: where they first say over again what was used, as by the options of the command that began
    /// the run, what follows is meant.
    pub(crate) fn without_said_over_again<'g>(
        &self,
        answers: &'g [GivenAnswer],
    ) -> Vec<&'g GivenAnswer> {
        let mut over_again = self.said_over_again(answers);
        let is_new = |answer: &&GivenAnswer| {
            let left = over_again.get_mut(&answer.place().to_string());
            match left.filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => true,
            }
        };
        answers.iter().filter(is_new).collect()
    }

    /// Holds answers to what isn't asked yet, too.
    ///
    /// What a person says now is what they want: it replaces what they said before and nobody has asked for yet, or else the first
    /// recorded answer to the same question.
    pub(crate) fn hold(&mut self, new: &[&GivenAnswer]) {
        let mut replaced = BTreeSet::new();
        for answer in new.iter().filter(|answer| !answer.by.is_empty()) {
            replaced.extend(self.replaced_by(answer, &replaced));
        }
        let mut place = 0..;
        self.0
            .answers
            .retain(|_| place.next().is_none_or(|place| !replaced.contains(&place)));
        for answer in new {
            let place = answer.place().to_string();
            match answer.by.is_empty() {
                true => self.0.answered_by.remove(&place),
                false => self.0.answered_by.insert(place.clone(), answer.by.clone()),
            };
            self.0.answers.push((place, answer.text.clone()));
        }
    }

    /// For each place where a person begins with everything that was used, and goes on: how many answers that is.
    fn said_over_again(&self, answers: &[GivenAnswer]) -> BTreeMap<String, usize> {
        let mut used: BTreeMap<&str, Vec<Digest>> = BTreeMap::new();
        for (place, digest) in &self.0.answers_used {
            used.entry(place).or_default().push(*digest);
        }
        let goes_on = |(place, used): (&str, Vec<Digest>)| {
            let of_place = |answer: &&GivenAnswer| {
                !answer.by.is_empty() && answer.place().to_string() == place
            };
            let said = answers.iter().filter(of_place);
            let said: Vec<Digest> = said.map(|answer| Digest::of(&answer.text)).collect();
            let goes_on = said.len() > used.len() && said.starts_with(&used);
            goes_on.then(|| (place.to_owned(), used.len()))
        };
        used.into_iter().filter_map(goes_on).collect()
    }

    /// Which of the held ones a person's answer replaces.
    fn replaced_by(&self, answer: &GivenAnswer, already: &BTreeSet<usize>) -> Vec<usize> {
        let fits = |place: &usize| {
            let (held, _) = &self.0.answers[*place];
            !already.contains(place) && is_to_the_same(&answer.place(), held)
        };
        let older: Vec<usize> = (0..self.0.answers.len()).filter(fits).collect();
        let is_a_persons = |place: &usize| {
            let (held, _) = &self.0.answers[*place];
            self.0.answered_by.contains_key(held)
        };
        let of_persons: Vec<usize> = older.iter().copied().filter(is_a_persons).collect();
        match of_persons.is_empty() {
            true => older.into_iter().take(1).collect(),
            false => of_persons,
        }
    }

    /// Holds an answer to a form that is open: for no other one it is meant. One that a person gave to the same question before is
    /// replaced.
    pub(crate) fn hold_for(&mut self, form: Digest, answer: &GivenAnswer) {
        let bound = &mut self.0.answers_to_forms;
        bound.retain(|it| it.form != form || it.key != answer.key);
        bound.push(FormAnswer {
            form,
            key: answer.key.clone(),
            text: answer.text.clone(),
            by: answer.by.clone(),
            other: Default::default(),
        });
    }

    /// Forgets the answers to forms that aren't open any more.
    pub(crate) fn keep_open(&mut self, open: &[OpenForm]) {
        let is_open = |form: &Digest| open.iter().any(|it| it.id == *form && !it.is_outdated);
        self.0.answers_to_forms.retain(|it| is_open(&it.form));
    }

    /// The answer that was given to this question of an open form, or else the first one to what its step asks under this key; it is held
    /// no longer.
    pub(crate) fn take(&mut self, form: &Digest, step: &StepPath, key: &str) -> Option<HeldAnswer> {
        let is_to_it = |it: &FormAnswer| it.form == *form && it.key == key;
        if let Some(found) = self.0.answers_to_forms.iter().position(is_to_it) {
            let FormAnswer { text, by, .. } = self.0.answers_to_forms.remove(found);
            let place = QuestionPlace::of(step, key).to_string();
            self.0.answers_used.push((place, Digest::of(&text)));
            return Some(HeldAnswer { text, by });
        }
        let of_step = QuestionPlace::of(step, key).to_string();
        let fits = |(held, _): &(String, String)| held == key || *held == of_step;
        let found = self.0.answers.iter().position(fits)?;
        let (place, text) = self.0.answers.remove(found);
        let more = self.0.answers.iter().any(|(held, _)| *held == place);
        let by = match more {
            true => self.0.answered_by.get(&place).cloned(),
            false => self.0.answered_by.remove(&place),
        };
        self.0.answers_used.push((place, Digest::of(&text)));
        Some(HeldAnswer {
            text,
            by: by.unwrap_or_default(),
        })
    }

    /// What was used counts no longer: who carries out a step again says everything anew.
    pub(crate) fn begin_anew(&mut self) {
        self.0.answers_used.clear();
    }

    /// Forgets what was given for a step, and for any step under one of these keys.
    pub(crate) fn forget(&mut self, step: &StepPath, keys: &BTreeSet<&str>) {
        self.0.answers.retain(|(held, _)| {
            let place = QuestionPlace::from(held.as_str());
            place.step.as_ref() != Some(step) && !keys.contains(held.as_str())
        });
    }
}

/// What a person answered and no step has asked for so far, each once.
pub(crate) fn unasked(record: &RunRecord) -> Vec<String> {
    let is_a_persons = |place: &&String| record.answered_by.contains_key(*place);
    let held = record.answers.iter().map(|(place, _)| place);
    let places: BTreeSet<&String> = held.filter(is_a_persons).collect();
    places.into_iter().cloned().collect()
}

/// Whether an answer is to the question that a held one is for, as far as the two name it.
fn is_to_the_same(answer: &QuestionPlace, held: &str) -> bool {
    if held == answer.key {
        return true;
    }
    let held = QuestionPlace::from(held);
    held.key == answer.key && (answer.step.is_none() || answer.step == held.step)
}
