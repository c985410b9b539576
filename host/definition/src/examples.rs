//! Example texts for the fields that a plugin declares, made from their JSON Schemas: so that something can be tried before anybody
//! gives a real one.
//!
//! What is made is held against the schema. Where it doesn't fit there is no example: nothing is guessed any further.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use stepwell_contract::{
    Description, Field, FindingCode, HeldAgainst, PluginFinding, PluginFindings, PluginPlace, Text,
    TextService, TextServiceFailed,
};

use crate::content::content_problems;

/// How deep values lie within each other, at most.
const DEEPEST: usize = 8;
/// So many values make one example.
const MOST_VALUES: usize = 500;
/// The longest text that is made because a schema wants one so long.
const LONGEST: u64 = 2000;

/// Examples of some fields.
pub(crate) struct Examples {
    pub(crate) texts: Vec<Text>,
    /// Those that have to be there, and of which there is none.
    pub(crate) missing: Vec<Missing>,
}

/// A field of which there is no example.
pub(crate) struct Missing {
    name: String,
}

impl Missing {
    pub(crate) fn place_in(&self, list: &[&str]) -> PluginPlace {
        PluginPlace::of(list.iter().copied().chain([self.name.as_str()]))
    }
}

/// Examples of a plugin's inputs, but for those that are given; and what is to be said of it.
///
/// # Errors
/// [`TextServiceFailed`] where nothing can be held against the schemas.
pub async fn example_inputs(
    description: &Description,
    given: &[Text],
    texts: &dyn TextService,
) -> Result<(Vec<Text>, PluginFindings), TextServiceFailed> {
    let is_given = |field: &&Field| given.iter().any(|text| text.name == field.name);
    let others = description.inputs.iter().filter(|it| !is_given(it));
    let others: Vec<Field> = others.cloned().collect();
    let examples = example_texts(&others, texts).await?;
    let mut findings = PluginFindings::default();
    findings.extend(missing(&examples, "inputs"));
    let inputs = given.iter().cloned().chain(examples.texts).collect();
    Ok((inputs, findings))
}

/// Examples of the settings that a plugin can't do without, as JSON.
///
/// # Errors
/// As [`example_inputs`].
pub async fn example_settings(
    description: &Description,
    texts: &dyn TextService,
) -> Result<(BTreeMap<String, Value>, PluginFindings), TextServiceFailed> {
    let needed: Vec<&Field> = description
        .settings
        .iter()
        .filter(|it| it.required)
        .collect();
    let made: Vec<(Value, Value)> = needed.iter().map(|field| example_of(field)).collect();
    let held = made
        .iter()
        .map(|(schema, value)| HeldAgainst { schema, value });
    let found = texts.check_values(&held.collect::<Vec<_>>(), 1).await?;
    let (mut settings, mut findings) = (BTreeMap::new(), PluginFindings::default());
    for ((field, (_, value)), found) in needed.iter().zip(&made).zip(found) {
        match found.is_ok_and(|misfits| misfits.first.is_empty()) {
            true => {
                settings.insert(field.name.clone(), value.clone());
            }
            false => findings.add(no_example(PluginPlace::of(["settings", &field.name]))),
        }
    }
    Ok((settings, findings))
}

/// That there is no example of a field.
pub(crate) fn no_example(place: PluginPlace) -> PluginFinding {
    let message = "no example is known that fits its JSON Schema, so what uses it isn't tried";
    let finding = PluginFinding::warning(FindingCode::NoExample, place, message);
    finding.mended_by("give its JSON Schema `examples`; of an input, a text can be given instead")
}

fn missing(examples: &Examples, list: &str) -> Vec<PluginFinding> {
    let places = examples.missing.iter().map(|it| it.place_in(&[list]));
    places.map(no_example).collect()
}

/// Examples of fields. One that may be left out is left out where there is none.
pub(crate) async fn example_texts(
    fields: &[Field],
    texts: &dyn TextService,
) -> Result<Examples, TextServiceFailed> {
    let made: Vec<String> = fields.iter().map(text_of).collect();
    let contents: Vec<_> = fields.iter().zip(made.iter().map(String::as_str)).collect();
    let problems = content_problems(&contents, texts).await?;
    let mut examples = Examples {
        texts: Vec::new(),
        missing: Vec::new(),
    };
    for ((field, text), problem) in fields.iter().zip(made).zip(problems) {
        match problem {
            None => examples.texts.push(Text::new(&field.name, text)),
            Some(_) if !field.required => {}
            Some(_) => examples.missing.push(Missing {
                name: field.name.clone(),
            }),
        }
    }
    Ok(examples)
}

fn text_of(field: &Field) -> String {
    if field.schema.is_none() {
        return plain(&field.name);
    }
    match example_of(field).1 {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

fn plain(name: &str) -> String {
    format!("an example of {}", name.replace('_', " "))
}

/// A field's schema, and an example of it.
fn example_of(field: &Field) -> (Value, Value) {
    let schema = field.schema.as_deref();
    let schema = schema.and_then(|schema| serde_json::from_str(schema).ok());
    let schema: Value = schema.unwrap_or(Value::Bool(true));
    let mut maker = Maker {
        whole: &schema,
        name: &field.name,
        left: MOST_VALUES,
    };
    let example = maker.make(&schema, 0);
    let example = example.unwrap_or(Value::Null);
    (schema, example)
}

/// Makes a value for a schema.
struct Maker<'s> {
    whole: &'s Value,
    name: &'s str,
    left: usize,
}

impl<'s> Maker<'s> {
    /// None where it would become too deep or too large.
    fn make(&mut self, schema: &'s Value, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEEPEST {
            return None;
        }
        let Value::Object(schema) = schema else {
            return Some(Value::String(plain(self.name)));
        };
        if let Some(said) = said(schema) {
            return Some(said.clone());
        }
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let pointer = reference.strip_prefix('#')?;
            return self.make(self.whole.pointer(pointer)?, depth + 1);
        }
        for one_of in ["anyOf", "oneOf", "allOf"] {
            if let Some(Value::Array(schemas)) = schema.get(one_of) {
                let first = schemas.iter().find_map(|one| self.make(one, depth + 1));
                if first.is_some() {
                    return first;
                }
            }
        }
        match kind(schema) {
            Some("object") => self.object(schema, depth),
            Some("array") => self.array(schema, depth),
            Some("integer" | "number") => Some(number(schema)),
            Some("boolean") => Some(Value::Bool(true)),
            Some("null") => Some(Value::Null),
            _ => Some(Value::String(self.text(schema))),
        }
    }

    fn object(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Option<Value> {
        let required = schema.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|it| it == name));
        let mut object = Map::new();
        if let Some(Value::Object(properties)) = schema.get("properties") {
            for (name, of) in properties {
                match self.make(of, depth + 1) {
                    Some(value) => {
                        object.insert(name.clone(), value);
                    }
                    None if is_required(name) => return None,
                    None => {}
                }
            }
        }
        Some(Value::Object(object))
    }

    fn array(&mut self, schema: &'s Map<String, Value>, depth: usize) -> Option<Value> {
        let least = schema.get("minItems").and_then(Value::as_u64);
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let count = least.unwrap_or(1).max(1).min(most.unwrap_or(u64::MAX));
        let of = schema.get("items").unwrap_or(&Value::Bool(true));
        let mut items = Vec::new();
        for _ in 0..count.min(MOST_VALUES as u64) {
            items.push(self.make(of, depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn text(&self, schema: &Map<String, Value>) -> String {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        let mut text = match schema.get("format").and_then(Value::as_str) {
            Some("date") => "2026-01-31".to_owned(),
            Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
            Some("email") => "a@example.org".to_owned(),
            Some("uri") => "https://example.org/".to_owned(),
            _ => plain(self.name),
        };
        let length = |text: &str| text.chars().count() as u64;
        let least = bound("minLength").unwrap_or(0).min(LONGEST);
        while length(&text) < least {
            text.push('.');
        }
        if let Some(most) = bound("maxLength") {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            text = text.chars().take(most).collect();
        }
        text
    }
}

/// A value that a schema names itself.
fn said(schema: &Map<String, Value>) -> Option<&Value> {
    let first = |key: &str| schema.get(key)?.as_array()?.first();
    schema
        .get("const")
        .or_else(|| first("examples"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("enum"))
}

/// The type that a value of a schema has, also where only its other words tell.
fn kind(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.first()?.as_str(),
        _ if schema.contains_key("properties") => Some("object"),
        _ if schema.contains_key("items") => Some("array"),
        _ => None,
    }
}

fn number(schema: &Map<String, Value>) -> Value {
    let bound = |key: &str| schema.get(key).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum")?.checked_add(1));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum")?.checked_sub(1));
    let number = least.unwrap_or(1).min(most.unwrap_or(i64::MAX));
    Value::from(number)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use stepwell_texts::InProcess;

    use super::*;

    fn example(schema: &str) -> Option<String> {
        let field = Field {
            name: "some_field".into(),
            description: String::new(),
            required: true,
            schema: Some(schema.into()),
        };
        let made = example_texts(&[field], &InProcess).now_or_never();
        made.unwrap().unwrap().texts.pop().map(|text| text.value)
    }

    #[test]
    fn an_example_fits_its_schema() {
        for (schema, expected) in [
            (r#"{"type":"string"}"#, "an example of some field"),
            (r#"{"enum":["pass","fail"]}"#, "pass"),
            (r#"{"type":"integer","minimum":7}"#, "7"),
            (r#"{"type":"string","maxLength":2}"#, "an"),
            (r#"{"type":"boolean"}"#, "true"),
            (
                r#"{"type":"array","items":{"type":"object","required":["n"],"properties":{"n":{"type":"number"}}}}"#,
                r#"[{"n":1}]"#,
            ),
            (
                r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","minItems":2,"items":{"const":"x"}}}}"##,
                r#"["x","x"]"#,
            ),
            (r#"{"anyOf":[{"type":"null"}]}"#, "null"),
            (r#"{"pattern":"^v\\d$","examples":["v1"]}"#, "v1"),
        ] {
            assert_eq!(example(schema).as_deref(), Some(expected), "{schema}");
        }
    }

    #[test]
    fn where_nothing_fits_there_is_none_and_no_end_is_reached_for() {
        for schema in [
            r#"{"type":"string","pattern":"^v\\d$"}"#,
            r##"{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}"##,
            r#"{"type":"array","minItems":1000000000}"#,
            r#"{"type":"string","minLength":1000000000}"#,
        ] {
            assert_eq!(example(schema), None, "{schema}");
        }
    }
}
