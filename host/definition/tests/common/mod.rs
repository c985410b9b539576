//! Plugins that exist only in what they say of themselves.

#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of it"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt as _;
use stepwell_contract::{
    Description, Field, KnownAddress, KnownProvider, PromptDeclaration, ProviderKind, StepPath,
    Text, TokenLimit,
};
use stepwell_definition::{
    Case, Configuration, Diagnostic, Plan, TestCase, check, parse_configuration, parse_definition,
};
use stepwell_texts::InProcess;

/// Short names of models that the operator has configured.
pub(crate) const MODELS: [&str; 2] = ["thinker", "writer"];

/// A provider that is known by name, with a key.
const OPENAI: KnownProvider = KnownProvider {
    name: "openai",
    title: "OpenAI",
    also: &["gpt"],
    kind: ProviderKind::OpenaiChat,
    address: KnownAddress::At("https://api.openai.com/v1"),
    key_variable: Some("OPENAI_API_KEY"),
    key_header: None,
    token_limit: TokenLimit::MaxCompletionTokens,
    batch_percent: None,
};

/// Providers that are known by name: one of each sort.
pub(crate) const KNOWN: [KnownProvider; 4] = [
    OPENAI,
    KnownProvider {
        name: "anthropic",
        title: "Anthropic",
        also: &["claude"],
        kind: ProviderKind::AnthropicMessages,
        address: KnownAddress::At("https://api.anthropic.com/v1"),
        key_variable: Some("ANTHROPIC_API_KEY"),
        token_limit: TokenLimit::MaxTokens,
        ..OPENAI
    },
    KnownProvider {
        name: "azure",
        title: "Azure OpenAI",
        also: &[],
        address: KnownAddress::Own("https://RESOURCE.openai.azure.com/openai/v1"),
        key_variable: Some("AZURE_OPENAI_API_KEY"),
        key_header: Some("api-key"),
        ..OPENAI
    },
    KnownProvider {
        name: "ollama",
        title: "Ollama",
        also: &[],
        address: KnownAddress::At("http://localhost:11434/v1"),
        key_variable: None,
        token_limit: TokenLimit::MaxTokens,
        ..OPENAI
    },
];

/// Reads a configuration where those are known.
pub(crate) fn configuration(source: &str, file: &str) -> (Option<Configuration>, Vec<Diagnostic>) {
    parse_configuration(source, file, &KNOWN)
}

fn field(name: &str, required: bool) -> Field {
    Field {
        name: name.into(),
        required,
        ..Field::default()
    }
}

/// A plugin that needs its inputs and always writes its documents.
fn plugin(name: &str, inputs: &[&str], documents: &[&str]) -> Description {
    Description {
        name: name.into(),
        version: "1.0.0".into(),
        inputs: inputs.iter().map(|input| field(input, true)).collect(),
        documents: documents
            .iter()
            .map(|document| field(document, true))
            .collect(),
        prompts: vec![PromptDeclaration {
            name: name.into(),
            intrinsic: String::new(),
            variables: Vec::new(),
        }],
        ..Description::default()
    }
}

/// What the plugin behind a `uses` says of itself; none for one that isn't known here.
pub(crate) fn describe(_: &StepPath, uses: &str) -> Option<Arc<Description>> {
    let grant = |name: &str, value: &str| Text::new(name, value);
    let mut description = match uses {
        "builtin:requirement" => plugin("requirement", &["feature"], &["requirement"]),
        "builtin:refine" => plugin("refine", &["requirement"], &["requirement"]),
        "builtin:architecture_design" => {
            plugin("architecture_design", &["requirement"], &["design"])
        }
        "builtin:implementation" => plugin("implementation", &["design"], &["subtasks"]),
        "builtin:code" => plugin("code", &["subtask"], &["summary"]),
        // Takes and writes any text.
        "fake:text" => plugin("text", &[], &["out"]),
        // Needs everything that a plugin can need.
        "fake:picky" => plugin("picky", &["text"], &["out"]),
        // Writes `maybe` only sometimes.
        "fake:sometimes" => plugin("sometimes", &[], &["out"]),
        // Calls its prompt as `fake:text` does.
        "fake:namesake" => plugin("namesake", &[], &["out"]),
        "fake:reader" => plugin("reader", &[], &["out"]),
        "fake:curious" => plugin("curious", &[], &["out"]),
        "fake:copier" => plugin("copier", &[], &["out"]),
        "fake:gate" => plugin("gate", &[], &["decision"]),
        "fake:modern" => plugin("modern", &[], &["out"]),
        _ => return None,
    };
    match uses {
        "builtin:requirement" => description
            .inputs
            .push(field("existing_requirement", false)),
        "builtin:implementation" => {
            description.documents[0].schema = Some(r#"{"type": "array"}"#.into());
        }
        "fake:namesake" => description.prompts[0].name = "text".into(),
        "builtin:code" => description.grants.push(grant("workspace", "write")),
        "fake:text" => {
            description.inputs.push(field("text", false));
            description.inputs.push(field("more", false));
            description.documents[0].schema = None;
        }
        "fake:picky" => {
            description.inputs[0].description = "what to be picky about".into();
            description.settings = vec![
                Field {
                    schema: Some(r#"{"type": "integer", "minimum": 1, "maximum": 9}"#.into()),
                    description: "how picky, from 1 to 9".into(),
                    ..field("size", true)
                },
                field("colour", false),
            ];
            description.grants = vec![
                grant("workspace", "write"),
                grant("prompts", "write"),
                grant("clock", "real"),
            ];
        }
        "fake:sometimes" => {
            description.documents.push(field("maybe", false));
            description.documents.push(Field {
                schema: Some(r#"{"type": "object"}"#.into()),
                ..field("object", true)
            });
        }
        "fake:reader" => description.grants.push(grant("workspace", "read")),
        // Reads the workspace where it may, and wants the moon, which no host has.
        "fake:curious" => description.annotations.push(Text::new(
            "optional-grants",
            r#"{"workspace": "read", "moon": "full"}"#,
        )),
        "fake:copier" => description.grants.push(grant("workspace", "copy")),
        "fake:gate" => {
            description.settings.push(field("changes", false));
            description.annotations.push(Text::new(
                "gate",
                r#"{"document": "decision", "is": ["yes"], "again": {"setting": "changes", "is": "changes"}}"#,
            ));
        }
        "fake:modern" => description.grants.push(grant("network", "all")),
        _ => {}
    }
    Some(Arc::new(description))
}

/// Parses and checks, as a caller does; the problems in the order of the file.
pub(crate) fn plan(source: &str, file: &str) -> (Option<Plan>, Vec<Diagnostic>) {
    let models: BTreeSet<String> = MODELS.map(str::to_owned).into();
    let (definition, mut problems) = parse_definition(source, file);
    let Some(definition) = definition else {
        return (None, problems);
    };
    let (plan, found) = now(check(&definition, &describe, Some(&models), &InProcess));
    problems.extend(found);
    problems.sort_by_key(|problem| problem.span);
    (plan, problems)
}

/// What comes of work that never waits.
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    work.now_or_never().expect("it waits for nothing")
}

/// Reads a case file that may name [`Files`].
pub(crate) fn cases(source: &str, file: &str) -> (Option<Vec<Case>>, Vec<Diagnostic>) {
    now(stepwell_definition::parse_cases(
        source, file, &Files, &InProcess,
    ))
}

/// Reads the tests of a plugin `tested` that may name [`Files`].
pub(crate) fn tests(source: &str, file: &str) -> (Option<Vec<TestCase>>, Vec<Diagnostic>) {
    let field = |name: &str, required| Field {
        name: name.into(),
        description: "What it is about".into(),
        required,
        ..Field::default()
    };
    let prompt = |name: &str| PromptDeclaration {
        name: name.into(),
        intrinsic: String::new(),
        variables: Vec::new(),
    };
    let plugin = Description {
        name: "tested".into(),
        inputs: vec![field("topic", true), field("more", false)],
        documents: vec![field("text", true)],
        settings: vec![field("depth", false)],
        prompts: vec![prompt("tested"), prompt("other")],
        ..Description::default()
    };
    now(stepwell_definition::parse_tests(
        source, file, &plugin, &Files, &InProcess,
    ))
}

impl stepwell_definition::TestSources for Files {
    fn cassette(&self, path: &str) -> Result<String, String> {
        match path {
            "there.cassette" => Ok("recorded".into()),
            _ => Err("there is no such file".into()),
        }
    }

    fn version(&self, _prompt: &str, number: u32) -> Result<String, String> {
        let kept = (number == 3).then(|| "the third".into());
        kept.ok_or_else(|| "the project keeps 3".into())
    }
}

/// What a case file names by path: `there.md`, `huge.md`, and `folder` with one file.
pub(crate) struct Files;

impl stepwell_definition::CaseSources for Files {
    fn text(&self, path: &str) -> Result<String, String> {
        match path {
            "there.md" => Ok("the text of there.md".into()),
            "huge.md" => Ok("x".repeat(16 * 1024 * 1024 + 1)),
            _ => Err("there is no such file".into()),
        }
    }

    fn folder(&self, path: &str) -> Result<std::collections::BTreeMap<String, String>, String> {
        match path {
            "folder" => Ok([("a.py".into(), "the text of a.py".into())].into()),
            _ => Err("there is no such folder".into()),
        }
    }
}
