//! A provider of models on loopback: OpenAI's chat completions, streamed, with a journal of what was asked.
//!
//! It runs on plain threads, so that it answers whatever the test's own runtime does.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method and the path, such as `POST /v1/chat/completions`.
    pub line: String,
    /// The text of the last message.
    pub asked: String,
    /// The whole body.
    pub body: Value,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether the answer was written to its end.
    pub answered: bool,
}

/// What to answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This text, streamed in pieces, with usage at the end.
    Text(String),
    /// This text, streamed at once; that it was all of it is said once whoever waits at the barrier lets it.
    Unended(String, Arc<Barrier>),
    /// This status, these headers and this body.
    Status(u16, Vec<(String, String)>, String),
    /// These bytes after the head of a stream, and then the connection is cut.
    Cut(String),
    /// These events of a stream, as they are.
    Events(String),
    /// Nothing: the request is received, and the connection stays open until the server ends.
    Silence,
}

type Answering = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// Nothing takes so long, unless it never comes.
const LONG: Duration = Duration::from_secs(60);

struct State {
    journal: Mutex<Vec<Received>>,
    arrived: Condvar,
    open: Mutex<bool>,
    opened: Condvar,
    delay: Mutex<Duration>,
    answering: Box<Answering>,
    /// Answers that come before those of `answering`.
    next: Mutex<VecDeque<Reply>>,
    ended: AtomicBool,
}

/// The server. It ends when this is dropped.
pub struct Provider {
    port: u16,
    state: Arc<State>,
}

impl Provider {
    /// A provider that answers `echo` and the text of the last message.
    #[must_use]
    pub fn echo() -> Self {
        Self::start(|_, received| Reply::Text(format!("echo {}", received.asked)))
    }

    /// A provider that gives these answers in their order, and echoes afterwards.
    #[must_use]
    pub fn scripted(replies: Vec<Reply>) -> Self {
        Self::start(move |index, received| {
            replies
                .get(index)
                .cloned()
                .unwrap_or_else(|| Reply::Text(format!("echo {}", received.asked)))
        })
    }

    /// A provider that answers as `answering` says: the number of the request, from 0, and the request.
    #[must_use]
    pub fn start(answering: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            journal: Mutex::default(),
            arrived: Condvar::new(),
            open: Mutex::new(true),
            opened: Condvar::new(),
            delay: Mutex::default(),
            answering: Box::new(answering),
            next: Mutex::default(),
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

    /// The next requests get these answers instead.
    pub fn answer_next(&self, answers: &[&str]) {
        self.reply_next(
            answers
                .iter()
                .map(|answer| Reply::Text((*answer).to_owned())),
        );
    }

    /// The next requests get these replies instead.
    pub fn reply_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state.next.lock().unwrap().extend(replies);
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Every request so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.journal.lock().unwrap().clone()
    }

    /// The text of the last message of every request so far.
    #[must_use]
    pub fn journal(&self) -> Vec<String> {
        self.received()
            .into_iter()
            .map(|received| received.asked)
            .collect()
    }

    /// Requests from now on are received and not answered.
    pub fn hold(&self) {
        *self.state.open.lock().unwrap() = false;
    }

    /// What was held back is answered.
    pub fn release(&self) {
        *self.state.open.lock().unwrap() = true;
        self.state.opened.notify_all();
    }

    /// Every answer from now on takes this long.
    pub fn slow_down(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    /// Waits until so many requests have come; fails where they never do.
    pub fn wait_for_requests(&self, count: usize) {
        self.arrival(count)();
    }

    /// As [`Provider::wait_for_requests`], on another thread.
    pub fn arrival(&self, count: usize) -> impl FnOnce() + Send + use<> {
        let state = Arc::clone(&self.state);
        move || {
            let journal = state.journal.lock().unwrap();
            let fewer = |journal: &mut Vec<Received>| journal.len() < count;
            let (journal, waited) = state
                .arrived
                .wait_timeout_while(journal, LONG, fewer)
                .unwrap();
            assert!(!waited.timed_out(), "{count} requests, got {journal:?}");
        }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        self.release();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    // A head that waits for its acknowledgement would hold each body back for 40 ms.
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
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let received = Received {
            line,
            asked: last_text(&body),
            body,
            headers,
            answered: false,
        };
        let index = {
            let mut journal = state.journal.lock().unwrap();
            journal.push(received.clone());
            state.arrived.notify_all();
            journal.len() - 1
        };
        std::thread::sleep(*state.delay.lock().unwrap());
        let open = state.open.lock().unwrap();
        drop(state.opened.wait_while(open, |open| !*open).unwrap());
        let next = state.next.lock().unwrap().pop_front();
        let reply = next.unwrap_or_else(|| (state.answering)(index, &received));
        let ends = matches!(reply, Reply::Cut(_));
        write_reply(&mut writer, state, reply)?;
        if ends {
            return Ok(());
        }
        state.journal.lock().unwrap()[index].answered = true;
    }
}

fn last_text(body: &Value) -> String {
    let last = body["messages"]
        .as_array()
        .and_then(|messages| messages.last())
        .cloned()
        .unwrap_or_default();
    match &last["content"] {
        Value::String(text) => text.clone(),
        parts => parts[0]["text"].as_str().unwrap_or_default().to_owned(),
    }
}

fn write_reply(writer: &mut TcpStream, state: &State, reply: Reply) -> std::io::Result<()> {
    match reply {
        Reply::Text(text) => stream_events(writer, &events_of(&text)),
        Reply::Unended(text, until) => {
            let (pieces, end) = (pieces_of(&text), end_of(&text));
            begin_events(writer, pieces.len() + end.len())?;
            writer.write_all(pieces.as_bytes())?;
            until.wait();
            writer.write_all(end.as_bytes())
        }
        Reply::Events(events) => stream_events(writer, &events),
        Reply::Cut(events) => {
            writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000000\r\n\r\n")?;
            writer.write_all(events.as_bytes())?;
            writer.shutdown(std::net::Shutdown::Both)
        }
        Reply::Status(status, headers, body) => {
            write!(
                writer,
                "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\n"
            )?;
            for (name, value) in headers {
                write!(writer, "{name}: {value}\r\n")?;
            }
            write!(writer, "content-length: {}\r\n\r\n{body}", body.len())
        }
        Reply::Silence => {
            let open = state.open.lock().unwrap();
            let goes_on = |_: &mut bool| !state.ended.load(Ordering::SeqCst);
            drop(state.opened.wait_while(open, goes_on).unwrap());
            Ok(())
        }
    }
}

fn begin_events(writer: &mut TcpStream, bytes: usize) -> std::io::Result<()> {
    write!(
        writer,
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {bytes}\r\n\r\n"
    )
}

fn stream_events(writer: &mut TcpStream, events: &str) -> std::io::Result<()> {
    begin_events(writer, events.len())?;
    writer.write_all(events.as_bytes())?;
    writer.flush()
}

/// The events of a streamed answer: its text in pieces, the finish reason, the usage, the end.
fn events_of(text: &str) -> String {
    pieces_of(text) + &end_of(text)
}

fn event(delta: Value, finish: Value) -> String {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    let chunk = json!({ "id": "answer", "object": "chat.completion.chunk", "model": "test-model-1", "choices": [choice] });
    format!("data: {chunk}\n\n")
}

fn pieces_of(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut events = event(json!({ "role": "assistant", "content": "" }), Value::Null);
    for piece in characters.chunks(400) {
        events.push_str(&event(
            json!({ "content": piece.iter().collect::<String>() }),
            Value::Null,
        ));
    }
    events
}

fn end_of(text: &str) -> String {
    let mut events = event(json!({}), "stop".into());
    let words = u32::try_from(text.split_whitespace().count()).unwrap();
    let usage =
        json!({ "prompt_tokens": 10, "completion_tokens": words, "total_tokens": words + 10 });
    events.push_str(&format!(
        "data: {}\n\n",
        json!({ "id": "answer", "choices": [], "usage": usage })
    ));
    events.push_str("data: [DONE]\n\n");
    events
}
