//! Who answers where the model that is meant can't, who is asked when, and what isn't asked at all.

use std::time::Duration;

use serde_json::Value;
use stepwell_tests::{Project, Provider, Received, Reply};

const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 2
"#;

/// The model `writer` at one provider, and `helper` at another that is asked where the first can't answer.
fn two(first: &Provider, second: &Provider, of_first: &str) -> Project {
    let mut project = Project::of_worker(first, FLOW);
    project.write(
        "stepwell.toml",
        &format!(
            r#"
[providers.first]
kind = "openai-chat"
base_url = "{}"
key_variable = "FIRST_KEY"
retries = 0
{of_first}
[providers.second]
kind = "openai-chat"
base_url = "{}"
key_variable = "SECOND_KEY"
[models]
writer = {{ model = "first/big", fallback = ["helper"] }}
helper = "second/small"
[defaults]
model = "writer"
"#,
            first.url(),
            second.url()
        ),
    );
    project.set("FIRST_KEY", "sk-first-secret");
    project.set("SECOND_KEY", "sk-second-secret");
    project
}

fn down() -> Provider {
    Provider::start(|_, _| Reply::Status(503, vec![], "down for repairs".into()))
}

fn calls(project: &Project) -> Vec<Value> {
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let mut calls = calls.as_array().unwrap().clone();
    calls.sort_by_key(|call| call["id"].as_str().unwrap().to_owned());
    calls
}

#[test]
fn another_model_answers_where_one_is_down_and_the_run_says_so() {
    let (first, second) = (down(), Provider::echo());
    let project = two(&first, &second, "");
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        run.stderr
            .contains("asks model helper instead of writer: overloaded:"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("down for repairs"), "{}", run.stderr);
    assert_eq!(
        project.document("first", "result"),
        "Work on tea.\necho tea call 0\necho tea call 1\n"
    );
    let told: Vec<_> = calls(&project)
        .iter()
        .map(|call| {
            (
                call["model"].as_str().unwrap().to_owned(),
                call["provider_model"].as_str().unwrap().to_owned(),
                call["instead_of"].as_str().map(str::to_owned),
                call["state"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let writer = ("writer".into(), "big".into(), None, "failed".into());
    let helper = (
        "helper".into(),
        "small".into(),
        Some("writer".to_owned()),
        "answered".to_owned(),
    );
    assert_eq!(told, [writer.clone(), helper.clone(), writer, helper]);
    // Each provider gets its own key.
    let keys = |provider: &Provider| {
        let all = provider.received();
        let key = |received: &Received| {
            let header = received
                .headers
                .iter()
                .find(|(name, _)| name == "authorization");
            header.unwrap().1.clone()
        };
        all.iter().map(key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&first), ["Bearer sk-first-secret"; 2]);
    assert_eq!(keys(&second), ["Bearer sk-second-secret"; 2]);
}

#[test]
fn the_models_that_answer_instead_are_pinned_with_the_run() {
    let (first, second) = (down(), Provider::scripted(vec![Reply::Silence]));
    let project = two(&first, &second, "");
    let mut child = project.spawn(&["run", "flow.toml"]);
    second.wait_for_requests(1);
    child.kill().unwrap();
    child.wait().unwrap();
    let text = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &text.replace("second/small", "second/other"),
    );
    let _ = project.run(&["resume", "last"]).exits_with(0);
    let models: Vec<_> = second
        .received()
        .iter()
        .map(|received| received.body["model"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(models, ["small"; 3]);
}

#[test]
fn killed_while_the_other_model_is_asked_it_goes_on_there_and_nothing_is_paid_twice() {
    let first = down();
    let second = Provider::scripted(vec![Reply::Text("one".into()), Reply::Silence]);
    let project = two(&first, &second, "");
    let mut child = project.spawn(&["run", "flow.toml"]);
    second.wait_for_requests(2);
    child.kill().unwrap();
    child.wait().unwrap();
    let _ = project.run(&["resume", "last"]).exits_with(0);
    // The first call is answered and stored. The second was under way: it is sent again, and to where it was sent.
    assert_eq!(second.journal(), ["tea call 0", "tea call 1", "tea call 1"]);
    assert_eq!(first.received().len(), 2, "{:?}", first.journal());
    let answered = calls(&project);
    let answered: Vec<_> = answered
        .iter()
        .filter(|call| call["state"] == "answered")
        .map(|call| call["attempts"].as_array().unwrap().len())
        .collect();
    assert_eq!(answered, [1, 2]);
}

#[test]
fn a_comparison_is_never_answered_by_another_model() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let project = two(&first, &second, "");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let status = || Reply::Status(503, vec![], "down".into());
    first.reply_next((0..8).map(|_| status()));
    let compared = project.run(&["compare", "worker", "--yes", "--versions", "1"]);
    assert_eq!(second.received().len(), 0, "{}", compared.stderr);
}

#[test]
fn a_budget_that_forbids_a_call_forbids_it_for_all_models() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let project = two(&first, &second, "");
    let text = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &format!("{text}\n[budgets]\nrun = {{ tokens = 1 }}\n"),
    );
    let run = project.run(&["run", "flow.toml"]);
    assert_ne!(run.code, 0);
    assert!(
        run.stderr.contains("has no room for this call"),
        "{}",
        run.stderr
    );
    assert_eq!(first.received().len() + second.received().len(), 0);
}

#[test]
fn a_provider_that_is_down_is_left_alone_by_the_many_items_of_a_list() {
    const ITEMS: usize = 60;
    let first = down();
    let second = Provider::echo();
    let project = two(
        &first,
        &second,
        "circuit_failures = 3\ncircuit_pause = \"1h\"",
    );
    let items: Vec<_> = (0..ITEMS).map(|item| format!("\"item {item}\"")).collect();
    project.write(
        "flow.toml",
        &format!(
            r#"
name = "flow"
[[steps]]
id = "list"
uses = "plugins/worker.wasm"
settings.items = [{}]
[[steps]]
id = "each"
uses = "plugins/worker.wasm"
for_each = "steps.list.items"
concurrency = 1
inputs.topic = "{{{{ item }}}}"
settings.calls = 1
"#,
            items.join(", ")
        ),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(first.received().len(), 3);
    assert_eq!(second.received().len(), ITEMS);
}

#[test]
fn a_provider_that_is_down_and_has_no_other_is_named_with_what_helps() {
    let provider = down();
    let project = Project::of_worker(&provider, FLOW);
    let text = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &text.replace(
            "retries = 2",
            "retries = 0\ncircuit_failures = 1\ncircuit_pause = \"100ms\"",
        ),
    );
    project.write("fan.toml", &FLOW.replace("calls = 2", "fan = 4"));
    let run = project.run(&["run", "fan.toml"]).exits_with(1);
    assert!(run.stderr.contains("down for repairs"), "{}", run.stderr);
    // What was under way together may have been sent; nobody was asked again and again.
    assert!(provider.received().len() <= 5, "{:?}", provider.journal());
}

#[test]
fn an_answer_is_given_again_to_an_equal_question_of_another_run() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let text = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    let with = "writer = { model = \"local/test-model\", reuse_answers = \"30d\", price = { input = 1, output = 2 } }";
    project.write("stepwell.toml", &text.replace(plain, with));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let first = project.document("first", "result");
    assert_eq!(provider.received().len(), 2);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 2, "{}", run.stderr);
    assert!(run.stderr.contains("nothing is sent"), "{}", run.stderr);
    assert_eq!(project.document("first", "result"), first);
    let cost = project.run(&["cost", "--json"]).exits_with(0).json();
    assert_eq!(cost["whole"]["reused"], 2);
    assert_eq!(cost["whole"]["calls"], 2);
    assert_eq!(cost["whole"]["saved_by_reuse"], cost["whole"]["money"]);
    // What is recorded of such a run is all that it was given.
    let _ = project
        .run(&["run", "flow.toml", "--record", "given.cassette"])
        .exits_with(0);
    let _ = project
        .run(&["run", "flow.toml", "--replay", "given.cassette"])
        .exits_with(0);
    assert_eq!(project.document("first", "result"), first);
    assert_eq!(provider.received().len(), 2);
    // Another question, and a step that a person runs again, are asked.
    project.write("flow.toml", &FLOW.replace("tea", "coffee"));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 4);
    let _ = project
        .run(&["step", "run", "first", "--run", "last"])
        .exits_with(0);
    assert_eq!(provider.received().len(), 6);
    // What its run took with it is asked for again.
    let _ = project
        .run(&["runs", "rm", "--older-than", "0"])
        .exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 8);
    let check = project.run(&["store", "check"]).exits_with(0);
    assert!(!check.stdout.contains("damaged"), "{}", check.stdout);
}

#[test]
fn nothing_is_given_again_where_nobody_allows_it_or_it_is_too_old() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 4, "off where nothing is said");
    let text = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    let with = "writer = { model = \"local/test-model\", reuse_answers = \"1ms\" }";
    project.write("stepwell.toml", &text.replace(plain, with));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    std::thread::sleep(Duration::from_millis(5));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 8);
}

#[test]
fn an_answer_that_did_not_do_is_asked_for_anew() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let text = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    let with = "writer = { model = \"local/test-model\", reuse_answers = \"30d\" }";
    project.write("stepwell.toml", &text.replace(plain, with));
    let failing = "settings.calls = 1\nsettings.fail = 9\nretries = 1";
    project.write("flow.toml", &FLOW.replace("settings.calls = 2", failing));
    let _ = project.run(&["run", "flow.toml"]).exits_with(1);
    let asked = provider.received().len();
    let _ = project.run(&["resume", "last"]).exits_with(1);
    assert_eq!(provider.received().len(), 2 * asked, "after `resume`");
    let _ = project.run(&["run", "flow.toml"]).exits_with(1);
    assert_eq!(provider.received().len(), 3 * asked, "in another run");
}

#[test]
fn a_step_that_asks_the_same_twice_gets_two_answers() {
    let provider = Provider::start(|number, _| Reply::Text(format!("answer {number}")));
    let project = Project::of_worker(&provider, FLOW);
    let text = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    let with = "writer = { model = \"local/test-model\", reuse_answers = \"1d\" }";
    project.write("stepwell.toml", &text.replace(plain, with));
    project.write(
        "flow.toml",
        &FLOW.replace(
            "settings.calls = 2",
            "settings.calls = 1\nsettings.fail = 1\nretries = 1",
        ),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let asked = provider.received().len();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        provider.received().len() < 2 * asked,
        "the first is given again"
    );
}

#[test]
fn status_and_page_say_who_answered() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let project = two(&first, &second, "");
    // The first of two calls is answered by the other model.
    first.reply_next([Reply::Status(503, vec![], "down for repairs".into())]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    let step = &run["steps"][0];
    let expected = serde_json::json!([{ "model": "helper", "calls": 1, "of": 2 }]);
    assert_eq!(step["model"], "writer");
    assert_eq!(step["stand_ins"], expected, "{step}");
    assert_eq!(step["executions"][0]["stand_ins"], expected);
    let _ = project
        .run(&["status"])
        .exits_with(0)
        .shows(&["writer (helper answered 1 of 2 calls)"]);
    let serving = project.serve(&[]);
    let page = serving.get(&format!("/runs/{}?step=first", serving.last_run()));
    assert!(
        page.body.contains("writer (helper answered 1 of 2 calls)"),
        "{}",
        page.body
    );
    // Where all is well nothing is said.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = project.run(&["status", "--json"]).exits_with(0).json();
    assert!(run["steps"][0].get("stand_ins").is_none());
}

#[test]
fn a_replayed_call_still_says_whom_it_was_answered_for() {
    let (first, second) = (down(), Provider::echo());
    let project = two(&first, &second, "");
    let _ = project
        .run(&["run", "flow.toml", "--record", "run.cassette"])
        .exits_with(0);
    let _ = project
        .run(&["run", "flow.toml", "--replay", "run.cassette"])
        .exits_with(0);
    let replayed = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    let told: Vec<_> = replayed
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (call["model"].clone(), call["instead_of"].clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("helper".into(), "writer".into()),
            ("helper".into(), "writer".into())
        ]
    );
    let _ = project
        .run(&["status"])
        .exits_with(0)
        .shows(&["writer (helper answered)"]);
}

#[test]
fn a_model_that_can_not_be_asked_instead_is_named_with_the_reason() {
    let (first, second) = (down(), Provider::echo());
    let project = two(&first, &second, "");
    let text = project.read("stepwell.toml").unwrap();
    let text = text.replace(
        "model = \"first/big\",",
        "model = \"first/big\", price = { input = 1, output = 1 },",
    );
    project.write(
        "stepwell.toml",
        &format!("{text}\n[budgets]\nrun = {{ money = 5 }}\n"),
    );
    // It is said before anything is asked, and again when it matters.
    let warning = "the model `helper` is to be asked where `writer` can't answer, and won't be: its price isn't known, and `budgets.run.money` bounds";
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    let told = format!("{}{}", checked.stdout, checked.stderr);
    assert!(told.contains(warning), "{told}");
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("doesn't ask model helper instead: the run budget is capped in money"),
        "{}",
        run.stderr
    );
    assert_eq!(second.received().len(), 0);
    // Whoever bounds the money: the definition, or the place that a plugin comes from.
    project.write("stepwell.toml", &text);
    let flow = project.read("flow.toml").unwrap();
    project.write("flow.toml", &format!("{flow}\nbudget.money = 5\n"));
    let _ = project
        .run(&["run", "flow.toml", "--check"])
        .exits_with(0)
        .says(&["`budget.money` of step `first` bounds"]);
    project.write("flow.toml", &flow);
    project.write(
        "stepwell.toml",
        &format!("{text}\n[sources.all]\nfrom = \"*\"\nbudget.money = 5\n"),
    );
    let _ = project
        .run(&["run", "flow.toml", "--check"])
        .exits_with(0)
        .says(&["`sources.all.budget.money` bounds"]);
    project.write(
        "stepwell.toml",
        &format!("{text}\n[budgets]\nrun = {{ money = 5 }}\n"),
    );
    let estimated = project
        .run(&["run", "flow.toml", "--estimate"])
        .exits_with(0);
    assert!(
        estimated.stdout.contains("not counted is helper, which is asked where its model can't answer, and whose price isn't known"),
        "{}",
        estimated.stdout
    );
    // With a price it is asked.
    let text = project.read("stepwell.toml").unwrap();
    let priced = "helper = { model = \"second/small\", price = { input = 1, output = 1 } }";
    project.write(
        "stepwell.toml",
        &text.replace("helper = \"second/small\"", priced),
    );
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    assert!(!checked.stderr.contains("won't be"), "{}", checked.stderr);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(second.received().len(), 2);
}

#[test]
fn a_run_that_waits_for_its_minute_says_so() {
    use std::io::{BufRead as _, BufReader};
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let text = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &text.replace("retries = 2", "retries = 2\nrequests_per_minute = 1"),
    );
    let mut child = project.spawn(&["run", "flow.toml"]);
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines
        .map_while(Result::ok)
        .find(|line| line.contains("waits in the queue"));
    child.kill().unwrap();
    child.wait().unwrap();
    let told = told.expect("a line that says so");
    assert!(
        told.starts_with("first: waits in the queue of the provider `local` until ")
            && told.ends_with(": `requests_per_minute` allows no more before"),
        "{told}"
    );
    assert_eq!(provider.received().len(), 1);
}

#[test]
fn what_a_busy_server_refused_cost_nothing_and_nobody_holds_it_for_unknown() {
    let (first, second) = (down(), Provider::echo());
    let project = two(&first, &second, "");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let told: Vec<_> = calls(&project)
        .iter()
        .filter(|call| call["model"] == "writer")
        .map(|call| call["attempts"][0]["money"].clone())
        .collect();
    assert_eq!(told, [0, 0]);
}
