//! One call to a provider: reserve, send, settle, report, and again while that may help.
//!
//! It makes nothing durable: the observer does, and may stop it at every step.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{ChatError, ChatErrorKind, ChatResponse, Expense, Inference, Usage};

use crate::answer_schema::AnswerSchema;
use crate::asking::Asked;
use crate::call::{AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, Queued};
use crate::circuit::{Down, Health, Pass};
use crate::price::Cost;
use crate::provider::Provider;
use crate::queue::{Limit, Permit, Place};
use crate::set_by::Sent;
use crate::sizes::{Sizes, room};
use crate::taking::check_tools;
use crate::transport::{Exchange, exchange};
use crate::wire::{Manner, Paid};
use crate::{Patience, ResolvedModel, budget, in_words, price, saying, thinking};

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
    let estimate = Sizes::of(provider, &sent, call, price);
    let mut rng = fastrand::Rng::new();
    wait_for_time(provider, patience, call, observer).await;
    let place = provider.queue.place(call.asker);
    let mut number = 0;
    // Requests that were refused for what the host put into them. They are no attempts at an answer.
    let mut refused = 0;
    loop {
        number += 1;
        let (most, model) = (estimate.most(), &call.model.name);
        let admitted = admitted(provider, &place, most.tokens, has_other, observer).await;
        let (permit, pass) = match admitted {
            Ok(admitted) => admitted,
            Err(down) => return CallFailure::Error(saying::down(&down, provider, call)).into(),
        };
        // Others may have found out while it waited.
        if let Err(error) = check_tools(provider, call.model, call.request) {
            return CallFailure::Error(error).into();
        }
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
        let is_down = pass.ended(health(&exchange));
        let pause = provider.circuit.pause();
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
        permit.took(counts.tokens);
        drop(permit);
        if !call.request.tools.is_empty() && refuses_tools(&exchange) {
            provider.refused_tools(&call.model.provider_model);
        }
        let other = ask_otherwise(provider, call, manner, &sent, &exchange);
        let tries = Tries {
            all: number,
            counted: number - refused,
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
            None => patience.wait(number - refused, exchange.asked_wait, &mut rng),
        };
        // Whoever has another provider to ask does that at once.
        let left_alone = pause.filter(|_| !has_other()).unwrap_or_default();
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

/// Waits until a request may be sent: for its provider to be up, and for its turn.
async fn admitted<'a>(
    provider: &'a Provider,
    place: &Place,
    tokens: u64,
    has_other: &(dyn Fn() -> bool + Sync),
    observer: &dyn CallObserver,
) -> Result<(Permit, Pass<'a>), Down> {
    let is_down = |down: &Down| {
        observer.waiting(down.wait, &saying::waits(down, provider));
        observer.queued(Queued {
            provider: &provider.name,
            limit: "circuit_pause",
            wait: down.wait,
        });
    };
    loop {
        let pass = provider.circuit.enter(has_other, is_down).await?;
        let waiting = |wait, limit: Limit| {
            observer.queued(Queued {
                provider: &provider.name,
                limit: limit.as_str(),
                wait,
            });
        };
        let permit = place.enter(tokens, waiting).await;
        // A provider may have gone down while others were asked.
        if pass.holds() {
            return Ok((permit, pass));
        }
    }
}

/// What an exchange says of its provider. Who refuses, or asks to wait, is there.
fn health(exchange: &Exchange) -> Health {
    match &exchange.outcome {
        Err(problem) if problem.may_pass => match problem.kind {
            ChatErrorKind::Network | ChatErrorKind::Overloaded | ChatErrorKind::Timeout => {
                Health::Down(problem.message.clone())
            }
            _ => Health::Answers,
        },
        _ => Health::Answers,
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
    format
        .body(&provider.settings, &asked, manner)
        .map(Bytes::from)
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
