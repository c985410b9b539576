//! A provider that answers at once, in a process of its own: what it costs is nobody else's.
//!
//! The first part of a path says how: `plain` is an answer in one piece, `stream` one in fifty events, `silent` none at all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use stepwell_benches::Connection;

/// What the process is started with.
pub(crate) const WORD: &str = "provider";
/// Events with text in a stream.
pub(crate) const EVENTS: usize = 50;

/// The process. It ends when this is dropped, or when this process does.
pub(crate) struct Process {
    child: Child,
    _until: ChildStdin,
    /// Where it is.
    pub(crate) address: String,
}

impl Process {
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(WORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let said = child.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut port).unwrap();
        Self {
            _until: child.stdin.take().unwrap(),
            child,
            address: format!("127.0.0.1:{}", port.trim()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The base URL of a provider at an address that answers in this way.
pub(crate) fn url(address: &str, way: &str) -> String {
    format!("http://{address}/{way}/v1")
}

/// How many requests came that are not answered.
pub(crate) fn held(address: &str) -> usize {
    let said = Connection::open(address, "").get("/held");
    said.parse().unwrap()
}

/// Serves until nobody holds the other end of its input.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let answers = Arc::new(Answers::new());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || {
                // Whoever asked may be gone.
                let _ = stream.and_then(|stream| answer(stream, &answers));
            });
        }
    });
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

struct Answers {
    plain: Vec<u8>,
    /// Each is written by itself.
    stream: Vec<Vec<u8>>,
    held: AtomicUsize,
}

impl Answers {
    fn new() -> Self {
        let whole = json!({
            "id": "answer", "object": "chat.completion", "created": 1, "model": "test-1",
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": "a word ".repeat(EVENTS) },
            }],
            "usage": usage(),
        });
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut stream = vec![head.as_bytes().to_vec()];
        for _ in 0..EVENTS {
            let delta = json!({ "role": "assistant", "content": "a word " });
            stream.push(event(json!([{ "index": 0, "delta": delta }]), None));
        }
        let end = json!([{ "index": 0, "delta": {}, "finish_reason": "stop" }]);
        stream.push(event(end, None));
        stream.push(event(json!([]), Some(usage())));
        let mut last = chunk("data: [DONE]\n\n");
        last.extend(b"0\r\n\r\n");
        stream.push(last);
        Self {
            plain: with_length(&whole.to_string()),
            stream,
            held: AtomicUsize::new(0),
        }
    }
}

fn usage() -> serde_json::Value {
    json!({ "prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110 })
}

fn event(choices: serde_json::Value, usage: Option<serde_json::Value>) -> Vec<u8> {
    let event = json!({
        "id": "answer", "object": "chat.completion.chunk", "created": 1, "model": "test-1",
        "choices": choices, "usage": usage,
    });
    chunk(&format!("data: {event}\n\n"))
}

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn with_length(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Answers the requests of one connection.
fn answer(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some(path) = asked(&mut reader)? {
        match path.split('/').nth(1) {
            Some("plain") => stream.write_all(&answers.plain)?,
            Some("stream") => {
                for piece in &answers.stream {
                    stream.write_all(piece)?;
                }
            }
            Some("held") => {
                let held = answers.held.load(Ordering::SeqCst).to_string();
                stream.write_all(&with_length(&held))?;
            }
            _ => {
                answers.held.fetch_add(1, Ordering::SeqCst);
                // Until whoever asked is gone.
                let _ = reader.read_to_end(&mut Vec::new());
                answers.held.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
    Ok(())
}

/// Reads a request to its end, and gives its path; none where no other one comes.
fn asked(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap_or(0);
            }
            Some(_) => {}
            None => break,
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(Some(path))
}
