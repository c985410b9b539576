//! A step in the sandbox alone: no engine, no store.

use std::sync::Arc;

use stepwell_contract::{
    Digest, Environment, Grants, GuestAnswer, GuestCall, HostServices, Limits, StepRunner as _,
    Text,
};
use stepwell_sandbox::Sandbox;

/// A step that a sandbox has loaded, and the host that it asks.
#[derive(Clone)]
pub struct Loaded {
    sandbox: Arc<Sandbox>,
    plugin: Digest,
    services: Arc<dyn HostServices>,
}

impl Loaded {
    /// Loads a component.
    pub async fn new(
        sandbox: Arc<Sandbox>,
        component: &Arc<[u8]>,
        services: Arc<dyn HostServices>,
    ) -> Self {
        let plugin = sandbox.load(Arc::clone(component)).await.unwrap().digest;
        Self {
            sandbox,
            plugin,
            services,
        }
    }

    /// Carries the step out, and hands over its documents.
    pub async fn execute(&self, inputs: Vec<Text>) -> Vec<Text> {
        let services = Arc::clone(&self.services);
        let call = GuestCall::Execute { inputs, services };
        let report = self.sandbox.call(&self.plugin, call, environment()).await;
        match report.outcome.unwrap() {
            GuestAnswer::Documents(documents) => documents,
            GuestAnswer::Prompt(_) => panic!("a prompt isn't what a step's work gives"),
        }
    }
}

fn environment() -> Environment {
    Environment {
        limits: Limits {
            host_calls: u64::MAX,
            ..Limits::default()
        },
        grants: Grants::default(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        seed: [7; 32],
        step: "measured".into(),
        copy: None,
        folders: Vec::new(),
    }
}
