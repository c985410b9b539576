//! The step `code` by its model's own tools: what it changes, what ends it, and what a kill in the middle leaves.

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Received, Reply};

use super::edits::{FLOW, rates};

const OTHER: &str = "OTHER = 1\n";

fn mended(text: &str) -> String {
    text.replace("rate_731 = 5117\r", "rate_731 = 5115\r")
}

fn project(provider: &Provider) -> Project {
    let project = Project::with_provider(provider);
    project.write("flow.toml", FLOW);
    project.write("src/rates.py", &rates());
    project.write("src/other.py", OTHER);
    project
}

/// An answer that thinks, says something, and calls tools.
fn calls(calls: &[(&str, Value)]) -> Reply {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        format!(
            "data: {}\n\n",
            json!({ "model": "test-model-1", "choices": [choice] })
        )
    };
    let thought = json!({ "role": "assistant", "reasoning_content": "I look before I leap." });
    let mut events = chunk(thought, Value::Null);
    events += &chunk(json!({ "content": "Let me see." }), Value::Null);
    for (index, (name, arguments)) in calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": arguments.to_string() });
        let call = json!({ "index": index, "id": format!("call-{index}"), "type": "function", "function": function });
        events += &chunk(json!({ "tool_calls": [call] }), Value::Null);
    }
    events += &chunk(json!({}), json!("tool_calls"));
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": 60, "total_tokens": 70 });
    events += &format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({ "choices": [], "usage": usage })
    );
    Reply::Events(events)
}

/// How often the model of a conversation has answered before.
fn turn(received: &Received) -> usize {
    let messages = received.body["messages"].as_array().unwrap();
    let answers = messages.iter().filter(|it| it["role"] == "assistant");
    answers.count()
}

/// A model that searches, mends the line, and ends.
fn mends(received: &Received) -> Reply {
    match turn(received) {
        0 => calls(&[
            ("search", json!({ "pattern": "rate_731 =" })),
            ("search", json!({ "pattern": "OTHER", "literal": true })),
        ]),
        1 => calls(&[(
            "edit",
            json!({ "path": "src/rates.py", "old": "rate_731 = 5117", "new": "rate_731 = 5115" }),
        )]),
        _ => Reply::Text("`rate_731` is two less now.".into()),
    }
}

#[test]
fn a_line_of_two_thousand_is_mended_by_tools_and_no_other_byte_changes() {
    let provider = Provider::start(|_, received| mends(received));
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
    let received = provider.received();
    assert_eq!(received.len(), 3);
    assert!(
        received[0]
            .asked
            .contains("Work in the workspace by your tools")
    );
    // What it thought goes back to it beside what it called.
    let answer = &received[1].body["messages"][1];
    assert_eq!(answer["reasoning_content"], "I look before I leap.");
    assert_eq!(answer["content"], "Let me see.");
    let results: Vec<&str> = received[1].body["messages"].as_array().unwrap()[2..]
        .iter()
        .map(|it| it["content"].as_str().unwrap())
        .collect();
    assert_eq!(
        results,
        [
            "src/rates.py:731: rate_731 = 5117",
            "src/other.py:1: OTHER = 1"
        ]
    );
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert!(status["spent"]["output_tokens"].as_u64().unwrap() < 1_000);
    let files = project.document("code", "files");
    assert!(files.contains("src/rates.py"), "{files}");
    assert_eq!(
        project.document("code", "summary").trim(),
        "`rate_731` is two less now."
    );
}

/// What only a person can mend is told to a person: the model can do nothing about it, and is asked no further.
#[test]
fn what_is_not_committed_ends_a_step_whose_run_has_a_branch() {
    let provider = Provider::start(|_, received| mends(received));
    let project = project(&provider);
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]);
        let ended = git.args(arguments).current_dir(project.path()).output();
        assert!(ended.unwrap().status.success(), "{arguments:?}");
    };
    project.write(".gitignore", ".stepwell/\n");
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "-m", "before"],
    ] {
        git(arguments);
    }
    project.write("src/rates.py", &(rates() + "mine = 1\r\n"));
    let told = [
        "`src/rates.py` is changed and not committed",
        "git stash",
        "`stepwell step run code --run",
    ];
    let run = ["run", "flow.toml", "--publish", "branch"];
    let failed = project.run(&run).exits_with(1).says(&told);
    // To resume alone would meet the same.
    assert!(
        !failed.stderr.contains("stepwell resume"),
        "{}",
        failed.stderr
    );
    assert_eq!(provider.received().len(), 2, "it searched, and tried once");
    // The mend that it names is one.
    git(&["stash", "--quiet"]);
    let again = ["step", "run", "code", "--run", "last"];
    let _ = project.run(&again).exits_with(0);
    let files = project.run(&["files", "last", "--diff"]).exits_with(0);
    assert!(files.stdout.contains("rate_731 = 5115"), "{}", files.stdout);
}

const IN_TEXT: &str = "Two less.\n\n### FILE: src/rates.py\n```python\n<<<<<<< SEARCH\nrate_731 = 5117\n=======\nrate_731 = 5115\n>>>>>>> REPLACE\n```\n";

#[test]
fn a_model_that_refuses_tools_is_asked_in_plain_text_from_then_on() {
    let provider = Provider::start(|index, received| match received.body["tools"].is_null() {
        false => {
            let body = json!({ "error": { "message": "this model does not support tools" } });
            Reply::Status(400, Vec::new(), body.to_string())
        }
        // The first one doesn't fit, so that another attempt follows.
        true if index == 1 => Reply::Text(IN_TEXT.replace("5117", "5118")),
        true => Reply::Text(IN_TEXT.into()),
    });
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
    let received = provider.received();
    let offered: Vec<bool> = received
        .iter()
        .map(|it| !it.body["tools"].is_null())
        .collect();
    assert_eq!(offered, [true, false, false]);
    assert!(received[1].asked.contains("<<<<<<< SEARCH"));
    assert!(received[2].asked.contains("Your previous answer"));
}

#[test]
fn a_model_without_tools_is_sent_none() {
    let provider = Provider::start(|_, _| Reply::Text(IN_TEXT.into()));
    let project = project(&provider);
    let settings = project.read("stepwell.toml").unwrap();
    let with = "writer = { model = \"local/test-model\", tools = false }";
    project.write(
        "stepwell.toml",
        &settings.replace("writer = \"local/test-model\"", with),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
    let received = provider.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].body["tools"].is_null());
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["spent"]["calls"], 1);
}

#[test]
fn turns_end_and_the_run_says_so() {
    let provider = Provider::start(|_, received| match received.body["tool_choice"].as_str() {
        Some("none") => Reply::Text(IN_TEXT.into()),
        _ => calls(&[("list", json!({}))]),
    });
    let project = project(&provider);
    project.write("flow.toml", &format!("{FLOW}settings.turns = 2\n"));
    let ran = project.run(&["run", "flow.toml"]).exits_with(0).stdout;
    let received = provider.received();
    assert_eq!(received.len(), 3);
    assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
    // The question spoke of tools alone; the last request says how else to write a change.
    assert!(!received[0].asked.contains("<<<<<<< SEARCH"));
    let last = received[2].body["messages"].as_array().unwrap().last();
    let last = last.unwrap()["content"].as_str().unwrap().to_owned();
    for part in ["used up your turns", "### FILE: ", "<<<<<<< SEARCH"] {
        assert!(last.contains(part), "{part}: {last}");
    }
    let status = project.run(&["status"]).exits_with(0).stdout;
    assert!(
        status.contains("its 2 turns with tools") && status.contains("`turns`"),
        "{status}"
    );
    // What the run came to names it, and so does its page, before anybody looks at the step.
    assert!(
        ran.contains("warnings\n  code: the model had not ended"),
        "{ran}"
    );
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    let page = project
        .serve(&[])
        .get(&format!("/runs/{}", run["id"].as_str().unwrap()));
    let notice = page.body.split("class=\"notice warn\"").nth(1);
    assert!(
        notice.is_some_and(|notice| notice.contains("its 2 turns with tools")),
        "{}",
        page.body
    );
}

/// A run that is killed while the model's answer of this turn is awaited, before anything of it came.
fn killed_at(silent: usize, answer: fn(&Received) -> Reply) -> (Provider, Project) {
    let provider = Provider::start(move |index, received| match index == silent {
        true => Reply::Silence,
        false => answer(received),
    });
    let project = project(&provider);
    let mut child = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(silent + 1);
    child.kill().unwrap();
    child.wait().unwrap();
    (provider, project)
}

#[test]
fn killed_in_the_middle_it_asks_nothing_twice_and_edits_the_same() {
    for silent in 0..3 {
        let (provider, project) = killed_at(silent, mends);
        assert_eq!(project.read("src/rates.py").unwrap(), rates());
        let _ = project.run(&["resume"]).exits_with(0);
        assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
        let received = provider.received();
        assert_eq!(received.len(), 4, "killed at {silent}");
        let turns: Vec<usize> = received.iter().map(turn).collect();
        let mut expected = vec![0, 1, 2];
        expected.insert(silent, silent);
        assert_eq!(turns, expected);
        // The one that had no answer is sent as it was.
        assert_eq!(received[silent].body, received[silent + 1].body);
        let status = project.run(&["status", "--json"]).exits_with(0).json();
        assert_eq!(status["spent"]["calls"], 3);
        let _ = project.run(&["store", "check"]).exits_with(0);
    }
}

#[test]
fn what_a_person_changed_meanwhile_is_kept_and_said() {
    for silent in 1..3 {
        let (_provider, project) = killed_at(silent, mends);
        let theirs = rates().replace("rate_5 = 35\r", "rate_5 = 36\r");
        project.write("src/rates.py", &theirs);
        // What it had read it goes on with (E3); theirs is kept, and it is said (E15).
        let resumed = project.run(&["resume"]).exits_with(0);
        assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
        let status = project.run(&["status"]).exits_with(0).stdout;
        let told = format!("{}{}{status}", resumed.stdout, resumed.stderr);
        assert!(
            told.contains("src/rates.py") && told.contains("--restore"),
            "{told}"
        );
        let restored = project.run(&["files", "last", "--restore", "src/rates.py"]);
        let _ = restored.exits_with(0);
        assert!(
            project.read("src/rates.py").unwrap() == theirs,
            "killed at {silent}"
        );
    }
}

#[test]
fn what_was_only_searched_and_changed_since_is_told_to_the_model() {
    fn goes_for_other(received: &Received) -> Reply {
        match turn(received) {
            0 => mends(received),
            1 => calls(&[
                (
                    "write",
                    json!({ "path": "src/other.py", "content": "OTHER = 3\n" }),
                ),
                (
                    "edit",
                    json!({ "path": "src/other.py", "old": "OTHER = 1", "new": "OTHER = 3" }),
                ),
                ("remove", json!({ "path": "src/other.py" })),
            ]),
            _ => Reply::Text("Nothing to change: it won't be had.".into()),
        }
    }
    let (provider, project) = killed_at(1, goes_for_other);
    project.write("src/other.py", "OTHER = 2\n");
    let _ = project.run(&["resume"]).exits_with(0);
    assert_eq!(project.read("src/other.py").unwrap(), "OTHER = 2\n");
    let received = provider.received();
    let last = received.last().unwrap();
    let results = &last.body["messages"].as_array().unwrap()[5..];
    assert_eq!(results.len(), 3, "{}", last.body);
    for result in results {
        let content = result["content"].as_str().unwrap();
        assert!(content.contains("isn't any more what it was"), "{content}");
    }
}

/// A model that first reaches for what no step may have, and then does its work.
fn reaches(received: &Received) -> Reply {
    match turn(received) {
        0 => calls(&[
            ("read", json!({ "path": ".git/config" })),
            (
                "write",
                json!({ "path": ".git/hooks/post-merge", "content": "#!/bin/sh\n" }),
            ),
            ("write", json!({ "path": "stepwell.toml", "content": "" })),
            (
                "write",
                json!({ "path": "src/_version.py", "content": "version = 2\n" }),
            ),
            (
                "edit",
                json!({ "path": "src/rates.py", "old": "rate_731 = 5117", "new": "rate_731 = 5115" }),
            ),
        ]),
        _ => Reply::Text("`rate_731` is two less now.".into()),
    }
}

#[test]
fn what_is_closed_or_hidden_stays_and_the_model_goes_on() {
    let provider = Provider::start(|_, received| reaches(received));
    let project = project(&provider);
    project.write(".git/config", "[core]\n");
    project.write(".gitignore", "_version.py\n");
    project.write("src/_version.py", "version = 1\n");
    let configuration = project.read("stepwell.toml");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("src/rates.py").unwrap(), mended(&rates()));
    assert_eq!(project.read("src/_version.py").unwrap(), "version = 1\n");
    assert_eq!(project.read("stepwell.toml"), configuration);
    assert_eq!(project.read(".git/hooks/post-merge"), None);
    let told: Vec<String> = provider.received()[1].body["messages"].as_array().unwrap()[2..]
        .iter()
        .map(|it| it["content"].as_str().unwrap().to_owned())
        .collect();
    for closed in &told[..3] {
        assert!(closed.contains("closed to every step"), "{told:?}");
    }
    assert!(told[3].contains("git ignores"), "{told:?}");
}

/// A model that asks for two hundred texts at once, and for one of them in another way than there is.
fn asks_for_much(received: &Received) -> Reply {
    match turn(received) {
        0 => {
            let mut asked = vec![("read", json!({ "path": "src/wide0.py", "form": 3 }))];
            asked.extend((0..200).map(|number| {
                let path = format!("src/wide{number}.py");
                ("read", json!({ "path": path }))
            }));
            calls(&asked)
        }
        1 => calls(&[(
            "edit",
            json!({ "path": "src/rates.py", "old": "rate_731 = 5117", "new": "rate_731 = 5115" }),
        )]),
        _ => Reply::Text("Done.".into()),
    }
}

#[test]
fn the_results_of_a_turn_are_bounded_together_and_what_is_left_out_is_said() {
    let provider = Provider::start(|_, received| asks_for_much(received));
    let project = project(&provider);
    for number in 0..200 {
        project.write(
            &format!("src/wide{number}.py"),
            &format!("wide = \"{}\"\n", "x".repeat(20_000)),
        );
    }
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let received = provider.received();
    let second = received[1].body.to_string();
    let first = received[0].body.to_string();
    assert!(
        second.len() < first.len() + 200_000,
        "{} and then {}",
        first.len(),
        second.len()
    );
    let told: Vec<&str> = received[1].body["messages"].as_array().unwrap()[2..]
        .iter()
        .map(|it| it["content"].as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 201);
    assert!(
        told[0].starts_with("nothing was done: `read` has no argument `form`"),
        "{}",
        told[0]
    );
    assert!(told[1].starts_with("src/wide0.py, lines 1 to 1"));
    assert!(
        told[200].contains("left out") && told[200].contains("ask for this again"),
        "{}",
        told[200]
    );
}

#[test]
fn a_byte_order_mark_is_in_nobodys_way() {
    let provider = Provider::start(|_, received| match turn(received) {
        0 => calls(&[
            ("search", json!({ "pattern": "^rate_1 =" })),
            ("read", json!({ "path": "src/rates.py", "last": 2 })),
        ]),
        1 => calls(&[(
            "edit",
            json!({ "path": "src/rates.py", "old": "\u{feff}rate_1 = 7", "new": "\u{feff}rate_1 = 8" }),
        )]),
        _ => Reply::Text("Done.".into()),
    });
    let project = project(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let told: Vec<String> = provider.received()[1].body["messages"].as_array().unwrap()[2..]
        .iter()
        .map(|it| it["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told[0], "src/rates.py:1: rate_1 = 7");
    assert_eq!(
        told[1],
        "src/rates.py, lines 1 to 2 of 2000:\nrate_1 = 7\nrate_2 = 14"
    );
    assert_eq!(
        project.read("src/rates.py").unwrap(),
        rates().replacen("rate_1 = 7\r", "rate_1 = 8\r", 1)
    );
}

#[test]
fn that_a_model_takes_no_tools_is_found_out_once_for_all_executions() {
    let provider = Provider::start(|_, received| match received.body["tools"].is_null() {
        false => {
            let body = json!({ "error": { "message": "this model does not support tools" } });
            Reply::Status(400, Vec::new(), body.to_string())
        }
        true => Reply::Text(IN_TEXT.into()),
    });
    let project = project(&provider);
    let step = FLOW.split_once("[[steps]]").unwrap().1;
    let second = step
        .replace(
            "id = \"code\"",
            "id = \"again\"\ninputs.design = \"{{ steps.code.files }}\"",
        )
        .replace("src/rates.py", "src/third.py");
    project.write("src/third.py", &rates());
    project.write("flow.toml", &format!("{FLOW}\n[[steps]]{second}"));
    let ran = project.run(&["run", "flow.toml"]);
    let offered: Vec<bool> = provider
        .received()
        .iter()
        .map(|it| !it.body["tools"].is_null())
        .collect();
    assert_eq!(offered[..3], [true, false, false], "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("as its provider said when it was asked before"),
        "{}",
        ran.stderr
    );
}
