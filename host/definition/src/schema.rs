//! JSON Schemas of the files, for editors and for whoever writes them by program: made from the tables of keys.
//!
//! A schema knows shapes only: what a reference means, and what a plugin needs, the check alone can tell.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::expression;
use crate::keys;
use crate::shape::{Key, Keys, Shape, Text};
use crate::test_keys;

const NAME: &str = "^[a-z][a-z0-9_]*$";
const DURATION: &str = r"^\s*([0-9]+\s*(ms|s|m|min|h|d)\s*)+$";
const SIZE: &str = r"^\s*[0-9]+\s*(B|KiB|MiB|GiB|kB|KB|MB|GB)?\s*$";
const MODEL: &str = "^[^/]+/.+$";
const LINE: &str = r"^[^\n\r]*[^\s][^\n\r]*$";
/// A path that stays below where it starts.
const FILE: &str = r"^(?!/)(?!.*//)(?!(.*/)?\.{1,2}(/|$))[^\\\x00]*[^/\\\x00]$";
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The JSON Schema of a workflow definition.
#[must_use]
pub fn definition_schema() -> Value {
    of_file("A workflow definition of Stepwell", &keys::DEFINITION)
}

/// The JSON Schema of `stepwell.toml`.
#[must_use]
pub fn configuration_schema() -> Value {
    of_file("The configuration of Stepwell", &keys::CONFIGURATION)
}

/// The JSON Schema of a case file.
#[must_use]
pub fn cases_schema() -> Value {
    let mut schema = of_file("The cases of a comparison in Stepwell", &keys::CASES);
    let judge = keys::JUDGE;
    let names = |keys: &[Key]| keys.iter().map(|key| key.name).collect::<Vec<_>>();
    let rules = names(keys::RULES).into_iter().chain(names(keys::JUDGED));
    let of_judge = names(keys::OF_JUDGE).into_iter();
    let targets = names(keys::TARGETS).into_iter();
    let needs_judge = of_judge.map(|key| (key.to_owned(), json!([judge])));
    let not_of_judge = targets.map(|key| (key.to_owned(), json!(false)));
    let check = &mut schema["$defs"]["check"];
    check["oneOf"] = rules.map(|rule| json!({ "required": [rule] })).collect();
    check["dependentRequired"] = needs_judge.collect();
    check["dependentSchemas"] = json!({ judge: { "properties": Map::from_iter(not_of_judge) } });
    schema
}

/// The JSON Schema of a file with a plugin's tests.
#[must_use]
pub fn tests_schema() -> Value {
    let mut schema = of_file("The tests of a plugin of Stepwell", &test_keys::TESTS);
    let rules = keys::RULES.iter().map(|rule| rule.name);
    let check = &mut schema["$defs"]["tested"];
    check["oneOf"] = rules.map(|rule| json!({ "required": [rule] })).collect();
    schema
}

fn of_file(title: &str, keys: &Keys) -> Value {
    let mut shared = Map::new();
    let mut schema = object(keys, &mut shared);
    schema["$schema"] = json!(DIALECT);
    schema["title"] = json!(title);
    schema["$defs"] = Value::Object(shared);
    schema
}

/// A table with these keys and no others, each with its description.
fn object(keys: &Keys, shared: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for key in keys.all() {
        let mut schema = value(key.shape, shared);
        schema["description"] = json!(key.about);
        properties.insert(key.name.to_owned(), schema);
    }
    let required = keys.all().filter(|key| key.is_required);
    json!({
        "type": "object",
        "properties": properties,
        "required": required.map(|key| key.name).collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// A table where it stands: described there, or by a reference.
fn table(keys: &Keys, shared: &mut Map<String, Value>) -> Value {
    let Some(name) = keys.shared_as else {
        return object(keys, shared);
    };
    if !shared.contains_key(name) {
        // It may stand within itself.
        shared.insert(name.to_owned(), Value::Null);
        let schema = object(keys, shared);
        shared.insert(name.to_owned(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn value(shape: Shape, shared: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Text(shape) => text(shape),
        Shape::Flag => json!({ "type": "boolean", "default": false }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Number {
            least,
            most,
            default,
        } => number(least, most, default),
        Shape::UpTo(most) => json!({ "type": "number", "minimum": 0, "maximum": most }),
        Shape::Duration => {
            json!({ "type": "string", "pattern": DURATION, "examples": ["500ms", "10m", "1h30m"] })
        }
        Shape::Size => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": SIZE, "examples": ["256MiB"] },
        ] }),
        Shape::Money => json!({ "type": "number", "minimum": 0 }),
        Shape::Word(words, default) => or_else(json!({ "enum": words }), default),
        Shape::Lines => {
            let line = json!({ "type": "string", "pattern": LINE });
            json!({ "anyOf": [line, { "type": "array", "minItems": 1, "items": line }] })
        }
        Shape::TextsLike(pattern) => json!({ "type": "array", "items": text(Text::Like(pattern)) }),
        Shape::Paths => json!({ "type": "array", "items": text(Text::File) }),
        Shape::Folders => {
            json!({ "type": "array", "items": { "type": "string", "pattern": "^/" } })
        }
        Shape::KeyFiles => {
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"\S" } })
        }
        Shape::ShortNames => {
            json!({ "type": "array", "uniqueItems": true, "items": text(Text::Any) })
        }
        Shape::JsonSchema => json!({ "type": ["object", "boolean"] }),
        Shape::Table(keys) => table(keys, shared),
        Shape::TableOr(keys, word) => {
            json!({ "anyOf": [table(keys, shared), { "const": word }] })
        }
        Shape::Tables(keys, least) => {
            let mut schema = json!({ "type": "array", "items": table(keys, shared) });
            if least > 0 {
                schema["minItems"] = json!(least);
            }
            schema
        }
        Shape::TablesByName(keys) => by(NAME, table(keys, shared)),
        Shape::TablesByText(keys) => by_any(table(keys, shared)),
        Shape::Models(keys) => {
            let choice = json!({ "anyOf": [text(Text::Model), table(keys, shared)] });
            by("^[A-Za-z0-9_.-]+$", choice)
        }
        Shape::TextsByName => by(NAME, text(Text::Like(r"\S"))),
        Shape::Texts(keys) => by_any(text_or(keys, shared)),
        Shape::TextsByText(keys) => by_any(by_any(text_or(keys, shared))),
        Shape::TextsInOrder(keys) => {
            json!({ "type": "array", "items": text_or(keys, shared) })
        }
        Shape::Files(keys) => by(FILE, text_or(keys, shared)),
        Shape::NamesByText => by_any(text(Text::Name)),
        Shape::FilesByText => by_any(text(Text::File)),
        Shape::Inputs => by(NAME, json!({ "description": about_inputs() })),
        Shape::AnyTable => json!({ "type": "object" }),
    }
}

/// A text, or a table that says where it is from.
fn text_or(keys: &Keys, shared: &mut Map<String, Value>) -> Value {
    json!({ "anyOf": [text(Text::Any), table(keys, shared)] })
}

/// A table by names that fit a pattern.
fn by(names: &str, value: Value) -> Value {
    json!({
        "type": "object",
        "propertyNames": { "pattern": names },
        "additionalProperties": value,
    })
}

/// A table by whatever texts.
fn by_any(value: Value) -> Value {
    json!({ "type": "object", "additionalProperties": value })
}

fn number(least: u64, most: u64, default: Option<u32>) -> Value {
    let mut schema = json!({ "type": "integer", "minimum": least });
    if most < keys::MOST {
        schema["maximum"] = json!(most);
    }
    or_else(schema, default)
}

/// A schema with what holds where nothing is said.
fn or_else(mut schema: Value, default: Option<impl Serialize>) -> Value {
    if let Some(default) = default {
        schema["default"] = json!(default);
    }
    schema
}

fn about_inputs() -> String {
    let filters = expression::FILTERS.join(", ");
    format!(
        "A text with references, or any other value, which is handed over as JSON. Filters: {filters}"
    )
}

fn text(shape: Text) -> Value {
    match shape {
        Text::Any => json!({ "type": "string" }),
        Text::Name => json!({ "type": "string", "pattern": NAME }),
        Text::Like(pattern) => json!({ "type": "string", "pattern": pattern }),
        Text::File => json!({ "type": "string", "pattern": FILE }),
        Text::Model => {
            json!({ "type": "string", "pattern": MODEL, "examples": ["openai/gpt-5"] })
        }
        Text::Regex => json!({ "type": "string", "format": "regex" }),
    }
}
