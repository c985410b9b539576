//! What a step will take by the sizes of its texts, where it was never carried out.

use std::collections::BTreeSet;

use stepwell_contract::{Spread, Unsure};

use crate::history::Amounts;
use crate::material::{Asked, Material, Reads};
use crate::usual::{
    ANSWER, ASKED_AGAIN, DOCUMENT, LEAST_BYTES_OF_A_TOKEN, LOOKED_AT, LOOKS, MOST_BYTES_OF_A_TOKEN,
};

/// Tokens of so many bytes.
fn tokens(bytes: Spread) -> Spread {
    Spread {
        low: bytes.low / MOST_BYTES_OF_A_TOKEN,
        high: bytes.high.div_ceil(LEAST_BYTES_OF_A_TOKEN),
    }
}

/// Bytes of so many tokens.
fn bytes(tokens: Spread) -> Spread {
    Spread {
        low: tokens.low.saturating_mul(LEAST_BYTES_OF_A_TOKEN),
        high: tokens.high.saturating_mul(MOST_BYTES_OF_A_TOKEN),
    }
}

/// Tokens of an answer to a step.
fn answer(asked: &Asked) -> Spread {
    let most = asked.most_output.map_or(u64::MAX, u64::from);
    Spread::between(ANSWER.low.min(most), ANSWER.high.min(most))
}

/// Bytes of what a step leaves, as those after it will read it.
pub(crate) fn left_by(material: &Material, step: usize, output: Option<Spread>) -> Spread {
    let step = &material.steps[step];
    match (step.given, &step.asks, output) {
        (Some(given), _, _) => Spread::exactly(given),
        // All that it was answered may stand in it, or a part.
        (None, Some(_), Some(output)) => Spread {
            low: 0,
            high: bytes(output).high,
        },
        (None, Some(asked), None) => bytes(answer(asked)),
        (None, None, _) => DOCUMENT,
    }
}

/// What one execution of a step takes; `left` is what each step leaves that stands before it.
pub(crate) fn of_one_execution(
    material: &Material,
    step: usize,
    asked: &Asked,
    left: &[Spread],
    unsure: &mut Vec<Unsure>,
) -> Amounts {
    let mut given = Spread::default();
    let mut writers = BTreeSet::new();
    for read in &material.steps[step].reads {
        given = given.plus(match read {
            Reads::Written(bytes) | Reads::Input(bytes) => Spread::exactly(*bytes),
            Reads::Document(by) => {
                let known = material.steps[*by].given;
                if known.is_none() {
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
    let prompts = &asked.prompts;
    let smallest = prompts.iter().min().copied().unwrap_or(0);
    let largest = prompts.iter().max().copied().unwrap_or(0);
    let one = tokens(Spread::between(smallest, largest).plus(given));
    let mut calls = Spread {
        low: 1,
        // Each of its prompts may be asked by itself.
        high: (prompts.len() as u64).max(1) + if asked.retries { ASKED_AGAIN } else { 0 },
    };
    let mut shown = Spread::default();
    if asked.looks {
        unsure.push(Unsure::Workspace);
        calls.high = calls.high.saturating_add(LOOKS);
        // What was looked at is sent again with every later look: half of them, on average.
        let seen = LOOKED_AT.saturating_mul(LOOKS / 2);
        shown = Spread::between(0, seen);
    }
    Amounts {
        calls,
        input: one.plus(shown).times(calls),
        output: answer(asked).times(calls),
    }
}
