//! The JSON Schemas against the readers: what one takes the other takes too.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stepwell_definition::{
    Diagnostic, cases_schema, configuration_schema, definition_schema, parse_definition,
    tests_schema,
};

type Reader = fn(&str) -> Vec<Diagnostic>;

fn definition(source: &str) -> Vec<Diagnostic> {
    parse_definition(source, "f.toml").1
}

fn configuration(source: &str) -> Vec<Diagnostic> {
    common::configuration(source, "f.toml").1
}

fn cases(source: &str) -> Vec<Diagnostic> {
    common::cases(source, "f.toml").1
}

fn tests(source: &str) -> Vec<Diagnostic> {
    common::tests(source, "f.toml").1
}

/// Reads a text as the schema would see it, and as the reader does: the errors of both.
fn verdicts(schema: &Value, source: &str, read: Reader) -> (Vec<String>, Vec<String>) {
    let instance: Value = toml::from_str(source).unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let by_schema = validator
        .iter_errors(&instance)
        .map(|error| error.to_string())
        .collect();
    let by_reader = read(source)
        .into_iter()
        .map(|problem| problem.message)
        .collect();
    (by_schema, by_reader)
}

const DEFINITION: &str = r#"
name = "all"
description = "Everything that there is"
workspace = "src"
publish = "branch"
[inputs]
a = { description = "x", default = "y", file = "docs/a.md" }
[defaults]
model = "writer"
retries = 1
limits = { cpu = "1s" }
[[steps]]
id = "s"
uses = "fake:text"
inputs = { text = "{{ inputs.a }}", more = [1, { a = true }] }
settings = { x = 1 }
model = "writer"
effort = "low"
temperature = 0.5
thinking = false
caching = "off"
prompts = { text = "ours" }
keep = { out = "docs/out.md" }
grants = { workspace = "write", prompts = "write", clock = "real", include = ["a/b.py"], read = [{ path = "p", at = "/packages" }], http = ["api.example.org", "*.example.org", "https://a.b:8443", "http://localhost:8080", "[::1]:8443", "127.0.0.1", "bücher.example"], models = ["small"] }
budget = { tokens = 1, money = 0.5 }
limits = { cpu = "1s", wall = "1h30m", memory = "1GiB", attempts = 1, host_calls = 5, transfer = 100, log = "1 kB", document = "2MB", files = 0, file_bytes = "9B", open_files = 1, handles = 1, looks = "1MiB", prompts = 0, checkpoints = "1MiB", items = 1, http_exchanges = 0, http_body = "1MiB", http_time = "5s", questions = 0 }
retries = 0
for_each = "steps.t.out"
concurrency = 2
optional = true
repeat = { while = "steps.s.out", is = ["failed", "error"], times = 2, otherwise = "go-on" }
when = { value = "inputs.a", is = ["yes", "y"] }
[[steps.steps]]
id = "sub"
uses = "fake:text"
"#;

const CONFIGURATION: &str = r#"
in_doubt = "fail"
store = "x"
confirm_above = { tokens = 0, money = 0.50 }
[providers.p-1]
kind = "openai-chat"
base_url = "http://localhost:8080/v1"
key_variable = "A_KEY"
stall_timeout = "60s"
connect_timeout = "500ms"
retries = 0
concurrency = 1
requests_per_minute = 1
tokens_per_minute = 1
circuit_failures = 0
circuit_pause = "1m"
batch = true
batch_percent = 50
batch_pause = "1m"
key_header = "api-key"
key_bearer = false
headers = { X-Title = "Stepwell", X-Org = { variable = "THE_ORG" } }
query = { api-version = "preview", account = { variable = "THE_ACCOUNT" } }
token_limit = "max_completion_tokens"
stream_options = false
tools = false
schemas = false
[providers.p-2]
kind = "anthropic-messages"
base_url = "https://api.anthropic.com/v1"
key_query = "key"
[providers.p-3]
kind = "openai-responses"
base_url = "https://api.openai.com/v1"
[providers.p-4]
kind = "gemini-interactions"
base_url = "https://generativelanguage.googleapis.com/v1beta"
[models]
short = "p-1/m"
"long.er" = { model = "p-1/x/y", max_output_tokens = 1, thinking_prefilled = true, tools = false, schemas = false, effort = "high", temperature = 2, thinking = true, caching = "1h", price = { input = 1.5, output = 2, cache_read = 0, cache_write = 0.1, cache_write_hour = 0.2 } }
nobody_knows = { model = "p-1/y", price = "unknown", fallback = ["short"], reuse_answers = "30d" }
[defaults]
model = "short"
[budgets]
run = { tokens = 0, money = 5.00 }
step = { tokens = 1, money = 1 }
day = { tokens = 1, money = 1 }
[limits]
cpu = "1s"
wall = "1h"
memory = 1
attempts = 1
host_calls = 5
transfer = 100
log = 1
document = 2
files = 0
file_bytes = 3
open_files = 1
handles = 1
looks = 1
prompts = 1
checkpoints = 1
items = 1
http_exchanges = 1
http_body = "1MiB"
http_time = "5s"
questions = 1
[sandbox]
max_instances = 1
compile_time = "1m"
compile_memory = "1GiB"
read = ["/opt/packages"]
[plugins]
notes = "plugins/notes.wasm"
[http]
inside = ["localhost:8080", "*.corp.example", "10.0.0.5", "[fd00::1]"]
[retention]
days = 90
runs = 500
[sources.team]
from = "oci://registry.example.org/team/"
keys = ["keys/team.pub", "/etc/keys/team.pub"]
[sources.ours]
from = "plugins/"
unsigned = true
[sources."everything else"]
from = "*"
keys = ["keys/all.pub"]
models = ["short"]
budget = { tokens = 1, money = 0.5 }
grants = { workspace = "copy", prompts = "write", clock = "real", include = ["gen"], http = ["*.example.org", "http://localhost:8080"], read = ["packages", "/opt/sdk"] }
[sources.nothing]
from = "none/"
models = []
grants = {}
"#;

const CASES: &str = r#"
[defaults]
inputs.tone = { file = "there.md" }
answers.colour = { file = "there.md" }
files."a.py" = { file = "there.md" }
workspace = "folder"
checks = [{ exists = true }]
split = "training"
[[cases]]
id = "one"
inputs = { topic = "tea", more = { file = "there.md" } }
answers.colour = { file = "there.md" }
files."b.py" = { file = "there.md" }
workspace = "folder"
split = "validation"
checks = [
    { contains = "x", not = true, document = "text" },
    { regex = "x", file = "a.py" },
    { equals = "x", answer = true },
    { json_schema = { type = "array" } },
    { length = { min = 1, max = 2, unit = "lines" } },
    { exists = false },
    { judge = "judge.wasm", criteria = "short", at_least = 0.5, model = "thinker" },
]
"#;

const TESTS: &str = r#"
[defaults]
inputs.more = { file = "there.md" }
settings.depth = 1
prompts = { tested = { file = "there.md" }, other = { version = 3 } }
answers.colour = { file = "there.md" }
files."a.py" = { file = "there.md" }
workspace = "folder"
documents.design.text = { file = "there.md" }
grants = { workspace = "read", prompts = "write" }
retries = 1
http = [
    { url = "https://a.b/", method = "GET", status = 200, headers = { a = "b", c = { file = "there.md" } }, file = "there.md" },
    { url = "https://a.b/c", body = "x" },
    { url = "https://a.b/d", error = "tls", message = "x" },
]
checks = [{ exists = true }]
[[cases]]
id = "one"
inputs = { topic = "tea", more = { file = "there.md" } }
settings.depth = 2
prompts = { tested = { version = 3 }, other = { file = "there.md" } }
answers.colour = { file = "there.md" }
files."b.py" = { file = "there.md" }
workspace = "folder"
documents.plan.text = { file = "there.md" }
grants = { workspace = "write", prompts = "write" }
http = [
    { url = "https://api.example.org/v1?a=b", method = "POST", status = 503, headers = { X-Own = "yes", X-More = { file = "there.md" } }, body = "x" },
    { url = "http://localhost:8080/", file = "there.md" },
    { url = "https://api.example.org/", error = "timeout", message = "late" },
]
retries = 0
responses = [
    "yes",
    { file = "there.md" },
    { text = "x", tools = [{ name = "read", arguments = { path = "a.py" } }] },
    { error = "overloaded", message = "later" },
]
nobody = true
checks = [
    { contains = "x", not = true, document = "text" },
    { regex = "x", file = "a.py" },
    { equals = "x", answer = true },
    { json_schema = { type = "array" } },
    { length = { min = 1, max = 2, unit = "lines" }, prompt = 1 },
    { exists = false },
]
[cases.expect]
documents.text = { file = "there.md" }
files."c.py" = { file = "there.md" }
removed = ["a.py"]
calls = 4
failure = { kind = "declined", contains = "no" }
[[cases]]
inputs.topic = "tea"
cassette = "there.cassette"
declines = true
"#;

/// Where a file with tests has names that a person chose.
const TESTS_FREE: [&str; 21] = [
    "/defaults/http/0/headers",
    "/cases/0/http/0/headers",
    "/defaults/inputs",
    "/defaults/settings",
    "/defaults/prompts",
    "/defaults/answers",
    "/defaults/files",
    "/defaults/documents",
    "/defaults/documents/design",
    "/cases/0/inputs",
    "/cases/0/settings",
    "/cases/0/prompts",
    "/cases/0/answers",
    "/cases/0/files",
    "/cases/0/documents",
    "/cases/0/documents/plan",
    "/cases/0/responses/2/tools/0/arguments",
    "/cases/0/checks/3/json_schema",
    "/cases/0/expect/documents",
    "/cases/0/expect/files",
    "/cases/1/inputs",
];

/// Where a case file has names that a person chose.
const CASES_FREE: [&str; 7] = [
    "/defaults/inputs",
    "/defaults/answers",
    "/defaults/files",
    "/cases/0/inputs",
    "/cases/0/answers",
    "/cases/0/files",
    "/cases/0/checks/3/json_schema",
];

#[test]
fn an_example_of_every_key_is_good_for_both() {
    let nothing = (vec![], vec![]);
    assert_eq!(
        verdicts(&definition_schema(), DEFINITION, definition),
        nothing
    );
    assert_eq!(
        verdicts(&configuration_schema(), CONFIGURATION, configuration),
        nothing
    );
    assert_eq!(verdicts(&cases_schema(), CASES, cases), nothing);
    assert_eq!(verdicts(&tests_schema(), TESTS, tests), nothing);
    let design = include_str!("definitions/automated_coding.toml");
    assert_eq!(verdicts(&definition_schema(), design, definition), nothing);
}

#[test]
fn what_holds_where_nothing_is_said_is_the_default_of_the_schema() {
    let default = |schema: &Value, pointer: &str| {
        let key = schema.pointer(pointer).unwrap();
        key["default"].clone()
    };
    let (configuration, _) = common::configuration("", "f.toml");
    let in_doubt = default(&configuration_schema(), "/properties/in_doubt");
    assert_eq!(json!(configuration.unwrap().in_doubt), in_doubt);
    let source = "[[cases]]\nchecks = [{ length = { min = 1 } }]";
    let (cases, _) = common::cases(source, "f.toml");
    let length = json!(cases.unwrap()[0].checks[0])["length"].clone();
    let unit = "/$defs/check/properties/length/properties/unit";
    assert_eq!(length["unit"], default(&cases_schema(), unit));
    let source = "name = \"f\"\n[[steps]]\nid = \"s\"\nuses = \"fake:text\"\n\
        repeat = { while = \"steps.s.out\", is = \"x\" }\n";
    let (plan, _) = common::plan(source, "f.toml");
    let times = plan.unwrap().steps[0].repeat.as_ref().unwrap().times;
    let repeat = "/$defs/step/properties/repeat/properties/times";
    assert_eq!(json!(times), default(&definition_schema(), repeat));
}

/// The keys of every table of a schema that lists its keys, and the paths at which they stand.
fn schema_keys(schema: &Value, root: &Value, path: &str, found: &mut BTreeSet<String>) {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(target.trim_start_matches('#')).unwrap();
        if !path.contains("steps/steps") {
            schema_keys(target, root, path, found);
        }
    }
    for (key, value) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        found.insert(format!("{path}/{key}"));
        schema_keys(value, root, &format!("{path}/{key}"), found);
    }
    for part in ["items", "additionalProperties"] {
        if let Some(value) = schema.get(part).filter(|value| value.is_object()) {
            schema_keys(value, root, path, found);
        }
    }
    for value in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        schema_keys(value, root, path, found);
    }
}

/// The same of an example; `free` are tables whose keys are names that a person chose.
fn example_keys(value: &Value, path: &str, free: &[&str], found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| example_keys(item, path, free, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if free.contains(&path) {
                    let below: Vec<_> = free.iter().copied().filter(|it| *it != path).collect();
                    example_keys(value, path, &below, found);
                } else {
                    found.insert(format!("{path}/{key}"));
                    example_keys(value, &format!("{path}/{key}"), free, found);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_examples_hold_every_key_of_the_schemas() {
    // With the test above this says: every key of a schema is read, and every key that is read is in the schema.
    for (schema, example, free) in [
        (definition_schema(), DEFINITION, &["/inputs"][..]),
        (
            configuration_schema(),
            CONFIGURATION,
            &[
                "/providers",
                "/models",
                "/plugins",
                "/sources",
                "/providers/headers",
                "/providers/query",
            ][..],
        ),
        (
            cases_schema(),
            CASES,
            &[
                "/defaults/inputs",
                "/defaults/answers",
                "/defaults/files",
                "/cases/inputs",
                "/cases/answers",
                "/cases/files",
            ][..],
        ),
        (
            tests_schema(),
            TESTS,
            &[
                "/defaults/inputs",
                "/defaults/settings",
                "/defaults/prompts",
                "/defaults/answers",
                "/defaults/files",
                "/defaults/documents",
                "/defaults/http/headers",
                "/cases/http/headers",
                "/cases/inputs",
                "/cases/settings",
                "/cases/prompts",
                "/cases/answers",
                "/cases/files",
                "/cases/documents",
                "/cases/expect/documents",
                "/cases/expect/files",
                "/cases/responses/tools/arguments",
            ][..],
        ),
    ] {
        let mut listed = BTreeSet::new();
        schema_keys(&schema, &schema, "", &mut listed);
        let mut shown = BTreeSet::new();
        example_keys(&toml::from_str(example).unwrap(), "", free, &mut shown);
        let missing: Vec<_> = listed
            .iter()
            .filter(|key| {
                !shown.contains(*key)
                    && !key.contains("steps/steps/")
                    && !key.starts_with("/defaults/limits/")
                    && !key.starts_with("/defaults/checks/")
                    // Below a step's path there is a name, and then the file.
                    && !["/defaults/documents/file", "/cases/documents/file"].contains(&key.as_str())
            })
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

/// Every place of an example at which a value of another type stands instead.
fn with_other_types(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                path.push(key.clone());
                out.push(path.clone());
                with_other_types(value, path, out);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                out.push(path.clone());
                with_other_types(item, path, out);
                path.pop();
            }
        }
        _ => {}
    }
}

#[test]
fn a_value_of_the_wrong_type_is_bad_for_both_wherever_it_stands() {
    for (schema, example, read) in [
        (definition_schema(), DEFINITION, definition as Reader),
        (configuration_schema(), CONFIGURATION, configuration),
        (cases_schema(), CASES, cases),
        (tests_schema(), TESTS, tests),
    ] {
        let original: Value = toml::from_str(example).unwrap();
        let mut places = Vec::new();
        with_other_types(&original, &mut Vec::new(), &mut places);
        assert!(places.len() > 30);
        for place in places {
            // What a plugin takes may be of any type, and what a JSON Schema may hold is said elsewhere.
            let shown = place.join("/");
            if shown.contains("/inputs/")
                || shown.contains("settings/")
                || shown.contains("json_schema/")
                || shown.contains("arguments/")
            {
                continue;
            }
            let mut changed = original.clone();
            *changed.pointer_mut(&format!("/{shown}")).unwrap() = json!([[false]]);
            let source = toml::to_string(&changed).unwrap();
            let (by_schema, by_reader) = verdicts(&schema, &source, read);
            assert!(
                !by_schema.is_empty() && !by_reader.is_empty(),
                "{shown}: {by_schema:?} {by_reader:?}"
            );
        }
    }
}

#[test]
fn an_unknown_key_is_bad_for_both_wherever_it_stands() {
    for (schema, example, read, free) in [
        (
            definition_schema(),
            DEFINITION,
            definition as Reader,
            &[
                "/inputs",
                "/steps/0/inputs",
                "/steps/0/inputs/more/1",
                "/steps/0/settings",
                "/steps/0/prompts",
                "/steps/0/keep",
            ][..],
        ),
        (
            configuration_schema(),
            CONFIGURATION,
            configuration,
            &[
                "/providers",
                "/models",
                "/plugins",
                "/sources",
                "/providers/p-1/headers",
                "/providers/p-1/query",
            ][..],
        ),
        (cases_schema(), CASES, cases, &CASES_FREE[..]),
        (tests_schema(), TESTS, tests, &TESTS_FREE[..]),
    ] {
        let original: Value = toml::from_str(example).unwrap();
        let mut places = Vec::new();
        with_other_types(&original, &mut Vec::new(), &mut places);
        places.push(Vec::new());
        for place in places {
            let pointer: String = place.iter().map(|part| format!("/{part}")).collect();
            let mut changed = original.clone();
            let Some(table) = changed.pointer_mut(&pointer).and_then(Value::as_object_mut) else {
                continue;
            };
            if free.contains(&pointer.as_str()) {
                continue;
            }
            table.insert("zzz_unknown".into(), json!("x"));
            let source = toml::to_string(&changed).unwrap();
            let (by_schema, by_reader) = verdicts(&schema, &source, read);
            assert!(!by_schema.is_empty(), "the schema takes a key at {pointer}");
            assert!(
                by_reader
                    .iter()
                    .any(|message| message.contains("zzz_unknown")),
                "{pointer}: {by_reader:?}"
            );
        }
    }
}

#[test]
fn bad_values_are_bad_for_both() {
    for line in [
        "limits.cpu = \"ten\"",
        "limits.memory = \"1 megs\"",
        "limits.attempts = 0",
        "retries = -1",
        "concurrency = 0",
        "grants.workspace = \"all\"",
        "grants.include = [\"../a\"]",
        "grants.include = \"a\"",
        "grants.read = [{ path = \"a\" }]",
        "grants.read = [{ path = \"a\", at = \"packages\" }]",
        "grants.read = [{ path = \"\", at = \"/packages\" }]",
        "grants.http = \"api.example.org\"",
        "grants.http = [\"ftp://api.example.org\"]",
        "grants.http = [\"api.example.org/path\"]",
        "grants.http = [\"*\"]",
        "grants.http = [\"a b\"]",
        "grants.http = [\"\"]",
        "grants.http = [\"me@api.example.org\"]",
        "grants.http = [5]",
        "prompts.text = \"Ours\"",
        "steps = []",
        "inputs.\"A b\" = 1",
        "limits.files = -1",
        "repeat = { while = \"steps.s.out\", is = \"x\", times = 0 }",
        "repeat = { while = \"steps.s.out\", is = \"x\", times = 101 }",
        "repeat = { while = \"steps.s.out\", is = \"x\", otherwise = \"stop\" }",
        "repeat = { while = \"steps.s.out\" }",
        "when = { value = \"inputs.a\" }",
        "when = { is = \"x\" }",
        "when = { value = \"inputs.a\", is = [] }",
        "when = { value = \" \", is = \"x\" }",
        "when = true",
        "keep = { out = \"/etc/passwd\" }",
        "keep = { out = \"../a.md\" }",
        "keep = { out = \"docs/\" }",
        "keep = { out = 1 }",
        "repeat = { is = \"x\" }",
        "repeat = { while = \"steps.s.out\", is = [] }",
        "repeat = { while = \"steps.s.out\", is = \" \" }",
        "repeat = { while = \"\", is = \"x\" }",
        "repeat = { while = \"steps.s.out\", is = \"x\\ny\" }",
    ] {
        let source = format!("name = \"a\"\n[[steps]]\nid = \"s\"\nuses = \"x\"\n{line}\n");
        let (by_schema, by_reader) = verdicts(&definition_schema(), &source, definition);
        assert!(
            !by_schema.is_empty() && !by_reader.is_empty(),
            "{line}: {by_schema:?} {by_reader:?}"
        );
    }
    for line in ["publish = \"tag\"", "publish = true", "workspace = \"/a\""] {
        let source = format!("name = \"a\"\n{line}\n[[steps]]\nid = \"s\"\nuses = \"x\"\n");
        let (by_schema, by_reader) = verdicts(&definition_schema(), &source, definition);
        assert!(
            !by_schema.is_empty() && !by_reader.is_empty(),
            "{line}: {by_schema:?} {by_reader:?}"
        );
    }
    for line in [
        "in_doubt = \"x\"",
        "models.a = \"b\"",
        "providers.x.base_url = \"localhost\"",
        "budgets.run.money = -1",
        "confirm_above.money = -1",
        "confirm_above.tokens = 1.5",
        "confirm_above.mony = 1",
        "confirm_above = 5",
        "models.a.price.input = 1",
        "models.a = { model = \"openai/x\", price = \"cheap\" }",
        "models.a = { model = \"openai/x\", price = 5 }",
        "models.a = { model = \"openai/x\", price = { input = 1, output = 1, cache_write_hour = -1 } }",
        "sandbox.max_instances = 0",
        "sandbox.read = [\"relative\"]",
        "http.inside = [\"http://localhost\"]",
        "http.inside = \"localhost\"",
        "http.outside = [\"a.b\"]",
        "retention.days = 0",
        "models.\"a b\" = \"openai/x\"",
        "store = \"\"",
    ] {
        let (by_schema, by_reader) = verdicts(&configuration_schema(), line, configuration);
        assert!(
            !by_schema.is_empty() && !by_reader.is_empty(),
            "{line}: {by_schema:?} {by_reader:?}"
        );
    }
    for lines in [
        "checks = [{ contains = \"x\", regex = \"y\" }]",
        "checks = [{ document = \"x\" }]",
        "checks = [{ length = { min = -1 } }]",
        "checks = [{ length = { unit = \"word\" } }]",
        "checks = [{ judge = \"x\", at_least = 1.5 }]",
        "checks = [{ judge = \"x\", file = \"a\" }]",
        "checks = [{ contains = \"x\", criteria = \"y\" }]",
        "checks = [{ exists = true, file = \"../a\" }]",
        "inputs.x = { }",
        "split = \"test\"",
        "files.\"/a\" = \"x\"",
        "files.\"a/../b\" = \"x\"",
        "files.\"a/..\" = \"x\"",
        "files.\"./b\" = \"x\"",
        "files.\"a//b\" = \"x\"",
        "files.\"a/\" = \"x\"",
        "files.'a\\b' = \"x\"",
    ] {
        let source = format!("[[cases]]\n{lines}\n");
        let (by_schema, by_reader) = verdicts(&cases_schema(), &source, cases);
        assert!(
            !by_schema.is_empty() && !by_reader.is_empty(),
            "{lines}: {by_schema:?} {by_reader:?}"
        );
    }
    let nothing = (vec![], vec![]);
    for path in ["a", ".a", "a.b", "..a", "a/.b", "a/..b", "a b/ü.py"] {
        let source = format!("[[cases]]\nfiles.\"{path}\" = \"x\"\n");
        assert_eq!(verdicts(&cases_schema(), &source, cases), nothing, "{path}");
    }
    assert_ne!(verdicts(&cases_schema(), "cases = []", cases), nothing);
}
