//! Documents in the format that a prompt asks for.
//!
//! A step has an outline of its own, which its intrinsic prompt asks for. A project's prompt may ask for another format: then
//! its headings are what a document must have, and the document stays as it was written.

use super::headings::{Heading, headings, normal};
use super::lines::normalize;
use super::outline::{Outline, says_something};
use super::wrapping::{before_lone_end, between_tags, in_fence};
use crate::Failure;

mod asked;
mod beginning;

use asked::{Asked, asked};

/// The format of a document: the step's own, or that of the project's prompt.
#[derive(Debug, Clone)]
pub struct DocumentFormat {
    outline: Outline,
    /// None where the document has the step's own format.
    headings: Option<Vec<Asked>>,
    /// Whether the prompt speaks of a PlantUML diagram; none where no prompt is known.
    diagram: Option<bool>,
}

impl DocumentFormat {
    /// The format that a prompt asks for, by its template ([`Inputs::template`](crate::Inputs::template)).
    ///
    /// Headings are required in the order in which they stand in the template. Where it marks a part of itself as the
    /// document's template, only those inside count: a fence around headings, lines `<template>` and `</template>`, or `$start$`
    /// and `$end$`. Else those count that the prompt shows to be the document's: announced right above, below a title to be filled in or a
    /// heading such as `Output format`, or with numbers. Those by which it addresses the model, or that hold its inputs, don't, and in
    /// doubt none does. A prompt without such headings takes any document that has one.
    #[must_use]
    pub fn of(outline: Outline, template: Option<&str>) -> Self {
        let diagram = template.map(asks_for_diagram);
        let asked = template.map(|template| asked(&normalize(template)));
        let headings = asked
            .filter(|asked| !is_own(&outline, asked))
            .map(|mut asked| {
                let may_lack = |asked: &Asked| {
                    let mut sections = outline.sections();
                    sections.any(|(_, title, required)| !required && asked.words == normal(title))
                };
                asked.retain(|asked| !may_lack(asked));
                asked
            });
        Self {
            outline,
            headings,
            diagram,
        }
    }

    /// The step's outline, if the document has that form.
    #[must_use]
    pub fn own(&self) -> Option<&Outline> {
        self.headings.is_none().then_some(&self.outline)
    }

    /// Whether the document must have a PlantUML diagram: unless the prompt speaks of none.
    #[must_use]
    pub fn wants_diagram(&self) -> bool {
        self.diagram.unwrap_or(true)
    }

    /// The document in a model's answer: in the one form of the step's outline, or as the model wrote it.
    ///
    /// # Errors
    /// [`Failure::invalid_response`] that names every section that is missing, empty or out of its order.
    pub fn read(&self, answer: &str) -> Result<String, Failure> {
        let Some(asked) = &self.headings else {
            return Ok(self.outline.read(answer)?.render());
        };
        let answer = normalize(answer);
        let source = between_tags(&answer)?;
        let mut best = Found::of(asked, source);
        for inside in in_fence(source).iter().rev() {
            let unwrapped = Found::of(asked, before_lone_end(inside));
            // Whichever holds more of the document: a fence may be an example inside it.
            if unwrapped.problems.len() <= best.problems.len() {
                best = unwrapped;
            }
        }
        match best.problems.is_empty() {
            true => Ok(best.document),
            false => Err(Failure::invalid_response(format!(
                "the document isn't in the format that the prompt asks for: {}",
                best.problems.join(", ")
            ))),
        }
    }
}

/// Whether these are the headings of the outline, and no others: a prompt in other words asks for the same.
fn is_own(outline: &Outline, asked: &[Asked]) -> bool {
    let is = |asked: &Asked, number: &str, title: &str| {
        asked.number == number && asked.words == normal(title)
    };
    let mut sections = outline.sections();
    let has_all = sections.all(|(number, title, required)| {
        !required || asked.iter().any(|asked| is(asked, number, title))
    });
    let known = |asked: &Asked| {
        let mut sections = outline.sections();
        sections.any(|(number, title, _)| is(asked, number, title))
            || outline.has_group(&asked.number, &asked.words)
    };
    has_all && asked.iter().all(known)
}

/// Whether a template asks for a diagram in PlantUML: speaks of one in a sentence that doesn't say no to it.
fn asks_for_diagram(template: &str) -> bool {
    let lower = template.to_lowercase();
    let mut sentences = lower.split(['\n', '.', '!', '?', ';', ':']);
    sentences.any(asks_in_sentence)
}

fn asks_in_sentence(sentence: &str) -> bool {
    let words: Vec<&str> = sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let named = |word: &&str| matches!(*word, "plantuml" | "uml" | "startuml");
    words.iter().position(named).is_some_and(|at| {
        let before = &words[..at];
        let nearest = &before[at.saturating_sub(NEAR)..];
        let says = |words: &[&str], what: &[&str]| words.iter().any(|word| what.contains(word));
        let is_refused = says(before, &NO) || says(nearest, &INSTEAD);
        !is_refused || says(before, &NOT_TO_LACK)
    })
}

/// Words that say no to what follows in their sentence. `t` is what an apostrophe leaves of `don't`.
const NO: [&str; 13] = [
    "no", "not", "t", "dont", "never", "without", "neither", "nor", "avoid", "omit", "skip",
    "none", "cannot",
];
/// Words that say no to what follows at once.
const INSTEAD: [&str; 2] = ["instead", "rather"];
const NEAR: usize = 4;
/// What is said not to be done with something that has to be there.
const NOT_TO_LACK: [&str; 4] = ["forget", "miss", "only", "lack"];

/// A document, and what it lacks.
struct Found {
    document: String,
    problems: Vec<String>,
}

impl Found {
    fn of(asked: &[Asked], text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let headings = headings(&lines);
        let first = beginning::of(asked, &lines, &headings);
        let begin = first.map_or(0, |heading| beginning::line(&lines, heading));
        let document = format!("{}\n", lines[begin..].join("\n").trim());
        let mut problems = Vec::new();
        if first.is_none() {
            problems.push("it has no heading".to_owned());
        }
        problems.extend(lacks(asked, &lines, &headings));
        Self { document, problems }
    }
}

/// What is missing, empty or out of its order.
fn lacks(asked: &[Asked], lines: &[&str], headings: &[Heading]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut places: Vec<Option<usize>> = Vec::new();
    let mut next = 0;
    for wanted in asked {
        let position = |from: usize| {
            let rest = headings.get(from..).unwrap_or_default();
            rest.iter()
                .position(|heading| wanted.is(heading))
                .map(|place| from + place)
        };
        let place = position(next);
        match (place, position(0)) {
            (Some(place), _) => next = place + 1,
            (None, Some(_)) => {
                problems.push(format!("{wanted} stands before what it should follow"))
            }
            (None, None) => problems.push(format!("{wanted} is missing")),
        }
        places.push(place);
    }
    for (index, wanted) in asked.iter().enumerate() {
        let Some(place) = places[index] else { continue };
        let is_above = asked
            .get(index + 1)
            .is_some_and(|next| wanted.is_above(next));
        // What another section follows was left empty on purpose: whether it may be, the project's prompt says, not we. Of the last one
        // the answer may have broken off.
        if is_above || places[index + 1..].iter().any(Option::is_some) {
            continue;
        }
        let heading = &headings[place];
        let body = lines[heading.after.min(lines.len())..].join("\n");
        if heading.behind.is_empty() && !says_something(&body) {
            problems.push(format!("{wanted} has nothing below it"));
        }
    }
    problems
}

#[cfg(test)]
mod tests;
