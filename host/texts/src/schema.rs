//! JSON Schemas, and what is held against them. Nothing that a schema refers to is fetched.

use jsonschema::Validator;
use serde_json::Value;
use stepwell_contract::{Misfit, Misfits, SchemaError};

/// Whether a schema is one.
pub(crate) fn check(schema: &Value) -> Result<(), SchemaError> {
    read(schema).map(drop)
}

/// Reads a schema, for any number of values. That takes longer than to hold a value against it.
pub(crate) fn read(schema: &Value) -> Result<Validator, SchemaError> {
    jsonschema::validator_for(schema).map_err(|error| SchemaError::Invalid {
        message: error.to_string(),
        path: error.instance_path().to_string(),
    })
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
