//! Text as a template, as the program works on it: it is filled, or the reason is told, and the next one is filled.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use stepwell_builtin::TEXTS;
use stepwell_contract::{Digest, Filling, TemplateError, TextService as _};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use stepwell_texts::Sandboxed;
use tokio::runtime::Runtime;

static SERVICE: LazyLock<(Runtime, Sandboxed)> = LazyLock::new(|| {
    let settings = SandboxSettings {
        cache_folder: Some(std::env::temp_dir().join("stepwell-fuzz-cache")),
        max_instances: 4,
        ..SandboxSettings::default()
    };
    let sandbox = Arc::new(Sandbox::new(settings).unwrap());
    let service = Sandboxed::new(sandbox, Digest::from_bytes(TEXTS.sha256), || TEXTS.shared());
    (Runtime::new().unwrap(), service)
});

// The component is compiled before anything is timed.
fuzz_target!(init: warm_up(), |template: &str| {
    let (runtime, service) = &*SERVICE;
    let variables = [
        ("text", serde_json::json!("a {{ b }}")),
        ("list", serde_json::json!([1, "two", { "three": null }])),
    ];
    let filling = |template| Filling {
        template,
        variables: &variables,
        most_bytes: 1 << 16,
    };
    runtime.block_on(async {
        let read = service.read_template(template).await;
        let filled = service.fill_template(filling(template)).await;
        for error in [read.err(), filled.err()].into_iter().flatten() {
            // What isn't the template's fault is ours.
            assert!(!matches!(error, TemplateError::Failed(_)), "{error}");
        }
        let next = service.fill_template(filling("{{ list[1] }}")).await;
        assert_eq!(next.unwrap(), "two");
    });
});

fn warm_up() {
    let (runtime, service) = &*SERVICE;
    runtime.block_on(service.read_template("")).unwrap();
}
