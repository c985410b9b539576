//! What a request may name: a name that its operation doesn't know is refused before anything is done for it.
//!
//! A misspelt `until` would be no limit, and a misspelt `model` another model: both cost money. The names are read off the
//! OpenAPI document, so that no operation can forget to look. `deny_unknown_fields` and `serde_ignored` see nothing of what
//! is flattened or tagged. Whether the values fit is for the handlers to say.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Query, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;
use stepwell_contract::suggestion;

use crate::ProblemDetails;

/// Refuses what an operation doesn't know. The body is in memory already.
pub(super) async fn only_known(
    State(document): State<Arc<Value>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, ProblemDetails> {
    let method = match *request.method() {
        Method::HEAD => "get".to_owned(),
        ref method => method.as_str().to_lowercase(),
    };
    let operation = &document["paths"][path.as_str()][&method];
    let (parts, body) = request.into_parts();
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let query = query.map_or_else(|_| Vec::new(), |Query(query)| query);
    let known = parameters(operation);
    if let Some((name, _)) = query.iter().find(|(name, _)| !known.contains(&&**name)) {
        return Err(ProblemDetails {
            hint: Some(suggestion(name, known, "parameters").into()),
            ..ProblemDetails::bad_request(format!("the request has no parameter `{name}`"))
        });
    }
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    // What can't be read is the handler's to refuse.
    if let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut schemas = Vec::new();
        of_value(&document, schema, &value, &mut schemas);
        if let Some(unknown) = unknown(&document, &schemas, &value, String::new()) {
            return Err(unknown);
        }
    }
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
}

fn parameters(operation: &Value) -> Vec<&str> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let query = all.filter(|parameter| parameter["in"] == "query");
    query
        .filter_map(|parameter| parameter["name"].as_str())
        .collect()
}

/// What a schema is put together from: whatever of it speaks of a value.
fn of_value<'d>(document: &'d Value, schema: &'d Value, value: &Value, found: &mut Vec<&'d Value>) {
    let named = schema["$ref"].as_str().map(|at| at.trim_start_matches('#'));
    if let Some(named) = named.and_then(|at| document.pointer(at)) {
        of_value(document, named, value, found);
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            of_value(document, part, value, found);
        }
    }
    // A variant says by a constant which values it is for.
    let is_another = |(name, field): (&String, &Value)| {
        let constant = field.get("const").zip(value.get(name));
        constant.is_some_and(|(wanted, given)| wanted != given)
    };
    let mut fields = schema["properties"].as_object().into_iter().flatten();
    if !fields.any(is_another) {
        found.push(schema);
    }
}

/// The refusal of the first name in a value that its schemas don't know.
fn unknown(
    document: &Value,
    schemas: &[&Value],
    value: &Value,
    place: String,
) -> Option<ProblemDetails> {
    let deeper = |schemas: Vec<&Value>, value: &Value, place: String| {
        let mut found = Vec::new();
        for schema in schemas {
            of_value(document, schema, value, &mut found);
        }
        unknown(document, &found, value, place)
    };
    match value {
        _ if schemas.iter().any(|schema| is_open(schema)) => None,
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let schemas = schemas.iter().filter_map(|schema| schema.get("items"));
            deeper(schemas.collect(), item, format!("{place}[{index}]"))
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            let of_field: Vec<_> = schemas
                .iter()
                .filter_map(|schema| {
                    let more = || schema.get("additionalProperties");
                    schema["properties"].get(name).or_else(more)
                })
                .filter(|schema| **schema != false)
                .collect();
            if of_field.is_empty() {
                return Some(refused(name, schemas, &place));
            }
            let dot = if place.is_empty() { "" } else { "." };
            deeper(of_field, field, format!("{place}{dot}{name}"))
        }),
        _ => None,
    }
}

/// Whether a schema takes whatever stands there.
fn is_open(schema: &Value) -> bool {
    const SAYS_MORE: [&str; 7] = [
        "$ref",
        "allOf",
        "anyOf",
        "oneOf",
        "type",
        "enum",
        "properties",
    ];
    *schema == true || schema.is_object() && SAYS_MORE.iter().all(|key| schema.get(key).is_none())
}

fn refused(name: &str, schemas: &[&Value], place: &str) -> ProblemDetails {
    let place = match place {
        "" => "the request".to_owned(),
        place => format!("`{place}`"),
    };
    let fields = schemas
        .iter()
        .filter_map(|schema| schema["properties"].as_object());
    let known: Vec<&str> = fields
        .flat_map(|all| all.keys().map(|name| &**name))
        .collect();
    ProblemDetails {
        hint: Some(suggestion(name, known, "fields").into()),
        ..ProblemDetails::wrong_body(format!("{place} has no field `{name}`"))
    }
}
