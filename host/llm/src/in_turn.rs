//! A call that several models may answer: the one that is meant, and those that are asked instead where it can't.

use std::collections::BTreeMap;

use stepwell_contract::{ChatError, ChatErrorKind};

use crate::answer_schema::AnswerSchema;
use crate::call::{Call, CallFailure, CallObserver};
use crate::circuit::PROVIDER_DOWN;
use crate::provider::Provider;
use crate::registry::provider;
use crate::sending::{self, Ended};
use crate::taking::check_tools;
use crate::{Patience, ResolvedModel, budget, price};

/// The kind of an error: the provider asks to wait for longer than anybody does.
pub(crate) const WAIT_TOO_LONG: &str = "wait-too-long";

/// Makes a call to the first of its models that can answer it.
pub(crate) async fn complete(
    providers: &BTreeMap<String, Provider>,
    patience: Patience,
    call: &Call<'_>,
    schema: Option<&AnswerSchema<'_>>,
    observer: &dyn CallObserver,
) -> Ended {
    let mut others = call.fallback.iter();
    let asked = call;
    let meant = &call.model.name;
    let mut call = call.clone();
    let mut before = Before::default();
    loop {
        // Whether one can is asked only where it decides something: it makes the other one's request.
        let left = others.clone();
        let has_other = || {
            let mut left = left.clone();
            left.any(|other| can_take(providers, &to_other(providers, asked, other)).is_ok())
        };
        let mut ended = match provider(providers, call.model) {
            Ok(provider) => {
                let asked =
                    sending::complete(provider, patience, &call, schema, observer, &has_other);
                asked.await
            }
            Err(error) => CallFailure::Error(error).into(),
        };
        ended.instead = Some(call.model.name.clone()).filter(|name| name != meant);
        let failed = match &ended.result {
            Err(CallFailure::Error(error)) if another_may(&error.kind) => Some(error.clone()),
            _ => None,
        };
        let mut next = None;
        while let (Some(error), Some(other)) = (&failed, others.next()) {
            let to_other = to_other(providers, asked, other);
            match can_take(providers, &to_other) {
                Ok(()) => {
                    next = Some((to_other, error));
                    break;
                }
                Err(why) => {
                    if let Err(halt) = observer.passes_over(other, &why).await {
                        return CallFailure::Halted(halt).into();
                    }
                    before
                        .passed_over
                        .push(format!("`{}`: {}", other.name, why.message));
                }
            }
        }
        let Some((to_other, error)) = next else {
            before.say(&mut ended);
            return ended;
        };
        // What came of an answer that broke off is none of the next one's.
        observer.restarted();
        if let Err(halt) = observer.falls_back(error, to_other.model).await {
            return CallFailure::Halted(halt).into();
        }
        before
            .failed
            .push(format!("`{}`: {}", call.model.name, error.message));
        call = to_other;
    }
}

/// Whether another model may answer where one failed so. What the operator forbids, what it costs and what is wrong with the
/// request itself is the same for all.
fn another_may(kind: &ChatErrorKind) -> bool {
    match kind {
        ChatErrorKind::UnknownModel
        | ChatErrorKind::Authentication
        | ChatErrorKind::OutOfCredit
        | ChatErrorKind::RateLimited
        | ChatErrorKind::Overloaded
        | ChatErrorKind::Timeout
        | ChatErrorKind::Network
        | ChatErrorKind::ContextLength => true,
        ChatErrorKind::Other(code) => [PROVIDER_DOWN, WAIT_TOO_LONG].contains(&code.as_str()),
        ChatErrorKind::InvalidRequest
        | ChatErrorKind::ContentFiltered
        | ChatErrorKind::SchemaMismatch
        | ChatErrorKind::OverBudget
        | ChatErrorKind::Denied
        | ChatErrorKind::ReplayMiss => false,
    }
}

/// The same call to another model. A wish of the step for caching is left out where that one's provider takes none: it changes no answer.
fn to_other<'c>(
    providers: &BTreeMap<String, Provider>,
    asked: &Call<'c>,
    other: &'c ResolvedModel,
) -> Call<'c> {
    let mut call = asked.clone();
    call.model = other;
    call.not_before = None;
    let provider = providers.get(&other.provider);
    if provider.is_some_and(|provider| !provider.format.takes_marks()) {
        call.inference.caching = None;
    }
    call
}

/// Why the model of a call can't be asked it, where that shows before anything is sent.
fn can_take(providers: &BTreeMap<String, Provider>, call: &Call<'_>) -> Result<(), ChatError> {
    let provider = provider(providers, call.model)?;
    check_tools(provider, call.model, call.request)?;
    if price::of(call.model, call.request).is_none() {
        budget::check_unpriced(call.budgets, &call.model.name)?;
    }
    let manner = provider.manner(&call.model.provider_model);
    sending::body(provider, call, manner).map(drop)
}

/// The models of a call that did not answer it.
#[derive(Default)]
struct Before {
    /// Those that were asked.
    failed: Vec<String>,
    /// Those that could not be.
    passed_over: Vec<String>,
}

impl Before {
    /// The last error, with why the others could not answer either.
    fn say(&self, ended: &mut Ended) {
        let say = |error: &mut ChatError| {
            for (what, models) in [
                ("asked before", &self.failed),
                ("can't be asked instead", &self.passed_over),
            ] {
                if !models.is_empty() {
                    error.message = format!("{}; {what}: {}", error.message, models.join("; "));
                }
            }
        };
        if let Err(CallFailure::Error(error)) = &mut ended.result {
            say(error);
        }
        if let Some(Err(error)) = &mut ended.recorded {
            say(error);
        }
    }
}
