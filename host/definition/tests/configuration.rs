//! The operator's file: what it gives, what it leaves to its defaults, and what it never shows.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use std::time::Duration;

mod common;

use stepwell_contract::{
    Budget, KeySent, Limits, Money, Pricing, ProviderKind, SentValue, TokenLimit,
};
use stepwell_definition::{Configuration, InDoubt};

const FULL: &str = r#"
in_doubt = "ask"
confirm_above = { money = 0.50, tokens = 200_000 }
store = "/var/lib/stepwell"

[providers.openai]
kind = "openai-chat"
base_url = "https://api.openai.com/v1/"
key_variable = "WORK_KEY"
stall_timeout = "90s"
connect_timeout = "5s"
retries = 2
concurrency = 3
requests_per_minute = 500

[providers.local-one]
kind = "openai-chat"
base_url = "http://localhost:8080/v1"

[models]
writer = "openai/gpt-5"
thinker = { model = "openai/o5", max_output_tokens = 16000, price = { input = 1.25, output = 10.0, cache_read = 0.125 } }
nested = "local-one/org/model:8b"

[defaults]
model = "writer"

[budgets]
run = { tokens = 2_000_000, money = 5.00 }
day.money = 20

[limits]
wall = "1h"

[sandbox]
max_instances = 50
"#;

fn good(source: &str) -> Configuration {
    let (configuration, problems) = common::configuration(source, "stepwell.toml");
    assert_eq!(problems, []);
    configuration.unwrap()
}

#[test]
fn every_wire_format_is_read_by_its_word() {
    for (word, kind) in [
        ("openai-chat", ProviderKind::OpenaiChat),
        ("anthropic-messages", ProviderKind::AnthropicMessages),
        ("openai-responses", ProviderKind::OpenaiResponses),
        ("gemini-interactions", ProviderKind::GeminiInteractions),
    ] {
        let source = format!("[providers.a]\nkind = \"{word}\"\nbase_url = \"http://localhost:1\"");
        assert_eq!(good(&source).models.providers["a"].kind, kind);
        assert_eq!(serde_json::to_value(kind).unwrap(), word);
        assert_eq!(kind.as_str(), word);
    }
}

#[test]
fn everything_that_is_written_is_there() {
    let configuration = good(FULL);
    let models = &configuration.models;
    let openai = &models.providers["openai"];
    assert_eq!(openai.base_url, "https://api.openai.com/v1");
    assert_eq!(openai.key_variable.as_deref(), Some("WORK_KEY"));
    assert_eq!(
        (openai.stall_timeout, openai.connect_timeout),
        (Duration::from_secs(90), Duration::from_secs(5))
    );
    assert_eq!(
        (
            openai.retries,
            openai.concurrency,
            openai.requests_per_minute
        ),
        (2, 3, Some(500))
    );
    assert_eq!(models.providers["local-one"].key_variable, None);
    let thinker = &models.models["thinker"];
    let Some(Pricing::Given(prices)) = thinker.prices else {
        panic!("{:?}", thinker.prices);
    };
    let prices = prices.rates;
    assert_eq!(
        (thinker.provider.as_str(), thinker.model.as_str()),
        ("openai", "o5")
    );
    assert_eq!(
        (prices.input, prices.output),
        (Money(1_250_000), Money(10_000_000))
    );
    assert_eq!(
        (prices.cache_read, prices.cache_write),
        (Some(Money(125_000)), None)
    );
    assert_eq!(thinker.max_output_tokens, Some(16_000));
    assert_eq!(models.models["writer"].prices, None);
    assert_eq!(models.models["nested"].model, "org/model:8b");
    assert_eq!(models.default_model.as_deref(), Some("writer"));
    let run = Budget {
        tokens: Some(2_000_000),
        money: Some(Money(5_000_000)),
    };
    assert_eq!(configuration.budgets.run, run);
    assert_eq!(configuration.budgets.day.money, Some(Money(20_000_000)));
    assert_eq!(configuration.budgets.step, Budget::default());
    let above = Budget {
        tokens: Some(200_000),
        money: Some(Money(500_000)),
    };
    assert_eq!(configuration.confirm_above, above);
    assert_eq!(configuration.in_doubt, InDoubt::Ask);
    assert_eq!(
        configuration.limits,
        Limits {
            wall: Duration::from_secs(3600),
            ..Limits::default()
        }
    );
    assert_eq!(configuration.store.as_deref(), Some("/var/lib/stepwell"));
    assert_eq!(configuration.sandbox.max_instances, Some(50));
}

#[test]
fn an_empty_file_is_as_none() {
    assert_eq!(good(""), Configuration::default());
}

#[test]
fn a_known_provider_needs_no_settings() {
    let configuration = good("models.writer = \"openai/gpt-5\"\n");
    assert_eq!(
        configuration.models.providers["openai"],
        common::KNOWN[0].settings()
    );
    let configuration = good("providers.openai.key_variable = \"MINE\"\n");
    let openai = &configuration.models.providers["openai"];
    assert_eq!(openai.key_variable.as_deref(), Some("MINE"));
    assert_eq!(openai.base_url, "https://api.openai.com/v1");
}

#[test]
fn a_section_of_a_known_name_says_single_things_otherwise() {
    let azure =
        "[providers.azure]\nbase_url = \"https://mine.openai.azure.com/openai/v1\"\nretries = 1\n";
    let configuration = good(azure);
    let azure = &configuration.models.providers["azure"];
    assert_eq!(azure.key_variable.as_deref(), Some("AZURE_OPENAI_API_KEY"));
    assert_eq!(azure.key_sent, KeySent::Header("api-key".into()));
    assert_eq!(azure.token_limit, TokenLimit::MaxCompletionTokens);
    assert_eq!(azure.retries, 1);
    // How the usual address wants it says nothing of another one.
    let elsewhere = good("providers.openai.base_url = \"http://localhost:1/v1\"\n");
    let elsewhere = &elsewhere.models.providers["openai"];
    assert_eq!(elsewhere.token_limit, TokenLimit::MaxTokens);
    assert_eq!(elsewhere.key_variable.as_deref(), Some("OPENAI_API_KEY"));
}

#[test]
fn habits_of_a_server_are_read() {
    let configuration = good(
        r#"
[providers.mine]
kind = "openai-chat"
base_url = "http://localhost:8080/v1"
key_variable = "MINE"
key_bearer = true
headers = { X-Title = "us", X-Org = { variable = "THE_ORG" } }
query = { api-version = "preview", account = { variable = "THE_ACCOUNT" } }
token_limit = "max_completion_tokens"
stream_options = false
tools = false
schemas = false
[models]
plain = "mine/a"
able = { model = "mine/b", tools = true, schemas = true }
"#,
    );
    let models = &configuration.models;
    let mine = &models.providers["mine"];
    assert_eq!(mine.key_sent, KeySent::Bearer);
    assert_eq!(mine.headers["X-Title"], SentValue::Text("us".into()));
    let secret = |name: &str| SentValue::Variable(name.into());
    assert_eq!(mine.headers["X-Org"], secret("THE_ORG"));
    assert_eq!(mine.query["account"], secret("THE_ACCOUNT"));
    let variables: Vec<_> = mine.variables().collect();
    assert_eq!(variables, ["MINE", "THE_ORG", "THE_ACCOUNT"]);
    assert_eq!(mine.token_limit, TokenLimit::MaxCompletionTokens);
    assert!(!mine.stream_options);
    // What is said of a model holds for it, and else what is said of its provider.
    let understands = |name: &str| (models.models[name].tools, models.models[name].schemas);
    assert_eq!(understands("plain"), (false, false));
    assert_eq!(understands("able"), (true, true));
}

#[test]
fn the_only_model_is_the_default_one() {
    let one = good("models.writer = \"anthropic/opus\"\n");
    assert_eq!(one.models.default_model.as_deref(), Some("writer"));
    let two = good("models.writer = \"openai/a\"\nmodels.other = \"openai/b\"\n");
    assert_eq!(two.models.default_model, None);
}

#[test]
fn no_key_is_ever_shown() {
    const SECRET: &str = "sk-verysecret";
    for line in [
        "api_key = \"sk-verysecret\"",
        "API_KEY = \"sk-verysecret\"",
        "key = \"sk-verysecret\"",
        "api_key = sk-verysecret",
        "api_key = { a = \"sk-verysecret\" }",
        "key_variable = \"sk-verysecret\"",
        "key_variable = \"sk-verysecret",
        "base_url = \"https://sk-verysecret@host/v1\"",
        "kind = \"sk-verysecret\"",
        "stall_timeout = \"sk-verysecret\"",
        "unknown = \"sk-verysecret\"",
        "\"sk-verysecret\" = 1",
        "retries = \"sk-verysecret\"",
        "api_key = '''\nsk-verysecret'''",
        "headers.authorization = \"Bearer sk-verysecret\"",
        "headers.x-org = \"sk-verysecret\"",
        "headers.x-org = { variable = \"sk-verysecret\" }",
        "headers.x-org = { sk-verysecret = 1 }",
        "query.account = \"sk-verysecret\"",
        "key_header = \"sk-verysecret x\"",
    ] {
        let source = format!("[providers.openai]\n{line}\n");
        let (configuration, problems) = common::configuration(&source, "stepwell.toml");
        assert!(configuration.is_none() && !problems.is_empty(), "{line}");
        for problem in problems {
            let shown = problem.render(&source) + &format!("{problem:?}");
            assert!(!shown.contains(SECRET), "{line}\n{shown}");
        }
    }
}

#[test]
fn no_password_of_an_address_is_shown() {
    let source = "[providers.local]\nkind = \"openai\"\nbase_url = \"http://bob:hunter@host/v1\"\n";
    let (_, problems) = common::configuration(source, "stepwell.toml");
    assert!(!problems.is_empty());
    for problem in problems {
        let shown = problem.render(source) + &format!("{problem:?}");
        assert!(!shown.contains("hunter"), "{shown}");
    }
}

#[test]
fn there_is_no_configuration_where_there_is_an_error() {
    let (configuration, problems) = common::configuration("store = 1\n", "stepwell.toml");
    assert!(configuration.is_none() && problems.len() == 1);
}
