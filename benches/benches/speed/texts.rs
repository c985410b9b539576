//! Templates and JSON Schemas: in the sandbox, as the program does it, beside the same work in the process itself.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use stepwell_benches::{median, row, shown};
use stepwell_builtin::TEXTS;
use stepwell_contract::{Digest, Filling, HeldAgainst, TextService};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use stepwell_texts::{InProcess, Sandboxed};

/// Measures both.
pub(super) async fn texts() {
    let cache = tempfile::tempdir().unwrap();
    let settings = SandboxSettings {
        cache_folder: Some(cache.path().to_owned()),
        max_instances: 8,
        ..SandboxSettings::default()
    };
    let sandbox = Arc::new(Sandbox::new(settings).unwrap());
    let apart = Sandboxed::new(sandbox, Digest::from_bytes(TEXTS.sha256), || TEXTS.shared());
    measured(&apart, "in the sandbox", ["0.3 ms", "20 ms", "–"]).await;
    measured(&InProcess, "in the process", ["–"; 3]).await;
}

async fn measured(service: &impl TextService, place: &str, aims: [&str; 3]) {
    let template =
        "# {{ title }}\n{% for one in list %}- {{ one.name }}: {{ one.text }}\n{% endfor %}";
    let template = format!("{template}{}", "Write it down as it is. ".repeat(100));
    let one = json!({ "name": "name", "text": "text ".repeat(20) });
    let variables = [
        ("title", json!("A title")),
        ("list", Value::Array(vec![one; 20])),
    ];
    let filling = Filling {
        template: &template,
        variables: &variables,
        most_bytes: 1 << 20,
    };
    let schema = json!({
        "type": "object",
        "required": ["verdict", "files"],
        "properties": {
            "verdict": { "enum": ["passed", "failed"] },
            "files": { "type": "array", "items": { "type": "string", "minLength": 1 } },
        },
    });
    let value = json!({ "verdict": "passed", "files": ["a", "b", "c"] });
    let held = [HeldAgainst {
        schema: &schema,
        value: &value,
    }];
    let mut times = [const { Vec::new() }; 3];
    for round in 0..220 {
        let mut took = Vec::new();
        let start = Instant::now();
        service.fill_template(filling).await.unwrap();
        took.push(start.elapsed());
        let start = Instant::now();
        service.read_template(&template).await.unwrap();
        took.push(start.elapsed());
        let start = Instant::now();
        let found = service.check_values(&held, 10).await.unwrap();
        took.push(start.elapsed());
        assert!(found.iter().all(Result::is_ok));
        if round >= 20 {
            times
                .iter_mut()
                .zip(took)
                .for_each(|(all, one)| all.push(one));
        }
    }
    let [fill, read, hold] = times.map(median).map(shown);
    row(&format!("a prompt of 5 kB filled, {place}"), &fill, aims[0]);
    row(&format!("a prompt checked, {place}"), &read, aims[1]);
    row(
        &format!("an answer held against its schema, {place}"),
        &hold,
        aims[2],
    );
}
