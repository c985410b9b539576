//! A provider on loopback that takes batches, as OpenAI and as Anthropic have them, and counts what it is to be paid for.
//!
//! It is strict: what its models don't answer in a batch, such as a stream, it refuses as they do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// Nothing takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(60);

/// What becomes of a request in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered with `echo` and what it asks, and paid.
    Answered,
    /// It has an error that may pass.
    Errored,
    /// It has an error that stays.
    Refused,
    /// The batch ends before it is its turn.
    Expired,
    /// Nothing is said of it.
    Missing,
}

type Deciding = dyn Fn(&str, usize) -> Fate + Send + Sync;

/// A server that doesn't answer some of its requests.
#[derive(Debug, Clone)]
struct Mute {
    /// How the requests begin, such as `POST /v1/batches`.
    line: String,
    /// Whether it does what they ask all the same.
    does_it: bool,
}

struct Batch {
    id: String,
    is_anthropic: bool,
    metadata: Value,
    /// Each by what it is called, with its body.
    requests: Vec<(String, Value)>,
    /// The lines of its answers, once it ended.
    answers: Option<Vec<String>>,
    cancelled: bool,
}

#[derive(Default)]
struct Known {
    /// Every request to the server, by method and path.
    journal: Vec<String>,
    files: BTreeMap<String, String>,
    batches: Vec<Batch>,
    /// How often each text was asked, in a batch or not.
    asked: BTreeMap<String, usize>,
    /// How often each was answered, and is to be paid for.
    paid: BTreeMap<String, usize>,
    mute: Option<Mute>,
    held: bool,
}

struct State {
    known: Mutex<Known>,
    news: Condvar,
    deciding: Box<Deciding>,
    ended: AtomicBool,
}

/// The server. It ends when this is dropped.
pub struct Batching {
    port: u16,
    state: Arc<State>,
}

impl Batching {
    /// One that answers everything.
    #[must_use]
    pub fn echo() -> Self {
        Self::deciding(|_, _| Fate::Answered)
    }

    /// One that does with each request as `deciding` says: by its last message, and how often that was asked before.
    #[must_use]
    pub fn deciding(deciding: impl Fn(&str, usize) -> Fate + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            known: Mutex::default(),
            news: Condvar::new(),
            deciding: Box::new(deciding),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || {
                    // A client that goes away, killed for instance, is no failure of the provider.
                    let _ = stream.and_then(|stream| serve(stream, &state));
                });
            }
        });
        Self { port, state }
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Batches are worked on for as long as this isn't released.
    pub fn hold(&self) {
        self.state.known.lock().unwrap().held = true;
    }

    /// Batches end from now on.
    pub fn release(&self) {
        self.state.known.lock().unwrap().held = false;
    }

    /// Requests that begin so are received and not answered; what they ask is done all the same, or isn't.
    pub fn mute(&self, line: &str, does_it: bool) {
        let line = line.to_owned();
        self.state.known.lock().unwrap().mute = Some(Mute { line, does_it });
    }

    /// All requests are answered from now on.
    pub fn speak(&self) {
        self.state.known.lock().unwrap().mute = None;
    }

    /// Waits until so many requests have come that begin so; fails where they never do.
    pub fn wait_for(&self, line: &str, count: usize) {
        let known = self.state.known.lock().unwrap();
        let fewer = |known: &mut Known| {
            let came = known.journal.iter().filter(|came| came.starts_with(line));
            came.count() < count
        };
        let waited = self.state.news.wait_timeout_while(known, LONG, fewer);
        let (known, waited) = waited.unwrap();
        assert!(!waited.timed_out(), "{count} × {line}: {:?}", known.journal);
    }

    /// How many requests have come that begin so.
    #[must_use]
    pub fn count(&self, line: &str) -> usize {
        let known = self.state.known.lock().unwrap();
        known
            .journal
            .iter()
            .filter(|came| came.starts_with(line))
            .count()
    }

    /// How many requests each batch holds, in the order in which they came.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let known = self.state.known.lock().unwrap();
        known
            .batches
            .iter()
            .map(|batch| batch.requests.len())
            .collect()
    }

    /// How many batches were cancelled.
    #[must_use]
    pub fn cancelled(&self) -> usize {
        let known = self.state.known.lock().unwrap();
        known.batches.iter().filter(|batch| batch.cancelled).count()
    }

    /// How often each text was asked.
    #[must_use]
    pub fn asked(&self) -> BTreeMap<String, usize> {
        self.state.known.lock().unwrap().asked.clone()
    }

    /// How often each text was answered, and is to be paid for.
    #[must_use]
    pub fn paid(&self) -> BTreeMap<String, usize> {
        self.state.known.lock().unwrap().paid.clone()
    }
}

impl Drop for Batching {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let line = line
            .rsplit_once(' ')
            .map_or("", |(line, _)| line)
            .to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8(body).unwrap();
        let (status, told, is_mute) = {
            let mut known = state.known.lock().unwrap();
            known.journal.push(line.clone());
            let mute = known
                .mute
                .clone()
                .filter(|mute| line.starts_with(&mute.line));
            let (status, told) = match &mute {
                Some(mute) if !mute.does_it => (0, String::new()),
                _ => known.answer(&line, &body, &*state.deciding),
            };
            state.news.notify_all();
            (status, told, mute.is_some())
        };
        if is_mute {
            // The connection stays as it is, until the client goes away.
            let mut nothing = [0];
            let _ = reader.read(&mut nothing);
            return Ok(());
        }
        write!(
            writer,
            "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{told}",
            told.len()
        )?;
    }
}

fn refused(message: &str) -> (u16, String) {
    let error = json!({ "error": { "type": "invalid_request_error", "code": "invalid_request", "message": message } });
    (400, error.to_string())
}

impl Known {
    fn answer(&mut self, line: &str, body: &str, deciding: &Deciding) -> (u16, String) {
        let (method, address) = line.split_once(' ').unwrap();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("POST", ["v1", "files"]) => self.upload(body),
            ("POST", ["v1", "batches"]) => self.begin_of_file(body),
            ("POST", ["v1", "messages", "batches"]) => self.begin_of_messages(body),
            ("GET", ["v1", "batches"]) => self.list(false, query, deciding),
            ("GET", ["v1", "messages", "batches"]) => self.list(true, query, deciding),
            ("GET", ["v1", "batches", id] | ["v1", "messages", "batches", id]) => {
                self.look(id, deciding)
            }
            (
                "POST",
                ["v1", "batches", id, "cancel"] | ["v1", "messages", "batches", id, "cancel"],
            ) => self.cancel(id, deciding),
            ("GET", ["v1", "messages", "batches", id, "results"]) => self.lines(id, |_| true),
            ("GET", ["v1", "files", file, "content"]) => {
                let (id, is_errors) = match file.strip_prefix("errors-") {
                    Some(id) => (id, true),
                    None => (file.strip_prefix("output-").unwrap_or_default(), false),
                };
                self.lines(id, |line| line.contains("\"response\":null") == is_errors)
            }
            _ => (
                404,
                json!({ "error": { "message": "not found" } }).to_string(),
            ),
        }
    }

    fn upload(&mut self, body: &str) -> (u16, String) {
        let is_for_batches = body.contains("name=\"purpose\"\r\n\r\nbatch\r\n");
        let lines = body.split_once("content-type: application/jsonl\r\n\r\n");
        let lines = lines.and_then(|(_, rest)| rest.split_once("\r\n--"));
        let Some((lines, _)) = lines.filter(|_| is_for_batches) else {
            return refused("no file for a batch");
        };
        let id = format!("file-{}", self.files.len() + 1);
        self.files.insert(id.clone(), lines.to_owned());
        (
            200,
            json!({ "id": id, "object": "file", "purpose": "batch" }).to_string(),
        )
    }

    fn begin_of_file(&mut self, body: &str) -> (u16, String) {
        let asked: Value = serde_json::from_str(body).unwrap();
        let file = asked["input_file_id"].as_str().unwrap_or_default();
        let Some(lines) = self.files.get(file) else {
            return refused("no such file");
        };
        if asked["completion_window"] != "24h" {
            return refused("completion_window");
        }
        let mut requests = Vec::new();
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["method"] != "POST" || line["url"] != asked["endpoint"] {
                return refused("the url differs from the endpoint");
            }
            requests.push((
                line["custom_id"].as_str().unwrap().to_owned(),
                line["body"].clone(),
            ));
        }
        self.begin(false, asked["metadata"].clone(), requests)
    }

    fn begin_of_messages(&mut self, body: &str) -> (u16, String) {
        let asked: Value = serde_json::from_str(body).unwrap();
        let requests = asked["requests"].as_array().unwrap().iter();
        let requests = requests.map(|request| {
            let id = request["custom_id"].as_str().unwrap().to_owned();
            (id, request["params"].clone())
        });
        let requests = requests.collect();
        self.begin(true, Value::Null, requests)
    }

    fn begin(
        &mut self,
        is_anthropic: bool,
        metadata: Value,
        requests: Vec<(String, Value)>,
    ) -> (u16, String) {
        let mut names = BTreeSet::new();
        let mut models = BTreeSet::new();
        for (name, body) in &requests {
            let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
                return refused("custom_id");
            }
            if !names.insert(name) {
                return refused("custom_id is there twice");
            }
            if body.get("stream").is_some() || body.get("stream_options").is_some() {
                return refused("no streams in batches");
            }
            models.insert(body["model"].as_str().unwrap());
        }
        if requests.is_empty() || (!is_anthropic && models.len() > 1) {
            return refused("a batch is about one model");
        }
        for (_, body) in &requests {
            *self.asked.entry(text_of(body)).or_default() += 1;
        }
        let id = format!("batch_{}", self.batches.len() + 1);
        self.batches.push(Batch {
            id: id.clone(),
            is_anthropic,
            metadata,
            requests,
            answers: None,
            cancelled: false,
        });
        (200, self.told(&id))
    }

    fn told(&self, id: &str) -> String {
        let batch = self.batches.iter().find(|batch| batch.id == id).unwrap();
        batch.told().to_string()
    }

    fn list(&mut self, is_anthropic: bool, query: &str, deciding: &Deciding) -> (u16, String) {
        let all: Vec<String> = self.batches.iter().map(|batch| batch.id.clone()).collect();
        for id in all
            .iter()
            .filter(|_| !self.held)
            .cloned()
            .collect::<Vec<_>>()
        {
            self.end(&id, deciding);
        }
        let after = query.split('&').find_map(|part| {
            part.strip_prefix("after=")
                .or_else(|| part.strip_prefix("after_id="))
        });
        // Two on each page, so that pages are turned.
        let newest = self.batches.iter().rev();
        let mut rest = newest
            .filter(|batch| batch.is_anthropic == is_anthropic)
            .skip_while(|batch| after.is_some_and(|after| batch.id != after))
            .skip(usize::from(after.is_some()))
            .peekable();
        let page: Vec<Value> = rest.by_ref().take(2).map(Batch::told).collect();
        let last = page.last().map(|last| last["id"].clone());
        let told = json!({ "data": page, "last_id": last, "has_more": rest.peek().is_some() });
        (200, told.to_string())
    }

    fn look(&mut self, id: &str, deciding: &Deciding) -> (u16, String) {
        if !self.batches.iter().any(|batch| batch.id == id) {
            return (
                404,
                json!({ "error": { "message": "no such batch" } }).to_string(),
            );
        }
        if !self.held {
            self.end(id, deciding);
        }
        (200, self.told(id))
    }

    fn cancel(&mut self, id: &str, deciding: &Deciding) -> (u16, String) {
        if let Some(batch) = self.batches.iter_mut().find(|batch| batch.id == id) {
            batch.cancelled = true;
        }
        self.end(id, deciding);
        (200, self.told(id))
    }

    /// Answers a batch, the last request first.
    fn end(&mut self, id: &str, deciding: &Deciding) {
        let Self {
            batches,
            asked,
            paid,
            ..
        } = self;
        let batch = batches.iter_mut().find(|batch| batch.id == id).unwrap();
        if batch.answers.is_some() {
            return;
        }
        let mut lines = Vec::new();
        for (name, body) in batch.requests.iter().rev() {
            let text = text_of(body);
            let fate = match batch.cancelled {
                true => Fate::Expired,
                false => deciding(&text, asked[&text] - 1),
            };
            if fate == Fate::Answered {
                *paid.entry(text.clone()).or_default() += 1;
            }
            lines.extend(line_of(
                name,
                body,
                &text,
                fate,
                batch.is_anthropic,
                batch.cancelled,
            ));
        }
        batch.answers = Some(lines);
    }

    fn lines(&self, id: &str, fits: impl Fn(&str) -> bool) -> (u16, String) {
        let batch = self.batches.iter().find(|batch| batch.id == id);
        match batch.and_then(|batch| batch.answers.as_ref()) {
            Some(lines) => {
                let lines = lines.iter().filter(|line| fits(line));
                (200, lines.map(|line| format!("{line}\n")).collect())
            }
            None => (
                404,
                json!({ "error": { "message": "no such file" } }).to_string(),
            ),
        }
    }
}

impl Batch {
    fn told(&self) -> Value {
        let (all, has_ended) = (self.requests.len(), self.answers.is_some());
        let done = if has_ended { all } else { 0 };
        if self.is_anthropic {
            let counts = json!({ "processing": all - done, "succeeded": done, "errored": 0, "canceled": 0, "expired": 0 });
            return json!({
                "id": self.id, "type": "message_batch", "request_counts": counts,
                "processing_status": if has_ended { "ended" } else { "in_progress" },
                "created_at": "2099-01-01T00:00:00Z", "results_url": null,
            });
        }
        let status = match (has_ended, self.cancelled) {
            (false, _) => "in_progress",
            (true, true) => "cancelled",
            (true, false) => "completed",
        };
        json!({
            "id": self.id, "object": "batch", "status": status, "metadata": self.metadata,
            "created_at": 4_000_000_000_u64,
            "request_counts": { "total": all, "completed": done, "failed": 0 },
            "output_file_id": has_ended.then(|| format!("output-{}", self.id)),
            "error_file_id": has_ended.then(|| format!("errors-{}", self.id)),
        })
    }
}

/// The last message of a request, of any of the formats.
fn text_of(body: &Value) -> String {
    let all = body["messages"]
        .as_array()
        .or_else(|| body["input"].as_array());
    let last = all.and_then(|all| all.last()).cloned().unwrap_or_default();
    match &last["content"] {
        Value::String(text) => text.clone(),
        parts => parts[0]["text"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The line of a batch's answers about a request.
fn line_of(
    name: &str,
    body: &Value,
    asked: &str,
    fate: Fate,
    is_anthropic: bool,
    cancelled: bool,
) -> Option<String> {
    let text = format!("echo {asked}");
    let words = text.split_whitespace().count();
    if is_anthropic {
        let error = |kind: &str| json!({ "type": "errored", "error": { "type": "error", "error": { "type": kind, "message": "it failed" } } });
        let result = match fate {
            Fate::Answered => json!({ "type": "succeeded", "message": {
                "id": "msg", "type": "message", "role": "assistant", "model": body["model"],
                "content": [{ "type": "text", "text": text }], "stop_reason": "end_turn", "stop_sequence": null,
                "usage": { "input_tokens": 10, "output_tokens": words, "service_tier": "batch" },
            } }),
            Fate::Errored => error("overloaded_error"),
            Fate::Refused => error("invalid_request_error"),
            Fate::Expired if cancelled => json!({ "type": "canceled" }),
            Fate::Expired => json!({ "type": "expired" }),
            Fate::Missing => return None,
        };
        return Some(json!({ "custom_id": name, "result": result }).to_string());
    }
    let of_responses = body.get("input").is_some();
    let answer = match of_responses {
        true => json!({
            "id": "answer", "object": "response", "status": "completed", "model": body["model"],
            "output": [{ "type": "message", "id": "m", "role": "assistant", "status": "completed",
                "content": [{ "type": "output_text", "text": text, "annotations": [] }] }],
            "usage": { "input_tokens": 10, "output_tokens": words, "total_tokens": words + 10 },
        }),
        false => json!({
            "id": "answer", "object": "chat.completion", "model": body["model"],
            "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 10, "completion_tokens": words, "total_tokens": words + 10 },
        }),
    };
    let (status, body) = match fate {
        Fate::Answered => (200, answer),
        Fate::Errored => (
            503,
            json!({ "error": { "type": "server_error", "message": "it failed" } }),
        ),
        Fate::Refused => (
            400,
            json!({ "error": { "type": "invalid_request_error", "message": "it failed" } }),
        ),
        Fate::Missing => return None,
        Fate::Expired => {
            let code = if cancelled {
                "batch_cancelled"
            } else {
                "batch_expired"
            };
            let error = json!({ "code": code, "message": "it was not answered" });
            let line = json!({ "id": "line", "custom_id": name, "response": null, "error": error });
            return Some(line.to_string());
        }
    };
    let response = json!({ "status_code": status, "request_id": "request", "body": body });
    let line = json!({ "id": "line", "custom_id": name, "response": response, "error": null });
    Some(line.to_string())
}
