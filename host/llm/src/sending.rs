//! One call to a provider: reserve, send, settle, report, and again while that may help.
//!
//! It makes nothing durable: the observer does, and may stop it at every step.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{
    ChatError, ChatResponse, Digest, Expense, Inference, Money, Price, PriceSource, Usage,
};

use crate::access::Access;
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
    let manner = provider.manner(&call.model.provider_model);
    let prepared = provider.access().and_then(|access| {
        let body = body(provider, call, manner)?;
        Ok((access, body))
    });
    let (access, body) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return CallFailure::Error(error).into(),
    };
    let price = price::of(call.model, call.request);
    let in_batch = price.map(|price| Price {
        prices: price::in_batch(price.prices, provider.settings.batch_percent),
        ..*price
    });
    let sending = Sending {
        provider,
        patience,
        call,
        schema,
        observer,
        has_other,
        alone: Sizes::of(provider, &body, call, price),
        batched: Sizes::of(provider, &body, call, in_batch.as_ref()),
        price: price.map(|price| price.source),
        before: call.came.as_ref().map_or(0, |came| came.before),
    };
    wait_for_time(provider, patience, call, observer).await;
    sending
        .until_it_ends(&access, Question { manner, body })
        .await
}

/// What is asked, and in which manner.
struct Question {
    manner: Manner,
    body: Bytes,
}

/// A call on its way: what stays the same from attempt to attempt.
struct Sending<'s, 'c> {
    provider: &'s Provider,
    patience: Patience,
    call: &'s Call<'c>,
    schema: Option<&'s AnswerSchema<'s>>,
    observer: &'s dyn CallObserver,
    has_other: &'s (dyn Fn() -> bool + Sync),
    alone: Sizes<'s>,
    batched: Sizes<'s>,
    price: Option<PriceSource>,
    /// Each attempt in a batch is followed by another process of the same call, or another round of it. So many were before.
    before: u32,
}

/// What was reckoned for an attempt.
struct Bill {
    cost: Option<Cost>,
    saved_by_batch: Option<Money>,
    counts: Expense,
}

impl Sending<'_, '_> {
    async fn until_it_ends(&self, access: &Access, mut question: Question) -> Ended {
        let (call, observer) = (self.call, self.observer);
        let mut rng = fastrand::Rng::new();
        let place = self.provider.queue.place(call.asker);
        let mut came = call.came.clone();
        let mut number = 0;
        // Requests that were refused for what the host put into them. They are no attempts at an answer.
        let mut refused = 0;
        loop {
            number += 1;
            let next = Next {
                provider: self.provider,
                call,
                number,
                sent: &question.body,
                observer,
            };
            let of_batch = came.as_ref().map(|came| came.sent);
            let attempt = match (came.take(), call.batch) {
                (Some(came), _) => next.fetched(came, &self.batched).await,
                (None, Some(desk)) => return next.handed_over(desk, &self.batched).await.into(),
                (None, None) => {
                    let has_other = self.has_other;
                    next.sent_alone(&self.alone, access, &place, has_other)
                        .await
                }
            };
            let mut attempted = match attempt {
                Ok(attempted) => attempted,
                Err(failure) => return failure.into(),
            };
            self.learn(&mut attempted.exchange);
            let bill = self.bill(&mut attempted, of_batch.is_some());
            let other = self.otherwise(&question, of_batch, &attempted.exchange);
            let tries = Tries {
                all: self.before + number,
                counted: self.before + number - refused,
                follows: other.is_some(),
                is_down: attempted.is_down,
            };
            let mut ending = self.ending(&mut attempted, tries, question.manner).await;
            let wait = match &other {
                Some(_) => Duration::ZERO,
                None => {
                    let asked = attempted.exchange.asked_wait;
                    self.patience.wait(tries.counted, asked, &mut rng)
                }
            };
            let report = self.report(number, &mut attempted, &ending, &bill, wait);
            // What isn't durable may be lost: until then the room isn't given to anybody else.
            if let Err(halt) = observer.after(report).await {
                return CallFailure::Halted(halt).into();
            }
            attempted.reservation.settle(bill.counts);
            if let Some(recorded) = ending.recorded.take() {
                return ending.ended(recorded);
            }
            if attempted.streamed {
                observer.restarted();
            }
            let why = ending.result.err().map(|error| error.to_string());
            observer.waiting(wait, &why.unwrap_or_default());
            match other {
                Some(other) => {
                    question = other;
                    refused += 1;
                }
                None => tokio::time::sleep(wait).await,
            }
        }
    }

    /// What an attempt comes to. Its provider's limit for a minute hears of it at once.
    fn bill(&self, attempted: &mut Attempted, is_batched: bool) -> Bill {
        let exchange = &mut attempted.exchange;
        let sizes = if is_batched {
            &self.batched
        } else {
            &self.alone
        };
        let is_unpaid = is_unpaid(exchange);
        if is_unpaid {
            exchange.usage = Usage {
                input_tokens: Some(0),
                output_tokens: Some(0),
                ..exchange.usage
            };
        }
        let cost_by = |sizes: &Sizes<'_>| match is_unpaid {
            true => Some(Cost::default()),
            false => sizes.cost_of(exchange),
        };
        let cost = cost_by(sizes);
        let saved_by_batch = cost.filter(|_| is_batched).and_then(|cost| {
            let by_itself = cost_by(&self.alone)?;
            Some(Money(by_itself.money.0.saturating_sub(cost.money.0)))
        });
        let counts = sizes.used(exchange);
        if let Some(permit) = attempted.permit.take() {
            permit.took(counts.tokens);
        }
        Bill {
            cost,
            saved_by_batch,
            counts,
        }
    }

    /// Remembers what an answer tells of its model: that it thinks before it answers, that it takes no tools.
    fn learn(&self, exchange: &mut Exchange) {
        let (provider, model) = (self.provider, self.call.model);
        if let Ok(response) = &mut exchange.outcome {
            let thinks = model.thinking_prefilled || provider.thinks(&model.provider_model);
            if thinking::set_apart(response, thinks) {
                provider.thought(&model.provider_model);
            }
        }
        if !self.call.request.tools.is_empty() && refuses_tools(exchange) {
            provider.refused_tools(&model.provider_model);
        }
    }

    /// How it is to be asked instead, where what the host put into the request was refused. What was learnt from another answer of a
    /// batch holds for this one, too.
    fn otherwise(
        &self,
        question: &Question,
        of_batch: Option<Digest>,
        exchange: &Exchange,
    ) -> Option<Question> {
        let is_known = of_batch.is_some_and(|of_batch| of_batch != Digest::of(&question.body));
        if wants_otherwise(exchange) && is_known {
            return Some(Question {
                manner: question.manner,
                body: question.body.clone(),
            });
        }
        ask_otherwise(self.provider, self.call, question, exchange)
    }

    async fn ending(&self, attempted: &mut Attempted, tries: Tries, manner: Manner) -> Ending {
        let call = self.call;
        let sent = Sent { call, manner };
        let (provider, exchange) = (self.provider, &mut attempted.exchange);
        let mut ending =
            Ending::of(provider, self.patience, tries, sent, exchange, self.schema).await;
        if let (Err(error), Some(pause)) = (&mut ending.result, attempted.pause) {
            let left_alone = saying::left_alone(provider, pause, call.clock);
            error.message.push_str(&format!("; {left_alone}"));
        }
        ending
    }

    fn report(
        &self,
        number: u32,
        attempted: &mut Attempted,
        ending: &Ending,
        bill: &Bill,
        wait: Duration,
    ) -> AttemptReport {
        // Whoever has another provider to ask does that at once.
        let pause = attempted.pause.filter(|_| !(self.has_other)());
        let exchange = &mut attempted.exchange;
        AttemptReport {
            number,
            started_at: attempted.reservation.at(),
            raw: exchange.raw.take(),
            status: exchange.status,
            headers: std::mem::take(&mut exchange.headers),
            first_token: exchange.first_token,
            duration: exchange.duration,
            usage: exchange.usage,
            money: bill.cost.map(|cost| cost.money),
            saved: bill.cost.map(|cost| cost.saved),
            saved_by_batch: bill.saved_by_batch,
            price: self.price,
            counts: bill.counts,
            response: ending.result.as_ref().ok().cloned(),
            error: ending.result.as_ref().err().cloned(),
            unchecked: ending.unchecked.clone(),
            retries_in: (ending.recorded.is_none()).then(|| wait.max(pause.unwrap_or_default())),
            asked_wait: exchange.asked_wait,
        }
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
    question: &Question,
    exchange: &Exchange,
) -> Option<Question> {
    let wanted = exchange.outcome.as_ref().err()?.otherwise?;
    let manner = question.manner.and(wanted)?;
    let body = body(provider, call, manner).ok()?;
    if body == question.body {
        return None;
    }
    provider.learn(&call.model.provider_model, wanted);
    Some(Question { manner, body })
}
