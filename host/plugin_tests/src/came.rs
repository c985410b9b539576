//! What came of carrying a case out.

use std::collections::BTreeMap;

use serde::Serialize;
use stepwell_contract::{ChatRequest, ChatResponse, Digest, RunId, StepPath};
use stepwell_engine::{Engine, EngineError, RunOutcome, RunStatus};
use stepwell_store::{CallRecord, Gaps, Scope, Store, StoreError};

use crate::scripted::Scripted;

/// What came of carrying a case out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Came {
    /// How it ended.
    pub ended: Ended,
    /// The documents, by name.
    pub documents: BTreeMap<String, String>,
    /// The files that it wrote, by path.
    pub files: BTreeMap<String, String>,
    /// The files that it removed, sorted.
    pub removed: Vec<String>,
    /// The calls to a model, in their order.
    pub calls: Vec<Call>,
}

/// How an execution ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "ended", rename_all = "kebab-case")]
pub enum Ended {
    /// It succeeded.
    #[default]
    Success,
    /// It failed.
    Failure {
        /// The kind.
        code: String,
        /// What happened.
        message: String,
    },
    /// It waits for the answers to these questions: each with its key.
    Asks {
        /// The questions.
        questions: Vec<(String, String)>,
    },
}

/// A call to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was sent: the texts of all messages.
    pub prompt: String,
    /// What was answered; none is an error.
    pub answer: Option<String>,
    /// Whether the case has no answer to it.
    pub is_unanswered: bool,
}

impl Came {
    /// What came of a run's step, once it is at rest.
    pub(crate) async fn of(
        outcome: RunOutcome,
        (step, scripted): (&StepPath, &Scripted),
        engine: &Engine,
        store: &dyn Store,
    ) -> Result<Self, EngineError> {
        let run = outcome.run;
        let mut came = Self {
            ended: ended(outcome, engine).await?,
            calls: calls(run, step, scripted, store).await?,
            ..Self::default()
        };
        let executions = store.executions(run, Gaps::Refuse).await?;
        let Some(execution) = executions.into_iter().find(|it| it.key.path == *step) else {
            return Ok(came);
        };
        for (name, digest) in execution.documents {
            came.documents.insert(name, text(&digest, store).await?);
        }
        for file in execution.files {
            match file.after {
                Some(digest) => {
                    let text = text(&digest, store).await?;
                    came.files.insert(file.path, text);
                }
                None => came.removed.push(file.path),
            }
        }
        came.removed.sort();
        Ok(came)
    }
}

async fn ended(outcome: RunOutcome, engine: &Engine) -> Result<Ended, EngineError> {
    if outcome.status == RunStatus::Success {
        return Ok(Ended::Success);
    }
    if let Some(problem) = outcome.problem {
        let (code, message) = (problem.code.to_string(), problem.message);
        return Ok(Ended::Failure { code, message });
    }
    let run = engine.run(outcome.run).await?;
    let mut questions = Vec::new();
    for question in run.questions {
        let answers = question.answers.iter().map(Option::is_some);
        let open = question.form.questions.iter().zip(answers);
        let open = open.filter(|(_, is_answered)| !is_answered);
        questions.extend(open.map(|(it, _)| (it.key.clone(), it.text.clone())));
    }
    Ok(Ended::Asks { questions })
}

/// The calls of a step, in the order in which it made them.
async fn calls(
    run: RunId,
    step: &StepPath,
    scripted: &Scripted,
    store: &dyn Store,
) -> Result<Vec<Call>, StoreError> {
    let scope = Scope {
        step: Some(step.clone()),
        ..Scope::of_run(run, Gaps::Refuse)
    };
    let mut records = store.calls(scope).await?;
    records.sort_by_key(|call| call.sequence);
    let mut calls = Vec::with_capacity(records.len());
    for record in records {
        calls.push(Call {
            is_unanswered: scripted.is_over_at(record.sequence),
            ..call(&record, store).await?
        });
    }
    Ok(calls)
}

async fn call(record: &CallRecord, store: &dyn Store) -> Result<Call, StoreError> {
    let request = text(&record.request, store).await?;
    let request: Option<ChatRequest> = serde_json::from_str(&request).ok();
    let messages = request.iter().flat_map(|request| &request.messages);
    let texts: Vec<String> = messages.map(|message| message.joined_text()).collect();
    let answer = match &record.response {
        Some(digest) => {
            let response = text(digest, store).await?;
            let response: Option<ChatResponse> = serde_json::from_str(&response).ok();
            response.map(|response| response.text)
        }
        None => None,
    };
    Ok(Call {
        prompt: texts.join("\n\n"),
        answer,
        is_unanswered: false,
    })
}

async fn text(digest: &Digest, store: &dyn Store) -> Result<String, StoreError> {
    let bytes = store.blob(digest).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
