//! Bytes as a plugin: whatever they are, loading them ends, with a description or with a reason.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use stepwell_contract::{PluginFinding, StepRunner as _};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use tokio::runtime::Runtime;

static SANDBOX: LazyLock<(Runtime, Sandbox)> = LazyLock::new(|| {
    let settings = SandboxSettings {
        max_instances: 4,
        max_plugins: 1,
        ..SandboxSettings::default()
    };
    (Runtime::new().unwrap(), Sandbox::new(settings).unwrap())
});

fuzz_target!(|bytes: &[u8]| {
    let (runtime, sandbox) = &*SANDBOX;
    if let Err(error) = runtime.block_on(sandbox.load(Arc::from(bytes))) {
        let findings = error.findings();
        assert!(findings.iter().any(PluginFinding::is_error), "{error}");
        for finding in findings {
            assert!(!finding.to_string().is_empty() && finding.remedy.is_some());
        }
    }
});
