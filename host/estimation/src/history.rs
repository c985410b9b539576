//! What was taken before says what will be taken.

use stepwell_contract::{Spread, Unsure};

use crate::material::Took;
use crate::usual::LEAST_BYTES_OF_A_TOKEN;

/// Calls and tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) calls: Spread,
    pub(crate) input: Spread,
    pub(crate) output: Spread,
}

impl Amounts {
    /// Tokens of one answer, on average.
    pub(crate) fn answer(self) -> Spread {
        Spread::between(
            self.output.low / self.calls.high.max(1),
            self.output.high / self.calls.low.max(1),
        )
    }
}

/// What is to be expected by what was taken before, of so many newest of them; how many of those counted, and what is
/// unsure about it. None where nothing was taken before.
pub(crate) fn expected(
    took: &[Took],
    most: usize,
    given_bytes: u64,
    unsure: &mut Vec<Unsure>,
) -> Option<(Amounts, u32)> {
    let newest = &took[..took.len().min(most)];
    let alike: Vec<Took> = newest
        .iter()
        .filter(|took| !took.other_model && !took.other_prompts)
        .copied()
        .collect();
    let (counted, known) = match alike.is_empty() {
        false => (alike.as_slice(), alike.len()),
        // As if it were one alone, whatever their number: that they agree says nothing of the model or prompt of now.
        true => (newest, 1),
    };
    let first = counted.first()?;
    if alike.is_empty() {
        let others = [
            (
                counted.iter().all(|took| took.other_model),
                Unsure::OtherModel,
            ),
            (
                counted.iter().any(|took| took.other_prompts),
                Unsure::OtherPrompts,
            ),
        ];
        unsure.extend(
            others
                .into_iter()
                .filter_map(|(is, what)| is.then_some(what)),
        );
    }
    let range = |figure: fn(&Took) -> u64| {
        let figures = || counted.iter().map(figure);
        let (least, most) = (figures().min(), figures().max());
        widened(
            Spread::between(least.unwrap_or(0), most.unwrap_or(0)),
            known as u64,
        )
    };
    let mut amounts = Amounts {
        // Nothing takes half a call.
        calls: {
            let figures = || counted.iter().map(|took| took.calls);
            Spread::between(
                figures().min().unwrap_or(first.calls),
                figures().max().unwrap_or(first.calls),
            )
        },
        input: range(|took| took.input_tokens),
        output: range(|took| took.output_tokens),
    };
    let largest = counted.iter().map(|took| took.given_bytes).max();
    let more = given_bytes.saturating_sub(largest.unwrap_or(0));
    if more > 0 {
        unsure.push(Unsure::LargerInputs);
        let tokens = more.div_ceil(LEAST_BYTES_OF_A_TOKEN);
        let in_each = tokens.saturating_mul(amounts.calls.high);
        amounts.input.high = amounts.input.high.saturating_add(in_each);
    }
    Some((amounts, u32::try_from(counted.len()).unwrap_or(u32::MAX)))
}

/// A range of so many figures, with room for the next one: one figure says from the half to the double, two from two thirds to
/// one and a half, ten a tenth more or less.
fn widened(range: Spread, figures: u64) -> Spread {
    let part = |figure: u64, times: u64, of: u64| {
        let exact = u128::from(figure) * u128::from(times);
        u64::try_from(exact.div_ceil(u128::from(of))).unwrap_or(u64::MAX)
    };
    Spread::between(
        part(range.low, figures, figures + 1).min(range.low),
        part(range.high, figures + 1, figures),
    )
}
