//! One call to a provider: reserve, send, settle, report, and again while that may help.
//!
//! It makes nothing durable: the observer does, and may stop it at every step.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{ChatError, ChatResponse, Digest, Inference, Money, Price, Usage};

use crate::answer_schema::AnswerSchema;
use crate::asking::Asked;
use crate::attempting::{Attempted, Next};
use crate::call::{AttemptReport, Call, CallFailure, CallObserver, Queued};
use crate::price::Cost;
use crate::provider::Provider;
use crate::set_by::Sent;
use crate::sizes::Sizes;
use crate::transport::Exchange;
use crate::wire::{Manner, Paid, request};
use crate::{Patience, ResolvedModel, in_words, price, saying, thinking};

mod ending;

use ending::{Ending, Tries};

/// What came in the end. An answer may be large: all who keep it share it.
pub(crate) type Came = Result<Arc<ChatResponse>, ChatError>;

/// How a call ended, and what a cassette keeps of it.
pub(crate) struct Ended {
    pub(crate) result: Result<Arc<ChatResponse>, CallFailure>,
    /// None where the provider was not asked, or the call was stopped.
    pub(crate) recorded: Option<Came>,
    /// The short name of the model that it is of, where that isn't the one that was meant.
    pub(crate) instead: Option<String>,
}

impl From<CallFailure> for Ended {
    fn from(failure: CallFailure) -> Self {
        Self {
            result: Err(failure),
            recorded: None,
            instead: None,
        }
    }
}

pub(crate) async fn complete(
    provider: &Provider,
    patience: Patience,
    call: &Call<'_>,
    schema: Option<&AnswerSchema<'_>>,
    observer: &dyn CallObserver,
    // Whether another model answers where this one can't.
    has_other: &(dyn Fn() -> bool + Sync),
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
    let in_batch = price.map(|price| Price {
        prices: price::in_batch(price.prices, provider.settings.batch_percent),
        ..*price
    });
    let alone = Sizes::of(provider, &sent, call, price);
    let batched = Sizes::of(provider, &sent, call, in_batch.as_ref());
    let mut rng = fastrand::Rng::new();
    wait_for_time(provider, patience, call, observer).await;
    let place = provider.queue.place(call.asker);
    let mut came = call.came.clone();
    // Each attempt in a batch is followed by another process of the same call, or another round of it.
    let before = came.as_ref().map_or(0, |came| came.before);
    let mut number = 0;
    // Requests that were refused for what the host put into them. They are no attempts at an answer.
    let mut refused = 0;
    loop {
        number += 1;
        let next = Next {
            provider,
            call,
            number,
            sent: &sent,
            observer,
        };
        let is_batched = came.is_some();
        let was_sent = came.as_ref().map(|came| came.sent);
        let attempt = match (came.take(), call.batch) {
            (Some(came), _) => next.fetched(came, &batched).await,
            (None, Some(desk)) => return next.handed_over(desk, &batched).await.into(),
            (None, None) => next.sent_alone(&alone, &access, &place, has_other).await,
        };
        let Attempted {
            mut exchange,
            reservation,
            permit,
            is_down,
            streamed,
            pause,
        } = match attempt {
            Ok(attempted) => attempted,
            Err(failure) => return failure.into(),
        };
        let sizes = if is_batched { &batched } else { &alone };
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
            false => sizes.cost_of(&exchange),
        };
        let saved_by_batch = cost.filter(|_| is_batched).and_then(|cost| {
            let by_itself = match is_unpaid {
                true => cost,
                false => alone.cost_of(&exchange)?,
            };
            Some(Money(by_itself.money.0.saturating_sub(cost.money.0)))
        });
        let counts = sizes.used(&exchange);
        if let Some(permit) = permit {
            permit.took(counts.tokens);
        }
        if !call.request.tools.is_empty() && refuses_tools(&exchange) {
            provider.refused_tools(&call.model.provider_model);
        }
        // What was learnt from another answer of the batch holds for this one, too.
        let is_known = was_sent.is_some_and(|was_sent| was_sent != Digest::of(&sent));
        let other = match wants_otherwise(&exchange) && is_known {
            true => Some((manner, sent.clone())),
            false => ask_otherwise(provider, call, manner, &sent, &exchange),
        };
        let tries = Tries {
            all: before + number,
            counted: before + number - refused,
            follows: other.is_some(),
            is_down,
        };
        let sent_by = Sent { call, manner };
        let mut ending =
            Ending::of(provider, patience, tries, sent_by, &mut exchange, schema).await;
        if let (Err(error), Some(pause)) = (&mut ending.result, pause) {
            let left_alone = saying::left_alone(provider, pause, call.clock);
            error.message.push_str(&format!("; {left_alone}"));
        }
        let wait = match &other {
            Some(_) => Duration::ZERO,
            None => patience.wait(before + number - refused, exchange.asked_wait, &mut rng),
        };
        // Whoever has another provider to ask does that at once.
        let left_alone = pause.filter(|_| !has_other()).unwrap_or_default();
        let report = AttemptReport {
            number,
            started_at: reservation.at(),
            raw: exchange.raw.take(),
            status: exchange.status,
            headers: std::mem::take(&mut exchange.headers),
            first_token: exchange.first_token,
            duration: exchange.duration,
            usage: exchange.usage,
            money: cost.map(|cost| cost.money),
            saved: cost.map(|cost| cost.saved),
            saved_by_batch,
            price: price.map(|price| price.source),
            counts,
            response: ending.result.as_ref().ok().cloned(),
            error: ending.result.as_ref().err().cloned(),
            unchecked: ending.unchecked,
            retries_in: ending.recorded.is_none().then(|| wait.max(left_alone)),
            asked_wait: exchange.asked_wait,
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
                return Ended {
                    result,
                    recorded,
                    instead: None,
                };
            }
        };
        if streamed {
            observer.restarted();
        }
        observer.waiting(wait, &error.to_string());
        if let Some(other) = other {
            (manner, sent) = other;
            refused += 1;
            continue;
        }
        tokio::time::sleep(wait).await;
    }
}

/// Waits until the time comes that the provider asked for before. A clock that was set back since keeps nobody waiting for longer than a
/// provider may ask for.
async fn wait_for_time(
    provider: &Provider,
    patience: Patience,
    call: &Call<'_>,
    observer: &dyn CallObserver,
) {
    let Some(not_before) = call.not_before else {
        return;
    };
    let left = Duration::try_from(not_before.duration_since(call.clock.now()));
    let left = left.unwrap_or_default().min(patience.refuse_beyond);
    if !left.is_zero() {
        observer.queued(Queued {
            provider: &provider.name,
            limit: "retry-after",
            wait: left,
        });
        tokio::time::sleep(left).await;
    }
}

fn refuses_tools(exchange: &Exchange) -> bool {
    matches!(&exchange.outcome, Err(problem) if problem.refuses_tools)
}

/// The body of a request, as its model is to be asked.
///
/// # Errors
/// The format, or the model, has no word for something that it holds.
pub(crate) fn body(
    provider: &Provider,
    call: &Call<'_>,
    manner: Manner,
) -> Result<Bytes, ChatError> {
    let request = in_words::request(call.model, call.request);
    let format = &provider.format;
    let asked = Asked::of(call, request, format.has_effort_alone())?;
    let body = format.body(&provider.settings, &asked, manner)?;
    Ok(Bytes::from(match call.batch {
        Some(_) => request::unstreamed(body),
        None => body,
    }))
}

/// Whether a model can be asked so at all, by a request that holds nothing else.
///
/// # Errors
/// Its format has no word for something of it.
pub(crate) fn check_inference(
    provider: &Provider,
    model: &ResolvedModel,
    step: Inference,
) -> Result<(), ChatError> {
    let format = &provider.format;
    let asked = Asked::nothing_else(model, step, format.has_effort_alone());
    format
        .body(&provider.settings, &asked, Manner::default())
        .map(drop)
}

/// Whether nothing was paid for an attempt, and nobody says otherwise.
fn is_unpaid(exchange: &Exchange) -> bool {
    let is_refused = matches!(&exchange.outcome, Err(problem) if problem.paid == Paid::No);
    let tokens = [exchange.usage.input_tokens, exchange.usage.output_tokens];
    is_refused && exchange.answer_bytes == 0 && tokens.iter().all(|told| told.unwrap_or(0) == 0)
}

/// Whether the server refused what the host put into a request.
fn wants_otherwise(exchange: &Exchange) -> bool {
    matches!(&exchange.outcome, Err(problem) if problem.otherwise.is_some())
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
