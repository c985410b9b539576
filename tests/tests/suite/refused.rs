//! Providers that refuse what a person set, or can't be told it: the error names the setting, and what is known beforehand is said before.

use serde_json::json;
use stepwell_tests::{Project, Provider, Reply};

const FLOW: &str = r#"
name = "asks"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
retries = 0
"#;

/// A provider that refuses everything so.
fn refusing(status: u16, message: &str) -> Provider {
    let body = json!({ "error": { "message": message, "type": "invalid_request_error" } });
    let body = body.to_string();
    Provider::start(move |_, _| Reply::Status(status, Vec::new(), body.clone()))
}

/// The model `writer` with these settings, at a provider of this kind.
fn project(provider: &Provider, kind: &str, settings: &str) -> Project {
    let project = Project::of_worker(provider, FLOW);
    let url = provider.url();
    project.write(
        "stepwell.toml",
        &format!(
            "[providers.there]\nkind = \"{kind}\"\nbase_url = \"{url}\"\nretries = 0\n\
             [models]\nwriter = {{ model = \"there/m\"{settings} }}\n[defaults]\nmodel = \"writer\"\n"
        ),
    );
    project
}

#[test]
fn the_setting_is_named_that_wrote_what_a_server_refuses() {
    let of_model = |key: &str| format!("`{key}` of the model `writer` in stepwell.toml sets that");
    for (kind, settings, message, named) in [
        (
            "openai-chat",
            "temperature = 0.5",
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
            of_model("temperature"),
        ),
        (
            "openai-chat",
            "effort = \"low\"",
            "Unrecognized request argument supplied: reasoning_effort",
            of_model("effort"),
        ),
        (
            "openai-chat",
            "thinking = false",
            "Unrecognized request argument supplied: reasoning_effort",
            of_model("thinking"),
        ),
        (
            "openai-chat",
            "max_output_tokens = 40000",
            "max_tokens is too large: 40000. This model supports at most 16384 completion tokens",
            "`max_output_tokens` of the model `writer` in stepwell.toml, now 40000".into(),
        ),
        (
            "openai-responses",
            "temperature = 0.5",
            "Unsupported parameter: 'temperature' is not supported with this model.",
            of_model("temperature"),
        ),
        (
            "openai-responses",
            "effort = \"low\"",
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            of_model("effort"),
        ),
        (
            "openai-responses",
            "max_output_tokens = 5",
            "Invalid 'max_output_tokens': integer below minimum value.",
            "`max_output_tokens` of the model `writer` in stepwell.toml, now 5".into(),
        ),
        (
            "anthropic-messages",
            "temperature = 0.5",
            "`temperature` is deprecated for this model.",
            of_model("temperature"),
        ),
        (
            "anthropic-messages",
            "thinking = true",
            "adaptive thinking is not supported on this model",
            of_model("thinking"),
        ),
        (
            "anthropic-messages",
            "effort = \"high\"",
            "This model does not support the effort parameter.",
            of_model("effort"),
        ),
        (
            "anthropic-messages",
            "tools = true",
            "max_tokens: 16384 > 8192, which is the maximum allowed number of output tokens for m",
            "set `max_output_tokens` of the model `writer` in stepwell.toml to what it takes: where nobody says how long an answer may be, Stepwell asks for up to 16384 tokens".into(),
        ),
        (
            "gemini-interactions",
            "effort = \"low\"",
            "Thinking level is not supported for this model.",
            of_model("effort"),
        ),
        (
            "gemini-interactions",
            "max_output_tokens = 99999",
            "max_output_tokens must be at most 65536",
            "`max_output_tokens` of the model `writer` in stepwell.toml, now 99999".into(),
        ),
    ] {
        let provider = refusing(400, message);
        let project = project(&provider, kind, &format!(", {settings}"));
        let run = project.run(&["run", "flow.toml"]).exits_with(1);
        let _ = run.says(&["invalid-request", message, &named]);
        assert_eq!(provider.received().len(), 1, "{message}");
    }
}

#[test]
fn a_setting_of_a_step_is_named_as_that() {
    let provider = refusing(400, "Unsupported value: 'temperature' does not support 0.2");
    let project = project(&provider, "openai-chat", ", temperature = 0.5");
    project.write("flow.toml", &format!("{FLOW}temperature = 0.2\n"));
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["`temperature` of the step `first` in the definition sets that"]);
}

#[test]
fn where_both_names_of_a_limit_are_refused_neither_is_advised() {
    let provider = Provider::start(|number, _| {
        let message = match number {
            0 => {
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            }
            _ => "Unsupported parameter: 'max_completion_tokens' is not supported with this model.",
        };
        let body = json!({ "error": { "message": message, "type": "invalid_request_error" } });
        Reply::Status(400, Vec::new(), body.to_string())
    });
    let project = project(&provider, "openai-chat", ", max_output_tokens = 100");
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    assert_eq!(provider.received().len(), 2);
    let told: Vec<_> = run.stderr.lines().collect();
    let told = told.iter().filter(|line| line.contains("it takes neither"));
    let told: Vec<_> = told.collect();
    assert!(!told.is_empty(), "{}", run.stderr);
    for line in told {
        assert!(!line.contains("token_limit"), "{line}");
        assert!(
            line.contains("leave `max_output_tokens` of the model `writer` out"),
            "{line}"
        );
    }
}

#[test]
fn what_a_format_has_no_word_for_is_said_before_anything_is_sent() {
    for (kind, settings, step, told) in [
        (
            "anthropic-messages",
            ", temperature = 1.5",
            "",
            "it takes one from 0 to 1",
        ),
        (
            "anthropic-messages",
            ", thinking = true, temperature = 0.5",
            "",
            "where the model thinks it takes 1 alone",
        ),
        (
            "anthropic-messages",
            ", thinking = true, effort = \"none\"",
            "",
            "`effort = \"none\"` and `thinking = true` contradict each other",
        ),
        (
            "gemini-interactions",
            "",
            "caching = \"1h\"",
            "has no word for `caching = \"1h\"`",
        ),
        (
            "openai-chat",
            "",
            "thinking = true",
            "say how much by `effort`",
        ),
    ] {
        let provider = refusing(400, "never asked");
        let project = project(&provider, kind, settings);
        project.write("flow.toml", &format!("{FLOW}{step}\n"));
        for command in [&["run", "flow.toml", "--check"][..], &["run", "flow.toml"]] {
            let run = project.run(command).exits_with(4);
            let _ = run.says(&["step `first` can't ask the model `writer` so", told]);
        }
        if step.is_empty() {
            let _ = project
                .run(&["doctor"])
                .exits_with(1)
                .shows(&["writer can't be asked so", told]);
        }
        assert!(provider.received().is_empty());
    }
}

#[test]
fn a_steps_line_goes_before_the_models_also_where_it_is_another_key() {
    for (settings, step, thinking) in [
        ("thinking = true", "effort = \"none\"", "disabled"),
        ("effort = \"none\"", "thinking = true", "adaptive"),
    ] {
        let provider = refusing(400, "enough");
        let project = project(&provider, "anthropic-messages", &format!(", {settings}"));
        project.write("flow.toml", &format!("{FLOW}{step}\n"));
        let _ = project.run(&["run", "flow.toml"]).exits_with(1);
        let body = &provider.received()[0].body;
        assert_eq!(body["thinking"]["type"], thinking, "{body}");
        assert!(body.get("output_config").is_none(), "{body}");
    }
    for (settings, step, effort) in [
        ("thinking = false", "effort = \"low\"", "low"),
        ("effort = \"low\"", "thinking = false", "none"),
    ] {
        let provider = refusing(400, "enough");
        let project = project(&provider, "openai-chat", &format!(", {settings}"));
        project.write("flow.toml", &format!("{FLOW}{step}\n"));
        let _ = project.run(&["run", "flow.toml"]).exits_with(1);
        assert_eq!(provider.received()[0].body["reasoning_effort"], effort);
    }
}

/// The model `writer` at a provider of Anthropic's format that is down; `middle` of Google's and `last` of OpenAI's are asked instead.
fn three(first: &Provider, middle: &Provider, last: &Provider, step: &str) -> Project {
    let project = Project::of_worker(last, &format!("{FLOW}{step}\n"));
    let provider = |name: &str, kind: &str, it: &Provider| {
        let url = it.url();
        format!("[providers.{name}]\nkind = \"{kind}\"\nbase_url = \"{url}\"\nretries = 0\n")
    };
    project.write(
        "stepwell.toml",
        &[
            &provider("a", "anthropic-messages", first)[..],
            &provider("b", "gemini-interactions", middle),
            &provider("c", "openai-chat", last),
            "[models]\nwriter = { model = \"a/m\", fallback = [\"middle\", \"last\"] }\nmiddle = \"b/m\"\nlast = \"c/m\"\n[defaults]\nmodel = \"writer\"\n",
        ]
        .concat(),
    );
    project
}

#[test]
fn a_model_whose_format_lacks_a_word_is_passed_over_and_the_next_one_answers() {
    let down = refusing(503, "down for repairs");
    let (middle, last) = (refusing(503, "never asked"), Provider::echo());
    let project = three(&down, &middle, &last, "effort = \"max\"");
    let warning = "the model `middle` is to be asked where `writer` can't answer, and won't be for step `first`";
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    assert!(
        format!("{}{}", checked.stdout, checked.stderr).contains(warning),
        "{}",
        checked.stderr
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = run.says(&[
        "doesn't ask model middle instead",
        "has no word for `effort = \"max\"`",
        "asks model last instead of writer",
    ]);
    assert!(middle.received().is_empty());
    assert_eq!(last.received()[0].body["reasoning_effort"], "max");
}

#[test]
fn a_wish_for_caching_keeps_nobody_from_answering_instead() {
    let down = refusing(503, "down for repairs");
    let middle = refusing(503, "down as well");
    let last = Provider::echo();
    let project = three(&down, &middle, &last, "caching = \"1h\"");
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(!run.stderr.contains("doesn't ask"), "{}", run.stderr);
    assert_eq!((middle.received().len(), last.received().len()), (1, 1));
}

#[test]
fn who_has_named_others_is_not_advised_to_name_some() {
    let down = refusing(503, "down for repairs");
    let (middle, last) = (refusing(503, "down as well"), Provider::echo());
    let project = three(&down, &middle, &last, "");
    let text = project.read("stepwell.toml").unwrap();
    let text = text.replacen("retries = 0", "retries = 0\ncircuit_failures = 1", 1);
    project.write("stepwell.toml", &text);
    project.write("flow.toml", &FLOW.replace("calls = 1", "calls = 2"));
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = run.says(&[
        "nothing is sent to it until",
        "asks model middle instead of writer: provider-down",
    ]);
    assert!(!run.stderr.contains("`fallback`"), "{}", run.stderr);
    assert_eq!(down.received().len(), 1);
}

#[test]
fn an_unknown_model_is_told_in_each_servers_words() {
    for message in ["Invalid model: m", "m is not a valid model ID"] {
        let refusing = refusing(400, message);
        let second = Provider::echo();
        let project = three(&refusing, &refusing, &second, "");
        let text = project.read("stepwell.toml").unwrap();
        let text = text
            .replace("anthropic-messages", "openai-chat")
            .replace("[\"middle\", \"last\"]", "[\"last\"]");
        project.write("stepwell.toml", &text);
        let run = project.run(&["run", "flow.toml"]).exits_with(0);
        let _ = run.says(&["asks model last instead of writer: unknown-model", message]);
    }
}
