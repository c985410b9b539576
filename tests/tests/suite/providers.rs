//! Providers that refuse, stumble, break off and cost money.

use std::net::TcpListener;

use stepwell_tests::{Project, Provider, Reply};

const FLOW: &str = r#"
name = "asks"
[inputs]
topic = { default = "tea" }
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
settings.calls = 1
retries = 0
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "then {{ steps.first.result }}"
settings.calls = 1
"#;

/// Adds lines to `stepwell.toml`.
fn configure(project: &Project, lines: &str) {
    let text = project.read("stepwell.toml").unwrap();
    project.write("stepwell.toml", &format!("{text}\n{lines}\n"));
}

/// Puts other text into `stepwell.toml`.
#[track_caller]
fn reconfigure(project: &Project, old: &str, new: &str) {
    let text = project.read("stepwell.toml").unwrap();
    assert!(text.contains(old));
    project.write("stepwell.toml", &text.replace(old, new));
}

const RESULT: &str = "Work on tea.\necho tea call 0";

/// After what was wrong is mended the run goes on to its end.
#[track_caller]
fn resumes(project: &Project) {
    let _ = project.run(&["resume"]).exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), RESULT);
    assert!(project.document("second", "result").contains("echo then"));
}

fn error(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    Reply::Status(status, headers, body.into())
}

#[test]
fn no_model_is_set_up() {
    let project = Project::new();
    project.add_guest("worker");
    project.write("flow.toml", FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(6).says(&[
        "no model is set up",
        "hint:",
        "OPENAI_API_KEY",
        "--replay",
    ]);
}

#[test]
fn no_model_is_the_one_that_is_asked() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let default = "[defaults]\nmodel = \"writer\"\n";
    reconfigure(&project, default, "");
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["`model` of `[defaults]` in stepwell.toml", "`writer`"]);
    // What it says helps.
    reconfigure(&project, "[models]", &format!("{default}\n[models]"));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
}

#[test]
fn a_missing_key() {
    let provider = Provider::echo();
    let mut project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "LOCAL_KEY", "ABSENT_KEY");
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(6)
        .says(&["ABSENT_KEY", "hint:"]);
    assert!(provider.journal().is_empty());
    project.set("ABSENT_KEY", "sk-another");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
}

#[test]
fn a_refused_connection() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nowhere = format!("http://127.0.0.1:{port}/v1");
    reconfigure(&project, &provider.url(), &nowhere);
    reconfigure(&project, "retries = 2", "retries = 0");
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "error: first",
        "network",
        &nowhere,
        "refused",
        "hint:",
        "stepwell resume",
    ]);
    assert!(provider.journal().is_empty());
    reconfigure(&project, &nowhere, &provider.url());
    resumes(&project);
}

#[test]
fn a_key_that_the_provider_refuses() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([error(
        401,
        &[],
        r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#,
    )]);
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    assert!(!run.stderr.contains("sk-test-secret"));
    let _ = run.says(&[
        "error: first",
        "authentication",
        "HTTP status 401",
        "Incorrect API key provided",
        "LOCAL_KEY",
        "stepwell resume",
    ]);
    assert_eq!(provider.journal().len(), 1, "it is not tried again");
    resumes(&project);
}

#[test]
fn too_many_requests() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let busy = r#"{"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}"#;
    provider.reply_next([
        error(429, &[("retry-after", "0")], busy),
        error(429, &[("retry-after-ms", "20")], busy),
        Reply::Text("fine".into()),
    ]);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        run.stderr.contains("rate-limited") && run.stderr.contains("tried again"),
        "{}",
        run.stderr
    );
    assert_eq!(provider.journal().len(), 4);
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let first = calls
        .as_array()
        .unwrap()
        .iter()
        .find(|call| {
            call["step"]
                .as_str()
                .unwrap_or_default()
                .starts_with("first")
                || call["execution"]
                    .as_str()
                    .unwrap_or_default()
                    .starts_with("first")
        })
        .unwrap();
    assert_eq!(first["attempts"].as_array().unwrap().len(), 3, "{first}");
    assert!(project.document("first", "result").contains("fine"));
}

#[test]
fn too_many_requests_without_a_word_on_when() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 1");
    provider.reply_next([error(429, &[], "slow down")]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.journal().len(), 3);
    // As often as it is allowed to, and no more.
    provider.reply_next([error(429, &[], "slow down"), error(429, &[], "slow down")]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "rate-limited",
        "tried 2 times",
        "stepwell resume",
    ]);
    assert_eq!(provider.journal().len(), 5);
    resumes(&project);
}

#[test]
fn a_wait_that_an_errors_text_asks_for_is_kept_and_told() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let busy = serde_json::json!([{ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Quota exceeded", "details": [
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s" },
    ] } }]);
    provider.reply_next([error(429, &[], &busy.to_string())]);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = run.says(&["Quota exceeded (RESOURCE_EXHAUSTED); it is tried again in 1"]);
    waited_as_it_was_asked(&project);
}

/// The newest call was sent again no earlier than the provider had asked for.
#[track_caller]
fn waited_as_it_was_asked(project: &Project) {
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let attempts = calls[0]["attempts"].as_array().unwrap().clone();
    let time = |value: &serde_json::Value| value.as_str().unwrap().parse::<jiff::Timestamp>();
    let asked = time(&attempts[0]["retry_at"]).unwrap();
    assert!(time(&attempts[1]["started_at"]).unwrap() >= asked);
}

#[test]
fn killed_while_it_waits_as_it_was_asked_it_waits_for_what_is_left_of_that() {
    use std::io::{BufRead as _, BufReader};
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([error(429, &[("retry-after", "3")], "slow down")]);
    let mut child = project.spawn(&["run", "flow.toml"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines.find(|line| line.as_ref().unwrap().contains("tried again in 3"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told.is_some());
    let _ = project.run(&["resume"]).exits_with(0);
    waited_as_it_was_asked(&project);
}

#[test]
fn an_error_behind_a_status_of_success_is_read_in_each_form() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 0");
    for body in [
        r#"[{"error":{"code":429,"message":"far too much"}}]"#,
        r#"{"message":"far too much","status":429}"#,
    ] {
        provider.reply_next([error(200, &[], body)]);
        let run = project.run(&["run", "flow.toml"]).exits_with(1);
        let _ = run.says(&["rate-limited: ", "far too much"]);
    }
}

#[test]
fn an_answer_that_is_too_long_for_the_model_is_told_with_what_helps() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([Reply::Events(ending_with("model_context_window_exceeded"))]);
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    let run = run.says(&["prompt and it are together too long for the model"]);
    assert!(!run.stderr.contains("max_output_tokens"), "{}", run.stderr);
}

#[test]
fn a_wait_that_is_too_long_to_stay_for() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    // Nor may the step be tried again.
    project.write("flow.toml", &FLOW.replace("retries = 0", "retries = 2"));
    provider.reply_next([error(429, &[("retry-after", "86400")], "{}")]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "wait-too-long",
        "86400 s",
        "resume after that",
    ]);
    assert_eq!(provider.journal().len(), 1);
    resumes(&project);
}

#[test]
fn what_the_host_has_tried_again_is_not_tried_again_by_the_step() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 0");
    project.write("flow.toml", &FLOW.replace("retries = 0", "retries = 1"));
    provider.reply_next([error(503, &[], "")]);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["overloaded", "stepwell resume"]);
    assert_eq!(provider.journal().len(), 1);
    resumes(&project);
}

#[test]
fn no_money_left() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([error(
        429,
        &[("retry-after", "0")],
        r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
    )]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "out-of-credit",
        "You exceeded your current quota",
        "add credit",
        "stepwell resume",
    ]);
    assert_eq!(provider.journal().len(), 1, "it is final");
    resumes(&project);
}

#[test]
fn an_internal_error_that_passes() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([
        error(500, &[], "<html>oops</html>"),
        error(503, &[("retry-after", "0")], ""),
    ]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), RESULT);
    assert_eq!(provider.journal().len(), 4);
}

fn piece(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

#[test]
fn an_error_inside_a_stream() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 1");
    let broken = piece("half an ")
        + "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\"}}\n\n";
    provider.reply_next([Reply::Events(broken.clone()), Reply::Events(broken)]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "error: first",
        "overloaded",
        "an error inside the answer: The server had an error",
        "stepwell resume",
    ]);
    resumes(&project);
    assert!(!project.document("first", "result").contains("half"));
}

#[test]
fn a_stream_that_breaks() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([
        Reply::Cut(piece("half an ans")),
        // One that ends properly, and not where an answer ends.
        Reply::Events(piece("another half")),
        Reply::Text("whole".into()),
    ]);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(run.stderr.contains("tried again"), "{}", run.stderr);
    assert_eq!(
        project.document("first", "result").trim_end(),
        "Work on tea.\nwhole"
    );
    // What came of each attempt is kept.
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let id = calls[0]["id"].as_str().unwrap();
    let raw = project.run(&["calls", "show", id, "--raw"]).exits_with(0);
    for part in ["half an ans", "another half", "whole"] {
        assert!(raw.stdout.contains(part), "{part}: {}", raw.stdout);
    }
}

#[test]
fn an_answer_that_stalls() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(
        &project,
        "retries = 2",
        "retries = 0\nstall_timeout = \"200ms\"",
    );
    provider.reply_next([Reply::Silence]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "error: first",
        "timeout",
        "200ms",
        "stall_timeout",
        "stepwell resume",
    ]);
    resumes(&project);
}

#[test]
fn an_answer_that_is_no_chat_completion() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 0");
    provider.reply_next([error(200, &[], "<html>Welcome to the portal</html>")]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "error: first",
        "no chat completion",
        "Welcome to the portal",
    ]);
    resumes(&project);
}

#[test]
fn a_model_that_the_provider_does_not_have() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([error(
        404,
        &[],
        r#"{"error":{"message":"The model `test-model` does not exist","code":"model_not_found"}}"#,
    )]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "unknown-model",
        "does not exist",
        "stepwell.toml",
    ]);
}

#[test]
fn a_budget_of_tokens() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "[budgets]\nrun = { tokens = 100 }");
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "error: first",
        "denied",
        "run budget",
        "100 tokens",
        "raise `budgets.run.tokens`",
        "resume",
    ]);
    assert!(
        provider.journal().is_empty(),
        "nothing is sent that may not be paid"
    );
    reconfigure(&project, "tokens = 100", "tokens = 100000");
    resumes(&project);
}

#[test]
fn a_budget_counts_what_was_spent_before() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    // Room for one call at its most, and for no second one after what the first really used.
    configure(&project, "[budgets]\nrun = { tokens = 4145 }");
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    assert_eq!(provider.journal(), ["tea call 0"], "{}", run.stderr);
    let _ = run.says(&["error: second", "denied", "14 of 4145 tokens are spent"]);
    // Without the line changed it stays so.
    let _ = project
        .run(&["resume"])
        .exits_with(1)
        .says(&["14 of 4145 tokens are spent"]);
    reconfigure(&project, "tokens = 4145", "tokens = 9000");
    resumes(&project);
    assert_eq!(provider.journal().len(), 2);
}

#[test]
fn money() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(run.stdout.contains("cost unknown"), "{}", run.stdout);
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let spent = &status["spent"];
    assert_eq!(spent["unknown_money"], 2, "{spent}");
    assert!(spent["money"].is_null(), "unknown is not 0: {spent}");

    reconfigure(
        &project,
        "writer = \"local/test-model\"",
        "writer = { model = \"local/test-model\", price = { input = 100000, output = 1000000 } }",
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    // Two calls of 10 tokens in; 4 and 8 tokens out.
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let out: u64 = calls
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["usage"]["output_tokens"].as_u64().unwrap())
        .sum();
    let cost = format!("${}", 2 + out);
    assert!(
        run.stdout.contains(&cost) && !run.stdout.contains("unknown"),
        "{cost}: {}",
        run.stdout
    );

    // A budget in money, which one call already exceeds.
    configure(&project, "[budgets]\nrun = { money = 1.5 }");
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "denied",
        "1.5",
        "raise `budgets.run.money`",
    ]);
}

#[test]
fn a_budget_in_money_needs_prices() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    configure(&project, "[budgets]\nrun = { money = 1.5 }");
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "denied",
        "price of `writer` is not known",
        "budgets.run.money",
    ]);
    assert!(provider.journal().is_empty());
}

/// The events of an answer that ends with this word.
fn ending_with(finish: &str) -> String {
    let end =
        serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] });
    format!("{}data: {end}\n\n", piece("half"))
}

#[test]
fn an_answer_that_is_cut_off_is_told() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let cut = |finish: &str| Reply::Events(format!("{}data: [DONE]\n\n", ending_with(finish)));
    provider.reply_next([cut("length")]);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["cut off at the most output tokens", "`max_output_tokens`"]);
    // It is no answer: whoever resumes gets another one.
    let _ = project.run(&["resume"]).exits_with(0);
    let calls = project.run(&["calls"]).exits_with(0);
    assert!(calls.stdout.contains("cut off"), "{}", calls.stdout);
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    assert_eq!(calls[0]["finish"], "length");
    assert_eq!(calls[1]["finish"], "stop");
}

#[test]
fn an_answer_that_ended_in_a_word_that_nobody_knows_is_shown_and_not_taken_for_whole() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([Reply::Events(ending_with("ran_dry"))]);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["ended with `ran_dry`", "error: first"]);
    let calls = project.run(&["calls"]).exits_with(0);
    assert!(calls.stdout.contains("`ran_dry`"), "{}", calls.stdout);
    let _ = project.run(&["resume"]).exits_with(0);
    assert!(!project.document("first", "result").contains("half"));
}

#[test]
fn an_answer_that_its_server_gave_up_is_asked_for_again() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.reply_next([Reply::Events(ending_with("abort"))]);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(run.stderr.contains("`abort`"), "{}", run.stderr);
    assert_eq!(project.document("first", "result").trim_end(), RESULT);
    assert_eq!(provider.journal().len(), 3);
}

#[test]
fn an_answer_that_is_there_is_paid_for_once_however_the_connection_ends() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    // The usage in numbers with a point, and then the connection is cut: no `[DONE]`, and fewer bytes than were promised.
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":11.0,"completion_tokens":-1}}"#;
    let cut = format!("{}data: {usage}\n\n", ending_with("stop"));
    provider.reply_next([Reply::Cut(cut.clone()), Reply::Cut(cut)]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.journal().len(), 2, "one for each step");
    assert_eq!(
        project.document("first", "result").trim_end(),
        "Work on tea.\nhalf"
    );
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    for call in calls.as_array().unwrap() {
        assert_eq!(call["usage"]["input_tokens"], 11);
        assert!(call["usage"]["output_tokens"].is_null());
    }
}

#[test]
fn what_a_server_does_not_take_is_left_out_of_the_request() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    reconfigure(&project, "retries = 2", "retries = 0");
    let extra = r#"{"message":"Extra inputs are not permitted: stream_options"}"#;
    provider.reply_next([error(422, &[], extra)]);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let received = provider.received();
    let has: Vec<_> = received
        .iter()
        .map(|one| one.body.get("stream_options").is_some())
        .collect();
    assert_eq!(has, [true, false, false]);
}

#[test]
fn an_answer_that_cannot_be_read_is_paid_for_once_however_often_the_run_is_resumed() {
    let headers = vec![("content-encoding".to_owned(), "br".to_owned())];
    let provider =
        Provider::start(move |_, _| Reply::Status(200, headers.clone(), "packed".into()));
    let project = Project::of_worker(&provider, FLOW);
    let says = ["content-encoding: br", "it was paid for"];
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&says);
    assert_eq!(provider.received().len(), 1);
    for _ in 0..2 {
        let _ = project.run(&["resume"]).exits_with(1).says(&says);
    }
    assert_eq!(provider.received().len(), 1, "it is not repeated by itself");
    // What may have been said counts.
    let status = project.run(&["status", "--json"]).json();
    assert_eq!(status["spent"]["attempts"], 1, "{status}");
    // Whoever runs the step again asks anew.
    provider.answer_next(&["well"]);
    let _ = project
        .run(&["step", "run", "first", "--run", "last"])
        .exits_with(0);
    assert_eq!(provider.received()[1].asked, provider.received()[0].asked);
}
