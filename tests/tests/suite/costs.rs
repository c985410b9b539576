//! What models cost: by each cut the same sum, through the command, the API, the page and the metrics.

use std::collections::BTreeMap;

use serde_json::Value;
use stepwell_tests::{Project, Provider, Reply, Serving};

const FLOW: &str = r#"
name = "asks"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 2
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "then {{ steps.first.result }}"
settings.calls = 1
"#;

const CUTS: [&str; 7] = ["run", "step", "item", "prompt", "model", "provider", "day"];

/// A dollar for each token sent, and two for each received; a fifth of it where the cache had it.
const PRICE: &str = "price = { input = 1000000, output = 2000000, cache_read = 200000 }";

fn priced(project: &Project) {
    let text = project.read("stepwell.toml").unwrap();
    let plain = "writer = \"local/test-model\"";
    assert!(text.contains(plain));
    let with_price = format!("writer = {{ model = \"local/test-model\", {PRICE} }}");
    project.write("stepwell.toml", &text.replace(plain, &with_price));
}

/// An answer of 10 tokens in, 5 of them from the cache, and 4 out, 3 of them reasoning.
fn cached() -> Reply {
    let usage = r#"{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":3}}"#;
    let end = r#"{"choices":[{"index":0,"delta":{"content":"half"},"finish_reason":"stop"}]}"#;
    Reply::Events(format!(
        "data: {end}\n\ndata: {{\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n"
    ))
}

/// What an answer like that costs.
const CACHED: u64 = 5 + 1 + 8;

/// The cost in each cut; all have the same whole, and their rows add up to it.
#[track_caller]
fn in_each_cut(project: &Project, more: &[&str]) -> BTreeMap<&'static str, Value> {
    let mut cuts = BTreeMap::new();
    for by in CUTS {
        let arguments = [&["cost", "--json", "--by", by], more].concat();
        let cost = project.run(&arguments).exits_with(0).json();
        let rows = cost["rows"].as_array().unwrap();
        for field in [
            "calls",
            "attempts",
            "money",
            "unpriced_calls",
            "input_tokens",
        ] {
            let sum: u64 = rows
                .iter()
                .map(|row| row[field].as_u64().unwrap_or(0))
                .sum();
            assert_eq!(
                sum,
                cost["whole"][field].as_u64().unwrap_or(0),
                "{by} {field}: {cost:#}"
            );
        }
        cuts.insert(by, cost);
    }
    let wholes: Vec<_> = cuts.values().map(|cost| &cost["whole"]).collect();
    assert!(
        wholes.iter().all(|whole| *whole == wholes[0]),
        "{wholes:#?}"
    );
    cuts
}

#[test]
fn cached_tokens_reasoning_and_lost_attempts_stand_apart_and_every_cut_is_the_whole() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    priced(&project);
    provider.reply_next([Reply::Status(503, vec![], "busy".into())]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let cuts = in_each_cut(&project, &[]);
    let whole = &cuts["model"]["whole"];
    assert_eq!(
        (whole["calls"].as_u64(), whole["attempts"].as_u64()),
        (Some(3), Some(4))
    );
    assert_eq!(whole["money"], 3 * CACHED * 1_000_000);
    assert_eq!(whole["cache_read_tokens"], 15);
    assert_eq!(whole["reasoning_tokens"], 9);
    assert_eq!(whole["saved_by_cache"], 15 * 800_000);
    assert_eq!(whole["retried"]["attempts"], 1);
    let steps = cuts["step"]["rows"].as_array().unwrap();
    assert_eq!(
        (&steps[0]["step"], &steps[1]["step"]),
        (&"first".into(), &"second".into())
    );
    // A person reads the same.
    let shown = project.run(&["cost", "--by", "step"]).exits_with(0);
    // What an attempt took that was refused may not be known.
    let shown = shown.stdout.replace("≥ ", "");
    for said in [
        "first     2 calls",
        "20 in, 10 cached  8 out, 6 reasoning",
        "1 attempt gave no answer that could be used",
        "reading 15 tokens from providers' caches saved $12.00",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let csv = project
        .run(&["cost", "--by", "step", "--csv"])
        .exits_with(0)
        .stdout;
    assert!(csv.starts_with("step,calls,failed_calls,"), "{csv}");
    assert!(csv.contains("\r\nfirst,2,0,"), "{csv}");
    assert!(csv.contains(&format!(",{}.000000,", 2 * CACHED)), "{csv}");
    // Whose price it was.
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    assert_eq!(calls[0]["attempts"][1]["price"]["by"], "you");
    // What was run again since was spent all the same, and is not used.
    let _ = project
        .run(&["step", "run", "first", "--run", "last"])
        .exits_with(0);
    let cuts = in_each_cut(&project, &["--run", "last"]);
    assert_eq!(cuts["run"]["unused"]["calls"], 2);
    assert_eq!(cuts["run"]["unused"]["money"], 2 * CACHED * 1_000_000);
    assert!(cuts["run"]["shared"].is_null());
}

#[test]
fn an_unknown_cost_is_said_beside_what_is_known() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let shown = project.run(&["cost"]).exits_with(0).stdout;
    assert!(
        shown.contains("unknown (3 calls)") && !shown.contains("$0"),
        "{shown}"
    );
    let whole = in_each_cut(&project, &[])["day"]["whole"].clone();
    assert!(whole["money"].is_null(), "{whole}");
    priced(&project);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let shown = project.run(&["cost"]).exits_with(0).stdout;
    let said = format!("${}.00 and 3 calls of unknown cost", 3 * CACHED);
    assert!(shown.contains(&said), "{said}: {shown}");
    let last = in_each_cut(&project, &["--run", "last"])["step"]["whole"].clone();
    assert_eq!(last["unpriced_calls"], 0);
    // Recorded answers cost nothing, and that is known.
    project.write("new.toml", &FLOW.replace("\"tea\"", "\"milk\""));
    let record = ["run", "new.toml", "--record", "answers.cassette"];
    let _ = project.run(&record).exits_with(0);
    let _ = project
        .run(&["run", "new.toml", "--replay", "answers.cassette"])
        .exits_with(0);
    let replayed = project.run(&["cost", "--run", "last"]).exits_with(0).stdout;
    assert!(
        replayed.contains("$0.00") && !replayed.contains("unknown"),
        "{replayed}"
    );
    assert!(
        replayed.contains("recorded answers spared 3 calls, 42 tokens"),
        "{replayed}"
    );
    let all = in_each_cut(&project, &[])["provider"]["whole"].clone();
    assert_eq!(
        (all["calls"].as_u64(), all["replayed"]["calls"].as_u64()),
        (Some(9), Some(3))
    );
}

#[test]
fn two_runs_at_once_and_a_killed_one_are_added_up() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    priced(&project);
    let serving: Serving = project.serve(&[]);
    let runs = [
        serving.start(&project, "flow.toml"),
        serving.start(&project, "flow.toml"),
    ];
    for run in &runs {
        assert_eq!(serving.at_rest(run)["status"], "success");
    }
    let cost = serving.get("/api/cost?by=run").json();
    assert_eq!(cost["rows"].as_array().unwrap().len(), 2);
    assert_eq!(cost["whole"]["money"], 6 * CACHED * 1_000_000);
    let one = serving
        .get(&format!("/api/cost?by=step&run={}", runs[0]))
        .json();
    assert_eq!(one["whole"]["money"], 3 * CACHED * 1_000_000);
    for bad in ["by=week", "since=yesterday", "untill=2026-01-01"] {
        assert_eq!(
            serving.get(&format!("/api/cost?{bad}")).status,
            400,
            "{bad}"
        );
    }
    let page = serving.get("/cost?by=run").body;
    for there in [format!("/runs/{}", runs[0]), format!("${}.00", 6 * CACHED)] {
        assert!(page.contains(&there), "{there}: {page}");
    }
    let metrics = serving.get("/metrics").body;
    let labels = "{provider=\"local\",model=\"test-model\"}";
    let money = format!("stepwell_model_money_total{labels} {}.0", 6 * CACHED);
    assert!(metrics.contains(&money), "{money}: {metrics}");
    // A run whose process is killed while it waits for an answer.
    provider.reply_next([Reply::Silence]);
    let before = provider.received().len();
    let _ = serving.start(&project, "flow.toml");
    while provider.received().len() == before {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    serving.kill();
    let cuts = in_each_cut(&project, &[]);
    let whole = &cuts["run"]["whole"];
    assert!(whole["unpriced_calls"].as_u64() > Some(0), "{whole}");
    let shown = project.run(&["cost"]).exits_with(0).stdout;
    assert!(shown.contains("of unknown cost"), "{shown}");
}

#[test]
fn comparisons_count_and_so_do_cells_that_they_shared() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    priced(&project);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    project.write(
        "cases.toml",
        "[[cases]]\nid = \"a\"\ninputs.topic = \"milk\"\n[[cases]]\nid = \"b\"\ninputs.topic = \"salt\"\n",
    );
    let text = [
        "prompt",
        "add",
        "worker",
        "--text",
        "Work kindly on {{ topic }}.",
        "--note",
        "k",
    ];
    let _ = project.run(&text).exits_with(0);
    let compare = [
        "compare",
        "first",
        "--cases",
        "cases.toml",
        "--versions",
        "1,2",
    ];
    let _ = project.run(&compare).exits_with(0);
    let again = [&compare[..], &["--repeat", "2"]].concat();
    let _ = project.run(&again).exits_with(0);
    let cuts = in_each_cut(&project, &[]);
    let whole = &cuts["run"]["whole"];
    let asked = provider.received().len() as u64;
    assert_eq!(whole["money"], asked * CACHED * 1_000_000, "{whole}");
    let rows = cuts["run"]["rows"].as_array().unwrap();
    let of: Vec<_> = rows.iter().map(|row| row["of"].as_str().unwrap()).collect();
    assert_eq!(of, ["comparison", "comparison", "run"]);
    let shared = &cuts["run"]["shared"];
    assert_eq!(shared["cells"], 4, "{shared}");
    assert_eq!(shared["money"], 4 * 2 * CACHED * 1_000_000);
}

#[test]
fn nothing_and_what_does_not_fit_are_said() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(
        &provider,
        &FLOW
            .replace("settings.calls = 2", "settings.calls = 0")
            .replace("settings.calls = 1", "settings.calls = 0"),
    );
    let _ = project
        .run(&["cost"])
        .exits_with(5)
        .says(&["there is no store here"]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project
        .run(&["cost"])
        .exits_with(0)
        .says(&["nothing was asked of a model yet"]);
    let _ = in_each_cut(&project, &[]);
    let _ = project
        .run(&["cost", "--since", "2200-01-01"])
        .exits_with(0)
        .says(&["no call fits that"]);
    let _ = project
        .run(&["cost", "--since", "yesterday"])
        .exits_with(2)
        .says(&["`yesterday` is no day", "such as 7d"]);
    let _ = project.run(&["cost", "--run", "nope"]).exits_with(4);
}

#[test]
fn a_listed_price_is_shown_and_can_be_said_to_be_unknown() {
    let mut project = Project::new();
    project.set("OPENAI_API_KEY", "sk-test-secret");
    project.write("stepwell.toml", "[models]\nwriter = \"openai/gpt-5\"\n");
    let doctor = project.run(&["doctor"]).stdout;
    let listed = "$1.25 in and $10.00 out for a million tokens: list of 2026-";
    assert!(doctor.contains(listed), "{doctor}");
    project.write(
        "stepwell.toml",
        "[models]\nwriter = { model = \"openai/gpt-5\", price = \"unknown\" }\n",
    );
    let doctor = project.run(&["doctor"]).stdout;
    assert!(doctor.contains("its price is unknown"), "{doctor}");
    // Another server under the same name asks what it likes.
    project.write(
        "stepwell.toml",
        "[providers.openai]\nkind = \"openai-chat\"\nbase_url = \"https://proxy.example.org/v1\"\n[models]\nwriter = \"openai/gpt-5\"\n",
    );
    let doctor = project.run(&["doctor"]).stdout;
    assert!(doctor.contains("its price is unknown"), "{doctor}");
}

#[test]
fn a_refused_attempt_that_cost_nothing_makes_no_unknown_price_known() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    let slow_down = || Reply::Status(429, vec![("retry-after".into(), "0".into())], "slow".into());
    provider.reply_next([slow_down()]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let calls = project.run(&["calls"]).exits_with(0).stdout;
    assert!(calls.contains("2 attempts"), "{calls}");
    assert!(
        calls.contains("cost unknown") && !calls.contains("$0"),
        "{calls}"
    );
    for shown in [&["cost"][..], &["status"], &["cost", "--csv"]] {
        let shown = project.run(shown).exits_with(0).stdout;
        assert!(
            !shown.contains("$0") && !shown.contains("0.000000,3"),
            "{shown}"
        );
    }
    let whole = in_each_cut(&project, &[])["model"]["whole"].clone();
    assert!(whole["money"].is_null(), "{whole}");
    assert_eq!(whole["unpriced_calls"], 3);
}

#[test]
fn a_listing_of_calls_tells_cached_tokens_and_those_of_reasoning() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let calls = project.run(&["calls"]).exits_with(0).stdout;
    let said = "10 in (5 cached), 4 out (3 reasoning)";
    assert_eq!(calls.matches(said).count(), 3, "{calls}");
}

#[test]
fn what_removed_runs_cost_stands_in_each_cut() {
    let provider = Provider::start(|_, _| cached());
    let project = Project::of_worker(&provider, FLOW);
    priced(&project);
    for _ in 0..2 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let _ = project.run(&["runs", "rm", "last"]).exits_with(0);
    let cuts = in_each_cut(&project, &[]);
    assert_eq!(cuts["item"]["whole"]["calls"], 6);
    let csv = project.run(&["cost", "--by", "item", "--csv"]);
    let csv = csv.exits_with(0).stdout;
    assert!(csv.contains("removed"), "{csv}");
}
