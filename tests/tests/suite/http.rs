//! Steps that send HTTP requests: to hosts that a line grants, through the host, and never twice for one answer.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use stepwell_tests::{Finished, Project, Provider, until};

/// A server of this machine, with what it was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), kept) = (stream, Arc::clone(&kept)) else {
                    continue;
                };
                std::thread::spawn(move || answer(stream, &kept));
            }
        });
        Self { port, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Methods and paths, in the order in which they came.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The head and the body of a request.
fn request(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut all = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let end = all.windows(4).position(|it| it == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&all[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            let body = &all[end + 4..];
            if body.len() >= length {
                return (head, body.to_vec());
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return (String::new(), Vec::new()),
            Ok(read) => all.extend_from_slice(&piece[..read]),
        }
    }
}

/// What is said depends on the path alone; the first request of `/later` gets no answer.
fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    let (head, body) = request(&mut stream);
    let mut words = head.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let is_first = {
        let mut asked = asked.lock().unwrap();
        let one = format!("{method} {path}");
        let is_first = !asked.contains(&one);
        asked.push(one);
        is_first
    };
    let mut say = |text: String| stream.write_all(text.as_bytes());
    let _ = match path {
        "/redirect" => say(
            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
                .into(),
        ),
        "/later" if is_first => {
            std::thread::park();
            Ok(())
        }
        "/large" => say(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            9 << 20
        )),
        "/endless" => {
            let _ = say("HTTP/1.1 200 OK\r\n\r\n".into());
            let piece = "x".repeat(64 << 10);
            while say(piece.clone()).is_ok() {}
            Ok(())
        }
        "/slow" => {
            let _ = say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx".into());
            std::thread::park();
            Ok(())
        }
        path => {
            let told = format!("{method} {path} {}", String::from_utf8_lossy(&body));
            say(format!(
                "HTTP/1.1 200 OK\r\nX-Own: yes\r\nContent-Length: {}\r\n\r\n{told}",
                told.len()
            ))
        }
    };
}

/// A project whose step sends these requests; `lines` stand in the step besides.
fn project(server: &Server, requests: &Value, lines: &str) -> Project {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    project.add_guest("sends_http");
    let configuration = project.read("stepwell.toml").unwrap();
    let inside = format!(
        "{configuration}\n[http]\ninside = [\"127.0.0.1:{}\"]\n",
        server.port
    );
    project.write("stepwell.toml", &inside);
    project.write("flow.toml", &definition(requests, lines));
    project
}

fn definition(requests: &Value, lines: &str) -> String {
    let requests: Vec<String> = requests.as_array().unwrap().iter().map(toml).collect();
    let requests = requests.join(", ");
    format!(
        "name = \"web\"\n[[steps]]\nid = \"s\"\nuses = \"plugins/sends_http.wasm\"\nsettings.requests = [{requests}]\n{lines}\n"
    )
}

/// A value within a line of TOML.
fn toml(value: &Value) -> String {
    let Some(fields) = value.as_object() else {
        return value.to_string();
    };
    let fields = fields.iter();
    let fields: Vec<_> = fields
        .map(|(key, value)| format!("{key} = {}", toml(value)))
        .collect();
    format!("{{ {} }}", fields.join(", "))
}

fn granted(server: &Server) -> String {
    format!("grants.http = [\"http://127.0.0.1:{}\"]", server.port)
}

fn answers(project: &Project) -> Vec<Value> {
    serde_json::from_str(&project.document("s", "answers")).unwrap()
}

fn run(project: &Project) -> Finished {
    project.run(&["run", "flow.toml"])
}

#[test]
fn a_request_goes_to_a_host_that_is_granted() {
    let server = Server::start();
    let requests = json!([
        { "url": server.url("/a?b=c") },
        { "url": server.url("/b"), "method": "POST", "body": "hello" },
        { "url": server.url("/b"), "method": "POST", "body": "hello" },
    ]);
    let project = project(&server, &requests, &granted(&server));
    let address = format!("http://127.0.0.1:{}", server.port);
    run(&project)
        .exits_with(0)
        .says(&[&format!("asked {address} by POST: status 200, 13 B")]);
    let answers = answers(&project);
    assert_eq!(answers[0]["body"], "GET /a?b=c ");
    assert_eq!(answers[1]["body"], "POST /b hello");
    assert_eq!(answers[0]["headers"]["x-own"], "yes");
    // Who asks the same twice is answered twice.
    assert_eq!(server.asked(), ["GET /a?b=c", "POST /b", "POST /b"]);
}

#[test]
fn a_plugin_that_is_run_alone_is_granted_its_hosts_by_an_option() {
    let server = Server::start();
    let project = project(&server, &json!([]), "");
    let url = server.url("/");
    let setting = format!("requests={}", json!([{ "url": url }]));
    let alone = [
        "step",
        "run",
        "plugins/sends_http.wasm",
        "--setting",
        &setting,
    ];
    let answer = || project.document("sends_http", "answers");
    let _ = project.run(&alone).exits_with(0);
    assert!(answer().contains("isn't granted to ask"), "{}", answer());
    let host = url.trim_end_matches('/');
    let hosts = ["--grant-http", "api.example.org", "--grant-http", host];
    let _ = project.run(&[&alone[..], &hosts].concat()).exits_with(0);
    assert!(answer().contains("\"status\":200"), "{}", answer());
    assert_eq!(server.asked(), ["GET /"]);
    for (host, told) in [
        ("ftp://api.example.org", "begins with `ftp://`"),
        ("api.example.org/v1", "api.example.org/v1"),
    ] {
        let bad = [&alone[..], &["--grant-http", host]].concat();
        let _ = project.run(&bad).exits_with(4).says(&[told]);
    }
    // A definition has lines for that.
    let within = [
        "step",
        "run",
        "s",
        "--in",
        "flow.toml",
        "--grant-http",
        host,
    ];
    let _ = project.run(&within).exits_with(2);

    let serving = project.serve(&[]);
    let request = json!({
        "plugin": "plugins/sends_http.wasm",
        "settings": { "requests": [{ "url": server.url("/api") }] },
        "grant_http": [host],
    });
    let started = serving.post("/api/plugin-runs", &request).json();
    let run = started["id"].as_str().unwrap();
    assert_eq!(serving.at_rest(run)["status"], "success");
    assert_eq!(server.asked(), ["GET /", "GET /api"]);
    serving.kill();
}

#[test]
fn requests_that_are_sent_at_once_are_all_answered() {
    let server = Server::start();
    let all = (0..20).map(|at| json!({ "url": server.url(&format!("/{at}")), "body": "x" }));
    let requests = Value::from(all.collect::<Vec<_>>());
    let lines = format!("settings.at_once = true\n{}", granted(&server));
    let project = project(&server, &requests, &lines);
    let _ = run(&project).exits_with(0);
    for (at, answer) in answers(&project).iter().enumerate() {
        assert_eq!(answer["body"], format!("GET /{at} x"));
    }
    assert_eq!(server.asked().len(), 20);
}

#[test]
fn what_no_line_grants_is_refused_with_the_line_that_would() {
    let server = Server::start();
    let url = server.url("/");
    let requests = json!([{ "url": url }, { "url": "https://api.example.org/v1" }]);
    let project = project(&server, &requests, "");
    run(&project).exits_with(0).says(&["got no answer: denied"]);
    let line = format!(
        "add `grants.http = [\"http://127.0.0.1:{}\"]` to step `s`",
        server.port
    );
    let first = answers(&project)[0]["error"].to_string();
    assert!(first.replace('\\', "").contains(&line), "{first}");
    let second = answers(&project)[1]["error"].to_string().replace('\\', "");
    assert!(
        second.contains("grants.http = [\"api.example.org\"]"),
        "{second}"
    );
    assert!(server.asked().is_empty());

    // Another port, another way and another host are others.
    for line in [
        "grants.http = [\"http://127.0.0.1:1\"]".to_owned(),
        format!("grants.http = [\"127.0.0.1:{}\"]", server.port),
        format!("grants.http = [\"http://localhost:{}\"]", server.port),
    ] {
        project.write("flow.toml", &definition(&json!([{ "url": url }]), &line));
        let _ = run(&project).exits_with(0);
        let error = answers(&project)[0]["error"].to_string();
        assert!(error.contains("isn't granted"), "{line}: {error}");
    }
    assert!(server.asked().is_empty());
}

#[test]
fn where_a_redirect_leads_is_another_host() {
    let server = Server::start();
    let requests = json!([
        { "url": server.url("/redirect") },
        { "url": "http://elsewhere.example/" },
    ]);
    let project = project(&server, &requests, &granted(&server));
    let _ = run(&project).exits_with(0);
    let answers = answers(&project);
    assert_eq!(answers[0]["status"], 302);
    assert_eq!(
        answers[0]["headers"]["location"],
        "http://elsewhere.example/"
    );
    assert!(answers[1]["error"].to_string().contains("isn't granted"));
    assert_eq!(server.asked(), ["GET /redirect"]);
}

#[test]
fn a_definition_alone_opens_nothing_inside_of_the_network() {
    let server = Server::start();
    let requests = json!([{ "url": server.url("/") }]);
    let project = project(&server, &requests, &granted(&server));
    let configuration = project.read("stepwell.toml").unwrap();
    let without = configuration.split("[http]").next().unwrap();
    project.write("stepwell.toml", without);
    // It is said at the line, before anything is asked; and when it matters.
    let named = format!("names `http://127.0.0.1:{}`, which is", server.port);
    let line = format!("`http.inside = [\"127.0.0.1:{}\"]`", server.port);
    let check = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    let _ = check.says(&["flow.toml:", &named, &line]);
    let _ = run(&project).exits_with(0).says(&[&named]);
    let error = answers(&project)[0]["error"].to_string();
    assert!(error.contains("that is this machine"), "{error}");
    assert!(error.contains("http.inside"), "{error}");
    assert!(server.asked().is_empty());
}

#[test]
fn what_is_too_much_ends_by_its_limit() {
    let server = Server::start();
    let requests = json!([
        { "url": server.url("/large") },
        { "url": server.url("/endless") },
        { "url": server.url("/slow") },
        { "url": server.url("/a"), "method": "POST", "body_bytes": 200_000 },
    ]);
    let lines = format!(
        "{}\nlimits.http_body = \"100kB\"\nlimits.http_time = \"2s\"",
        granted(&server)
    );
    let project = project(&server, &requests, &lines);
    run(&project).exits_with(0).says(&["limits.http_time"]);
    let told: Vec<_> = answers(&project).iter().map(ToString::to_string).collect();
    assert!(told[0].contains("limits.http_body"), "{told:?}");
    assert!(told[1].contains("limits.http_body"), "{told:?}");
    assert!(told[2].contains("HttpResponseTimeout"), "{told:?}");
    assert!(told[3].contains("limits.http_body"), "{told:?}");

    let many = (0..4).map(|at| json!({ "url": server.url(&format!("/{at}")) }));
    let many = Value::from(many.collect::<Vec<_>>());
    let lines = format!("{}\nlimits.http_exchanges = 3", granted(&server));
    project.write("flow.toml", &definition(&many, &lines));
    run(&project)
        .exits_with(1)
        .says(&["limits.http_exchanges", "4 requests", "3 requests"]);
    assert!(!server.asked().contains(&"GET /3".to_owned()));
}

#[test]
fn a_killed_run_goes_on_with_the_answers_that_came() {
    let server = Server::start();
    let requests = json!([
        { "url": server.url("/first"), "method": "POST", "body": "once" },
        { "url": server.url("/later") },
        { "url": server.url("/last") },
    ]);
    let project = project(&server, &requests, &granted(&server));
    let mut child = project.spawn(&["run", "flow.toml"]);
    until("the second request", || {
        server
            .asked()
            .contains(&"GET /later".to_owned())
            .then_some(())
    });
    kill(&mut child);
    let _ = project.run(&["resume"]).exits_with(0);
    let answers = answers(&project);
    assert_eq!(answers[0]["body"], "POST /first once");
    assert_eq!(answers[1]["body"], "GET /later ");
    assert_eq!(
        server.asked(),
        ["POST /first", "GET /later", "GET /later", "GET /last"]
    );
}

fn kill(child: &mut std::process::Child) {
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-9", &id]).status().unwrap();
    assert!(killed.success());
    child.wait().unwrap();
}

#[test]
fn whether_a_request_that_may_have_done_its_work_is_sent_again_is_the_operators_to_say() {
    for (policy, code) in [("resend", 0), ("ask", 3), ("fail", 0)] {
        let server = Server::start();
        let requests = json!([{ "url": server.url("/later"), "method": "POST", "body": "x" }]);
        let project = project(&server, &requests, &granted(&server));
        let configuration = project.read("stepwell.toml").unwrap();
        project.write(
            "stepwell.toml",
            &format!("in_doubt = \"{policy}\"\n{configuration}"),
        );
        let mut child = project.spawn(&["run", "flow.toml"]);
        until("the request", || (!server.asked().is_empty()).then_some(()));
        kill(&mut child);
        let resumed = project.run(&["resume"]);
        assert_eq!(resumed.code, code, "{policy}: {}", resumed.stderr);
        let times = if policy == "resend" { 2 } else { 1 };
        assert_eq!(server.asked().len(), times, "{policy}");
        match policy {
            "resend" => assert_eq!(answers(&project)[0]["body"], "POST /later x"),
            "ask" => {
                let _ = project.run(&["resume", "--resend"]).exits_with(0);
                assert_eq!(answers(&project)[0]["body"], "POST /later x");
            }
            _ => assert!(
                answers(&project)[0]["error"]
                    .to_string()
                    .contains("in_doubt")
            ),
        }
    }
}

#[test]
fn who_only_looks_asks_nobody() {
    let server = Server::start();
    let requests = json!([{ "url": server.url("/") }]);
    let project = project(&server, &requests, &granted(&server));
    let _ = run(&project).exits_with(0);
    assert_eq!(server.asked().len(), 1);

    let ahead = project.run(&["step", "prompt", "s", "--run", "last"]);
    let told = format!("{}{}", ahead.stdout, ahead.stderr);
    assert!(told.contains("it would ask a server"), "{told}");
    let compared = ["compare", "s", "--run", "last", "--repeat", "2"];
    let _ = project.run(&compared).exits_with(0);
    // What was answered is read again.
    let again = project.run(&["step", "reprocess", "last", "s"]);
    let _ = again.exits_with(0).shows(&["GET /"]);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_sends_requests_says_so_before_it_runs() {
    let server = Server::start();
    let project = project(&server, &json!([]), "");
    project
        .run(&["plugin", "check", "plugins/sends_http.wasm"])
        .shows(&["sends HTTP requests, to hosts that are granted"]);
    let _ = project
        .run(&["plugin", "update", "flow.toml", "--accept"])
        .exits_with(0);
    let lock = project.read("stepwell.lock").unwrap();
    assert!(lock.contains("sends-requests"), "{lock}");
}

#[test]
fn a_case_has_what_servers_answer() {
    let project = Project::new();
    project.add_guest("sends_http");
    project.write(
        "cases.toml",
        r#"
[[cases]]
id = "asks"
settings.requests = [
    { url = "https://api.example.org/today?a=b" },
    { url = "https://api.example.org/today", method = "POST", body = "x" },
    { url = "https://api.example.org/late" },
    { url = "https://api.example.org/none" },
    { url = "https://other.example.org/" },
]
http = [
    { url = "https://api.example.org/today?a=b", headers = { X-Own = "yes" }, body = "blue" },
    { url = "https://api.example.org/today", method = "POST", status = 503 },
    { url = "https://api.example.org/late", error = "timeout" },
]
checks = [
    { contains = "blue" },
    { contains = "x-own" },
    { contains = "503" },
    { contains = "HttpResponseTimeout" },
    { contains = "the case has no answer to `GET https://api.example.org/none`" },
    { contains = "isn't granted to ask `other.example.org`" },
]
"#,
    );
    let test = ["plugin", "test", "plugins/sends_http.wasm", "cases.toml"];
    let _ = project.run(&test).exits_with(0).shows(&["all passed"]);
    let crashed = [&test[..], &["--crash"]].concat();
    let crashed = project.run(&crashed).exits_with(0);
    let crashed = crashed.shows(&["ended ", "started again", "all passed"]);
    // A process that is gone keeps nothing, and nobody is to be warned of that.
    assert_eq!(crashed.stderr, "");
}
