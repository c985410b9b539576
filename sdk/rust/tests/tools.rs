//! A model works with tools, on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_sdk::chat::{ChatError, ChatErrorKind, Part, Request, Role, ToolChoice};
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::tools::{Access, Ended, Tools, WorkError};
use stepwell_sdk::{Description, Documents, Failure, Inputs, Step};

mod asking;

/// A step that lets a model work for so many turns, and tells how it ended.
struct Works(Access, u32);

impl Step for Works {
    fn describe(&self) -> Description {
        Description::new("works", "0.1.0", "Works.").grant("workspace", "write", "it works there")
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Ok(Documents::default())
    }

    fn execute(&self, _: &Inputs) -> Result<Documents, Failure> {
        let mut tools = Tools::new(self.0).at_last("Write a line `DONE` or `NOT DONE`.");
        let worked = match tools.work(Request::new("Go."), self.1) {
            Err(WorkError::Chat { is_first: true, .. }) => {
                return Ok(Documents::one("ended", "no tools"));
            }
            worked => worked?,
        };
        let ended = match worked.ended {
            Ended::ByModel => "model",
            Ended::ByTurns => "turns",
        };
        let changed = format!("{:?}", tools.changed());
        Ok(Documents::one("ended", ended)
            .with("text", worked.text)
            .with("changed", changed))
    }
}

fn execute(host: &FakeHost, access: Access) -> Documents {
    execute_in(3, host, access)
}

fn execute_in(turns: u32, host: &FakeHost, access: Access) -> Documents {
    host.execute(&Works(access, turns), &Inputs::new()).unwrap()
}

/// What the tools of the turn before a request gave.
fn results(host: &FakeHost, request: usize) -> Vec<(String, bool)> {
    let request = &host.requests()[request];
    let last = request.messages.last().unwrap();
    let results = last.parts.iter().filter_map(|part| match part {
        Part::ToolResult(result) => Some((result.content.clone(), result.is_error)),
        _ => None,
    });
    results.collect()
}

#[test]
fn a_model_looks_changes_and_answers() {
    let host = FakeHost::new()
        .file("src/a.py", "def f():\n    return 1\n")
        .tool_calls(&[("list", "{}"), ("read", r#"{"path": "src/a.py"}"#)])
        .tool_calls(&[
            (
                "edit",
                r#"{"path": "src/a.py", "old": "    return 1", "new": "    return 2"}"#,
            ),
            ("write", r#"{"path": "src/b.py", "content": "B = 1\n"}"#),
        ])
        .answer("Done.");
    let documents = execute(&host, Access::Change);
    assert_eq!(documents.get("ended"), Some("model"));
    assert_eq!(documents.get("text"), Some("Done."));
    assert_eq!(
        host.file_text("src/a.py").unwrap(),
        "def f():\n    return 2\n"
    );
    assert_eq!(host.file_text("src/b.py").unwrap(), "B = 1\n");
    let changed = documents.get("changed").unwrap();
    assert_eq!(changed, r#"{"src/a.py": Some(22), "src/b.py": Some(6)}"#);
    let told = results(&host, 1);
    assert_eq!(told[0].0, "src/a.py (22 bytes)");
    assert_eq!(
        told[1].0,
        "src/a.py, lines 1 to 2 of 2:\ndef f():\n    return 1"
    );
    // Each answer stays in the conversation, with what was given to it.
    let roles: Vec<Role> = host.requests()[2]
        .messages
        .iter()
        .map(|it| it.role)
        .collect();
    assert_eq!(
        roles,
        [
            Role::User,
            Role::Assistant,
            Role::Tool,
            Role::Assistant,
            Role::Tool
        ]
    );
}

#[test]
fn a_search_tells_lines_with_their_places_and_says_what_it_leaves_out() {
    let host = FakeHost::new()
        .file("a.py", "def total(rows):\n    return sum(rows)\n")
        .file("b.txt", "total(rows)\n")
        .file("long.csv", "total\n".repeat(150))
        .file("logo.png", [0xff, 0xfe, 0x00])
        .tool_calls(&[
            (
                "search",
                r#"{"pattern": "def \\w+\\(", "paths": "**/*.py"}"#,
            ),
            (
                "search",
                r#"{"pattern": "total(", "literal": "true", "paths": null}"#,
            ),
            ("search", r#"{"pattern": "total", "paths": "*.csv"}"#),
            ("search", r#"{"pattern": "nowhere", "literal": false}"#),
            ("search", r#"{"pattern": "total("}"#),
            ("search", r#"{"pattern": "total", "literal": 1}"#),
            ("search", r#"{"literal": true}"#),
        ])
        .answer("I see.");
    execute(&host, Access::Look);
    let told = results(&host, 1);
    assert_eq!(told[0].0, "a.py:1: def total(rows):");
    assert_eq!(
        told[1].0,
        "a.py:1: def total(rows):\nb.txt:1: total(rows)\n(1 files were not searched: they are no text, too large, or changed meanwhile)"
    );
    assert_eq!(told[2].0.lines().count(), 101);
    assert!(told[2].0.ends_with(
        "long.csv:100: total\n(there is more: search for something narrower, or in fewer files)"
    ));
    assert!(told[3].0.starts_with("no line matches\n"), "{}", told[3].0);
    for (index, part) in [
        (4, "total("),
        (5, "neither true nor false"),
        (6, "`pattern`"),
    ] {
        let (content, is_error) = &told[index];
        assert!(*is_error && content.contains(part), "{content}");
    }
}

#[test]
fn a_conversation_is_shown_no_more_than_it_may_be() {
    let mut host = FakeHost::new().file("wide.txt", "y".repeat(20_000));
    for _ in 0..5 {
        host = host.tool_calls(&[("read", r#"{"path": "wide.txt"}"#); 6]);
    }
    let host = host.answer("Enough.");
    execute_in(6, &host, Access::Look);
    let told: Vec<(String, bool)> = (1..=5).flat_map(|turn| results(&host, turn)).collect();
    let shown: usize = told.iter().map(|(content, _)| content.len()).sum();
    assert!(shown < 425_000, "{shown}");
    let (last, is_error) = told.last().unwrap();
    assert!(*is_error && last.contains("has been shown"), "{last}");
}

#[test]
fn the_results_of_one_turn_are_bounded_together() {
    let mut host = FakeHost::new();
    let mut calls = Vec::new();
    for number in 0..200 {
        host = host.file(&format!("wide{number}.txt"), "y".repeat(20_000));
        calls.push(("read", format!("{{\"path\": \"wide{number}.txt\"}}")));
    }
    calls.push((
        "write",
        r#"{"path": "new.txt", "content": "x\n"}"#.to_owned(),
    ));
    calls.push((
        "write",
        r#"{"path": "wide199.txt", "content": "x\n"}"#.to_owned(),
    ));
    let calls: Vec<(&str, &str)> = calls
        .iter()
        .map(|(name, it)| (*name, it.as_str()))
        .collect();
    let host = host
        .tool_calls(&calls)
        .tool_calls(&[("read", r#"{"path": "wide199.txt"}"#)])
        .answer("Enough.");
    execute(&host, Access::Change);
    let told = results(&host, 1);
    assert_eq!(told.len(), 202, "each call has its result");
    let shown: usize = told.iter().map(|(content, _)| content.len()).sum();
    assert!(shown < 150_000, "{shown}");
    assert!(!told[0].1 && told[0].0.contains("yyy"), "{}", told[0].0);
    let (left_out, is_error) = &told[199];
    assert!(
        *is_error && left_out.contains("left out") && left_out.contains("ask for this again"),
        "{left_out}"
    );
    // What changes is done and told whatever was shown; what was left out wasn't seen.
    assert_eq!(told[200], ("new.txt is written: 2 bytes".to_owned(), false));
    assert!(
        told[201].1 && told[201].0.contains("not all of it was read"),
        "{told:?}"
    );
    assert!(!results(&host, 2)[0].1, "the next turn has room");
}

#[test]
fn a_listing_of_long_names_is_bounded_too() {
    let mut host = FakeHost::new();
    for number in 0..290 {
        host = host.file(&format!("{}/{number}.txt", "folder/".repeat(50)), "");
    }
    let host = host.tool_calls(&[("list", "{}")]).answer("I see.");
    execute(&host, Access::Look);
    let (told, _) = &results(&host, 1)[0];
    assert!(told.len() < 25_000, "{}", told.len());
    assert!(told.ends_with("more: give a narrower pattern"), "{told}");
}

#[test]
fn a_call_with_arguments_that_a_tool_does_not_take_is_not_carried_out() {
    let many: Vec<String> = (0..9).map(|number| format!("\"a{number}\": 1")).collect();
    let many = format!("{{{}, \"{}\": 1}}", many.join(", "), "z".repeat(500));
    let host = FakeHost::new()
        .file("a.py", "x = 1\ny = 2\nz = 3\n")
        .tool_calls(&[
            ("read", r#"{"path": "a.py", "form": 3}"#),
            (
                "write",
                r#"{"path": "b.py", "content": "", "mode": "append"}"#,
            ),
            ("list", &many),
            ("list", ""),
        ])
        .answer("Oh.");
    execute(&host, Access::Change);
    let told = results(&host, 1);
    assert_eq!(
        told[0],
        (
            "nothing was done: `read` has no argument `form`; it has `first`, `last`, `path`"
                .to_owned(),
            true
        )
    );
    assert!(
        told[1].1 && told[1].0.contains("no argument `mode`"),
        "{told:?}"
    );
    assert!(
        told[2].1 && told[2].0.contains("and 5 more") && told[2].0.len() < 300,
        "{told:?}"
    );
    assert_eq!(told[3], ("a.py (18 bytes)".to_owned(), false));
    assert_eq!(host.file_paths(), ["a.py"]);
}

#[test]
fn a_folder_is_searched_and_listed_by_its_name_and_one_that_is_not_there_is_said_not_to_be() {
    let host = FakeHost::new()
        .file("src/tool/a.py", "total = 1\n")
        .file("art/logo.png", [0xff, 0x00])
        .file("notes.md", "total\n")
        .ignores("build/**")
        .ignores("build")
        .tool_calls(&[
            ("search", r#"{"pattern": "total", "paths": "src"}"#),
            ("search", r#"{"pattern": "total", "paths": "./src/tool/"}"#),
            ("search", r#"{"pattern": "nothing", "paths": "src"}"#),
            ("search", r#"{"pattern": "total", "paths": "source"}"#),
            ("search", r#"{"pattern": "total", "paths": "source/**"}"#),
            ("search", r#"{"pattern": "total", "paths": "art"}"#),
            ("search", r#"{"pattern": "total", "paths": "build"}"#),
            ("search", r#"{"pattern": "total", "paths": ".git"}"#),
            ("search", r#"{"pattern": "total", "paths": "."}"#),
            ("list", r#"{"pattern": "src"}"#),
            ("list", r#"{"pattern": "source"}"#),
        ])
        .answer("I see.");
    execute(&host, Access::Look);
    let told: Vec<String> = results(&host, 1)
        .into_iter()
        .map(|(told, _)| told)
        .collect();
    for (index, part) in [
        "src/tool/a.py:1: total = 1",
        "src/tool/a.py:1: total = 1",
        "no line matches",
        "there is no file with text `source`, and none in a folder `source`",
        "no file with text matches `source/**`",
        "nothing of `art` was searched: 1 files there are no text",
        "git ignores `build`: no file there is shown",
        "closed to every step",
        "notes.md:1: total\nsrc/tool/a.py:1: total = 1",
        "src/tool/a.py (10 bytes)",
        "there is no file `source`, and none in a folder `source`",
    ]
    .iter()
    .enumerate()
    {
        assert!(told[index].contains(part), "{part}: {}", told[index]);
    }
}

#[test]
fn what_a_model_can_mend_is_told_to_it() {
    let host = FakeHost::new()
        .file("a.py", "x = 1\n")
        .file("b.bin", [0xff, 0xfe])
        .tool_calls(&[
            ("fly", "{}"),
            ("read", "path"),
            ("read", "{}"),
            ("read", r#"{"path": "../a.py"}"#),
            ("read", r#"{"path": "none.py"}"#),
            ("read", r#"{"path": "b.bin"}"#),
            ("read", r#"{"path": "a.py", "first": 0}"#),
            ("read", r#"{"path": "a.py", "first": 7}"#),
            (
                "edit",
                r#"{"path": "a.py", "old": "y = 1", "new": "y = 2"}"#,
            ),
            (
                "edit",
                r#"{"path": "a.py", "old": "x = 1", "new": "x = 1"}"#,
            ),
            ("list", "[]"),
        ])
        .answer("I give up.");
    let documents = execute(&host, Access::Change);
    assert_eq!(documents.get("changed"), Some("{}"));
    let told = results(&host, 1);
    for (index, part) in [
        "there is no tool `fly`",
        "the arguments are no JSON",
        "it lacks `path`",
        "leads outside the workspace",
        "none.py",
        "isn't text",
        "`first` is no whole number",
        "has 1 lines",
        "lines that aren't there",
        "change nothing",
    ]
    .iter()
    .enumerate()
    {
        let (content, is_error) = &told[index];
        assert!(*is_error && content.contains(part), "{content}");
    }
    assert!(!told[10].1, "{}", told[10].0);
}

#[test]
fn nothing_is_replaced_or_removed_that_was_not_read_whole() {
    let long = "x = 1\n".repeat(500);
    let write = r#"{"path": "long.py", "content": "x = 2\n"}"#;
    let host = FakeHost::new()
        .file("long.py", &long)
        .tool_calls(&[
            ("write", write),
            ("remove", r#"{"path": "long.py"}"#),
            ("read", r#"{"path": "long.py"}"#),
            ("write", write),
        ])
        .tool_calls(&[
            ("read", r#"{"path": "long.py", "first": "401"}"#),
            ("write", write),
        ])
        .tool_calls(&[("remove", r#"{"path": "long.py"}"#)])
        .answer("Gone.");
    let documents = execute(&host, Access::Change);
    let told = results(&host, 1);
    assert!(
        told[0].1 && told[0].0.contains("not all of it was read"),
        "{told:?}"
    );
    assert!(told[1].1 && told[3].1, "{told:?}");
    assert!(
        told[2].0.ends_with("(more of it from line 401 on)"),
        "{}",
        told[2].0
    );
    let told = results(&host, 2);
    assert!(!told[1].1, "{told:?}");
    assert_eq!(documents.get("ended"), Some("turns"));
    assert_eq!(documents.get("changed"), Some(r#"{"long.py": None}"#));
    assert_eq!(host.file_text("long.py"), None);
}

#[test]
fn what_changes_in_a_file_is_not_written_as_the_file() {
    let changes = [
        "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n",
        "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n",
        "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> new\n",
    ];
    let write =
        |content: &str| serde_json::json!({ "path": "a.py", "content": content }).to_string();
    let calls: Vec<String> = changes.iter().map(|content| write(content)).collect();
    let mut calls: Vec<(&str, &str)> = calls.iter().map(|call| ("write", call.as_str())).collect();
    calls.insert(0, ("read", r#"{"path": "a.py"}"#));
    let host = FakeHost::new()
        .file("a.py", "x = 1\n")
        .tool_calls(&calls)
        .answer("Done.");
    execute(&host, Access::Change);
    for (told, is_error) in &results(&host, 1)[1..] {
        assert!(*is_error && told.contains("by `edit`"), "{told}");
    }
    assert_eq!(host.file_text("a.py").as_deref(), Some("x = 1\n"));
}

#[test]
fn turns_come_to_an_end_and_the_model_is_told() {
    let mut host = FakeHost::new().file("a.py", "x = 1\n");
    for _ in 0..3 {
        host = host.tool_calls(&[("list", "{}")]);
    }
    let host = host.answer("Well.");
    let documents = execute(&host, Access::Look);
    assert_eq!(
        (documents.get("ended"), documents.get("text")),
        (Some("turns"), Some("Well."))
    );
    let last = &host.requests()[3];
    assert_eq!(last.tool_choice, ToolChoice::None);
    let told = last.messages.last().unwrap().joined_text();
    assert!(told.contains("used up your turns"), "{told}");
    assert!(
        told.ends_with("\n\nWrite a line `DONE` or `NOT DONE`."),
        "{told}"
    );
}

#[test]
fn who_may_only_look_is_offered_no_more_and_gets_no_more() {
    let host = FakeHost::new()
        .tool_calls(&[("write", r#"{"path": "a.py", "content": ""}"#)])
        .answer("No.");
    execute(&host, Access::Look);
    let offered: Vec<String> = host.requests()[0]
        .tools
        .iter()
        .map(|tool| tool.name.clone())
        .collect();
    assert!(!offered.contains(&"write".to_owned()), "{offered:?}");
    assert!(results(&host, 1)[0].1);
    assert!(host.file_paths().is_empty());
}

#[test]
fn a_model_without_tools_is_found_out_by_the_first_request() {
    let refused = ChatError {
        kind: ChatErrorKind::InvalidRequest,
        message: "tools are not supported".into(),
    };
    let host = FakeHost::new().fail_call(refused);
    assert_eq!(execute(&host, Access::Look).get("ended"), Some("no tools"));
}

#[test]
fn a_long_text_is_shown_by_parts_and_a_line_that_is_too_long_is_said_to_be() {
    let host = FakeHost::new()
        .file(
            "wide.txt",
            "y".repeat(300).as_str().to_owned() + "\n" + &"z".repeat(30_000),
        )
        .tool_calls(&[
            ("read", r#"{"path": "wide.txt"}"#),
            ("read", r#"{"path": "wide.txt", "first": 2}"#),
        ])
        .answer("Oh.");
    execute(&host, Access::Look);
    let told = results(&host, 1);
    assert!(
        told[0].0.ends_with("(more of it from line 2 on)"),
        "{}",
        told[0].0
    );
    assert!(told[1].1 && told[1].0.contains("too many to be shown"));
}

#[test]
fn what_git_hides_stays_and_what_loses_its_mark_gets_it_back() {
    let host = FakeHost::new()
        .file("a.py", "\u{feff}x = 1\n")
        .ignored_file("src/_version.py")
        .tool_calls(&[
            ("read", r#"{"path":"a.py"}"#),
            ("write", r#"{"path":"src/_version.py","content":"mine"}"#),
            ("edit", r#"{"path":"src/_version.py","old":"a","new":"b"}"#),
        ])
        .tool_calls(&[("write", r#"{"path":"a.py","content":"x = 2\n"}"#)])
        .answer("Done.");
    execute(&host, Access::Change);
    let told = results(&host, 1);
    assert!(told[1].1 && told[1].0.contains("git ignores"), "{told:?}");
    assert!(told[2].1 && told[2].0.contains("git ignores"), "{told:?}");
    assert_eq!(host.file_paths(), ["a.py"]);
    assert_eq!(host.file_text("a.py").unwrap(), "\u{feff}x = 2\n");
}

#[test]
fn a_link_stands_for_the_file_that_it_leads_to() {
    let host = FakeHost::new()
        .file("src/a.py", "x = 1\ny = 1\n")
        .link("a.py", "src/a.py")
        .tool_calls(&[
            ("read", r#"{"path": "a.py"}"#),
            (
                "edit",
                r#"{"path": "a.py", "old": "x = 1", "new": "x = 2"}"#,
            ),
            (
                "edit",
                r#"{"path": "src/a.py", "old": "y = 1", "new": "y = 2"}"#,
            ),
        ])
        .tool_calls(&[("write", r#"{"path": "src/a.py", "content": "z = 3\n"}"#)])
        .answer("Done.");
    let documents = execute(&host, Access::Change);
    let told = results(&host, 1);
    assert!(told[0].0.starts_with("src/a.py, lines 1 to 2"), "{told:?}");
    assert_eq!(
        documents.get("changed"),
        Some(r#"{"src/a.py": Some(6)}"#),
        "{told:?}"
    );
    assert!(
        !results(&host, 2)[0].1,
        "it was read whole, by its other name"
    );
}
