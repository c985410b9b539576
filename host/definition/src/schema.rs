//! JSON Schemas of the files, for editors and for whoever writes them by program.
//!
//! A schema knows shapes only: what a reference means, and what a plugin needs, the check alone can tell.

use serde_json::{Map, Value, json};

use crate::expression;
use crate::keys::{self, Key};
use crate::parse_cases;
use crate::repetition;

const NAME: &str = "^[a-z][a-z0-9_]*$";
const DURATION: &str = r"^\s*([0-9]+\s*(ms|s|m|min|h|d)\s*)+$";
const SIZE: &str = r"^\s*[0-9]+\s*(B|KiB|MiB|GiB|kB|KB|MB|GB)?\s*$";
/// A path that stays below where it starts.
const FILE: &str = r"^(?!/)(?!.*//)(?!(.*/)?\.{1,2}(/|$))[^\\\x00]*[^/\\\x00]$";
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema of a workflow definition.
#[must_use]
pub fn definition_schema() -> Value {
    let mut schema = object(keys::DEFINITION, &["name", "steps"], |key| match key {
        "name" => json!({ "type": "string", "pattern": NAME }),
        "workspace" => json!({ "type": "string", "minLength": 1, "pattern": r"^[^/\\~]" }),
        "inputs" => named(object(keys::INPUT, &[], |_| json!({ "type": "string" }))),
        "defaults" => defaults(),
        "steps" => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/step" } }),
        _ => json!({ "type": "string" }),
    });
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!("A workflow definition of Stepwell");
    schema["$defs"] = json!({ "step": step(), "limits": limits() });
    schema
}

/// The JSON Schema of `stepwell.toml`.
#[must_use]
pub fn configuration_schema() -> Value {
    let mut schema = object(keys::CONFIGURATION, &[], |key| match key {
        "providers" => json!({ "type": "object", "additionalProperties": provider() }),
        "models" => json!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9_.-]+$" },
            "additionalProperties": model(),
        }),
        "defaults" => object(
            keys::CONFIGURATION_DEFAULTS,
            &[],
            |_| json!({ "type": "string" }),
        ),
        "budgets" => object(keys::BUDGETS, &[], |_| budget()),
        "in_doubt" => json!({ "enum": ["resend", "ask", "fail"], "default": "resend" }),
        "limits" => json!({ "$ref": "#/$defs/limits" }),
        "sandbox" => object(keys::SANDBOX, &[], |_| number(1)),
        _ => json!({ "type": "string", "minLength": 1 }),
    });
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!("The configuration of Stepwell");
    schema["$defs"] = json!({ "limits": limits() });
    schema
}

/// The JSON Schema of a case file.
#[must_use]
pub fn cases_schema() -> Value {
    let mut schema = object(keys::CASES, &["cases"], |key| match key {
        "defaults" => object(keys::CASE_DEFAULTS, &[], case_part),
        _ => json!({ "type": "array", "minItems": 1, "items": object(keys::CASE, &[], case_part) }),
    });
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!("The cases of a comparison in Stepwell");
    schema["$defs"] = json!({ "check": check() });
    schema
}

fn case_part(key: &str) -> Value {
    let file = object(keys::CASE_TEXT, &["file"], |_| json!({ "type": "string" }));
    let text = json!({ "anyOf": [{ "type": "string" }, file] });
    match key {
        "inputs" | "answers" => json!({ "type": "object", "additionalProperties": text }),
        "files" => json!({
            "type": "object",
            "propertyNames": { "pattern": FILE },
            "additionalProperties": text,
        }),
        "checks" => json!({ "type": "array", "items": { "$ref": "#/$defs/check" } }),
        _ => json!({ "type": "string" }),
    }
}

fn check() -> Value {
    let mut schema = object(keys::CHECK, &[], |key| match key {
        "file" => json!({ "type": "string", "pattern": FILE }),
        "answer" | "not" => json!({ "type": "boolean", "default": false }),
        "exists" => json!({ "type": "boolean" }),
        "regex" => json!({ "type": "string", "format": "regex" }),
        "json_schema" => json!({ "type": ["object", "boolean"] }),
        "at_least" => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        "length" => object(keys::LENGTH, &[], |key| match key {
            "unit" => json!({ "enum": ["characters", "words", "lines"], "default": "characters" }),
            _ => number(0),
        }),
        _ => json!({ "type": "string" }),
    });
    let rules = parse_cases::RULES.map(|rule| json!({ "required": [rule] }));
    schema["oneOf"] = json!(rules);
    schema["dependentRequired"] = json!({
        "criteria": ["judge"], "at_least": ["judge"], "model": ["judge"],
    });
    let of_judge = ["document", "file", "answer"].map(|target| (target.to_owned(), json!(false)));
    schema["dependentSchemas"] = json!({
        "judge": { "properties": Map::from_iter(of_judge) },
    });
    schema
}

fn defaults() -> Value {
    object(keys::DEFAULTS, &[], |key| match key {
        "retries" => number(0),
        "limits" => json!({ "$ref": "#/$defs/limits" }),
        _ => json!({ "type": "string" }),
    })
}

fn step() -> Value {
    object(keys::STEP, &["id"], |key| match key {
        "id" => json!({ "type": "string", "pattern": NAME }),
        "uses" => json!({ "type": "string", "pattern": r"\S" }),
        "inputs" => named(json!({
            "description": format!(
                "A text with references, or any other value, which is handed over as JSON. Filters: {}",
                expression::FILTERS.join(", ")
            ),
        })),
        "settings" => json!({ "type": "object" }),
        "prompts" => json!({
            "type": "object",
            "additionalProperties": { "type": "string", "pattern": NAME },
        }),
        "grants" => object(keys::GRANTS, &[], |grant| match grant {
            "workspace" => json!({ "enum": ["read", "write", "copy"] }),
            "prompts" => json!({ "enum": ["write"] }),
            _ => json!({ "enum": ["real"] }),
        }),
        "limits" => json!({ "$ref": "#/$defs/limits" }),
        "retries" => number(0),
        "concurrency" => number(1),
        "optional" => json!({ "type": "boolean", "default": false }),
        "repeat" => repeat(),
        "steps" => json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/step" } }),
        _ => json!({ "type": "string" }),
    })
}

fn repeat() -> Value {
    let word = json!({ "type": "string", "pattern": r"^[^\n\r]*[^\s][^\n\r]*$" });
    object(keys::REPEAT, &["while", "is"], |key| match key {
        "is" => json!({ "anyOf": [word, { "type": "array", "minItems": 1, "items": word }] }),
        "times" => json!({
            "type": "integer",
            "minimum": 1,
            "maximum": repetition::MOST_TIMES,
            "default": repetition::TIMES,
        }),
        _ => json!({ "type": "string", "pattern": r"\S" }),
    })
}

fn limits() -> Value {
    object(keys::LIMITS, &[], |key| match key {
        "cpu" | "wall" => duration(),
        "attempts" => number(1),
        "files" => number(0),
        "host_calls" => json!({ "type": "integer", "minimum": 0 }),
        _ => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": SIZE, "examples": ["256MiB"] },
        ] }),
    })
}

fn provider() -> Value {
    object(keys::PROVIDER, &[], |key| match key {
        "kind" => json!({ "enum": ["openai-chat"] }),
        "base_url" => json!({ "type": "string", "pattern": r"^https?://[^\s@]+$" }),
        "key_variable" => json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }),
        "stall_timeout" | "connect_timeout" => duration(),
        "retries" => number(0),
        _ => number(1),
    })
}

fn model() -> Value {
    let text = json!({ "type": "string", "pattern": "^[^/]+/.+$", "examples": ["openai/gpt-5"] });
    let table = object(keys::MODEL, &["model"], |key| match key {
        "model" => text.clone(),
        "max_output_tokens" => number(1),
        _ => object(keys::PRICE, &["input", "output"], |_| dollars()),
    });
    json!({ "anyOf": [text, table] })
}

fn budget() -> Value {
    object(keys::BUDGET, &[], |key| match key {
        "tokens" => json!({ "type": "integer", "minimum": 0 }),
        _ => dollars(),
    })
}

fn dollars() -> Value {
    json!({ "type": "number", "minimum": 0 })
}

fn number(least: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": u32::MAX })
}

fn duration() -> Value {
    json!({ "type": "string", "pattern": DURATION, "examples": ["500ms", "10m", "1h30m"] })
}

/// A table whose keys are names.
fn named(value: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": NAME },
        "additionalProperties": value,
    })
}

/// A table with these keys and no others, each with its description.
fn object(keys: &[Key], required: &[&str], value: impl Fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(key, about)| {
            let mut schema = value(key);
            if let Some(fields) = schema.as_object_mut() {
                fields.insert("description".into(), json!(about));
            }
            ((*key).to_owned(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
