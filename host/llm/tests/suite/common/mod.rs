//! A provider made of scripted bytes, and an observer that remembers everything.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file is a crate of its own and uses a part of it; a test may panic"
)]

pub mod formats;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use stepwell_contract::*;
use stepwell_llm::AttemptReport;
use stepwell_llm::*;
use stepwell_texts::InProcess;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const KEY: &str = "sk-very-secret-key-0123456789";

/// What the server does on one connection, in order; then it closes it.
#[derive(Clone)]
pub enum Act {
    Send(Vec<u8>),
    /// Sends nothing more and keeps the connection open.
    Hang,
    /// Sends nothing for so long.
    Rest(std::time::Duration),
    /// Resets the connection.
    Reset,
    /// Sends this again and again, for as long as anybody takes it.
    Beat(Vec<u8>),
}

/// A server that plays one script for each request, and the last one again and again.
pub struct Server {
    pub url: String,
    pub requests: Arc<Mutex<Vec<Request>>>,
}

pub struct Request {
    pub head: String,
    pub body: Value,
}

impl Server {
    pub async fn start(scripts: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let script = scripts[number.min(scripts.len() - 1)].clone();
                let seen = Arc::clone(&seen);
                tokio::spawn(play(stream, script, seen));
            }
        });
        Self { url, requests }
    }

    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

async fn play(mut stream: TcpStream, script: Vec<Act>, seen: Arc<Mutex<Vec<Request>>>) {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        if count == 0 {
            return;
        }
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes.drain(..end + 4).collect()).unwrap();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0_usize);
            break (head, length);
        }
    };
    while bytes.len() < length {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..count]);
    }
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    seen.lock().unwrap().push(Request { head, body });
    stream.set_nodelay(true).unwrap();
    for act in script {
        match act {
            // The client may have gone away, as it does after `[DONE]`.
            Act::Send(bytes) => drop(stream.write_all(&bytes).await),
            Act::Hang => std::future::pending().await,
            Act::Rest(so_long) => tokio::time::sleep(so_long).await,
            Act::Reset => {
                // What was sent is read first, or it would be thrown away with the connection.
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Beat(bytes) => {
                while stream.write_all(&bytes).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

pub fn head(status: u16, headers: &str) -> Act {
    Act::Send(format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}\r\n").into_bytes())
}

pub fn error(status: u16, headers: &str, body: &str) -> Vec<Act> {
    vec![head(status, headers), Act::Send(body.as_bytes().to_vec())]
}

pub fn event(data: impl std::fmt::Display) -> Act {
    Act::Send(format!("data: {data}\n\n").into_bytes())
}

pub fn delta(text: &str) -> Act {
    event(json!({ "model": "gpt-x", "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

/// The beginning of a streamed answer.
pub fn stream(acts: Vec<Act>) -> Vec<Act> {
    let mut script = vec![head(
        200,
        "content-type: text/event-stream\r\nx-request-id: r1\r\n",
    )];
    script.extend(acts);
    script
}

/// A whole streamed answer with this text, 10 input and 5 output tokens.
pub fn answer(text: &str) -> Vec<Act> {
    let mut acts: Vec<Act> = text.split_inclusive(' ').map(delta).collect();
    acts.push(event(
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }),
    ));
    acts.push(event(
        json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 5 } }),
    ));
    acts.push(event("[DONE]"));
    stream(acts)
}

pub fn settings(url: &str) -> ModelsSettings {
    let provider = ProviderSettings {
        key_variable: Some("THE_KEY".into()),
        stall_timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(60),
        retries: 2,
        concurrency: 4,
        ..ProviderSettings::new(ProviderKind::OpenaiChat, url)
    };
    let model = ModelSettings {
        prices: Some(Pricing::Given(
            Rates::of(Money(1_000_000), Money(2_000_000)).into(),
        )),
        max_output_tokens: Some(100),
        ..ModelSettings::new("local", "gpt-x")
    };
    ModelsSettings {
        providers: [("local".to_owned(), provider)].into(),
        models: [("writer".to_owned(), model)].into(),
        default_model: Some("writer".into()),
    }
}

pub fn models_with(settings: ModelsSettings) -> Models {
    let keys: Keys = [("THE_KEY", KEY)].into_iter().collect();
    Models::live(settings, keys)
        .unwrap()
        .with_patience(Patience {
            first: Duration::from_millis(1),
            ..Patience::default()
        })
}

pub fn ask(text: &str) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, text)],
        ..ChatRequest::default()
    }
}

pub fn origin(step: &str, sequence: u32) -> Origin {
    Origin {
        step: step.parse().unwrap(),
        items: Vec::new(),
        rounds: vec![1],
        sequence,
        occurrence: 0,
    }
}

/// Asks the default model, without a budget.
pub async fn complete(
    models: &Models,
    request: &ChatRequest,
    observer: &Observer,
) -> Result<ChatResponse, CallFailure> {
    complete_at(models, request, origin("requirement", 0), &[], observer).await
}

pub async fn complete_at(
    models: &Models,
    request: &ChatRequest,
    origin: Origin,
    budgets: &[Arc<Ledger>],
    observer: &Observer,
) -> Result<ChatResponse, CallFailure> {
    complete_with(&InProcess, models, request, origin, budgets, observer).await
}

/// The same, where this works on templates and JSON Schemas.
pub async fn complete_with(
    texts: &dyn TextService,
    models: &Models,
    request: &ChatRequest,
    origin: Origin,
    budgets: &[Arc<Ledger>],
    observer: &Observer,
) -> Result<ChatResponse, CallFailure> {
    let model = models.resolve(None).unwrap();
    let fallback = model.fallback.iter();
    let fallback = fallback.map(|name| models.resolve(Some(name)).unwrap());
    let fallback: Vec<_> = fallback.collect();
    let call = Call {
        inference: stepwell_contract::Inference::default(),
        repeats: None,
        not_before: None,
        model: &model,
        fallback: &fallback,
        asker: Asker(1),
        request,
        origin,
        batch: None,
        came: None,
        budgets,
        clock: &Clock::new(|| jiff::Timestamp::UNIX_EPOCH),
    };
    models.complete(call, texts, observer).await
}

/// The error of a call that must fail.
pub fn failed(result: Result<ChatResponse, CallFailure>) -> ChatError {
    match result {
        Err(CallFailure::Error(error)) => error,
        other => panic!("no error: {other:?}"),
    }
}

/// Remembers what it was told.
#[derive(Default)]
pub struct Observer {
    pub told: Mutex<Vec<String>>,
    pub reports: Mutex<Vec<AttemptReport>>,
    pub waits: Mutex<Vec<Duration>>,
    pub text: Mutex<String>,
    /// Halts before the first attempt, or after it.
    pub halt_before: bool,
    pub halt_after: bool,
}

#[async_trait]
impl CallObserver for Observer {
    async fn before_send(&self, attempt: &AttemptIntent) -> Result<(), Halt> {
        assert!(!attempt.sent.is_empty());
        self.tell(format!("before {}", attempt.number));
        if self.halt_before {
            Err(Halt::Stopped)
        } else {
            Ok(())
        }
    }
    fn restarted(&self) {
        self.text.lock().unwrap().clear();
        self.tell("restarted".into());
    }
    fn tokens(&self, text: &str) {
        self.text.lock().unwrap().push_str(text);
        let mut told = self.told.lock().unwrap();
        if told.last().is_none_or(|last| last != "tokens") {
            told.push("tokens".into());
        }
    }
    async fn after(&self, attempt: AttemptReport) -> Result<(), Halt> {
        let kind = attempt
            .error
            .as_ref()
            .map_or("ok", |error| error.kind.code())
            .to_owned();
        let again = if attempt.retries_in.is_some() {
            ", again"
        } else {
            ""
        };
        self.tell(format!("after {}: {kind}{again}", attempt.number));
        self.reports.lock().unwrap().push(attempt);
        if self.halt_after {
            Err(Halt::Stopped)
        } else {
            Ok(())
        }
    }
    async fn falls_back(&self, error: &ChatError, to: &ResolvedModel) -> Result<(), Halt> {
        self.tell(format!("{}: instead {}", error.kind.code(), to.name));
        Ok(())
    }
    async fn passes_over(&self, model: &ResolvedModel, why: &ChatError) -> Result<(), Halt> {
        self.tell(format!("passed over {}: {}", model.name, why.kind.code()));
        Ok(())
    }
    async fn stands_in(&self, model: &ResolvedModel) {
        self.tell(format!("answered by {}", model.name));
    }
    fn waiting(&self, time: Duration, _: &str) {
        self.waits.lock().unwrap().push(time);
        self.tell("waiting".into());
    }
    fn queued(&self, queued: Queued<'_>) {
        self.tell(format!(
            "queued at {} for {}",
            queued.provider, queued.limit
        ));
    }
}

impl Observer {
    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
    pub fn report(&self, index: usize) -> AttemptReport {
        self.reports.lock().unwrap()[index].clone()
    }
}
