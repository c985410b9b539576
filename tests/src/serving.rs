//! A `stepwell serve` of a project, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::{Finished, Project};

/// A server of a project. It is killed when this is dropped.
pub struct Serving {
    child: Child,
    output: BufReader<ChildStdout>,
    /// Its address and port.
    pub address: String,
    /// The token that its requests show; empty where it asks for none.
    pub token: String,
    /// The link that opens a session in a browser, from the path on; empty where none is needed.
    pub link: String,
}

/// What came back from a server.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answered {
    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Project {
    /// Starts a server on a free port, with these further arguments, and waits until it listens.
    #[must_use]
    pub fn serve(&self, arguments: &[&str]) -> Serving {
        self.serve_at("127.0.0.1:0", arguments)
    }

    /// The same at an address.
    #[must_use]
    pub fn serve_at(&self, address: &str, arguments: &[&str]) -> Serving {
        let command = self.command(&[&["serve", "--listen", address], arguments].concat());
        self.served(command, arguments)
    }

    /// A server whose process may have so many descriptors open.
    #[must_use]
    pub fn serve_with_descriptors(&self, most: u32) -> Serving {
        let command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut limited = Command::new("sh");
        limited
            .args(["-c", &format!("ulimit -n {most} && exec \"$0\" \"$@\"")])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .env_clear();
        let set = command.get_envs();
        limited.envs(set.filter_map(|(name, value)| Some((name, value?))));
        self.served(limited, &[])
    }

    fn served(&self, mut command: Command, arguments: &[&str]) -> Serving {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut after = |mark: &str| loop {
            let mut line = String::new();
            let read = output.read_line(&mut line).unwrap();
            assert!(read > 0, "the server should say what comes after `{mark}`");
            if let Some((_, told)) = line.trim().split_once(mark) {
                break told.to_owned();
            }
        };
        let address = after("http://");
        let (mut token, mut link) = (String::new(), String::new());
        if !arguments.contains(&"--no-token") {
            let told = after("http://");
            link = told[told.find('/').unwrap()..].to_owned();
            let place = after("token: ");
            token = match self.variable(&place) {
                Some(chosen) => chosen.to_owned(),
                None => std::fs::read_to_string(place).unwrap().trim().to_owned(),
            };
        }
        Serving {
            child,
            output,
            address,
            token,
            link,
        }
    }
}

impl Serving {
    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks for something.
    #[must_use]
    pub fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, &[], "")
    }

    /// Sends JSON.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answered {
        let json = ("content-type", "application/json");
        self.ask("POST", path, &[json], &body.to_string())
    }

    /// Sends a form of the page, as a browser does.
    #[must_use]
    pub fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let encoded = |text: &str| -> String {
            let bytes = text.bytes();
            bytes.map(|byte| format!("%{byte:02X}")).collect()
        };
        let fields = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let body = fields.collect::<Vec<_>>().join("&");
        let form = ("content-type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[form], &body)
    }

    /// Sends a request with headers and a body, and shows the token.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answered {
        let bearer = format!("Bearer {}", self.token);
        let shown = [("authorization", bearer.as_str())];
        let shown = &shown[..usize::from(!self.token.is_empty())];
        self.ask_as_anybody(method, path, &[headers, shown].concat(), body)
    }

    /// Sends a request with these headers alone, as another user of the machine can.
    #[must_use]
    pub fn ask_as_anybody(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let names_host = headers.iter().any(|(name, _)| *name == "host");
        if !names_host {
            head += &format!("host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answered {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: unchunked(head, body),
            head: head.to_owned(),
        }
    }

    /// Starts a run of a definition's file, and gives its id.
    #[must_use]
    pub fn start(&self, project: &Project, file: &str) -> String {
        let definition = serde_json::json!({
            "text": project.read(file).unwrap(),
            "file": project.join(file),
        });
        let answered = self.post(
            "/api/runs",
            &serde_json::json!({ "definition": definition }),
        );
        assert_eq!(answered.status, 201, "{answered:?}");
        answered.json()["id"].as_str().unwrap().to_owned()
    }

    /// The id of the run that was started last.
    #[must_use]
    pub fn last_run(&self) -> String {
        let run = self.get("/api/runs/last").json();
        run["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a run isn't under way any more, and says where it is.
    #[must_use]
    pub fn at_rest(&self, run: &str) -> Value {
        self.get(&format!("/api/runs/{run}/outcome?wait=true"))
            .json()
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As `kill` does, and waits for the end.
    #[must_use]
    pub fn terminate(mut self) -> Finished {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").arg(&id).status();
        assert!(sent.unwrap().success());
        let status = self.child.wait().unwrap();
        let mut stdout = String::new();
        self.output.read_to_string(&mut stdout).unwrap();
        Finished {
            code: status.code().unwrap_or(-1),
            stdout,
            stderr: String::new(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer whose length is told with each chunk.
fn unchunked(head: &str, body: &str) -> String {
    if !head.to_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((length, after)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or(0);
        whole.push_str(&after[..length.min(after.len())]);
        rest = after.get(length + 2..).unwrap_or_default();
    }
    whole
}
