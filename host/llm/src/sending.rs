//! One call to a provider: reserve, send, settle, report, and again while that may help.
//!
//! It makes nothing durable: the observer does, and may stop it at every step.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatResponse, Clock, Expense, Money, Price, Usage,
};

use crate::answer_schema::{AnswerSchema, mismatch};
use crate::asking::Asked;
use crate::budget::{self, Estimate};
use crate::call::{AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, TokenBound};
use crate::price::Cost;
use crate::provider::Provider;
use crate::thinking;
use crate::transport::{Exchange, LARGEST_ANSWER, exchange};
use crate::wire::{MANY_OUTPUT_TOKENS, Manner, Paid, Problem};
use crate::{Patience, in_words, price, saying};

/// What a budget reserves for an answer whose length nobody bounds.
const USUAL_OUTPUT_TOKENS: u32 = 4096;

/// What came in the end. An answer may be large: all who keep it share it.
pub(crate) type Came = Result<Arc<ChatResponse>, ChatError>;

/// How a call ended, and what a cassette keeps of it.
pub(crate) struct Ended {
    pub(crate) result: Result<Arc<ChatResponse>, CallFailure>,
    /// None where the provider was not asked, or the call was stopped.
    pub(crate) recorded: Option<Came>,
}

impl From<CallFailure> for Ended {
    fn from(failure: CallFailure) -> Self {
        Self {
            result: Err(failure),
            recorded: None,
        }
    }
}

pub(crate) async fn complete(
    provider: &Provider,
    patience: Patience,
    call: &Call<'_>,
    schema: Option<&AnswerSchema<'_>>,
    observer: &dyn CallObserver,
) -> Ended {
    let mut manner = provider.manner(&call.model.provider_model);
    let prepared = provider.access().and_then(|access| {
        let body = body(provider, call, manner)?;
        Ok((access, body))
    });
    let (access, mut sent) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return CallFailure::Error(error).into(),
    };
    let price = price::of(call.model, call.request);
    let estimate = Sizes::of(provider, &sent, call, price);
    let mut rng = fastrand::Rng::new();
    let mut number = 0;
    // Requests that were refused for what the host put into them. They are no attempts at an answer.
    let mut refused = 0;
    loop {
        number += 1;
        let permit = provider
            .pace
            .enter(|time| observer.waiting(time, "requests_per_minute"))
            .await;
        let (most, model) = (estimate.most(), &call.model.name);
        let reserved = budget::reserve(call.budgets, most, model, call.clock).await;
        let mut reservation = match reserved {
            Ok(reservation) => reservation,
            Err(error) => return CallFailure::Error(error).into(),
        };
        let intent = AttemptIntent {
            number,
            sent: sent.clone(),
            started_at: reservation.at(),
            reserved: reservation.amount(),
            room: room(estimate.bound.tokens()),
            bound: estimate.bound,
        };
        reservation.send();
        if let Err(halt) = observer.before_send(&intent).await {
            reservation.settle(Expense::default());
            return CallFailure::Halted(halt).into();
        }
        let mut streamed = false;
        let mut exchange = exchange(provider, &access, sent.clone(), call.clock, &mut |text| {
            streamed |= !text.is_empty();
            observer.tokens(text);
        })
        .await;
        drop(permit);
        if let Ok(response) = &mut exchange.outcome {
            let thinks =
                call.model.thinking_prefilled || provider.thinks(&call.model.provider_model);
            if thinking::set_apart(response, thinks) {
                provider.thought(&call.model.provider_model);
            }
        }

        let is_unpaid = is_unpaid(&exchange);
        if is_unpaid {
            exchange.usage = Usage {
                input_tokens: Some(0),
                output_tokens: Some(0),
                ..exchange.usage
            };
        }
        let cost = match is_unpaid {
            true => Some(Cost::default()),
            false => estimate.cost_of(&exchange),
        };
        let counts = estimate.used(&exchange);
        let other = ask_otherwise(provider, call, manner, &sent, &exchange);
        let tries = Tries {
            all: number,
            counted: number - refused,
            follows: other.is_some(),
        };
        let ending = Ending::of(provider, patience, tries, call.clock, &mut exchange, schema).await;
        let report = AttemptReport {
            number,
            started_at: intent.started_at,
            raw: exchange.raw.take(),
            status: exchange.status,
            headers: std::mem::take(&mut exchange.headers),
            first_token: exchange.first_token,
            duration: exchange.duration,
            usage: exchange.usage,
            money: cost.map(|cost| cost.money),
            saved: cost.map(|cost| cost.saved),
            price: price.map(|price| price.source),
            counts,
            response: ending.result.as_ref().ok().cloned(),
            error: ending.result.as_ref().err().cloned(),
            unchecked: ending.unchecked,
            will_retry: ending.recorded.is_none(),
        };
        // What isn't durable may be lost: until then the room isn't given to anybody else.
        if let Err(halt) = observer.after(report).await {
            return CallFailure::Halted(halt).into();
        }
        reservation.settle(counts);
        let error = match (ending.result, ending.recorded) {
            (Err(error), None) => error,
            (result, recorded) => {
                let result = result.map_err(|error| match ending.is_unreadable {
                    true => CallFailure::Unreadable(error),
                    false => CallFailure::Error(error),
                });
                return Ended { result, recorded };
            }
        };
        if streamed {
            observer.restarted();
        }
        if let Some(other) = other {
            (manner, sent) = other;
            refused += 1;
            observer.waiting(Duration::ZERO, &error.to_string());
            continue;
        }
        let wait = patience.wait(number - refused, exchange.asked_wait, &mut rng);
        observer.waiting(wait, &error.to_string());
        tokio::time::sleep(wait).await;
    }
}

fn body(provider: &Provider, call: &Call<'_>, manner: Manner) -> Result<Bytes, ChatError> {
    let request = in_words::request(call.model, call.request);
    let asked = Asked::of(call, request)?;
    let format = &provider.format;
    format
        .body(&provider.settings, &asked, manner)
        .map(Bytes::from)
}

/// Whether nothing was paid for an attempt, and nobody says otherwise.
fn is_unpaid(exchange: &Exchange) -> bool {
    let is_refused = matches!(&exchange.outcome, Err(problem) if problem.paid == Paid::No);
    let tokens = [exchange.usage.input_tokens, exchange.usage.output_tokens];
    is_refused && exchange.answer_bytes == 0 && tokens.iter().all(|told| told.unwrap_or(0) == 0)
}

/// The request as the server wants it, where it refused what the host put in, and where that changes anything.
fn ask_otherwise(
    provider: &Provider,
    call: &Call<'_>,
    manner: Manner,
    sent: &Bytes,
    exchange: &Exchange,
) -> Option<(Manner, Bytes)> {
    let wanted = exchange.outcome.as_ref().err()?.otherwise?;
    let manner = manner.and(wanted)?;
    let other = body(provider, call, manner).ok()?;
    if other == sent {
        return None;
    }
    provider.learn(&call.model.provider_model, wanted);
    Some((manner, other))
}

/// How often a call was sent.
#[derive(Clone, Copy)]
struct Tries {
    all: u32,
    /// Without those that only told how to ask.
    counted: u32,
    /// It is sent again in any case.
    follows: bool,
}

/// What follows from one attempt.
struct Ending {
    result: Came,
    /// What a cassette keeps of it; none where the call is sent again.
    recorded: Option<Came>,
    /// Why the answer was not held against its schema, where that could not be done.
    unchecked: Option<String>,
    /// Whether an answer came that can't be read.
    is_unreadable: bool,
}

impl Ending {
    async fn of(
        provider: &Provider,
        patience: Patience,
        tries: Tries,
        clock: &Clock,
        exchange: &mut Exchange,
        schema: Option<&AnswerSchema<'_>>,
    ) -> Self {
        let placeholder = Problem::lasting(ChatErrorKind::Network, "");
        let problem = match std::mem::replace(&mut exchange.outcome, Err(placeholder)) {
            Ok(response) => {
                // The text is what came, and a replay finds the same fault in it.
                let response = Arc::new(response);
                let recorded = Some(Ok(Arc::clone(&response)));
                let (result, unchecked) = match mismatch(&response, schema).await {
                    Ok(None) => (Ok(response), None),
                    Ok(Some(error)) => (Err(error), None),
                    Err(unable) => (Ok(response), Some(unable)),
                };
                return Self {
                    result,
                    recorded,
                    unchecked,
                    is_unreadable: false,
                };
            }
            Err(problem) => problem,
        };
        let failed = |error: ChatError, recorded| Self {
            result: Err(error),
            recorded,
            unchecked: None,
            is_unreadable: problem.paid == Paid::Yes,
        };
        let asked = exchange.asked_wait;
        let too_long = asked.filter(|asked| *asked > patience.refuse_beyond);
        let mut kind = problem.kind.clone();
        let mut message = format!("{}: {}", provider.shown(), problem.message);
        let may_pass =
            problem.may_pass && tries.counted <= provider.settings.retries && too_long.is_none();
        if tries.follows
            && let Some(setting) = problem
                .about
                .and_then(|about| saying::setting(about, provider))
        {
            message.push_str(&format!("; it is asked at once without that; {setting}, which spares the request that is refused"));
        }
        if tries.follows || may_pass {
            return failed(ChatError::new(kind, message), None);
        }
        if tries.all > 1 {
            message.push_str(&format!("; tried {} times", tries.all));
        }
        message.push_str("; ");
        match too_long {
            Some(asked) if problem.may_pass => {
                // A kind of its own: a step that tries again what may pass would ask again at once.
                kind = ChatErrorKind::Other("wait-too-long".into());
                let now = clock.now();
                let until = now.checked_add(asked).unwrap_or(now);
                message.push_str(&format!(
                    "it asks to wait {} s, until {until:.0}, which is too long to stay for; resume after that",
                    asked.as_secs(),
                ));
            }
            _ if problem.paid == Paid::Yes => message.push_str(
                "it was paid for, and is not asked for again by itself: run the step again once what answers sends it otherwise",
            ),
            _ => message.push_str(&saying::mend(&problem, &kind, provider)),
        }
        let error = ChatError::new(kind, message);
        failed(error.clone(), Some(Err(error)))
    }
}

/// How large a call may become, for budgets.
struct Sizes<'a> {
    input: u32,
    output: u32,
    /// Of the answer, where it is kept.
    bound: TokenBound,
    /// None is not known.
    price: Option<&'a Price>,
}

impl<'a> Sizes<'a> {
    /// A token is three bytes or more in nearly every text, so that this errs upwards.
    fn of(provider: &Provider, body: &[u8], call: &Call<'a>, price: Option<&'a Price>) -> Self {
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

    fn most(&self) -> Estimate {
        Estimate {
            tokens: u64::from(self.input) + u64::from(self.output),
            money: self.cost(self.input, self.output),
        }
    }

    fn cost(&self, input: u32, output: u32) -> Option<Money> {
        Some(price::most(&self.price?.prices, input, output))
    }

    /// What an attempt cost, where its tokens and its price are known.
    fn cost_of(&self, exchange: &Exchange) -> Option<Cost> {
        let prices = &self.price?.prices;
        price::cost(prices, &exchange.usage, exchange.hour_writes)
    }

    /// What an attempt used: what the provider says, else the estimate; nothing where no answer began.
    ///
    /// An answer that broke off was paid for as far as it came.
    fn used(&self, exchange: &Exchange) -> Expense {
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
fn room(tokens: u32) -> u64 {
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
