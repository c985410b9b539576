//! A call that is answered from a cassette.
//!
//! Nothing is sent and nothing is spent: budgets are not touched. The observer is told the same things in
//! the same order as of a real call, so that everything around it behaves the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::{ChatResponse, Expense, REPLAY, Usage};

use crate::answer_schema::{AnswerSchema, mismatch};
use crate::call::{AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, TokenBound};
use crate::canonical::canonical_request;
use crate::cassette::{CallEnd, Cassette};
use crate::{ResolvedModel, thinking};

/// The size of a piece of streamed text, about that of a few tokens.
const PIECE: usize = 24;

pub(crate) async fn complete(
    cassette: &Cassette,
    call: &Call<'_>,
    schema: Option<&AnswerSchema<'_>>,
    observer: &dyn CallObserver,
) -> Result<ChatResponse, CallFailure> {
    // A cassette knows short names only: which model of which provider answered is no part of the question.
    let request = canonical_request(call.request, &call.model.name);
    let found = cassette.find(&call.origin, &request)?;
    let intent = AttemptIntent {
        number: 1,
        sent: Bytes::from(request.to_string()),
        started_at: call.clock.now(),
        reserved: Expense::default(),
        room: 0,
        bound: TokenBound::Nobody(0),
        batch: None,
        is_there: false,
    };
    if let Some(instead) = &found.instead {
        let model = ResolvedModel::new(instead, REPLAY, instead);
        observer.stands_in(&model).await;
    }
    observer.before_send(&intent).await?;

    let mut report = nothing_came(intent.started_at);
    let result = match &found.outcome {
        CallEnd::Error(error) => Err(error.clone()),
        CallEnd::Answer(answer) => {
            stream(&answer.text, observer).await;
            report.raw = Some(Bytes::from(answer.text.clone()));
            report.usage = answer.usage;
            let answer = as_it_came(answer, call);
            match mismatch(&answer, schema).await {
                Ok(Some(error)) => Err(error),
                Ok(None) => Ok(answer),
                Err(unable) => {
                    report.unchecked = Some(unable);
                    Ok(answer)
                }
            }
        }
    };
    let result = result.map(Arc::new);
    report.response = result.as_ref().ok().cloned();
    report.error = result.as_ref().err().cloned();
    observer.after(report).await?;
    Ok(Arc::unwrap_or_clone(result?))
}

/// The report of an attempt that nothing was sent for.
fn nothing_came(started_at: Timestamp) -> AttemptReport {
    AttemptReport {
        number: 1,
        started_at,
        raw: None,
        status: None,
        headers: Vec::new(),
        first_token: None,
        duration: Duration::ZERO,
        usage: Usage::default(),
        money: None,
        saved: None,
        saved_by_batch: None,
        price: None,
        counts: Expense::default(),
        response: None,
        error: None,
        unchecked: None,
        retries_in: None,
        asked_wait: None,
    }
}

/// Gives a text on as if it came now.
async fn stream(text: &str, observer: &dyn CallObserver) {
    for piece in pieces(text) {
        observer.tokens(piece);
        // Who watches gets to see the stream, and a person's Ctrl-C gets through.
        tokio::task::yield_now().await;
    }
}

/// An answer as a provider would give it: this one was written by hand, or recorded by another program.
fn as_it_came(answer: &ChatResponse, call: &Call<'_>) -> ChatResponse {
    let mut answer = answer.clone();
    thinking::set_apart(&mut answer, false);
    if answer.model.is_empty() {
        answer.model.clone_from(&call.model.name);
    }
    answer
}

/// A text in pieces that end between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(rest.ceil_char_boundary(PIECE));
        rest = after;
        Some(piece)
    })
}
