//! A component on its way from bytes to a step that can be called: checked, compiled or found in the cache, linked,
//! described.

use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{AttemptEnd, Description, Digest, Environment, Grants, Limits, LoadError};
use stepwell_workers::off_the_workers;
use wasmtime::component::Component;

use crate::bindings::StepIndices;
use crate::call::{self, Answer, Broken, Call};
use crate::code_cache::CodeCache;
use crate::plugin::Plugin;
use crate::runtime::Runtime;
use crate::{description, inspect};

/// Loads a component from its bytes.
pub(crate) async fn load(
    runtime: &Arc<Runtime>,
    cache: Option<&Arc<CodeCache>>,
    compiling: &(dyn Fn() + Send + Sync),
    digest: Digest,
    bytes: Arc<[u8]>,
) -> Result<Plugin, LoadError> {
    inspect::check_header(&bytes)?;
    let kept = match cache.cloned() {
        None => None,
        Some(cache) => {
            let runtime = Arc::clone(runtime);
            off_the_workers(move || cache.get(&runtime.engine, &digest)).await
        }
    };
    if let Some((component, description)) = kept {
        return prepare(runtime, &component, description);
    }

    compiling();
    let (engine_of, code) = (Arc::clone(runtime), Arc::clone(&bytes));
    let component = off_the_workers(move || compile(&engine_of, &code)).await?;
    let mut plugin = prepare(runtime, &component, Description::default())?;
    plugin.description = describe(runtime, &plugin).await?;
    description::check(&plugin.description)?;
    if let Some(cache) = cache.cloned() {
        let description = plugin.description.clone();
        off_the_workers(move || cache.put(&digest, &component, &description)).await;
    }
    Ok(plugin)
}

fn compile(runtime: &Runtime, bytes: &[u8]) -> Result<Component, LoadError> {
    Component::from_binary(&runtime.engine, bytes).map_err(|error| {
        let reason = format!("{error:#}");
        // The pool is asked whether such an instance could ever be made, as part of compiling.
        if reason.contains("pooling allocator") {
            LoadError::Host { reason }
        } else {
            LoadError::NotWasm { reason }
        }
    })
}

fn prepare(
    runtime: &Runtime,
    component: &Component,
    description: Description,
) -> Result<Plugin, LoadError> {
    let instance = inspect::link(runtime, component)?;
    let exports = StepIndices::new(&instance).map_err(|error| LoadError::OtherContract {
        reason: format!("{error:#}"),
    })?;
    let room = runtime.room_for(component).ok_or_else(|| LoadError::Host {
        reason: format!(
            "one instance has more memories and tables than the pool for {} instances",
            runtime.slots
        ),
    })?;
    Ok(Plugin {
        instance,
        exports,
        room,
        description,
    })
}

/// Reads the description in an instance that may call nothing.
async fn describe(runtime: &Arc<Runtime>, plugin: &Plugin) -> Result<Description, LoadError> {
    let environment = Environment {
        limits: Limits {
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(60),
            ..Limits::default()
        },
        grants: Grants::default(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        seed: [0; 32],
        step: "describe".into(),
        copy: None,
    };
    let report = call::run(runtime, plugin, Call::Describe, environment).await;
    match report.outcome {
        Ok(Answer::Description(description)) => Ok(*description),
        Ok(Answer::Step(_)) => Err(LoadError::Host {
            reason: "`describe` gave another function's answer".into(),
        }),
        Err(Broken::Type(reason)) => Err(LoadError::OtherContract { reason }),
        Err(Broken::End(AttemptEnd::Host { reason })) => Err(LoadError::Host { reason }),
        Err(Broken::End(end)) => Err(LoadError::Describe(Box::new(end))),
    }
}
