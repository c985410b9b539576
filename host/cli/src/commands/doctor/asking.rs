//! `stepwell doctor --ask`: one tiny request to each model, after a yes.
//!
//! It is no part of a run: nothing of it is kept, and no budget counts it. What it costs is paid all the same, which is said before.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatRequest, ChatResponse, Clock, Halt, Inference, Message, Money,
    Role, TextService,
};
use stepwell_llm::{
    Asker, AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, ModelInfo, Models,
    Origin, Queued, ResolvedModel,
};

use super::{Finding, Findings};
use crate::arguments::DoctorArguments;
use crate::errors::{CommandError, ModelsError};
use crate::terminal::{duration, now, plain, plain_line, says_yes};
use crate::wiring::{Asked, Context, Setting, models};

/// The question. Its answer says nothing but that there is one.
const QUESTION: &str = "Answer with the one word: yes";

/// Enough for a model that thinks first, and little money where one goes on and on.
const MOST_TOKENS: u32 = 2048;

/// Who is silent for longer is no use to somebody who waits at a terminal.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// What a model answered.
#[derive(Debug, Serialize)]
pub(super) struct Answered {
    /// The short name.
    model: String,
    /// Tokens that were sent, as far as the provider said.
    input_tokens: Option<u32>,
    /// Tokens that came, as far as the provider said.
    output_tokens: Option<u32>,
    /// What it cost, where that is known.
    money: Option<Money>,
    /// Until the end of the answer.
    milliseconds: u64,
}

/// Refuses to ask where nobody can say yes.
pub(super) fn may_ask(arguments: &DoctorArguments, context: &Context) -> Result<(), CommandError> {
    if !arguments.ask || arguments.yes || context.screen.can_ask() {
        return Ok(());
    }
    Err(ModelsError::Unconfirmed.into())
}

/// Asks each model whose key is there, and adds what came of it to the findings.
pub(super) async fn ask(
    is_agreed: bool,
    setting: &Setting,
    context: &Context,
    findings: &mut Findings,
) -> Result<(), CommandError> {
    let mut configuration = setting.configuration.clone();
    for provider in configuration.models.providers.values_mut() {
        // What went wrong is to be told, not waited out.
        provider.retries = 0;
        provider.stall_timeout = provider.stall_timeout.min(LONGEST_SILENCE);
    }
    let keys = context.environment.keys(&configuration.models);
    let Ok(models) = models(&mut configuration, keys, &Asked::default()) else {
        // What is wrong with them is among the findings already.
        return Ok(());
    };
    let mut asked = models.list();
    asked.retain(|model| model.key_present);
    if asked.is_empty() {
        return Ok(());
    }
    let all: Vec<_> = asked.iter().map(named).collect();
    let told = plain(&format!(
        "one tiny request goes to each of these models: {}. It may cost a fraction of a cent, counts in no budget, and nothing of it is kept.",
        all.join(", ")
    ));
    match is_agreed {
        true => context.screen.note(&format!("{told}\n")),
        false if says_yes(&context.screen, &format!("{told} Send them?")).await => {}
        false => {
            context
                .screen
                .say("no model was asked, and nothing is paid\n");
            return Ok(());
        }
    }
    let texts = context.texts(&setting.store);
    for model in asked {
        context
            .screen
            .note(&format!("asking {}\n", plain(&named(&model))));
        findings.0.push(one(&models, &model, &*texts).await);
    }
    Ok(())
}

fn named(model: &ModelInfo) -> String {
    format!("{} ({}/{})", model.name, model.provider, model.model)
}

async fn one(models: &Models, model: &ModelInfo, texts: &dyn TextService) -> Finding {
    let last = Last::default();
    let came = complete(models, model, texts, &last).await;
    let report = last.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (ok, said) = match came {
        Ok(response) => (true, format!("answered `{}`", excerpt(&response.text))),
        Err(why) => (false, why),
    };
    let answered = report.map(|report| Answered {
        model: model.name.clone(),
        input_tokens: report.usage.input_tokens,
        output_tokens: report.usage.output_tokens,
        money: report.money,
        milliseconds: u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX),
    });
    let took = answered.as_ref().map(took).unwrap_or_default();
    Finding {
        what: "answer".into(),
        ok,
        found: plain(&format!("{} {said}{took}", model.name)),
        hint: None,
        answered,
    }
}

/// What an answer took, behind what it said.
fn took(answered: &Answered) -> String {
    let tokens = |count: Option<u32>| count.map_or("?".to_owned(), |count| count.to_string());
    let (sent, came) = (
        tokens(answered.input_tokens),
        tokens(answered.output_tokens),
    );
    let money = answered.money.map(|money| format!(", {money}"));
    format!(
        " ({sent} tokens in, {came} out, {}{})",
        duration(answered.milliseconds),
        money.unwrap_or_default()
    )
}

async fn complete(
    models: &Models,
    model: &ModelInfo,
    texts: &dyn TextService,
    last: &Last,
) -> Result<ChatResponse, String> {
    let model = models
        .resolve(Some(&model.name))
        .map_err(|error| error.to_string())?;
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, QUESTION)],
        max_output_tokens: model.max_output_tokens.is_none().then_some(MOST_TOKENS),
        ..ChatRequest::default()
    };
    let step = "doctor"
        .parse()
        .map_err(|error: stepwell_contract::InvalidName| error.to_string())?;
    let call = Call {
        inference: Inference::default(),
        repeats: None,
        not_before: None,
        model: &model,
        fallback: &[],
        asker: Asker(0),
        request: &request,
        origin: Origin {
            step,
            items: Vec::new(),
            rounds: Vec::new(),
            sequence: 0,
            occurrence: 0,
        },
        batch: None,
        came: None,
        budgets: &[],
        clock: &Clock::new(now),
    };
    models
        .complete(call, texts, last)
        .await
        .map_err(|failure| match failure {
            CallFailure::Error(error) | CallFailure::Unreadable(error) => {
                let said = format!("gave no answer: {}: {}", error.kind.code(), error.message);
                match error.kind {
                    ChatErrorKind::UnknownModel => format!(
                        "{said}; `stepwell models list {}` says which models there are",
                        model.provider
                    ),
                    _ => said,
                }
            }
            CallFailure::Halted(halt) => halt.to_string(),
        })
}

/// The beginning of an answer, in one line.
fn excerpt(text: &str) -> String {
    const MOST: usize = 60;
    let text = plain_line(text.trim());
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Remembers the last attempt, and stops nothing.
#[derive(Default)]
struct Last(Mutex<Option<AttemptReport>>);

#[async_trait]
impl CallObserver for Last {
    async fn before_send(&self, _: &AttemptIntent) -> Result<(), Halt> {
        Ok(())
    }

    fn restarted(&self) {}

    fn tokens(&self, _: &str) {}

    async fn after(&self, attempt: AttemptReport) -> Result<(), Halt> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(attempt);
        Ok(())
    }

    fn waiting(&self, _: Duration, _: &str) {}

    fn queued(&self, _: Queued<'_>) {}

    async fn falls_back(&self, _: &ChatError, _: &ResolvedModel) -> Result<(), Halt> {
        Ok(())
    }

    async fn passes_over(&self, _: &ResolvedModel, _: &ChatError) -> Result<(), Halt> {
        Ok(())
    }

    async fn stands_in(&self, _: &ResolvedModel) {}
}
