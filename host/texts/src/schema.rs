//! JSON Schemas, and what is held against them. Nothing that a schema refers to is fetched.

use jsonschema::{Draft, Registry, Retrieve, Uri, ValidationError, Validator};
use serde_json::{Value, json};
use stepwell_contract::{Misfit, Misfits, SchemaError};

/// The name of the schema among those that can be referred to. Relative names in it go by it, as they go by the one that the
/// library gives a schema without a name.
const NAME: &str = "json-schema:///schema";

/// Fetches nothing.
#[derive(Debug)]
struct Closed;

impl Retrieve for Closed {
    fn retrieve(&self, _: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(
            "a schema can refer to its own parts alone: write what it refers to below `$defs`"
                .into(),
        )
    }
}

/// Whether a schema is one.
pub(crate) fn check(schema: &Value) -> Result<(), SchemaError> {
    let options = jsonschema::options().with_retriever(Closed);
    options.build(schema).map(drop).map_err(invalid)
}

/// Reads a schema that [`check`] found to be one, for any number of values.
///
/// Inside the sandbox the library reads the JSON Schema of JSON Schemas anew for each schema that it is given, and that takes
/// ten times as long as all else. So it is given a reference to the schema. What it checks then is the reference, by the
/// oldest and smallest of those schemas.
pub(crate) fn read(schema: &Value) -> Result<Validator, SchemaError> {
    let unusable = |error: &dyn std::fmt::Display| SchemaError::Invalid {
        message: error.to_string(),
        path: String::new(),
    };
    let registry = Registry::new()
        .retriever(Closed)
        .add(NAME, schema)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .map_err(|error| unusable(&error))?;
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .with_registry(&registry)
        .build(&json!({ "$ref": NAME }))
        .map_err(invalid)
}

fn invalid(error: ValidationError<'_>) -> SchemaError {
    SchemaError::Invalid {
        message: error.to_string(),
        path: error.instance_path().to_string(),
    }
}

/// How a value breaks a schema.
pub(crate) fn misfits(validator: &Validator, value: &Value, most: usize) -> Misfits {
    let mut errors = validator.iter_errors(value);
    let first = errors.by_ref().take(most).map(|error| Misfit {
        message: error.to_string(),
        path: error.instance_path().to_string(),
    });
    Misfits {
        first: first.collect(),
        more: errors.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the library says of a schema that it is given itself.
    fn given_itself(schema: &Value, value: &Value) -> Misfits {
        misfits(&jsonschema::validator_for(schema).unwrap(), value, 9)
    }

    #[test]
    fn a_schema_that_is_referred_to_says_what_it_says_itself() {
        let schemas = [
            json!(true),
            json!(false),
            json!({}),
            json!({ "type": ["integer", "array"], "minimum": 3 }),
            json!({ "$ref": "#/$defs/node", "$defs": { "node": {
                "type": "object",
                "properties": { "next": { "$ref": "#/$defs/node" }, "n": { "type": "integer" } },
                "unevaluatedProperties": false,
            } } }),
            json!({ "$id": "https://example.org/tree", "$dynamicAnchor": "node", "type": "object",
                "properties": { "next": { "$dynamicRef": "#node" } }, "required": ["n"] }),
            json!({ "$id": "tree", "items": { "$ref": "other" },
                "$defs": { "other": { "$id": "other", "const": 1 } } }),
            json!({ "$schema": "http://json-schema.org/draft-07/schema#", "items": [{ "const": 1 }],
                "additionalItems": { "$ref": "#/definitions/text" },
                "definitions": { "text": { "type": "string" } } }),
            json!({ "$schema": "http://json-schema.org/draft-04/schema#", "type": "integer",
                "minimum": 3, "exclusiveMinimum": true }),
            json!({ "prefixItems": [{ "const": 1 }], "items": { "type": "string" } }),
            json!({ "$ref": "https://json-schema.org/draft/2020-12/schema" }),
            json!({ "$anchor": "top", "anyOf": [{ "type": "null" }, { "items": { "$ref": "#top" } }] }),
            json!({ "format": "email", "pattern": "^a.*b$" }),
        ];
        let values = [
            json!(null),
            json!(3),
            json!("a text"),
            json!("ab"),
            json!([1, 2, "x"]),
            json!([[null], [[]], 4]),
            json!({ "n": 1, "next": { "n": "one", "next": {} }, "more": true }),
            json!({ "type": "arrray", "items": 3 }),
        ];
        for schema in &schemas {
            assert_eq!(check(schema), Ok(()), "{schema}");
            for value in &values {
                let read = read(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
                let found = misfits(&read, value, 9);
                assert_eq!(found, given_itself(schema, value), "{schema} {value}");
            }
        }
    }
}
