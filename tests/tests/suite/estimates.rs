//! What a run will probably take: said before money is spent, asked about where it is much, and kept beside what it took.

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Reply};

use crate::terminal::Terminal;

const FLOW: &str = r#"
name = "asks"
[inputs]
topic = { default = "tea" }
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
settings.calls = 2
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "then {{ steps.first.result }}"
settings.calls = 1
"#;

const GROUP: &str = r#"
name = "groups"
[[steps]]
id = "group"
  [[steps.steps]]
  id = "first"
  uses = "plugins/worker.wasm"
  inputs.topic = "tea"
  settings.calls = 2
"#;

/// A provider that counts as most do: a token has some four bytes. Its answers differ in length, by turns.
fn counting() -> Provider {
    Provider::start(|number, received| {
        let sent = received.body["messages"].to_string().len() as u64 / 4;
        let text = "word ".repeat(120 + 40 * (number % 5));
        let piece = json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": text }, "finish_reason": "stop" }] });
        let usage = json!({ "prompt_tokens": sent, "completion_tokens": text.len() / 4, "total_tokens": sent });
        let end = json!({ "choices": [], "usage": usage });
        Reply::Events(format!("data: {piece}\n\ndata: {end}\n\ndata: [DONE]\n\n"))
    })
}

fn configure(project: &Project, lines: &str) {
    let text = project.read("stepwell.toml").unwrap();
    // Keys of the file stand before its tables.
    project.write("stepwell.toml", &format!("{lines}\n{text}"));
}

fn price(project: &Project) {
    let text = project.read("stepwell.toml").unwrap();
    let priced = "writer = { model = \"local/test-model\", price = { input = 1, output = 10 } }";
    let text = text.replace("writer = \"local/test-model\"", priced);
    project.write("stepwell.toml", &text);
}

fn estimate(project: &Project) -> Value {
    let estimated = project.run(&["run", "flow.toml", "--estimate", "--json"]);
    estimated.exits_with(0).json()
}

fn spread(estimate: &Value, of: &str) -> (u64, u64) {
    let [low, high] = ["low", "high"].map(|end| estimate[of][end].as_u64().unwrap());
    assert!(low <= high, "{estimate}");
    (low, high)
}

/// What the last run took.
fn took(project: &Project) -> (u64, u64) {
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    let tokens = |side: &str| run["spent"][side].as_u64().unwrap();
    (tokens("input_tokens"), tokens("output_tokens"))
}

fn runs(project: &Project) -> usize {
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    runs.as_array().unwrap().len()
}

#[test]
fn after_ten_runs_the_next_one_is_known() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    let mut taken = Vec::new();
    for _ in 0..10 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        taken.push(took(&project));
    }
    let estimated = estimate(&project);
    for step in estimated["steps"].as_array().unwrap() {
        let basis = json!({ "kind": "earlier-runs", "runs": 10 });
        assert_eq!(step["basis"], basis, "{estimated}");
    }
    for (of, side) in [("input_tokens", 0), ("output_tokens", 1)] {
        let figures = taken.iter().map(|took| [took.0, took.1][side]);
        let mean = figures.sum::<u64>() / 10;
        let (low, high) = spread(&estimated, of);
        assert!(low <= mean && mean <= high, "{of}: {low} {mean} {high}");
        assert!(
            mean <= 2 * low && high <= 2 * mean,
            "{of}: {low} {mean} {high}"
        );
    }
    assert_eq!(estimated["calls"], json!({ "low": 3, "high": 3 }));
    assert_eq!(runs(&project), 10, "an estimate is no run");
    assert_eq!(provider.received().len(), 30, "and sends nothing");
}

#[test]
fn a_new_project_knows_the_sizes_of_its_texts() {
    let provider = counting();
    let project = Project::of_worker(
        &provider,
        &FLOW.replace("settings.calls = 2", "settings.calls = 1"),
    );
    let estimated = estimate(&project);
    assert!(
        !project.join(".stepwell").exists(),
        "an estimate leaves nothing behind"
    );
    let told: Vec<&str> = estimated["steps"][1]["unsure"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unsure| unsure["kind"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["answers", "documents"]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let (input, output) = took(&project);
    let (low, high) = spread(&estimated, "input_tokens");
    assert!(low <= input && input <= high, "{low} {input} {high}");
    let (low, high) = spread(&estimated, "output_tokens");
    assert!(low / 2 <= output && output <= high, "{low} {output} {high}");
    // What the same step took under another name tells as well.
    project.write("other.toml", &FLOW.replace("\"asks\"", "\"another\""));
    let elsewhere = project.run(&["run", "other.toml", "--estimate", "--json"]);
    let elsewhere = elsewhere.exits_with(0).json();
    let basis = &elsewhere["steps"][0]["basis"];
    assert_eq!(basis["kind"], "same-elsewhere", "{elsewhere}");
}

#[test]
fn it_is_said_before_and_kept_beside_what_was_taken() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    price(&project);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = run.says(&["the run will probably take", "tokens in"]);
    assert!(
        run.stderr.find("will probably take") < run.stderr.find("run 0"),
        "{}",
        run.stderr
    );
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let (low, high) = spread(&status["estimate"], "input_tokens");
    assert!(low > 0 && high > low);
    assert!(
        status["estimate"]["money"]["high"].as_u64().unwrap() > 0,
        "{status}"
    );
    let shown = project.run(&["status"]).exits_with(0).stdout;
    assert!(shown.contains("estimated"), "{shown}");
    let quiet = project.run(&["run", "flow.toml", "--quiet"]).exits_with(0);
    assert!(!quiet.stderr.contains("probably"), "{}", quiet.stderr);
    let steps = project
        .run(&["run", "flow.toml", "--estimate"])
        .exits_with(0);
    for told in ["first", "by the last 2 runs", "in all: "] {
        assert!(steps.stdout.contains(told), "{}", steps.stdout);
    }
}

#[test]
fn what_is_much_needs_a_yes() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "confirm_above = { tokens = 10 }");
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "the run would probably take",
        "10 tokens",
        "`confirm_above`",
        "hint: `--yes` starts it all the same",
    ]);
    assert!(provider.received().is_empty(), "nothing is paid");
    assert_eq!(runs(&project), 0, "and nothing is started");
    let _ = project.run(&["run", "flow.toml", "--yes"]).exits_with(0);
    // One step costs, too.
    let sent = provider.received().len();
    for step in [
        &["step", "run", "first", "--run", "last"][..],
        &["step", "run", "first", "--in", "flow.toml"],
        &[
            "step",
            "run",
            "plugins/worker.wasm",
            "--input",
            "topic=tea",
            "--setting",
            "calls=1",
        ],
    ] {
        let _ = project.run(step).exits_with(4).says(&[
            "would probably take",
            "10 tokens",
            "hint: `--yes` starts it all the same",
        ]);
    }
    assert_eq!(provider.received().len(), sent, "nothing is paid");
    let again = ["step", "run", "first", "--run", "last", "--yes"];
    let again = project.run(&again).exits_with(0);
    let _ = again.says(&["the step will probably take 2 calls"]);
    // What was begun needs none.
    let _ = project.run(&["resume"]).exits_with(0);
    let alone = ["step", "run", "first", "--in", "flow.toml", "--yes"];
    let _ = project.run(&alone).exits_with(0);
}

/// What is carried out again with a step is reckoned with it.
#[test]
fn a_step_that_only_holds_others_needs_the_yes_that_they_need() {
    let provider = counting();
    let project = Project::of_worker(&provider, GROUP);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    configure(&project, "confirm_above = { tokens = 10 }");
    let sent = provider.received().len();
    let again = ["step", "run", "group", "--run", "last"];
    let _ = project
        .run(&again)
        .exits_with(4)
        .says(&["would probably take", "10 tokens"]);
    assert_eq!(provider.received().len(), sent, "nothing is paid");
    let again = [&again[..], &["--yes"]].concat();
    let _ = project.run(&again).exits_with(0);
    assert!(provider.received().len() > sent);
}

/// A comparison is estimated by its cells: those that are there already take nothing.
#[test]
fn a_comparison_that_is_much_needs_a_yes() {
    let provider = counting();
    let project = Project::of_worker(
        &provider,
        &FLOW.replace("settings.calls = 2", "settings.calls = 1"),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    configure(&project, "confirm_above = { tokens = 10 }");
    let sent = provider.received().len();
    let compare = ["compare", "first", "--repeat", "3"];
    let _ = project.run(&compare).exits_with(4).says(&[
        "the comparison would probably take 3 calls",
        "hint: `--yes` starts it all the same",
    ]);
    assert_eq!(provider.received().len(), sent, "nothing is paid");
    let comparisons = project.run(&["comparisons", "--json"]).exits_with(0).json();
    assert_eq!(comparisons.as_array().unwrap().len(), 0);
    let mut terminal = Terminal::start(&project, &compare);
    let asked = terminal.shows("the comparison will probably take");
    asked.shows("Start it?").shows("> ").types("no");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 1, "{rest}");
    let _ = project
        .run(&[&compare[..], &["--yes"]].concat())
        .exits_with(0);
    assert_eq!(provider.received().len(), sent + 3);
    // All of it is there.
    let _ = project.run(&compare).exits_with(0);
    let more = ["compare", "first", "--repeat", "4"];
    let _ = project
        .run(&more)
        .exits_with(4)
        .says(&["would probably take 1 call"]);
    assert_eq!(provider.received().len(), sent + 3);
}

#[test]
fn steps_and_comparisons_need_a_yes_over_the_api_and_on_the_page() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    configure(&project, "confirm_above = { tokens = 10 }");
    let sent = provider.received().len();
    let serving = project.serve(&[]);
    let run = serving.last_run();
    let rerun = format!("/api/runs/{run}/rerun?step=first");
    let refused = serving.post(&rerun, &json!({}));
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()["code"], "not-confirmed");
    let within = json!({ "kind": "run", "run": run });
    let comparison = json!({ "step": "first", "within": within });
    let refused = serving.post("/api/comparisons", &comparison);
    assert_eq!(refused.status, 422, "{refused:?}");
    let work = json!({ "kind": "comparison", "comparison": comparison });
    let estimated = serving.post("/api/estimates/work", &work).json();
    assert_eq!(estimated["confirmation"]["kind"], "needed", "{estimated}");
    assert_eq!(estimated["calls"], json!({ "low": 2, "high": 2 }));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let again = format!("/runs/{run}/again");
    let asked = serving.ask("POST", &again, &form, "step=first");
    assert_eq!(asked.status, 422, "{asked:?}");
    let said = ["Start all the same", "name=\"step\" value=\"first\""];
    assert!(
        said.iter().all(|said| asked.body.contains(said)),
        "{asked:?}"
    );
    let compared = format!("run={run}&step=first&repeats=1");
    let asked = serving.ask("POST", "/comparisons", &form, &compared);
    assert_eq!(asked.status, 422, "{asked:?}");
    assert!(asked.body.contains("Start all the same"), "{asked:?}");
    assert_eq!(provider.received().len(), sent, "nothing is paid");
    let yes = serving.ask("POST", &again, &form, "step=first&confirmed=yes");
    assert_eq!(yes.status, 303, "{yes:?}");
    assert_eq!(serving.at_rest(&run)["waiting_for"], "stale");
    assert_eq!(provider.received().len(), sent + 2);
}

#[test]
fn a_price_that_nobody_knows_is_asked_about_in_tokens() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "confirm_above = { money = 0.000001 }");
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = run.says(&[
        "the price of writer isn't known",
        "or `tokens` to `confirm_above`",
    ]);
    let warned = run.stderr.matches("isn't known").count();
    assert_eq!(warned, 1, "{}", run.stderr);
    price(&project);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["$0.000001", "--yes"]);
    let text = project.read("stepwell.toml").unwrap();
    let text = text.replace("{ money = 0.000001 }", "{ money = 100, tokens = 10 }");
    project.write("stepwell.toml", &text);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["$100.00 or 10 tokens"]);
}

/// Who wants to see no progress has to know what it costs, and that nobody knows.
#[test]
fn what_is_to_be_known_of_money_is_said_to_the_quiet_too() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    let quiet = |more: &[&str]| {
        let run = [&["-q", "run", "flow.toml"], more].concat();
        project.run(&run).exits_with(0).stderr
    };
    let unpriced = quiet(&[]);
    assert!(unpriced.contains("will probably take"), "{unpriced}");
    let text = project.read("stepwell.toml").unwrap();
    configure(&project, "confirm_above = { money = 0.000001 }");
    let warned = quiet(&[]);
    assert!(
        warned.contains("the price of writer isn't known"),
        "{warned}"
    );
    assert!(!warned.contains("started"), "{warned}");
    project.write("stepwell.toml", &text);
    price(&project);
    assert_eq!(quiet(&[]), "", "there is nothing to be warned of");
    configure(&project, "confirm_above = { tokens = 10 }");
    assert!(quiet(&["--yes"]).contains("will probably take"));
    let estimated = project.run(&["-q", "run", "flow.toml", "--estimate"]);
    let _ = estimated
        .exits_with(0)
        .says(&["that may be more than 10 tokens"]);
}

#[test]
fn recorded_answers_cost_nothing() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "confirm_above = { tokens = 10 }");
    let _ = project
        .run(&["run", "flow.toml", "--yes", "--record", "tape.cassette"])
        .exits_with(0);
    let replay = ["run", "flow.toml", "--replay", "tape.cassette"];
    let replayed = project.run(&replay).exits_with(0);
    assert!(!replayed.stderr.contains("probably"), "{}", replayed.stderr);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["estimate"], Value::Null);
    // And tell nothing of what a model takes.
    let basis = &estimate(&project)["steps"][0]["basis"];
    assert_eq!(*basis, json!({ "kind": "earlier-runs", "runs": 1 }));
}

#[test]
fn at_a_terminal_a_person_is_asked() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "confirm_above = { tokens = 10 }");
    for no in ["no", "", "what?"] {
        let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
        let asked = terminal.shows("will probably take").shows("Start it?");
        asked.shows("> ").types(no);
        let (rest, code) = terminal.ends();
        assert_eq!(code, 1, "{rest}");
        assert!(rest.contains("nothing was started"), "{rest}");
    }
    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal.shows("Start it?").shows("> ").presses_control('d');
    let (rest, code) = terminal.ends();
    assert_eq!(code, 1, "{rest}");
    assert!(provider.received().is_empty());
    assert_eq!(runs(&project), 0);

    let mut terminal = Terminal::start(&project, &["run", "flow.toml"]);
    terminal.shows("Start it?").shows("> ").types("yes");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
    let mut terminal = Terminal::start(&project, &["run", "flow.toml", "-y"]);
    terminal.shows("success");
    let (rest, code) = terminal.ends();
    assert_eq!(code, 0, "{rest}");
}

#[test]
fn over_the_api_and_on_the_page() {
    let provider = counting();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "confirm_above = { tokens = 10 }");
    let serving = project.serve(&[]);
    let definition = json!({ "text": FLOW, "file": project.join("flow.toml") });
    let mut request = json!({ "definition": definition });
    let estimated = serving.post("/api/estimates", &request);
    assert_eq!(estimated.status, 200, "{estimated:?}");
    let estimated = estimated.json();
    let above = json!({ "kind": "needed", "above": { "tokens": 10, "money": null } });
    assert_eq!(estimated["confirmation"], above);
    let refused = serving.post("/api/runs", &request);
    assert_eq!(refused.status, 422, "{refused:?}");
    let problem = refused.json();
    assert_eq!(problem["code"], "not-confirmed");
    assert!(
        problem["hint"]
            .as_str()
            .unwrap()
            .contains("`confirmed`: `true`"),
        "{problem}"
    );
    // The form of the page shows what it would take, and comes back with what says yes to it.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let asked = serving.ask("POST", "/runs", &form, "definition=flow.toml&estimate=yes");
    assert_eq!(asked.status, 200, "{asked:?}");
    assert!(asked.body.contains("It will probably take"), "{asked:?}");
    assert!(!asked.body.contains("Start all the same"), "{asked:?}");
    let stopped = serving.ask("POST", "/runs", &form, "definition=flow.toml");
    assert_eq!(stopped.status, 422, "{stopped:?}");
    for said in [
        "Start all the same",
        "name=\"confirmed\"",
        "It will probably take",
    ] {
        assert!(stopped.body.contains(said), "{said}: {stopped:?}");
    }
    assert_eq!(serving.get("/api/runs").json()["items"], json!([]));

    // A command that asks this server says the same.
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["will probably take", "--yes"]);
    request["confirmed"] = true.into();
    let started = serving.post("/api/runs", &request);
    assert_eq!(started.status, 201, "{started:?}");
    let run = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(serving.at_rest(&run)["status"], "success");
    let page = serving.get(&format!("/runs/{run}"));
    assert!(page.body.contains("<dt>Estimated</dt>"), "{page:?}");
    let said_yes = serving.ask("POST", "/runs", &form, "definition=flow.toml&confirmed=yes");
    assert_eq!(said_yes.status, 303, "{said_yes:?}");
    assert_eq!(serving.at_rest(&serving.last_run())["status"], "success");
    let view = serving.get(&format!("/api/runs/{run}")).json();
    for of in ["calls", "input_tokens", "output_tokens"] {
        assert_eq!(view["estimate"][of], estimated[of]);
    }
    assert_eq!(provider.received().len(), 6);
}
