//! A component on its way from bytes to a step that can be called: checked, compiled or found in the cache, linked,
//! described.

use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{
    AttemptEnd, Description, Digest, Environment, Grants, Limits, LoadError, TellCompiling,
};
use stepwell_workers::off_the_workers;
use wasmtime::component::Component;

use crate::bindings::StepIndices;
use crate::call::{self, Answer, Broken, Call};
use crate::code_cache::CodeCache;
use crate::plugin::Plugin;
use crate::runtime::Runtime;
use crate::{compiling, description, inspect};

/// Gives the bytes of a component.
pub(crate) type Bytes<'a> = dyn Fn() -> Result<Arc<[u8]>, LoadError> + Send + Sync + 'a;

/// Loads a component, from its bytes where there is no code of it, and says whether it had to be compiled. `telling` is called where that takes long.
pub(crate) async fn load(
    runtime: &Arc<Runtime>,
    cache: Option<&Arc<CodeCache>>,
    telling: &TellCompiling<'_>,
    digest: Digest,
    bytes: &Bytes<'_>,
) -> Result<(Plugin, bool), LoadError> {
    let kept = match cache.cloned() {
        None => None,
        Some(cache) => {
            let runtime = Arc::clone(runtime);
            off_the_workers(move || cache.get(&runtime.engine, &digest)).await
        }
    };
    if let Some((component, description)) = kept {
        return Ok((prepare(runtime, &component, description)?, false));
    }

    let bytes = bytes()?;
    inspect::check_header(&bytes)?;
    let compiled = compiling::compile(runtime, bytes, telling).await?;
    let mut plugin = prepare(runtime, &compiled.component, Description::default())?;
    plugin.description = describe(runtime, &plugin).await?;
    description::check(&plugin.description)?;
    let Some(cache) = cache.cloned() else {
        return Ok((plugin, true));
    };
    let (runtime_of_kept, description) = (Arc::clone(runtime), plugin.description.clone());
    let keep = move || {
        cache.put(&digest, &compiled, &description);
        drop(compiled);
        cache.get(&runtime_of_kept.engine, &digest)
    };
    // The code that came from the compiler is memory of this process alone. That of the file belongs to whoever reads it, and the
    // system takes it back where it needs room.
    if let Some((component, description)) = off_the_workers(keep).await {
        plugin = prepare(runtime, &component, description)?;
    }
    Ok((plugin, true))
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
    let room = runtime.room_for(component).ok_or_else(|| LoadError::TooMuch {
        reason: format!(
            "one instance has more memories and tables than the pool for {} instances (`sandbox.max_instances`)",
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
        folders: Vec::new(),
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
