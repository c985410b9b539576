//! What repeats from item to item is read from the provider's cache, where it has one that wants to be asked.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Reply};

const FLOW: &str = r#"
name = "flow"
workspace = "work"
[inputs.design]
[inputs.map]

[[steps]]
id = "implementation"
uses = "builtin:implementation"
inputs.design = "{{ inputs.design }}"

  [[steps.steps]]
  id = "code"
  uses = "builtin:code"
  for_each = "parent.subtasks"
  concurrency = 1
  inputs.subtask = "{{ item }}"
  inputs.design = "{{ inputs.design }}"
  inputs.map = "{{ inputs.map }}"
  grants.workspace = "write"
"#;

const ITEMS: usize = 5;

/// A provider that keeps, by the rules of Anthropic's Messages API, what stands before a mark, and counts a token for four bytes.
fn keeping() -> Provider {
    let kept: Mutex<BTreeSet<String>> = Mutex::default();
    Provider::start(move |_, received| {
        let blocks: Vec<&Value> = received.body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|message| message["content"].as_array().unwrap())
            .collect();
        if blocks[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("You plan the implementation")
        {
            let usage = json!({ "input_tokens": 9, "output_tokens": 1 });
            return Reply::Events(answer(&subtasks(), &usage));
        }
        let mut kept = kept.lock().unwrap();
        let (mut so_far, mut read, mut marked) = (String::new(), 0, 0);
        for block in &blocks {
            so_far += block["text"].as_str().unwrap();
            if block["cache_control"]["type"] == "ephemeral" {
                marked = so_far.len();
                match kept.insert(so_far.clone()) {
                    true => {}
                    false => read = so_far.len(),
                }
            }
        }
        let name = so_far
            .split("\"files\":")
            .nth(1)
            .and_then(|rest| rest.split('"').nth(1))
            .unwrap()
            .to_owned();
        let text = format!("Done.\n\n### FILE: {name}\n```python\nx = 1\n```\n");
        let usage = json!({
            "input_tokens": (so_far.len() - marked) / 4,
            "cache_read_input_tokens": read / 4,
            "cache_creation_input_tokens": (marked - read) / 4,
            "output_tokens": 1,
        });
        Reply::Events(answer(&text, &usage))
    })
}

/// What is planned, as JSON.
fn subtasks() -> String {
    let subtask = |n| json!({ "id": format!("part_{n}"), "title": format!("Part {n}"), "description": "A file.", "files": [format!("part_{n}.py")] });
    json!((0..ITEMS).map(subtask).collect::<Vec<_>>()).to_string()
}

fn answer(text: &str, usage: &Value) -> String {
    let events = [
        json!({ "type": "message_start", "message": { "id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage } }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
        json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": { "output_tokens": 9 } }),
        json!({ "type": "message_stop" }),
    ];
    let events = events.iter().map(|event| {
        let kind = event["type"].as_str().unwrap();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    events.collect()
}

fn project(provider: &Provider, model: &str) -> Project {
    let project = Project::new();
    project.write(
        "stepwell.toml",
        &format!(
            "[providers.local]\nkind = \"anthropic-messages\"\nbase_url = \"{}\"\n[models]\nwriter = {{ model = \"local/m\", tools = false{model} }}\n[defaults]\nmodel = \"writer\"\n",
            provider.url()
        ),
    );
    project.write("flow.toml", FLOW);
    // Files of the workspace that are shown whole would be no prompt of ours.
    project.write("work/README.md", "A project.\n");
    project.write("design.md", &"A design of many words. ".repeat(400));
    project.write("map.md", &"src/file.py (120)\n".repeat(1_500));
    project
}

const RUN: [&str; 6] = [
    "run",
    "flow.toml",
    "--input",
    "design=@design.md",
    "--input",
    "map=@map.md",
];

#[test]
fn from_the_second_item_on_most_of_the_input_is_read_from_the_cache() {
    let provider = keeping();
    let project = project(&provider, "");
    let _ = project.run(&RUN).exits_with(0);
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let of_items = |call: &&Value| {
        call["execution"]
            .as_str()
            .is_some_and(|name| name.contains("/code["))
    };
    let calls: Vec<&Value> = calls.as_array().unwrap().iter().filter(of_items).collect();
    assert_eq!(calls.len(), ITEMS, "{calls:?}");
    for (n, call) in calls.iter().enumerate() {
        let tokens = |name: &str| call["usage"][name].as_f64().unwrap();
        let share = tokens("cache_read_tokens") / tokens("input_tokens");
        match n {
            0 => assert!(
                share < 0.01 && tokens("cache_write_tokens") > 5_000.0,
                "{call}"
            ),
            _ => assert!(share >= 0.8, "{n}: {share} of {call}"),
        }
    }
    // What is recorded is what the step asked, in one text.
    let first = calls[0]["id"].as_str().unwrap();
    let call = project
        .run(&["calls", "show", first, "--json"])
        .exits_with(0)
        .json();
    let parts = call["request"]["messages"][0]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 1, "{call}");
}

#[test]
fn nothing_is_marked_where_that_is_switched_off_and_an_hour_is_asked_for_where_it_is_wanted() {
    for (model, expected) in [
        (", caching = \"off\"", Value::Null),
        (
            ", caching = \"1h\"",
            json!({ "type": "ephemeral", "ttl": "1h" }),
        ),
    ] {
        let provider = keeping();
        let project = project(&provider, model);
        let _ = project.run(&RUN).exits_with(0);
        let received = provider.received();
        assert_eq!(received.len(), 1 + ITEMS);
        for received in &received[1..] {
            let first = &received.body["messages"][0]["content"][0];
            assert_eq!(first["cache_control"], expected);
        }
    }
}

/// The step's line goes before the model's.
#[test]
fn effort_temperature_and_thinking_are_set_for_a_model_and_for_a_step() {
    let flow = FLOW.replace(
        "  concurrency = 1\n",
        "  concurrency = 1\n  effort = \"low\"\n",
    );
    // Who thinks takes no temperature.
    let asked = |model: &str| {
        let provider = keeping();
        let project = project(&provider, model);
        project.write("flow.toml", &flow);
        let _ = project.run(&RUN).exits_with(0);
        provider.received()[1].body.clone()
    };
    let thinks = asked(", effort = \"high\", thinking = true");
    assert_eq!(thinks["output_config"]["effort"], "low");
    assert_eq!(thinks["thinking"], json!({ "type": "adaptive" }));
    let cool = asked(", effort = \"high\", temperature = 0.25");
    assert_eq!(cool["output_config"]["effort"], "low");
    assert_eq!(cool["temperature"], 0.25);
}

/// A format that has no word for it says so, with what to do, and nothing is sent.
#[test]
fn what_a_format_has_no_word_for_is_refused_before_anything_is_sent() {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    project.write(
        "flow.toml",
        "name = \"flow\"\n[inputs.text]\n[[steps]]\nid = \"one\"\nuses = \"builtin:refine\"\ninputs.requirement = \"{{ inputs.text }}\"\nthinking = true\n",
    );
    let run = ["run", "flow.toml", "--input", "text=x", "--no-questions"];
    let _ = project.run(&run).exits_with(4).says(&[
        "the format of chat completions has no word for `thinking = true`",
        "`effort = \"medium\"`",
    ]);
    assert!(provider.received().is_empty());
}
