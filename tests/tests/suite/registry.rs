//! Models through one door: providers by name, what they have, and each model asked once.

use std::path::Path;

use serde_json::json;
use stepwell_tests::{Project, Provider, Reply};

use crate::terminal::Terminal;

const FLOW: &str = "name = \"doc\"\n[[steps]]\nid = \"r\"\nuses = \"builtin:refine\"\ninputs.requirement = \"Count words.\"\n";

fn answer(status: u16, body: &str) -> Reply {
    Reply::Status(status, Vec::new(), body.into())
}

/// The known provider `mistral`, at a provider of ours, and two of its models.
fn mistral(provider: &Provider) -> Project {
    let mut project = Project::new();
    let url = provider.url();
    project.write(
        "stepwell.toml",
        &format!(
            "[providers.mistral]\nbase_url = \"{url}\"\nretries = 0\n[models]\nwriter = \"mistral/large\"\n\
             helper = {{ model = \"mistral/small\", price = {{ input = 1, output = 2 }} }}\n[defaults]\nmodel = \"writer\"\n"
        ),
    );
    project.write("flow.toml", FLOW);
    project.set("MISTRAL_API_KEY", "sk-mistral-secret");
    project
}

#[test]
fn a_known_name_and_its_usual_variable_are_enough() {
    let provider = Provider::start(|_, _| answer(401, r#"{"message":"Unauthorized"}"#));
    let mut project = Project::new();
    project.write("flow.toml", FLOW);
    // Without a file, whoever has a key is told the line for it.
    project.set("ANTHROPIC_API_KEY", "sk-ant-secret-key");
    let _ = project.run(&["run", "flow.toml"]).exits_with(6).says(&[
        "models.writer = \"anthropic/MODEL\"",
        "stepwell models list anthropic",
    ]);
    project.write("stepwell.toml", "models.writer = \"anthropic/claude\"\n");
    let _ = project.run(&["models"]).exits_with(0).shows(&[
        "anthropic/claude",
        "ANTHROPIC_API_KEY is set",
        "default",
    ]);
    // The only model is the default one: with its address elsewhere, the run asks it.
    let url = provider.url();
    project.write(
        "stepwell.toml",
        &format!(
            "models.writer = \"anthropic/claude\"\nproviders.anthropic.base_url = \"{url}\"\n"
        ),
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    let _ = run.says(&["Unauthorized", "ANTHROPIC_API_KEY", "/v1/messages"]);
    let [asked] = &provider.received()[..] else {
        panic!("{:?}", provider.received());
    };
    assert_eq!(asked.line, "POST /v1/messages");
    let key = ("x-api-key".to_owned(), "sk-ant-secret-key".to_owned());
    assert!(asked.headers.contains(&key));
    // A request that was refused cost nothing, and that is known.
    let status = project.run(&["status"]).exits_with(0).stdout;
    let spent = status.lines().find(|line| line.starts_with("spent"));
    let spent = spent.unwrap_or_else(|| panic!("{status}"));
    assert!(
        spent.contains("$0.00") && !spent.contains("unknown"),
        "{spent}"
    );
}

#[test]
fn providers_are_listed_with_what_they_need() {
    let mut project = Project::new();
    project.write(
        "stepwell.toml",
        "[providers.mine]\nkind = \"openai-chat\"\nbase_url = \"http://localhost:9/v1\"\n",
    );
    project.set("GROQ_API_KEY", "gsk-secret-key");
    let listed = project
        .run(&["models", "providers", "--json"])
        .exits_with(0);
    let listed = listed.json();
    let all = listed.as_array().unwrap();
    let one = |name: &str| all.iter().find(|it| it["name"] == name).unwrap();
    for name in [
        "openai",
        "anthropic",
        "google",
        "openrouter",
        "azure",
        "bedrock",
        "mistral",
        "deepseek",
        "groq",
        "xai",
        "together",
        "moonshot",
        "cerebras",
        "ollama",
        "lmstudio",
        "vllm",
        "mine",
    ] {
        assert_eq!(one(name)["name"], name);
    }
    assert_eq!(one("groq")["key_present"], true);
    assert_eq!(one("mistral")["key_present"], false);
    assert_eq!(one("ollama")["key_variable"], json!(null));
    assert_eq!(one("azure")["base_url"], json!(null));
    assert_eq!(one("mine")["is_declared"], true);
    let text = project.run(&["models", "providers"]).exits_with(0).stdout;
    assert!(
        text.contains("GROQ_API_KEY is set") && text.contains("no key needed"),
        "{text}"
    );
    let _ = project
        .run(&["models", "list", "antropic"])
        .exits_with(4)
        .says(&["did you mean `anthropic`?"]);
    let text = project.read("stepwell.toml").unwrap();
    let named = format!("models.writer = \"anthropic/claude\"\n{text}");
    project.write("stepwell.toml", &named);
    let nobody = project.run(&["models", "list", "nobody"]).exits_with(4);
    assert_eq!(nobody.stderr.matches("`anthropic`").count(), 1);
    let _ = project
        .run(&["models", "list", "gemini"])
        .exits_with(4)
        .says(&["known as `google`"]);
    let _ = project
        .run(&["models", "list", "azure"])
        .exits_with(4)
        .says(&["base_url", "RESOURCE.openai.azure.com"]);
    let _ = project
        .run(&["models", "list", "mistral"])
        .exits_with(6)
        .says(&["MISTRAL_API_KEY"]);
}

#[test]
fn the_list_of_models_says_how_each_is_asked_and_who_answers_instead() {
    let project = Project::new();
    project.write(
        "stepwell.toml",
        "[models]\nwriter = { model = \"anthropic/claude\", effort = \"high\", caching = \"1h\", fallback = [\"helper\"] }\n\
         helper = { model = \"moonshot/kimi-k2\", temperature = 0.6 }\n",
    );
    let _ = project.run(&["models"]).exits_with(0).shows(&[
        "anthropic-messages",
        "effort high, caching 1h, falls back on helper",
        "moonshot/kimi-k2",
        "MOONSHOT_API_KEY is missing",
        "temperature 0.6",
    ]);
    let listed = project.run(&["models", "--json"]).exits_with(0).json();
    let all = listed.as_array().unwrap();
    let writer = all.iter().find(|it| it["name"] == "writer").unwrap();
    assert_eq!(writer["kind"], "anthropic-messages");
    assert_eq!(writer["fallback"], json!(["helper"]));
    assert_eq!(
        writer["inference"],
        json!({ "effort": "high", "caching": "1h" })
    );
}

#[test]
fn a_provider_says_what_it_has() {
    let list = json!({ "data": [{ "id": "large", "name": "Large" }, { "id": "small", "context_length": 32000 }] });
    let provider = Provider::start(move |_, received| match received.line.as_str() {
        "GET /v1/models" => answer(200, &list.to_string()),
        _ => answer(404, r#"{"detail":"Not Found"}"#),
    });
    let project = mistral(&provider);
    let listed = project.run(&["models", "list", "mistral"]).exits_with(0);
    assert!(listed.stdout.contains("mistral/large") && listed.stdout.contains("Large"));
    assert!(listed.stdout.contains("reads 32"), "{}", listed.stdout);
    let json = project
        .run(&["models", "list", "mistral", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(json[1]["input_tokens"], 32000);
    provider.reply_next([answer(401, r#"{"message":"Unauthorized"}"#)]);
    let _ = project
        .run(&["models", "list", "mistral"])
        .exits_with(6)
        .says(&["Unauthorized", "MISTRAL_API_KEY", "/v1/models"]);
}

#[test]
fn each_model_is_asked_once_after_a_yes() {
    let provider = Provider::start(|_, received| match received.body["model"].as_str() {
        Some("large") => Reply::Text("yes".into()),
        _ => answer(
            404,
            r#"{"error":{"message":"The model `small` does not exist","code":"model_not_found"}}"#,
        ),
    });
    let project = mistral(&provider);
    let _ = project
        .run(&["doctor", "--ask"])
        .exits_with(4)
        .says(&["nobody is there to say yes", "--yes"]);
    assert!(provider.received().is_empty());
    let told = project.run(&["doctor", "--ask", "--yes"]).exits_with(1);
    let _ = told
        .says(&[
            "one tiny request",
            "writer (mistral/large)",
            "helper (mistral/small)",
        ])
        .shows(&[
            "writer answered `yes` (10 tokens in, 1 out",
            "helper gave no answer: unknown-model",
            "stepwell models list mistral",
        ]);
    assert_eq!(provider.received().len(), 2);
    assert!(!project.join(".stepwell").exists(), "nothing of it is kept");
    let json = project
        .run(&["doctor", "--ask", "--yes", "--json"])
        .exits_with(1)
        .json();
    let answers: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["what"] == "answer")
        .collect();
    assert_eq!(answers.len(), 2);
    let asked = |name: &str| {
        answers
            .iter()
            .find(|it| it["answered"]["model"] == name)
            .unwrap()
    };
    assert_eq!(asked("writer")["ok"], true);
    assert_eq!(asked("writer")["answered"]["output_tokens"], 1);
    assert_eq!(asked("helper")["ok"], false);
    assert_eq!(asked("helper")["answered"]["money"], 0);
}

#[test]
fn a_person_at_the_terminal_is_told_before_and_says_yes_or_no() {
    let provider = Provider::start(|_, _| Reply::Text("yes".into()));
    let project = mistral(&provider);
    for (word, asked, code) in [("no", 0, 0), ("yes", 2, 0)] {
        let mut terminal = Terminal::start(&project, &["doctor", "--ask"]);
        terminal.shows("one tiny request").shows("yes or no");
        assert!(provider.received().is_empty());
        terminal.types(word);
        let (shown, ended) = terminal.ends();
        assert_eq!(ended, code, "{shown}");
        assert_eq!(provider.received().len(), asked, "{shown}");
    }
}

#[test]
fn a_model_that_refuses_is_not_asked_again() {
    let events = |text: &str| {
        [
            json!({ "type": "message_start", "message": { "model": "m", "content": [], "usage": { "input_tokens": 9, "output_tokens": 1 } } }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } }),
            json!({ "type": "content_block_stop", "index": 0 }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "refusal", "stop_details": { "explanation": "Not that." } }, "usage": { "output_tokens": 3 } }),
            json!({ "type": "message_stop" }),
        ]
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .concat()
    };
    for text in ["I was about", ""] {
        let answered = events(text);
        let provider = Provider::start(move |_, _| Reply::Events(answered.clone()));
        let mut project = Project::new();
        project.write("flow.toml", FLOW);
        let url = provider.url();
        project.write(
            "stepwell.toml",
            &format!(
                "models.writer = \"anthropic/claude\"\nproviders.anthropic.base_url = \"{url}\"\n"
            ),
        );
        project.set("ANTHROPIC_API_KEY", "sk-ant-secret-key");
        let _ = project
            .run(&["run", "flow.toml"])
            .exits_with(1)
            .says(&["content-filtered", "Not that."]);
        assert_eq!(provider.received().len(), 1, "`{text}`");
    }
}

/// The files of a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found = |path: std::path::PathBuf| match path.is_dir() {
        true => holding(&path, text),
        false => {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let is_there = bytes.windows(text.len()).any(|it| it == text.as_bytes());
            Vec::from_iter(is_there.then(|| path.display().to_string()))
        }
    };
    entries.flat_map(found).collect()
}

#[test]
fn what_a_header_has_from_a_variable_stands_nowhere() {
    const TENANT: &str = "tenant-secret-0042";
    let provider = Provider::start(|_, received| {
        let tenant = received.headers.iter().find(|(name, _)| name == "x-tenant");
        let told = tenant.map(|(_, tenant)| tenant.clone()).unwrap_or_default();
        assert!(
            received.line.ends_with("?account=tenant-secret-0042"),
            "{}",
            received.line
        );
        answer(
            400,
            &format!(r#"{{"error":{{"message":"no {told} here"}}}}"#),
        )
    });
    let mut project = mistral(&provider);
    let text = project.read("stepwell.toml").unwrap();
    let more = "retries = 0\nheaders = { X-Tenant = { variable = \"TENANT\" } }\nquery = { account = { variable = \"TENANT\" } }";
    project.write("stepwell.toml", &text.replacen("retries = 0", more, 1));
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(6)
        .says(&["TENANT"]);
    project.set("TENANT", TENANT);
    let run = project
        .run(&["run", "flow.toml", "--record", "tape"])
        .exits_with(1)
        .says(&["no [key removed] here"]);
    assert!(!format!("{}{}", run.stdout, run.stderr).contains(TENANT));
    let calls = project.run(&["calls", "--json"]).exits_with(0).stdout;
    assert!(!calls.contains(TENANT));
    assert_eq!(holding(project.path(), TENANT), Vec::<String>::new());
}
