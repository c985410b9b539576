//! Who may ask a server: pages of other sites, other users of the machine, other servers beside it, and who has the token.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use stepwell_tests::{Answered, Project, Provider, Serving};

pub(crate) const FLOW: &str = "name = \"served\"\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\n";
/// Addresses of the page, and what else lies beside the API.
const PAGES: [&str; 12] = [
    "/",
    "/runs",
    "/runs/new",
    "/runs/last",
    "/prompts",
    "/prompts/worker",
    "/comparisons",
    "/comparisons/new",
    "/plugins",
    "/calls",
    "/metrics",
    "/nowhere",
];
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// A way to send something, by its name.
type Way = (
    &'static str,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);

/// How another page can send something here: what its browser says with it, and which methods it lets the page use.
const WAYS: [Way; 9] = [
    (
        "an image",
        &["GET"],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "image"),
        ],
    ),
    (
        "a script of another port",
        &["GET"],
        &[
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-dest", "script"),
        ],
    ),
    (
        "a frame",
        &["GET"],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
    ),
    (
        "a form of text",
        &["POST"],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("content-type", "text/plain"),
        ],
    ),
    (
        "a form of a file",
        &["POST"],
        &[
            ("origin", "null"),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
    ),
    (
        "a script without CORS",
        &["GET", "HEAD", "POST"],
        &[
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
            ("content-type", "text/plain"),
        ],
    ),
    (
        "a script that asks first",
        &METHODS,
        &[
            ("origin", "http://127.0.0.1:8000"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-mode", "cors"),
            ("content-type", "application/json"),
        ],
    ),
    (
        "an older browser",
        &["GET", "POST"],
        &[
            ("referer", "http://evil.example/"),
            ("content-type", "text/plain"),
        ],
    ),
    (
        "another name that leads here",
        &METHODS,
        &[
            ("host", "evil.example"),
            ("origin", "http://evil.example"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/json"),
        ],
    ),
];

pub(crate) fn project() -> (Provider, Project) {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    (provider, project)
}

/// Every address of the API, with a run and a comparison where one is named.
fn addresses(serving: &Serving) -> Vec<String> {
    let described = serving.get("/api/openapi.json").json();
    let paths = described["paths"].as_object().unwrap();
    assert!(paths.len() > 30, "{}", paths.len());
    let named = paths.keys().map(|path| {
        let path = path
            .replace("{run}", "last")
            .replace("{comparison}", "last");
        let path = path.replace("{name}", "worker").replace("{version}", "1");
        path.replace(['{', '}'], "")
    });
    let others = ["/api", "/api/", "/api/openapi.json", "/api/nothing"];
    named.chain(others.map(str::to_owned)).collect()
}

/// What a page could have changed.
fn state(serving: &Serving) -> Vec<String> {
    let told = [
        "/api/runs",
        "/api/prompts",
        "/api/comparisons",
        "/api/calls",
    ];
    told.iter().map(|path| serving.get(path).body).collect()
}

#[track_caller]
fn is_refused(answered: &Answered, of: &str) {
    assert!([403, 421].contains(&answered.status), "{of}: {answered:?}");
    let head = answered.head.to_lowercase();
    assert!(!head.contains("access-control-allow"), "{of}: {head}");
    assert!(!head.contains("set-cookie"), "{of}: {head}");
}

/// Tries every address in every way, as a browser that shows `also`.
fn tries_everything(serving: &Serving, also: &[(&str, &str)]) {
    let addresses = addresses(serving);
    let before = state(serving);
    for (way, methods, marks) in WAYS {
        let headers = [marks, also].concat();
        for method in methods {
            for address in &addresses {
                let body = if *method == "GET" { "" } else { "{}" };
                let answered = serving.ask_as_anybody(method, address, &headers, body);
                is_refused(&answered, &format!("{way}: {method} {address}"));
            }
            // An older browser doesn't say whether somebody follows a link there.
            let is_link = way == "an older browser" && *method == "GET";
            for page in PAGES.iter().filter(|_| !is_link) {
                let answered = serving.ask_as_anybody(method, page, &headers, "");
                is_refused(&answered, &format!("{way}: {method} {page}"));
            }
        }
    }
    // Nobody follows a link to the API from elsewhere, either.
    let link = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for address in &addresses {
        let answered = serving.ask_as_anybody("GET", address, &[&link, also].concat(), "");
        is_refused(&answered, &format!("a link: {address}"));
    }
    assert_eq!(state(serving), before);
}

#[test]
fn a_foreign_page_gets_nothing_of_any_address_by_any_method() {
    let (_provider, project) = project();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let serving = project.serve(&[]);
    // The browser shows all that it has.
    let cookie = jar(&serving);
    let bearer = format!("Bearer {}", serving.token);
    tries_everything(&serving, &[("cookie", &cookie), ("authorization", &bearer)]);
    drop(serving);
    let open = project.serve(&["--no-token"]);
    tries_everything(&open, &[]);
}

/// Opens the link in a browser, and gives the cookie that it keeps.
#[track_caller]
fn jar(serving: &Serving) -> String {
    let opened = serving.ask_as_anybody("GET", &serving.link, &[("accept", "text/html")], "");
    assert_eq!(opened.status, 200, "{opened:?}");
    let mut lines = opened.head.lines();
    let cookie = lines.find_map(|line| line.strip_prefix("set-cookie: "));
    cookie.unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn another_user_of_the_machine_is_told_nothing_and_changes_nothing() {
    let (_provider, project) = project();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let serving = project.serve(&[]);
    let before = state(&serving);
    let kind = ("content-type", "application/json");
    for address in addresses(&serving) {
        for method in METHODS {
            let answered = serving.ask_as_anybody(method, &address, &[kind], "{}");
            assert_eq!(answered.status, 401, "{method} {address}: {answered:?}");
        }
    }
    for page in PAGES {
        let answered = serving.ask_as_anybody("GET", page, &[], "");
        assert_eq!(answered.status, 401, "{page}: {answered:?}");
        let seen = serving.ask_as_anybody("GET", page, &[("accept", "text/html")], "");
        assert!(
            seen.head.contains("location: /session?next="),
            "{page}: {seen:?}"
        );
        assert_eq!(seen.body, "");
    }
    for health in ["/healthz", "/readyz"] {
        assert_eq!(serving.ask_as_anybody("GET", health, &[], "").status, 200);
    }
    // What has nothing of a token in it is no guess.
    for shown in [
        ("authorization", "Basic c2VzYW1l"),
        ("cookie", "stepwell_session=x"),
        ("x-token", &serving.token),
    ] {
        let answered = serving.ask_as_anybody("GET", "/api/runs", &[shown], "");
        assert_eq!(answered.status, 401, "{shown:?}");
    }
    let wrong = [("authorization", "Bearer wrong")];
    assert_eq!(
        serving.ask_as_anybody("GET", "/metrics", &wrong, "").status,
        401
    );
    assert_eq!(serving.get("/metrics").status, 200);
    assert_eq!(state(&serving), before);
}

#[test]
fn two_servers_in_one_browser_keep_their_sessions_and_so_does_a_restart() {
    let (_provider, project) = project();
    let (_other_provider, other) = self::project();
    let (one, two) = (project.serve(&[]), other.serve(&[]));
    // A browser sends the cookies of an address to every port of it.
    let both = format!("{}; {}", jar(&one), jar(&two));
    let is_in = |serving: &Serving| {
        let seen = serving.ask_as_anybody("GET", "/api/runs", &[("cookie", &both)], "");
        assert_eq!(seen.status, 200, "{seen:?}");
    };
    is_in(&one);
    is_in(&two);
    for serving in [&one, &two] {
        let again = serving.ask_as_anybody("GET", &serving.link, &[("accept", "text/html")], "");
        assert_eq!(again.status, 401, "the link is used up");
        assert!(!again.head.contains("set-cookie"));
    }
    let (address, token) = (one.address.clone(), one.token.clone());
    one.kill();
    let one = project.serve_at(&address, &[]);
    assert_eq!(one.token, token);
    is_in(&one);
    is_in(&two);
    // The next start prints another link.
    let fresh = jar(&one);
    assert!(both.contains(&fresh));
}

#[test]
fn the_token_lies_where_only_its_user_reads_it_or_nothing_is_served() {
    let (_provider, mut project) = project();
    let serving = project.serve(&[]);
    let file = project.join(".stepwell/token");
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o7777, 0o600);
    drop(serving);
    let refused = |project: &Project, why: &str| {
        let _ = project
            .run(&["serve", "--listen", "127.0.0.1:0"])
            .exits_with(4)
            .says(&["the token in", why, "hint: remove", ".stepwell/token"]);
    };
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&project, "others may read");
    std::fs::rename(&file, project.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(project.join("elsewhere"), &file).unwrap();
    // A store has no links at all, also where nobody looks at the file itself.
    let _ = project
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .exits_with(5)
        .says(&[".stepwell/token is a link", "remove"]);
    std::fs::remove_file(&file).unwrap();
    std::fs::rename(project.join("elsewhere"), &file).unwrap();
    refused(&project, "others may read");
    // With another token nobody looks at what the file says.
    project.set("STEPWELL_TOKEN", "chosen by a person");
    let _ = project
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .exits_with(4)
        .says(&["STEPWELL_TOKEN holds what no request can show"]);
    project.set("STEPWELL_TOKEN", "chosen-by-a-person");
    assert_eq!(project.serve(&[]).get("/api/runs").status, 200);
}

#[test]
fn a_server_without_a_token_says_aloud_what_it_allows() {
    let (_provider, project) = project();
    let mut child = project.spawn(&["serve", "--listen", "127.0.0.1:0", "--no-token"]);
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    assert!(
        line.starts_with("Stepwell is at http://127.0.0.1:"),
        "{line}"
    );
    child.kill().unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    for text in [
        "no token is asked for",
        "every user of this machine",
        "files below",
    ] {
        assert!(said.contains(text), "{said}");
    }
    let open = project.serve(&["--no-token"]);
    assert_eq!(open.ask_as_anybody("GET", "/api/runs", &[], "").status, 200);
    assert!(!project.join(".stepwell/token").exists());
}

#[test]
fn the_browser_is_given_a_file_that_only_its_user_reads_and_not_the_code() {
    let (_provider, mut project) = project();
    // What opens it keeps what it was given and what stands there, as a file that comes to be at once.
    project.write(
        "bin/xdg-open",
        "#!/bin/sh\necho \"$1\" > opened.new\nstat -c %a \"$1\" >> opened.new\ncat \"$1\" >> opened.new\nmv opened.new opened\n",
    );
    let launcher = project.join("bin/xdg-open");
    std::fs::set_permissions(launcher, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", project.join("bin").display());
    project.set("PATH", &path);
    let serving = project.serve(&["--open"]);
    let opened = loop {
        match project.read("opened") {
            Some(opened) => break opened,
            None => std::thread::yield_now(),
        }
    };
    let mut lines = opened.lines();
    let file = lines.next().unwrap();
    assert!(
        file.contains(".stepwell/open-") && !file.contains("http"),
        "{file}"
    );
    assert_eq!(lines.next(), Some("600"));
    assert!(opened.contains(&serving.link), "{opened}");
    let file = std::path::PathBuf::from(file);
    let _ = serving.terminate().exits_with(0);
    assert!(!file.exists());
}
