//! One call to a provider: reserve, send, settle, report, and again while that may help.
//!
//! It makes nothing durable: the observer does, and may stop it at every step.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{ChatError, ChatErrorKind, ChatResponse, Clock, Digest, Money, Usage};

use crate::answer_schema::{AnswerSchema, mismatch};
use crate::asking::Asked;
use crate::attempting::{Attempted, Next};
use crate::call::{AttemptReport, Call, CallFailure, CallObserver};
use crate::in_turn::WAIT_TOO_LONG;
use crate::price::Cost;
use crate::provider::Provider;
use crate::sizes::Sizes;
use crate::transport::Exchange;
use crate::wire::{Manner, Paid, Problem, request};
use crate::{Patience, in_words, price, saying, thinking};

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
    // Another model answers where this one can't.
    has_other: bool,
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
    let in_batch = price.map(|price| price::in_batch(price, provider.settings.batch_percent));
    let alone = Sizes::of(provider, &sent, call, price);
    let batched = Sizes::of(provider, &sent, call, in_batch.as_ref());
    let mut rng = fastrand::Rng::new();
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
        let ending = Ending::of(provider, patience, tries, call.clock, &mut exchange, schema).await;
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
        if let Some(other) = other {
            (manner, sent) = other;
            refused += 1;
            observer.waiting(Duration::ZERO, &error.to_string());
            continue;
        }
        let wait = patience.wait(before + number - refused, exchange.asked_wait, &mut rng);
        observer.waiting(wait, &error.to_string());
        tokio::time::sleep(wait).await;
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
    let asked = Asked::of(call, request)?;
    let format = &provider.format;
    let body = format.body(&provider.settings, &asked, manner)?;
    Ok(Bytes::from(match call.batch {
        Some(_) => request::unstreamed(body),
        None => body,
    }))
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

/// How often a call was sent.
#[derive(Clone, Copy)]
struct Tries {
    all: u32,
    /// Without those that only told how to ask.
    counted: u32,
    /// It is sent again in any case.
    follows: bool,
    /// It was to find out whether its provider is up again, which it isn't.
    is_down: bool,
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
        let may_pass = problem.may_pass
            && tries.counted <= provider.settings.retries
            && too_long.is_none()
            && !tries.is_down;
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
                kind = ChatErrorKind::Other(WAIT_TOO_LONG.into());
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
