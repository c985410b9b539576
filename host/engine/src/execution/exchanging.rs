//! Requests to servers: intent before, answer after, both durable before anybody relies on them (rule E7).
//!
//! Who sends them is handed to the engine; whether the step may is looked at here, at each request.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stepwell_contract::{
    Digest, Halt, Hosted, HttpAddress, HttpBounds, HttpError, HttpErrorKind, HttpHeader,
    HttpRequest, HttpResponse, ProblemCode, Whom, most,
};
use stepwell_definition::InDoubt;
use stepwell_store::{AnswerRoom, Change, MemoKey, MemoKind};

use super::calls::Calling;
use super::digesting::digest_of;
use super::memory::from_memo;
use super::services::Services;
use crate::state::{Lasts, lock, store_halt};
use crate::words::Event;

type Answer = Result<HttpResponse, HttpError>;

/// What is remembered of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kept {
    /// It was to be sent: what came of it isn't known.
    Sent(Asked),
    /// An answer came.
    Answered {
        #[serde(flatten)]
        asked: Asked,
        status: u16,
        /// Names with values, each byte of a value as a character of its own.
        headers: Vec<(String, String)>,
        body: Digest,
        bytes: u64,
    },
    /// None came.
    Failed {
        #[serde(flatten)]
        asked: Asked,
        error: HttpError,
    },
}

/// Who was asked, for whoever reads the records.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Asked {
    method: String,
    address: String,
}

impl Services {
    /// Sends a request, unless its answer is there.
    pub(super) async fn ask_server(&self, request: HttpRequest) -> Hosted<Answer> {
        let whom = Whom::Server;
        if self.run.first_asked.is_some() {
            return Err(Halt::WouldAsk { whom });
        }
        let (key, known) = {
            let mut memory = lock(&self.memory);
            // Equal ones that are under way at once have no order: either answer is one to it.
            let key = memory.next_key(question(&request));
            let known = memory.recall(&key);
            (key, known)
        };
        let known = known.map(|known| from_memo(&self.key, known)).transpose()?;
        let was_sent = match known {
            Some(Kept::Answered {
                status,
                headers,
                body,
                ..
            }) => {
                return Ok(Ok(HttpResponse {
                    status,
                    headers: headers.into_iter().map(header_of).collect(),
                    body: self.blob(&body).await?.into(),
                }));
            }
            Some(Kept::Failed { error, .. }) => return Ok(Err(error)),
            Some(Kept::Sent(_)) => true,
            None => false,
        };
        self.may_ask(whom)?;
        let address = self.run.house.http.address(&request.url);
        let mut asked = Asked {
            method: request.method.clone(),
            address: String::new(),
        };
        let granted = address.and_then(|address| {
            asked.address = address.to_string();
            self.may_ask_at(&address)
        });
        if let Err(error) = granted {
            return self.not_sent(key, asked, error);
        }
        if was_sent
            && !request.is_idempotent()
            && let Some(error) = self.doubted_request(&asked)?
        {
            return self.not_sent(key, asked, error);
        }
        self.send_request(key, asked, request).await
    }

    /// Says no where no line of the definition grants it.
    fn may_ask_at(&self, address: &HttpAddress) -> Result<(), HttpError> {
        let denied = |message: String| Err(HttpError::new(HttpErrorKind::Denied, message));
        if self.run.comparison.is_some() {
            // It would be sent again for each variant and each repeat.
            return denied("in a comparison no HTTP request is sent".to_owned());
        }
        let granted = &self.grants().http;
        if granted.iter().any(|grant| grant.covers(address)) {
            return Ok(());
        }
        let lines = granted.iter().map(ToString::to_string);
        let lines: Vec<_> = lines.chain([address.to_string()]).collect();
        let line = format!("grants.http = {}", json!(lines));
        denied(format!(
            "the step isn't granted to ask `{address}`; {}",
            self.grant_line(&line)
        ))
    }

    /// What is answered instead of a request that an earlier process left, where it is not to be sent again.
    fn doubted_request(&self, asked: &Asked) -> Hosted<Option<HttpError>> {
        let Asked { method, address } = asked;
        match self.run.in_doubt_policy() {
            InDoubt::Resend => Ok(None),
            InDoubt::Ask => Err(Halt::InDoubt {
                reason: format!(
                    "a request `{method}` of {} to `{address}` was sent before the run was interrupted, and may have done its work",
                    self.name()
                ),
            }),
            InDoubt::Fail => Ok(Some(HttpError::new(
                HttpErrorKind::Other(ProblemCode::InDoubt.as_str().into()),
                "the request was sent before the run was interrupted, and may have done its work; \
                 `in_doubt = \"fail\"` in stepwell.toml forbids to send it again",
            ))),
        }
    }

    /// Remembers, within this attempt, that a request wasn't sent (rule E10).
    fn not_sent(&self, key: MemoKey, asked: Asked, error: HttpError) -> Hosted<Answer> {
        let mut memory = lock(&self.memory);
        let event = self.event(failed(&asked, &error));
        let kept = Kept::Failed {
            asked,
            error: error.clone(),
        };
        let now = self.run.house.now();
        let memo = memory.remember(key, MemoKind::Exchange, written(&kept)?, true, now);
        memory.later(Change::Memo(memo));
        memory.later(event);
        Ok(Err(error))
    }

    async fn send_request(
        &self,
        key: MemoKey,
        asked: Asked,
        request: HttpRequest,
    ) -> Hosted<Answer> {
        // Whoever has no room left asks nobody.
        self.charge_look(0)?;
        let _calling = Calling::one(&self.run.calling);
        let limits = &self.planned().limits;
        let bounds = HttpBounds {
            body: limits.http_body,
            time: limits.http_time,
        };
        let house = &self.run.house;
        let most = bounds.body.saturating_add(most::HEADERS as u64);
        let room = house.store.make_room(most).await.map_err(store_halt)?;
        let intent = self.memo(key, &Kept::Sent(asked.clone()), Lasts::Always)?;
        self.commit(vec![intent]).await?;

        let sent_at = house.now();
        let answer = house.http.exchange(request, bounds).await;
        let took = house.now().duration_since(sent_at).as_millis();
        let took = u64::try_from(took).unwrap_or_default();
        match answer {
            Ok(response) => {
                let bytes = response.body.len() as u64;
                let body = Bytes::from(response.body.clone());
                let kept = Kept::Answered {
                    asked: asked.clone(),
                    status: response.status,
                    headers: response.headers.iter().map(text_of).collect(),
                    body: Digest::of(&body),
                    bytes,
                };
                let memo = self.memo(key, &kept, Lasts::Always)?;
                let event = self.event(Event::ServerAnswered {
                    method: asked.method,
                    address: asked.address,
                    status: response.status,
                    bytes,
                    duration_ms: took,
                });
                let changes = vec![Change::Blob(body), memo, event];
                self.keep_what_came(Some(room), changes).await?;
                self.charge_look(bytes)?;
                Ok(Ok(response))
            }
            Err(error) => {
                let event = self.event(failed(&asked, &error));
                let kept = Kept::Failed {
                    asked,
                    error: error.clone(),
                };
                let memo = self.memo(key, &kept, Lasts::ThisAttempt)?;
                self.keep_what_came(Some(room), vec![memo, event]).await?;
                Ok(Err(error))
            }
        }
    }

    fn memo(&self, key: MemoKey, kept: &Kept, lasts: Lasts) -> Hosted<Change> {
        let passes = lasts == Lasts::ThisAttempt;
        let (value, now) = (written(kept)?, self.run.house.now());
        let mut memory = lock(&self.memory);
        let memo = memory.remember(key, MemoKind::Exchange, value, passes, now);
        Ok(Change::Memo(memo))
    }

    /// Commits what came from outside. Where the store doesn't take it, it waits in its room until it does: an answer that is there
    /// isn't lost.
    pub(super) async fn keep_what_came(
        &self,
        room: Option<AnswerRoom>,
        changes: Vec<Change>,
    ) -> Hosted<()> {
        let mut all = lock(&self.memory).take_unsaved();
        all.extend(changes);
        let store = &self.run.house.store;
        let room = room.filter(AnswerRoom::is_on_disk);
        let (refused, room) = match (store.commit(all.clone()).await, room) {
            (Ok(_), _) => return Ok(()),
            (Err(error), None) => return Err(store_halt(error)),
            (Err(error), Some(room)) => (error, room),
        };
        if let Err(error) = room.keep(&all).await {
            tracing::warn!(%error, "an answer that came can't be kept");
            return Err(store_halt(refused));
        }
        // It takes less than the room that was made for it: what is left may be what the store lacks.
        let Err(refused) = store.take_in_answers().await else {
            return Ok(());
        };
        let kept = "the answer that came is kept beside it, and is not asked for again";
        Err(Halt::Store {
            reason: format!("{refused}; {kept}"),
        })
    }
}

/// What makes requests equal.
fn question(request: &HttpRequest) -> Digest {
    let HttpRequest {
        method,
        url,
        headers,
        body,
    } = request;
    digest_of(&json!({ "exchange": {
        "method": method,
        "url": url,
        "headers": headers,
        "body": Digest::of(body),
    }}))
}

fn written(kept: &Kept) -> Hosted<Value> {
    serde_json::to_value(kept).map_err(|error| Halt::Store {
        reason: error.to_string(),
    })
}

fn failed(asked: &Asked, error: &HttpError) -> Event {
    Event::ServerFailed {
        method: asked.method.clone(),
        address: asked.address.clone(),
        code: error.kind.code().to_owned(),
        message: error.message.clone(),
    }
}

fn text_of(header: &HttpHeader) -> (String, String) {
    let value = header.value.iter().copied().map(char::from);
    (header.name.clone(), value.collect())
}

fn header_of((name, value): (String, String)) -> HttpHeader {
    let bytes = value.chars().map(|it| u8::try_from(it).unwrap_or(b'?'));
    HttpHeader {
        name,
        value: bytes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_keeps_every_byte() {
        let header = HttpHeader {
            name: "x".into(),
            value: (0..=255).collect(),
        };
        assert_eq!(header_of(text_of(&header)), header);
    }

    #[test]
    fn what_is_remembered_reads_back() {
        let asked = Asked {
            method: "POST".into(),
            address: "http://a.b:1".into(),
        };
        for kept in [
            Kept::Sent(asked.clone()),
            Kept::Answered {
                asked: asked.clone(),
                status: 200,
                headers: vec![("a".into(), "b".into())],
                body: Digest::of(b"x"),
                bytes: 1,
            },
            Kept::Failed {
                asked,
                error: HttpError::new(HttpErrorKind::Timeout, "late"),
            },
        ] {
            let value = written(&kept).unwrap();
            let back: Kept = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(written(&back).unwrap(), value);
        }
    }
}
