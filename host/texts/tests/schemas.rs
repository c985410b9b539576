//! What is held against JSON Schemas, and what is said of it.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use stepwell_contract::{Misfits, SchemaError, TextService as _};
use stepwell_texts::InProcess;

fn misfits(schema: Value, value: Value, most: usize) -> Result<Misfits, SchemaError> {
    let found = InProcess.check_value(&schema, &value, most);
    found.now_or_never().unwrap().unwrap()
}

#[test]
fn the_first_findings_are_told_with_their_places() {
    let schema = json!({ "type": "array", "items": { "type": "string" } });
    let found = misfits(schema.clone(), json!(["a", 2, 3, 4]), 2).unwrap();
    let paths: Vec<_> = found.first.iter().map(|it| it.path.as_str()).collect();
    assert_eq!((paths.as_slice(), found.more), (&["/1", "/2"][..], 1));
    assert_eq!(found.first[0].message, "2 is not of type \"string\"");
    assert_eq!(
        misfits(schema.clone(), json!([]), 2),
        Ok(Misfits::default())
    );
    assert_eq!(misfits(schema, json!(1), 2).unwrap().first[0].path, "");
}

#[test]
fn what_is_no_schema_is_an_error_with_its_place() {
    let error = misfits(json!({ "items": { "type": 3 } }), json!(1), 1).unwrap_err();
    assert!(
        matches!(&error, SchemaError::Invalid { path, .. } if path == "/items/type"),
        "{error:?}"
    );
    for bad in [json!(3), json!({ "$ref": "https://example.org/x" })] {
        let checked = InProcess
            .check_schema(&bad)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert!(matches!(checked, Err(SchemaError::Invalid { .. })), "{bad}");
    }
    for elsewhere in ["file:///etc/passwd", "https://example.org/x"] {
        let error = misfits(json!({ "$ref": elsewhere }), json!(1), 1).unwrap_err();
        assert!(error.to_string().contains("its own parts alone"), "{error}");
    }
    let good = json!({ "type": "object" });
    assert_eq!(
        InProcess.check_schema(&good).now_or_never().unwrap(),
        Ok(Ok(()))
    );
}
