//! The service as a component in a sandbox, under limits of time, memory and depth.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stepwell_contract::{
    AttemptEnd, ComponentBytes, Digest, Environment, Filling, Grants, GuestAnswer, GuestCall, Held,
    HeldAgainst, Limit, Limits, Misfits, PatternError, SchemaError, StepRunner, TemplateError,
    TextBound, TextService, TextServiceFailed, VariableUse,
};

use crate::apart::Request;

/// How long one template, schema or search may compute. A large one takes milliseconds.
const CPU: Duration = Duration::from_secs(2);
/// How long it may take by the clock, beside others that compute.
const WALL: Duration = Duration::from_secs(30);
/// The bytes of memory that it may have, whatever is handed in: the largest template that computes little fits.
const MEMORY: u64 = 64 << 20;
/// The bytes for each byte handed in: a text is there as it came, as a value, in the text that is filled, and in the answer.
const MEMORY_FOR_EACH: u64 = 8;

/// How many things are asked about at once: of what is right, so many take a small part of what one may.
const AT_ONCE: usize = 64;

/// The service in a sandbox: each call has a fresh instance, that knows nothing of those before it.
pub struct Sandboxed {
    runner: Arc<dyn StepRunner>,
    digest: Digest,
    component: Box<ComponentBytes<'static>>,
}

impl Sandboxed {
    /// The service as the component with this digest, which the crate `stepwell-texts-guest` is built as, in the sandbox
    /// `runner`. It is loaded when it is first used: where there is no compiled code of it that takes seconds.
    #[must_use]
    pub fn new(
        runner: Arc<dyn StepRunner>,
        digest: Digest,
        component: impl Fn() -> io::Result<Arc<[u8]>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            runner,
            digest,
            component: Box::new(component),
        }
    }

    /// Sees to it that the component is loaded.
    async fn hold(&self) -> Result<Held, TextServiceFailed> {
        loop {
            if let Some(held) = self.runner.hold(&self.digest) {
                return Ok(held);
            }
            let loaded = self.runner.load_known(self.digest, &*self.component).await;
            loaded.map_err(|error| failed(&error))?;
        }
    }

    /// What the component says to a request.
    async fn ask<T: DeserializeOwned>(
        &self,
        request: serde_json::Result<Request>,
    ) -> Result<T, Unanswered> {
        let request = request.map_err(|error| failed(&error))?;
        let handed_in = u64::try_from(request.bytes()).unwrap_or(u64::MAX);
        let memory = handed_in
            .saturating_mul(MEMORY_FOR_EACH)
            .saturating_add(MEMORY);
        let _held = self.hold().await?;
        let call = GuestCall::ProcessResponse {
            inputs: request.inputs,
            response: request.operation,
        };
        let report = self
            .runner
            .call(&self.digest, call, environment(memory))
            .await;
        let documents = match report.outcome {
            Ok(GuestAnswer::Documents(documents)) => documents,
            Ok(GuestAnswer::Prompt(_)) => Vec::new(),
            Err(AttemptEnd::Limit {
                limit: Limit::Memory,
                ..
            }) => return Err(Unanswered::Bound(TextBound::Memory(memory))),
            Err(AttemptEnd::Limit {
                limit: Limit::Cpu, ..
            }) => return Err(Unanswered::Bound(TextBound::Time(CPU))),
            // Whoever wrote the template can't help it: others took the processors.
            Err(AttemptEnd::Limit {
                limit: Limit::Wall, ..
            }) => return Err(failed(&"the machine is too busy for it").into()),
            Err(AttemptEnd::Trap { too_deep: true, .. }) => {
                return Err(Unanswered::Bound(TextBound::Depth));
            }
            Err(other) => return Err(failed(&other).into()),
        };
        let answer = documents.first().map_or("", |document| &document.value);
        Ok(serde_json::from_str(answer).map_err(|error| failed(&error))?)
    }

    /// What the component says to each part of a request.
    async fn each<Part, T, E>(
        &self,
        parts: &[Part],
        request: impl Fn(&[Part]) -> serde_json::Result<Request>,
    ) -> Result<Vec<Result<T, E>>, TextServiceFailed>
    where
        T: DeserializeOwned,
        E: DeserializeOwned + From<TextBound>,
    {
        let mut found = Vec::with_capacity(parts.len());
        for some in parts.chunks(AT_ONCE) {
            match self.ask::<Vec<_>>(request(some)).await {
                Ok(of_some) => {
                    found.extend(of_some);
                    continue;
                }
                Err(Unanswered::Failed(failed)) => return Err(failed),
                Err(Unanswered::Bound(_)) => {}
            }
            // One of them is to blame, and it is not to be laid to the others.
            for part in some {
                match self
                    .ask::<Vec<_>>(request(std::slice::from_ref(part)))
                    .await
                {
                    Ok(one) => found.extend(one),
                    Err(Unanswered::Failed(failed)) => return Err(failed),
                    Err(Unanswered::Bound(bound)) => found.push(Err(bound.into())),
                }
            }
        }
        Ok(found)
    }
}

/// Why the component gave no answer.
enum Unanswered {
    Bound(TextBound),
    Failed(TextServiceFailed),
}

impl From<TextServiceFailed> for Unanswered {
    fn from(failed: TextServiceFailed) -> Self {
        Self::Failed(failed)
    }
}

impl From<Unanswered> for TemplateError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Bound(bound) => Self::Bound(bound),
            Unanswered::Failed(failed) => Self::Failed(failed),
        }
    }
}

impl std::fmt::Debug for Sandboxed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandboxed")
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

fn failed(error: &dyn std::fmt::Display) -> TextServiceFailed {
    TextServiceFailed {
        reason: error.to_string(),
    }
}

/// Bounds, and surroundings that are always the same: what comes of a template depends on nothing else.
fn environment(memory: u64) -> Environment {
    Environment {
        limits: Limits {
            cpu: CPU,
            wall: WALL,
            memory,
            attempts: 1,
            host_calls: 0,
            // Bounded by the memory that it comes from.
            transfer: u64::from(u32::MAX),
            document: u64::from(u32::MAX),
            log: 1 << 12,
            ..Limits::default()
        },
        grants: Grants::default(),
        started_at: Timestamp::UNIX_EPOCH,
        seed: [0; 32],
        step: "texts".into(),
        copy: None,
        folders: Vec::new(),
    }
}

#[async_trait]
impl TextService for Sandboxed {
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError> {
        self.ask(Request::read_template(template)).await?
    }

    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError> {
        self.ask(Request::fill_template(&filling)).await?
    }

    async fn check_schemas(
        &self,
        schemas: &[&Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        self.each(schemas, Request::check_schemas).await
    }

    async fn check_values(
        &self,
        values: &[HeldAgainst<'_>],
        most: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        let request = |values: &[_]| Request::check_values(values, most);
        self.each(values, request).await
    }

    async fn check_patterns(
        &self,
        patterns: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        self.each(patterns, Request::check_patterns).await
    }

    async fn search(
        &self,
        pattern: &str,
        text: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed> {
        match self.ask(Request::search(pattern, text)).await {
            Ok(found) => Ok(found),
            Err(Unanswered::Failed(failed)) => Err(failed),
            Err(Unanswered::Bound(bound)) => Ok(Err(bound.into())),
        }
    }
}
