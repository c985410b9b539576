//! What a step will take by the sizes of its texts, where it was never carried out.

use std::collections::BTreeSet;

use stepwell_contract::{Spread, Unsure};

use crate::material::{Asked, Material, Reads};
use crate::usual::{
    ANSWER, ASKED_AGAIN, DOCUMENT, LEAST_BYTES_OF_A_TOKEN, LOOKED_AT, LOOKS, MOST_BYTES_OF_A_TOKEN,
};

/// What one execution takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneExecution {
    pub(crate) calls: Spread,
    /// Tokens that each call sends.
    pub(crate) sent: Spread,
    /// Tokens of each answer.
    pub(crate) answer: Spread,
}

/// Tokens of so many bytes.
fn tokens(bytes: Spread) -> Spread {
    Spread {
        low: bytes.low / MOST_BYTES_OF_A_TOKEN,
        high: bytes.high.div_ceil(LEAST_BYTES_OF_A_TOKEN),
    }
}

/// Tokens of an answer to a step.
fn answer(asked: &Asked) -> Spread {
    let most = asked.most_output.map_or(u64::MAX, u64::from);
    Spread::between(ANSWER.low.min(most), ANSWER.high.min(most))
}

/// Tokens of what a step leaves for those that read it; `answered` is what its model is expected to write of it.
pub(crate) fn left_by(material: &Material, step: usize, answered: Option<Spread>) -> Spread {
    let step = &material.steps[step];
    let by_itself = || match &step.asks {
        Some(asked) => answer(asked),
        None => tokens(DOCUMENT),
    };
    match step.given {
        Some(given) => tokens(Spread::exactly(given)),
        None => answered.unwrap_or_else(by_itself),
    }
}

/// What one execution of a step takes; `left` is what each step leaves that stands before it.
pub(crate) fn of_one_execution(
    material: &Material,
    step: usize,
    asked: &Asked,
    left: &[Spread],
    unsure: &mut Vec<Unsure>,
) -> OneExecution {
    let prompts = &asked.prompts;
    let smallest = prompts.iter().map(|prompt| prompt.low).min();
    let largest = prompts.iter().map(|prompt| prompt.high).max();
    let mut sent = tokens(Spread::between(smallest.unwrap_or(0), largest.unwrap_or(0)));
    let mut writers = BTreeSet::new();
    for read in &material.steps[step].reads {
        sent = sent.plus(match read {
            Reads::Written(bytes) | Reads::Input(bytes) => tokens(Spread::exactly(*bytes)),
            Reads::Document(by) => {
                if material.steps[*by].given.is_none() {
                    writers.insert(*by);
                }
                // One that comes later leaves something in the round before, and nothing in the first.
                let later = || Spread {
                    low: 0,
                    ..left_by(material, *by, None)
                };
                left.get(*by).copied().unwrap_or_else(later)
            }
        });
    }
    unsure.push(Unsure::Answers);
    if !writers.is_empty() {
        let steps = writers.into_iter();
        let steps = steps.map(|by| material.steps[by].path.clone()).collect();
        unsure.push(Unsure::Documents { steps });
    }
    let mut more = if asked.retries { ASKED_AGAIN } else { 0 };
    if asked.looks {
        unsure.push(Unsure::Workspace);
        more = more.max(LOOKS);
        // What was looked at is sent again with all that follows.
        sent.high = sent.high.saturating_add(LOOKED_AT.saturating_mul(LOOKS));
    }
    // Each of its prompts may be asked by itself.
    let questions = (prompts.len() as u64).max(1);
    OneExecution {
        calls: Spread::between(1, questions.saturating_add(more)),
        sent,
        answer: answer(asked),
    }
}
