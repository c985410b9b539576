//! A provider of models on loopback: echoes the last message, keeps a journal, and can be told to hold answers back.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone)]
pub struct Provider {
    port: u16,
    state: Arc<State>,
}

struct State {
    journal: Mutex<Vec<String>>,
    script: Mutex<Vec<String>>,
    open: watch::Sender<bool>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            journal: Mutex::default(),
            script: Mutex::default(),
            open: watch::channel(true).0,
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    let _ = serve(stream, state).await;
                });
            }
        });
        Self { port, state }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The last message of every request so far, in the order in which they came.
    pub fn journal(&self) -> Vec<String> {
        self.state.journal.lock().unwrap().clone()
    }

    /// The next answers, instead of an echo.
    pub fn script(&self, answers: &[&str]) {
        self.state.script.lock().unwrap().extend(answers.iter().map(|answer| (*answer).to_owned()));
    }

    /// Requests from now on are received and not answered.
    pub fn hold(&self) {
        self.state.open.send_replace(false);
    }

    pub fn release(&self) {
        self.state.open.send_replace(true);
    }

    pub async fn wait_for_requests(&self, count: usize) {
        for _ in 0..1000 {
            if self.journal().len() >= count {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("waited for {count} requests, but there were {:?}", self.journal());
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) -> std::io::Result<()> {
    let mut received = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let (head, length) = loop {
            if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                break (end + 4, length.and_then(|length| length.trim().parse().ok()).unwrap_or(0));
            }
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                read => received.extend_from_slice(&buffer[..read]),
            }
        };
        while received.len() < head + length {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                read => received.extend_from_slice(&buffer[..read]),
            }
        }
        let body: serde_json::Value = serde_json::from_slice(&received[head..head + length]).unwrap();
        received.drain(..head + length);
        let last = body["messages"].as_array().and_then(|messages| messages.last()).cloned().unwrap_or_default();
        let asked = match &last["content"] {
            serde_json::Value::String(text) => text.clone(),
            parts => parts[0]["text"].as_str().unwrap_or_default().to_owned(),
        };
        state.journal.lock().unwrap().push(asked.clone());
        let mut open = state.open.subscribe();
        let _ = open.wait_for(|open| *open).await;
        let scripted = {
            let mut script = state.script.lock().unwrap();
            if script.is_empty() { None } else { Some(script.remove(0)) }
        };
        let text = scripted.unwrap_or_else(|| format!("echo {asked}"));
        let chunk = |delta: serde_json::Value, finish: serde_json::Value| {
            let choice = serde_json::json!({ "index": 0, "delta": delta, "finish_reason": finish });
            format!("data: {}\n\n", serde_json::json!({ "id": "1", "model": "test-model-1", "choices": [choice] }))
        };
        let usage = serde_json::json!({ "id": "1", "choices": [],
            "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 } });
        let events = [
            chunk(serde_json::json!({ "role": "assistant", "content": text }), serde_json::Value::Null),
            chunk(serde_json::json!({}), "stop".into()),
            format!("data: {usage}\n\n"),
            "data: [DONE]\n\n".to_owned(),
        ]
        .concat();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{events}",
            events.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}
