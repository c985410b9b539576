//! A JSON Schema as the provider takes it for an answer.
//!
//! It takes closed objects alone, and no bounds of numbers, texts and lists. So objects that say nothing of further fields are closed,
//! and bounds are told in the description, as the provider's own libraries do. Nothing is lost by it: the host holds the answer
//! against the schema as the step gave it. What else the provider refuses, it says itself.

use serde_json::{Map, Value};

/// What is told and not enforced.
const BOUNDS: [&str; 14] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "patternProperties",
    "uniqueItems",
];

/// The formats of texts that are enforced.
const FORMATS: [&str; 10] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
];

/// The same schema with closed objects and without bounds. It goes no deeper than JSON is read.
pub(super) fn closed(schema: Value) -> Value {
    let Value::Object(mut fields) = schema else {
        return schema;
    };
    let told = take_bounds(&mut fields);
    if !told.is_empty() {
        let told = Value::Object(told).to_string();
        let said = fields.get("description").and_then(Value::as_str);
        let said = said.map_or_else(|| told.clone(), |said| format!("{said}\n\n{told}"));
        fields.insert("description".into(), said.into());
    }
    // Exactly one of them is for the host to see to.
    if !fields.contains_key("anyOf")
        && let Some(of) = fields.remove("oneOf")
    {
        fields.insert("anyOf".into(), of);
    }
    for (name, value) in &mut fields {
        let taken = std::mem::take(value);
        *value = match (name.as_str(), taken) {
            ("$defs" | "definitions" | "properties", Value::Object(schemas)) => schemas
                .into_iter()
                .map(|(name, schema)| (name, closed(schema)))
                .collect(),
            ("allOf" | "anyOf" | "items" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.into_iter().map(closed).collect()
            }
            ("items", schema) => closed(schema),
            (_, other) => other,
        };
    }
    let is_object = fields.get("type").is_some_and(|kind| kind == "object");
    let is_open = matches!(
        fields.get("additionalProperties"),
        None | Some(Value::Bool(true))
    );
    if (is_object || fields.contains_key("properties")) && is_open {
        fields.insert("additionalProperties".into(), false.into());
    }
    Value::Object(fields)
}

fn take_bounds(fields: &mut Map<String, Value>) -> Map<String, Value> {
    let mut told = Map::new();
    let is_known = |format: &Value| format.as_str().is_some_and(|it| FORMATS.contains(&it));
    let odd_format = fields.get("format").filter(|format| !is_known(format));
    let odd_format = odd_format.map(|_| "format");
    for name in BOUNDS.into_iter().chain(odd_format) {
        // That a list has one item at least is enforced.
        let stays = name == "minItems" && fields.get(name).and_then(Value::as_u64) <= Some(1);
        if !stays && let Some(bound) = fields.remove(name) {
            told.insert(name.to_owned(), bound);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn objects_are_closed_and_bounds_are_told() {
        let schema = json!({
            "type": "object",
            "properties": {
                "tasks": { "type": "array", "minItems": 1, "maxItems": 9, "items": {
                    "type": "object", "properties": { "name": { "type": "string", "minLength": 1, "description": "Short" } },
                    "additionalProperties": true,
                } },
                "minimum": { "type": "string", "format": "date" },
                "kind": { "oneOf": [{ "const": "a" }, { "type": "number", "minimum": 0 }] },
                "open": { "type": "object", "additionalProperties": { "type": "string" } },
            },
            "required": ["tasks"],
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "tasks": { "type": "array", "minItems": 1, "description": "{\"maxItems\":9}", "items": {
                    "type": "object", "properties": { "name": { "type": "string", "description": "Short\n\n{\"minLength\":1}" } },
                    "additionalProperties": false,
                } },
                "minimum": { "type": "string", "format": "date" },
                "kind": { "anyOf": [{ "const": "a" }, { "type": "number", "description": "{\"minimum\":0}" }] },
                "open": { "type": "object", "additionalProperties": { "type": "string" } },
            },
            "required": ["tasks"],
            "additionalProperties": false,
        });
        assert_eq!(closed(schema), expected);
        assert_eq!(closed(expected.clone()), expected, "once is enough");
        assert_eq!(closed(json!(true)), json!(true));
    }
}
