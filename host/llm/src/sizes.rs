//! How large a call may become, and what it came to: what budgets, queues and the store reckon with.

use stepwell_contract::{Expense, Money, Price, Usage};

use crate::budget::Estimate;
use crate::call::{Call, TokenBound};
use crate::price::{self, Cost};
use crate::provider::Provider;
use crate::transport::{Exchange, LARGEST_ANSWER};
use crate::wire::{MANY_OUTPUT_TOKENS, Paid};

/// What a budget reserves for an answer whose length nobody bounds.
const USUAL_OUTPUT_TOKENS: u32 = 4096;

/// How large a call may become, for budgets.
pub(crate) struct Sizes<'a> {
    input: u32,
    output: u32,
    /// Of the answer, where it is kept.
    pub(crate) bound: TokenBound,
    /// None is not known.
    price: Option<&'a Price>,
}

impl<'a> Sizes<'a> {
    /// A token is three bytes or more in nearly every text, so that this errs upwards.
    pub(crate) fn of(
        provider: &Provider,
        body: &[u8],
        call: &Call<'a>,
        price: Option<&'a Price>,
    ) -> Self {
        let model = call.model;
        let of_step = call.request.max_output_tokens.map(TokenBound::Step);
        let bound = of_step.or_else(|| model.max_output_tokens.map(TokenBound::Model));
        Self {
            input: estimated_tokens(body.len()),
            output: match bound {
                Some(bound) => bound.tokens(),
                // What is written into the request may be used.
                None => provider.format.own_bound().unwrap_or(USUAL_OUTPUT_TOKENS),
            },
            bound: bound.unwrap_or(TokenBound::Nobody(MANY_OUTPUT_TOKENS)),
            price,
        }
    }

    pub(crate) fn most(&self) -> Estimate {
        Estimate {
            tokens: u64::from(self.input) + u64::from(self.output),
            money: self.cost(self.input, self.output),
        }
    }

    fn cost(&self, input: u32, output: u32) -> Option<Money> {
        Some(price::most(&self.price?.prices, input, output))
    }

    /// What an attempt cost, where its tokens and its price are known.
    pub(crate) fn cost_of(&self, exchange: &Exchange) -> Option<Cost> {
        let prices = &self.price?.prices;
        price::cost(prices, &exchange.usage, exchange.hour_writes)
    }

    /// What an attempt used: what the provider says, else the estimate; nothing where no answer began.
    ///
    /// An answer that broke off was paid for as far as it came.
    pub(crate) fn used(&self, exchange: &Exchange) -> Expense {
        let Usage {
            input_tokens,
            output_tokens,
            ..
        } = exchange.usage;
        let is_paid = matches!(&exchange.outcome, Err(problem) if problem.paid == Paid::Yes);
        let nothing = exchange.outcome.is_err()
            && !is_paid
            && exchange.answer_bytes == 0
            && input_tokens.is_none()
            && output_tokens.is_none();
        if nothing {
            return Expense::default();
        }
        let input = input_tokens.unwrap_or(self.input);
        let output = output_tokens.unwrap_or(match exchange.outcome {
            Ok(_) => self.output,
            // Nobody knows how much it said.
            Err(_) if is_paid && exchange.answer_bytes == 0 => self.output,
            Err(_) => estimated_tokens(exchange.answer_bytes).min(self.output),
        });
        let money = self
            .cost_of(exchange)
            .map(|cost| cost.money)
            .or_else(|| self.cost(input, output));
        Expense {
            tokens: u64::from(input) + u64::from(output),
            money: money.unwrap_or_default(),
        }
    }
}

/// Every token may come as a piece of its own, with all that a server writes around it, and what it says is kept in the
/// answer and in its memo besides.
pub(crate) fn room(tokens: u32) -> u64 {
    const AROUND: u64 = 64 << 10;
    const OF_A_TOKEN: u64 = 1024;
    const MOST: u64 = 2 * LARGEST_ANSWER as u64;
    (AROUND + u64::from(tokens) * OF_A_TOKEN).min(MOST)
}

/// How many tokens so many bytes of text are at most, in nearly every text: what budgets reckon with before a call is sent.
#[must_use]
pub fn estimated_tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(3)).unwrap_or(u32::MAX)
}
