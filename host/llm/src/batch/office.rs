//! A provider's batches: sent, looked at, fetched, looked for, cancelled. One request for each, and no second attempt.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use stepwell_contract::{ChatError, ChatErrorKind, Clock, ProviderKind};
use tokio::sync::mpsc;

use super::answer::BatchAnswer;
use super::fetched;
use super::found::{BatchEnd, BatchFound, BatchLook, Listed, Page};
use super::{BatchRequest, anthropic, id_of, name_in_path, openai, request_of};
use crate::provider::Provider;
use crate::saying;
use crate::transport::request;
use crate::whole::{Lines, whole};
use crate::wire::{Paid, Problem, excerpt};

/// The path of batches, below the provider's.
const BATCHES: &str = "batches";
const MESSAGE_BATCHES: &str = "messages/batches";

/// Of a list of more pages it isn't known what it has.
const MOST_PAGES: usize = 20;

/// Clocks may differ by so much.
const CLOCKS: i64 = 24 * 60 * 60;

/// Why a provider's batches can't be had.
#[derive(Debug, Clone)]
pub struct BatchProblem {
    /// What a person is told.
    pub error: ChatError,
    /// Whether asking again may succeed.
    pub may_pass: bool,
    /// Whether the provider has certainly taken nothing of what was sent.
    pub is_refused: bool,
    /// What each of the requests is told, where they were refused together.
    problem: Problem,
}

impl BatchProblem {
    /// What came for each of the requests, where none of them was taken.
    #[must_use]
    pub fn answer(&self) -> BatchAnswer {
        BatchAnswer::none(&self.problem.clone().unpaid())
    }
}

/// The batches of one provider.
#[derive(Clone, Copy)]
pub struct BatchOffice<'m> {
    provider: &'m Provider,
    clock: &'m Clock,
}

impl<'m> BatchOffice<'m> {
    pub(crate) fn of(provider: &'m Provider, clock: &'m Clock) -> Self {
        Self { provider, clock }
    }

    /// The first pause between two looks at a batch.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.provider.settings.batch_pause
    }

    fn is_anthropic(self) -> bool {
        self.provider.settings.kind == ProviderKind::AnthropicMessages
    }

    fn batches(self) -> &'static str {
        match self.is_anthropic() {
            true => MESSAGE_BATCHES,
            false => BATCHES,
        }
    }

    /// Uploads the requests, where the provider takes them as a file: the file's id. Nothing is worked on yet.
    ///
    /// # Errors
    /// [`BatchProblem`]; nothing was sent that costs anything.
    pub async fn upload(
        self,
        batch: u128,
        requests: &[BatchRequest],
    ) -> Result<Option<String>, BatchProblem> {
        if self.is_anthropic() {
            return Ok(None);
        }
        let body = openai::upload(batch, self.provider.format.path(), requests);
        let sent = Some((openai::UPLOAD_TYPE, body));
        let told = self.ask(Method::POST, "files", &[], sent).await;
        let id = told.and_then(|told| self.id(&told));
        let unpaid = |problem: Problem| self.told(problem.unpaid(), "files");
        id.map(Some).map_err(unpaid)
    }

    /// Sends a batch: what the provider calls it. From then on it costs something.
    ///
    /// # Errors
    /// [`BatchProblem`], which says whether it may have been taken all the same.
    pub async fn send(
        self,
        batch: u128,
        file: Option<&str>,
        requests: &[BatchRequest],
    ) -> Result<String, BatchProblem> {
        let body = match file {
            Some(file) => openai::batch(batch, self.provider.format.path(), file),
            None => anthropic::batch(batch, requests),
        };
        let sent = Some(("application/json", body));
        let told = self.ask(Method::POST, self.batches(), &[], sent).await;
        let id = told.and_then(|told| self.id(&told));
        id.map_err(|problem| self.told(problem, self.batches()))
    }

    /// Looks where a batch is.
    ///
    /// # Errors
    /// [`BatchProblem`]
    pub async fn look(self, at_provider: &str) -> Result<BatchLook, BatchProblem> {
        let looked = async {
            let path = format!("{}/{}", self.batches(), name_in_path(at_provider)?);
            let told = self.ask(Method::GET, &path, &[], None).await?;
            match self.is_anthropic() {
                true => anthropic::look(&told, at_provider),
                false => openai::look(&told),
            }
        };
        looked
            .await
            .map_err(|problem| self.told(problem, self.batches()))
    }

    /// Fetches the answers of a batch that ended, and hands each on as it comes, in whatever order. Gives what is to be said of a
    /// request that none came for.
    ///
    /// # Errors
    /// [`BatchProblem`]; some may have been handed on already.
    pub async fn fetch(
        self,
        batch: u128,
        end: &BatchEnd,
        to: &mpsc::Sender<(u32, BatchAnswer)>,
    ) -> Result<BatchAnswer, BatchProblem> {
        let kind = self.provider.settings.kind;
        for path in &end.paths {
            let told = |problem| self.told(problem, path);
            let mut lines = self.lines(path).await.map_err(told)?;
            while let Some(line) = lines.next().await.map_err(told)? {
                if let Some(answer) = fetched::read(kind, batch, &line.into()) {
                    // Where nobody wants it, nobody is told.
                    let _ = to.send(answer).await;
                }
            }
        }
        Ok(BatchAnswer::none(&end.missing))
    }

    /// Looks for a batch of which nobody knows whether the provider took it, among those that it has since a moment.
    ///
    /// # Errors
    /// [`BatchProblem`]: it can't be found out, or not now.
    pub async fn find(
        self,
        batch: u128,
        requests: u32,
        since: Timestamp,
    ) -> Result<BatchFound, BatchProblem> {
        let found = self
            .found(batch, requests, since.as_second() - CLOCKS)
            .await;
        found.map_err(|problem| self.told(problem, self.batches()))
    }

    async fn found(self, batch: u128, requests: u32, since: i64) -> Result<BatchFound, Problem> {
        let mut query = vec![("limit", "100".to_owned())];
        let mut answer = BatchFound::NotThere;
        for _ in 0..MOST_PAGES {
            let told = self.ask(Method::GET, self.batches(), &query, None).await?;
            if !told.get("data").is_some_and(Value::is_array) {
                let shown = excerpt(&told.to_string());
                let message = format!("the answer is no list of batches: {shown}");
                return Err(Problem::lasting(ChatErrorKind::Network, message));
            }
            let Page { listed, next } = match self.is_anthropic() {
                true => anthropic::page(&told, requests, since),
                false => openai::page(&told, batch, since),
            };
            for listed in listed {
                match listed {
                    Listed::Same(id) => return Ok(BatchFound::There(id)),
                    Listed::MayBe(id) if self.is_of(&id, batch).await? => {
                        return Ok(BatchFound::There(id));
                    }
                    Listed::MayBeLater => answer = BatchFound::NotKnownYet,
                    Listed::MayBe(_) | Listed::Other => {}
                }
            }
            match next {
                Some(more) => {
                    query.truncate(1);
                    query.push(more);
                }
                None => return Ok(answer),
            }
        }
        let message = "the provider has more batches since then than are looked through: look there yourself, and write the call off where it has none";
        Err(Problem::lasting(ChatErrorKind::Network, message))
    }

    /// Whether the first answer of a batch is one of this one's.
    async fn is_of(self, at_provider: &str, batch: u128) -> Result<bool, Problem> {
        let path = format!("{}/{}/results", self.batches(), name_in_path(at_provider)?);
        let first = self.lines(&path).await?.next().await?;
        let first = first.and_then(|line| serde_json::from_slice::<Value>(&line).ok());
        let id = first
            .as_ref()
            .and_then(|line| line.get("custom_id")?.as_str());
        Ok(id.is_some_and(|id| request_of(batch, id).is_some()))
    }

    /// Tells the provider to give up what of a batch it hasn't answered yet.
    ///
    /// # Errors
    /// [`BatchProblem`]
    pub async fn cancel(self, at_provider: &str) -> Result<(), BatchProblem> {
        let cancelled = async {
            let path = format!("{}/{}/cancel", self.batches(), name_in_path(at_provider)?);
            let sent = Some(("application/json", Bytes::from_static(b"{}")));
            self.ask(Method::POST, &path, &[], sent).await.map(drop)
        };
        cancelled
            .await
            .map_err(|problem| self.told(problem, self.batches()))
    }

    fn id(self, told: &Value) -> Result<String, Problem> {
        id_of(told).ok_or_else(|| {
            let shown = excerpt(&told.to_string());
            Problem::passing(
                ChatErrorKind::Network,
                format!("the answer names no id: {shown}"),
            )
        })
    }

    async fn ask(
        self,
        method: Method,
        path: &str,
        query: &[(&'static str, String)],
        sent: Option<(&'static str, Bytes)>,
    ) -> Result<Value, Problem> {
        let mut access = self.provider.access().map_err(refused)?;
        let more = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        access.query.extend(more);
        let mut asked = request(self.provider, method, path, &access, self.clock)?;
        if let Some((kind, body)) = sent {
            asked = asked.header(CONTENT_TYPE, kind).body(body);
        }
        let body = whole(self.provider, asked, "the answer").await?;
        serde_json::from_slice(&body).map_err(|error| {
            let shown = excerpt(&String::from_utf8_lossy(&body));
            let message = format!("the answer is no JSON ({error}): {shown}");
            Problem::passing(ChatErrorKind::Network, message)
        })
    }

    /// A file of lines.
    async fn lines(self, path: &str) -> Result<Lines<'m>, Problem> {
        let access = self.provider.access().map_err(refused)?;
        let asked = request(self.provider, Method::GET, path, &access, self.clock)?;
        Lines::of(self.provider, asked, "the answers").await
    }

    fn told(self, mut problem: Problem, path: &str) -> BatchProblem {
        BatchProblem {
            error: saying::told(&mut problem, self.provider, path),
            may_pass: problem.may_pass,
            is_refused: problem.paid == Paid::No,
            problem,
        }
    }
}

/// A key that is missing, or another thing for which nothing is sent.
fn refused(error: ChatError) -> Problem {
    Problem::lasting(error.kind, error.message).unpaid()
}
