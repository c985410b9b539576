//! What follows from one attempt: an answer, another attempt, or the error that stays, with its mend.

use std::sync::Arc;

use stepwell_contract::{ChatError, ChatErrorKind, ChatResponse};

use super::{Came, Ended};
use crate::answer_schema::{AnswerSchema, mismatch};
use crate::call::CallFailure;
use crate::in_turn::WAIT_TOO_LONG;
use crate::provider::Provider;
use crate::set_by::Sent;
use crate::transport::Exchange;
use crate::wire::{Paid, Problem};
use crate::{Patience, saying};

/// How often a call was sent.
#[derive(Clone, Copy)]
pub(super) struct Tries {
    pub(super) all: u32,
    /// Without those that only told how to ask.
    pub(super) counted: u32,
    /// It is sent again in any case.
    pub(super) follows: bool,
    /// It was to find out whether its provider is up again, which it isn't.
    pub(super) is_down: bool,
}

/// What follows from one attempt.
pub(super) struct Ending {
    pub(super) result: Came,
    /// What a cassette keeps of it; none where the call is sent again.
    pub(super) recorded: Option<Came>,
    /// Why the answer was not held against its schema, where that could not be done.
    pub(super) unchecked: Option<String>,
    /// Whether an answer came that can't be read.
    pub(super) is_unreadable: bool,
}

impl Ending {
    pub(super) async fn of(
        provider: &Provider,
        patience: Patience,
        tries: Tries,
        sent: Sent<'_>,
        exchange: &mut Exchange,
        schema: Option<&AnswerSchema<'_>>,
    ) -> Self {
        let placeholder = Problem::lasting(ChatErrorKind::Network, "");
        let problem = match std::mem::replace(&mut exchange.outcome, Err(placeholder)) {
            Ok(response) => return Self::of_answer(response, schema).await,
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
                let now = sent.call.clock.now();
                let until = now.checked_add(asked).unwrap_or(now);
                message.push_str(&format!(
                    "it asks to wait {} s, until {until:.0}, which is too long to stay for; resume after that",
                    asked.as_secs(),
                ));
            }
            _ if problem.paid == Paid::Yes => message.push_str(
                "it was paid for, and is not asked for again by itself: run the step again once what answers sends it otherwise",
            ),
            _ => message.push_str(&saying::mend(&problem, &kind, provider, Some(sent))),
        }
        let error = ChatError::new(kind, message);
        failed(error.clone(), Some(Err(error)))
    }

    /// How the call ended by it, of which a cassette keeps this.
    pub(super) fn ended(self, recorded: Came) -> Ended {
        let result = self.result.map_err(|error| match self.is_unreadable {
            true => CallFailure::Unreadable(error),
            false => CallFailure::Error(error),
        });
        Ended {
            result,
            recorded: Some(recorded),
            instead: None,
        }
    }

    async fn of_answer(response: ChatResponse, schema: Option<&AnswerSchema<'_>>) -> Self {
        // The text is what came, and a replay finds the same fault in it.
        let response = Arc::new(response);
        let recorded = Some(Ok(Arc::clone(&response)));
        let (result, unchecked) = match mismatch(&response, schema).await {
            Ok(None) => (Ok(response), None),
            Ok(Some(error)) => (Err(error), None),
            Err(unable) => (Ok(response), Some(unable)),
        };
        Self {
            result,
            recorded,
            unchecked,
            is_unreadable: false,
        }
    }
}
