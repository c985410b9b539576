//! `stepwell compare --batch`: what is sent in batches, waited for over kills, paid once, and said of what it saved.

use std::collections::BTreeMap;
use std::process::{Child, Command};

use serde_json::{Value, json};
use stepwell_tests::{Batching, Fate, Finished, Project, Serving};

/// What the provider takes for a million tokens, by itself: 1 and 2 micro-dollars for a token.
const PRICE: &str = "price = { input = 1, output = 2 }";

/// The formats that have batches, each with where its batches are made and looked at.
const FORMATS: [(&str, &str, &str); 3] = [
    ("openai-chat", "POST /v1/batches", "GET /v1/batches/batch_"),
    (
        "openai-responses",
        "POST /v1/batches",
        "GET /v1/batches/batch_",
    ),
    (
        "anthropic-messages",
        "POST /v1/messages/batches",
        "GET /v1/messages/batches/batch_",
    ),
];

fn project(provider: &Batching, format: &str, calls: u32) -> Project {
    let mut project = Project::new();
    project.write(
        "stepwell.toml",
        &format!(
            "[providers.local]\nkind = \"{format}\"\nbase_url = \"{}\"\nkey_variable = \"LOCAL_KEY\"\nretries = 2\n\
             batch = true\nbatch_percent = 50\nbatch_pause = \"30ms\"\n\n\
             [providers.plain]\nkind = \"openai-chat\"\nbase_url = \"{}\"\n\n\
             [models]\nwriter = {{ model = \"local/test-model\", {PRICE} }}\nother = \"plain/test-model\"\n\n\
             [defaults]\nmodel = \"writer\"\n",
            provider.url(),
            provider.url()
        ),
    );
    project.set("LOCAL_KEY", "sk-test-secret");
    project.add_guest("worker");
    project.write(
        "flow.toml",
        &format!(
            "name = \"flow\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\n\
             settings.calls = {calls}\nretries = 0\n"
        ),
    );
    project
}

fn cases(project: &Project, count: usize) {
    let cases: String = (0..count)
        .map(|case| format!("[[cases]]\nid = \"c{case}\"\ninputs.topic = \"t{case}\"\n"))
        .collect();
    project.write("cases.toml", &cases);
}

const COMPARE: [&str; 6] = [
    "compare",
    "work",
    "--definition",
    "flow.toml",
    "--cases",
    "cases.toml",
];

fn compare(project: &Project, more: &[&str]) -> Finished {
    project.run(&[&COMPARE[..], &["--batch"], more].concat())
}

fn spawn(project: &Project) -> Child {
    project.spawn(&[&COMPARE[..], &["--batch"]].concat())
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    let _ = child.wait().unwrap();
}

fn shown(project: &Project) -> Value {
    project
        .run(&["comparison", "show", "--json"])
        .exits_with(0)
        .json()
}

/// That every cell has its outcome, and each text was paid for once, by the provider's own count and by ours.
fn all_paid_once(project: &Project, provider: &Batching, texts: usize) -> Value {
    let view = shown(project);
    for cell in view["cells"].as_array().unwrap() {
        assert_eq!(cell["status"], "success", "{cell}");
        assert!(
            cell["duration_ms"].is_null(),
            "a batch says nothing of it: {cell}"
        );
    }
    let paid = provider.paid();
    assert_eq!(paid.len(), texts, "{paid:?}");
    assert!(paid.values().all(|times| *times == 1), "{paid:?}");
    assert_eq!(provider.count("POST /v1/chat/completions"), 0);
    assert_eq!(provider.count("POST /v1/responses"), 0);
    // In a batch a token costs half: of 10 that are read, and of as many as there are words in an answer.
    let words: usize = paid
        .keys()
        .map(|asked| format!("echo {asked}").split_whitespace().count())
        .sum();
    let whole = 10 * texts + 2 * words;
    assert_eq!(view["spent"]["money"], whole / 2, "{}", view["spent"]);
    assert_eq!(view["batches"]["saved"], whole / 2, "{}", view["batches"]);
    assert_eq!(view["batches"]["answered"], texts);
    view
}

#[test]
fn all_calls_of_a_round_are_one_batch_at_half_the_price_in_every_format() {
    for (format, _, _) in FORMATS {
        let provider = Batching::echo();
        let project = project(&provider, format, 2);
        cases(&project, 20);
        let done = compare(&project, &[]).exits_with(0);
        assert_eq!(provider.sizes(), [20, 20], "{format}: each turn is a batch");
        let view = all_paid_once(&project, &provider, 40);
        let done = done.shows(&["40 requests answered in batches, which saved $"]);
        drop(done.says(&["batch batch_1 of 20 requests is at local"]));
        assert_eq!(view["batches"]["batches"].as_array().unwrap().len(), 2);
        let cost = project.run(&["cost"]).exits_with(0);
        drop(cost.shows(&["40 requests were sent in batches, which saved $"]));
        // The mark of a call says which batch it was in, and what that saved.
        let cell = view["cells"][0]["run"].as_str().unwrap();
        let calls = project.run(&["calls", cell, "--json"]).exits_with(0).json();
        assert!(
            calls[0]["attempts"][0]["batch"]["saved"].as_u64() > Some(0),
            "{calls}"
        );
        let calls = project.run(&["calls", cell]).exits_with(0);
        drop(calls.shows(&["in a batch, which saved $"]));
        // What is there is not asked again.
        let _ = compare(&project, &[]).exits_with(0);
        assert_eq!(provider.sizes(), [20, 20]);
    }
}

#[test]
fn a_kill_at_any_moment_loses_no_batch_and_pays_for_none_twice() {
    for (format, begin, look) in FORMATS {
        // Where it is killed: what the provider received by then, and whether it did what was asked.
        let mut moments = vec![(begin, false), (begin, true), (look, false)];
        match format {
            "anthropic-messages" => {
                moments.push(("GET /v1/messages/batches/batch_1/results", true))
            }
            _ => {
                moments.push(("POST /v1/files", false));
                moments.push(("POST /v1/files", true));
                moments.push(("GET /v1/files/output-batch_1/content", true));
            }
        }
        for (moment, does_it) in moments {
            let told = format!("{format}: {moment}, {does_it}");
            let provider = Batching::echo();
            let project = project(&provider, format, 2);
            cases(&project, 5);
            provider.mute(moment, does_it);
            let child = spawn(&project);
            provider.wait_for(moment, 1);
            kill(child);
            provider.speak();
            let _ = project.run(&["comparison", "resume"]).exits_with(0);
            let view = all_paid_once(&project, &provider, 10);
            let asked = provider.asked();
            assert!(asked.values().all(|times| *times == 1), "{told}: {asked:?}");
            assert_eq!(provider.sizes(), [5, 5], "{told}");
            // Nothing is in doubt, and nothing is held in budgets.
            assert_eq!(
                view["spent"]["unknown_money"], 0,
                "{told}: {}",
                view["spent"]
            );
            assert_eq!(view["spent"]["attempts"], 10, "{told}: {}", view["spent"]);
        }
    }
}

#[test]
fn killed_again_and_again_while_it_waits_it_is_one_batch() {
    for (format, _, look) in FORMATS {
        let provider = Batching::echo();
        let project = project(&provider, format, 1);
        cases(&project, 6);
        provider.hold();
        let child = spawn(&project);
        provider.wait_for(look, 2);
        kill(child);
        for _ in 0..3 {
            let before = provider.count(look);
            let child = project.spawn(&["comparison", "resume"]);
            provider.wait_for(look, before + 2);
            kill(child);
        }
        let before = provider.count(look);
        let child = project.spawn(&["comparison", "resume"]);
        provider.wait_for(look, before + 2);
        provider.release();
        let resumed: Finished = child.wait_with_output().unwrap().into();
        let resumed = resumed.exits_with(0);
        drop(resumed.says(&["waiting for the batch batch_1 at local: 0 of 6 done, sent "]));
        assert_eq!(provider.sizes(), [6], "{format}");
        let _ = all_paid_once(&project, &provider, 6);
    }
}

#[test]
fn what_a_batch_fails_of_is_tried_again_in_another_one_as_often_as_the_provider_allows() {
    for (format, _, _) in FORMATS {
        // Each fails once, in its own way, and then not.
        let provider = Batching::deciding(|asked, before| match before {
            0 if asked.contains("t0") => Fate::Errored,
            0 if asked.contains("t1") => Fate::Expired,
            0 if asked.contains("t2") => Fate::Missing,
            _ => Fate::Answered,
        });
        let project = project(&provider, format, 1);
        cases(&project, 5);
        let _ = compare(&project, &[]).exits_with(0);
        assert_eq!(provider.sizes(), [5, 3], "{format}");
        let paid = provider.paid();
        assert!(
            paid.len() == 5 && paid.values().all(|times| *times == 1),
            "{format}: {paid:?}"
        );
        // What stays wrong is not sent again, and what may pass no more often than `retries = 2` says.
        let provider = Batching::deciding(|asked, _| match asked {
            asked if asked.contains("t0") => Fate::Errored,
            asked if asked.contains("t1") => Fate::Refused,
            _ => Fate::Answered,
        });
        let project = self::project(&provider, format, 1);
        cases(&project, 3);
        let _ = compare(&project, &[]).exits_with(1);
        let asked = provider.asked();
        let times = |topic: &str| {
            let of = asked.iter().filter(|(asked, _)| asked.contains(topic));
            of.map(|(_, times)| *times).sum::<usize>()
        };
        assert_eq!(
            (times("t0"), times("t1"), times("t2")),
            (3, 1, 1),
            "{format}: {asked:?}"
        );
    }
}

/// A comparison whose batch waits at its provider when Ctrl-C is pressed.
fn interrupted(project: &Project, provider: &Batching, look: &str) -> Finished {
    provider.hold();
    let child = spawn(project);
    provider.wait_for(look, 1);
    let id = child.id().to_string();
    let mut kill = Command::new("kill");
    assert!(kill.args(["-INT", &id]).status().unwrap().success());
    child.wait_with_output().unwrap().into()
}

#[test]
fn removing_a_comparison_cancels_its_batch() {
    for (format, _, look) in FORMATS {
        let provider = Batching::echo();
        let project = project(&provider, format, 1);
        cases(&project, 2);
        let _ = interrupted(&project, &provider, look).exits_with(130);
        assert_eq!(provider.cancelled(), 0);
        let _ = project.run(&["comparison", "rm", "last"]).exits_with(0);
        assert_eq!(provider.cancelled(), 1, "{format}");
    }
}

#[test]
fn ctrl_c_leaves_a_batch_where_it_is_and_stop_cancels_it() {
    for (format, _, look) in FORMATS {
        let provider = Batching::echo();
        let project = project(&provider, format, 1);
        cases(&project, 4);
        let stopped = interrupted(&project, &provider, look).exits_with(130);
        let stopped = stopped.says(&["batch batch_1 at local stays there, with 4 requests"]);
        drop(stopped.says(&["stepwell comparison resume", "stepwell comparison stop"]));
        assert_eq!(provider.cancelled(), 0);
        let stop = project.run(&["comparison", "stop"]).exits_with(0);
        drop(stop.shows(&["batch batch_1 at local is cancelled"]));
        assert_eq!(provider.cancelled(), 1);
        // What it didn't answer is sent again.
        provider.release();
        let _ = project.run(&["comparison", "resume"]).exits_with(0);
        assert_eq!(provider.sizes(), [4, 4], "{format}");
        let paid = provider.paid();
        assert!(
            paid.len() == 4 && paid.values().all(|times| *times == 1),
            "{format}: {paid:?}"
        );
    }
}

#[test]
fn a_model_without_batches_is_refused_by_name_before_anything_is_sent() {
    let provider = Batching::echo();
    let project = project(&provider, "openai-chat", 1);
    cases(&project, 2);
    let refused = compare(&project, &["--models", "writer,other"]).exits_with(4);
    drop(refused.says(&["`other`", "`plain`", "takes no batches"]));
    assert_eq!(provider.count("POST"), 0);
    let none = project.run(&["comparisons", "--json"]).exits_with(0).json();
    assert_eq!(none, json!([]));
}

#[test]
fn budgets_reckon_with_the_price_of_a_batch() {
    // An answer of 4096 tokens is reckoned with: in a batch that is a bit more than 4.1 thousandths of a dollar, by itself twice as much.
    let provider = Batching::echo();
    let project = project(&provider, "openai-chat", 1);
    cases(&project, 2);
    let _ = compare(&project, &["--max-money", "0.0095"]).exits_with(0);
    assert_eq!(provider.sizes(), [2]);
    // Where both don't fit, what fits is sent, and the rest once somebody says so.
    let provider = Batching::echo();
    let project = self::project(&provider, "openai-chat", 1);
    cases(&project, 2);
    let refused = compare(&project, &["--max-money", "0.006"]).exits_with(1);
    drop(refused.says(&["stepwell comparison resume"]));
    assert_eq!(provider.sizes(), [1]);
    let _ = project.run(&["comparison", "resume"]).exits_with(0);
    let _ = all_paid_once(&project, &provider, 2);
}

fn started(serving: &Serving, project: &Project, topics: &[&str]) -> String {
    let file = project.join("flow.toml").display().to_string();
    let definition = json!({ "text": project.read("flow.toml"), "file": file });
    let cases = topics
        .iter()
        .map(|topic| json!({ "id": topic, "inputs": { "topic": topic } }));
    let request = json!({
        "step": "work",
        "within": { "kind": "definition", "definition": definition },
        "cases": cases.collect::<Vec<Value>>(),
        "batch": true,
    });
    let begun = serving.post("/api/comparisons", &request);
    assert_eq!(begun.status, 201, "{begun:?}");
    begun.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_server_carries_two_batched_comparisons_on_that_share_cells_after_a_kill() {
    for (format, begin, look) in FORMATS {
        let provider = Batching::echo();
        let project = project(&provider, format, 1);
        provider.hold();
        let mut serving = project.serve(&[]);
        let first = started(&serving, &project, &["milk", "salt", "corn"]);
        provider.wait_for(begin, 1);
        let second = started(&serving, &project, &["salt", "corn", "mint"]);
        provider.wait_for(begin, 2);
        provider.wait_for(look, 2);
        serving.kill();
        serving = project.serve(&[]);
        provider.release();
        for id in [&first, &second] {
            let ended = serving.get(&format!("/api/comparisons/{id}/outcome?wait=true"));
            assert_eq!(ended.json()["status"], "finished", "{format}: {ended:?}");
        }
        let paid = provider.paid();
        let expected: BTreeMap<_, _> = paid.keys().map(|asked| (asked.clone(), 1)).collect();
        assert_eq!((paid.len(), &paid), (4, &expected), "{format}");
        let view = serving.get(&format!("/api/comparisons/{second}")).json();
        assert_eq!(
            view["batches"]["answered"], 1,
            "it sent one itself: {}",
            view["batches"]
        );
    }
}

#[test]
fn the_page_begins_a_comparison_in_batches_where_its_box_is_checked() {
    let (format, ..) = FORMATS[0];
    let provider = Batching::echo();
    let project = project(&provider, format, 1);
    let serving = project.serve(&[]);
    let of = [("definition", "flow.toml"), ("step", "work")];
    let given = "[[cases]]\nid = \"c0\"\ninputs.topic = \"t0\"\n[[cases]]\nid = \"c1\"\ninputs.topic = \"t1\"\n";
    let cases = [&of[..], &[("cases", given)]].concat();
    let checked = [&cases[..], &[("batch", "on")]].concat();

    // A provider without batches is told before anything is sent, and the box stays as it was.
    let elsewhere = [&checked[..], &[("model", "other")]].concat();
    let refused = serving.submit("/comparisons", &elsewhere);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(
        refused.body.contains("name=\"batch\" value=\"on\" checked"),
        "{}",
        refused.body
    );
    assert_eq!(provider.asked().len(), 0);

    let begun = serving.submit("/comparisons", &checked);
    assert_eq!(begun.status, 303, "{begun:?}");
    let id = serving.get("/api/comparisons").json()["items"][0]["id"].clone();
    let outcome = format!(
        "/api/comparisons/{}/outcome?wait=true",
        id.as_str().unwrap()
    );
    let ended = serving.get(&outcome).json();
    assert_eq!(ended["status"], "finished", "{ended}");
    assert_eq!(provider.sizes(), [2]);
    assert_eq!(provider.paid().len(), 2);
}
