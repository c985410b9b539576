//! A call that several models may answer: the one that is meant, and those that are asked instead where it can't.

use std::collections::BTreeMap;

use stepwell_contract::{ChatError, ChatErrorKind};

use crate::answer_schema::AnswerSchema;
use crate::call::{Call, CallFailure, CallObserver};
use crate::provider::Provider;
use crate::registry::provider;
use crate::sending::{self, Ended};
use crate::{Patience, ResolvedModel};

/// The kind of an error: the provider is down, and was not asked.
pub(crate) const PROVIDER_DOWN: &str = "provider-down";

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
    let takes_it = |model: &&ResolvedModel| model.check_tools(call.request).is_ok();
    let mut others = call.fallback.iter().filter(takes_it).peekable();
    let mut call = call.clone();
    let mut failed: Vec<String> = Vec::new();
    loop {
        let has_other = others.peek().is_some();
        let mut ended = match provider(providers, call.model) {
            Ok(provider) => {
                let asked =
                    sending::complete(provider, patience, &call, schema, observer, has_other);
                asked.await
            }
            Err(error) => CallFailure::Error(error).into(),
        };
        let next = match &ended.result {
            Err(CallFailure::Error(error)) if another_may(&error.kind) => {
                others.next().zip(Some(error))
            }
            _ => None,
        };
        let Some((other, error)) = next else {
            say_all(&mut ended, &failed);
            return ended;
        };
        // What came of an answer that broke off is none of the next one's.
        observer.restarted();
        if let Err(halt) = observer.falls_back(error, other).await {
            return CallFailure::Halted(halt).into();
        }
        failed.push(format!("`{}`: {}", call.model.name, error.message));
        call.model = other;
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

/// The last error, with why the models before it could not answer either.
fn say_all(ended: &mut Ended, failed: &[String]) {
    if failed.is_empty() {
        return;
    }
    let before = failed.join("; ");
    let say = |error: &mut ChatError| {
        error.message = format!("{}; asked before: {before}", error.message);
    };
    if let Err(CallFailure::Error(error)) = &mut ended.result {
        say(error);
    }
    if let Some(Err(error)) = &mut ended.recorded {
        say(error);
    }
}
