//! A component on its way from bytes to a step that can be called: checked, compiled or found in the cache, linked,
//! described.

use std::sync::Arc;

use stepwell_contract::{
    AttemptEnd, DescribeFailed, Description, Digest, Environment, Grants, Language, Limits,
    LoadError, TellCompiling,
};
use stepwell_workers::off_the_workers;
use wasmtime::component::Component;

use crate::bindings::StepIndices;
use crate::call::{self, Answer, Broken, Call};
use crate::code_cache::{About, CodeCache};
use crate::inspect::Fit;
use crate::plugin::Plugin;
use crate::runtime::Runtime;
use crate::{anatomy, compiling, description, inspect};

/// Gives the bytes of a component.
pub(crate) type Bytes<'a> = dyn Fn() -> Result<Arc<[u8]>, LoadError> + Send + Sync + 'a;

/// Loads a component, from its bytes where there is no code of it, and says whether it had to be compiled. `telling` is called
/// where that takes long. What it imports and exports is written to `fit` as soon as it is known.
pub(crate) async fn load(
    runtime: &Arc<Runtime>,
    cache: Option<&Arc<CodeCache>>,
    telling: &TellCompiling<'_>,
    digest: Digest,
    bytes: &Bytes<'_>,
    fit: &mut Fit,
) -> Result<(Plugin, bool), LoadError> {
    let kept = match cache.cloned() {
        None => None,
        Some(cache) => {
            let runtime = Arc::clone(runtime);
            off_the_workers(move || cache.get(&runtime.engine, &digest)).await
        }
    };
    if let Some((component, about)) = kept {
        *fit = inspect::look(&runtime.engine, &component, about.language.as_ref());
        return Ok((prepare(runtime, &component, about, fit)?, false));
    }

    let bytes = bytes()?;
    inspect::check_header(&bytes)?;
    let of = Arc::clone(&bytes);
    let language = off_the_workers(move || anatomy::language_of(&of)).await;
    let compiled = compiling::compile(runtime, bytes, telling).await;
    let compiled = compiled.map_err(|error| of_language(error, language.as_ref()))?;
    *fit = inspect::look(&runtime.engine, &compiled.component, language.as_ref());
    let mut about = About {
        description: Description::default(),
        language,
    };
    let mut plugin = prepare(runtime, &compiled.component, about.clone(), fit)?;
    plugin.description = description::checked(describe(runtime, &plugin).await?)?;
    let Some(cache) = cache.cloned() else {
        return Ok((plugin, true));
    };
    about.description = plugin.description.clone();
    let runtime_of_kept = Arc::clone(runtime);
    let keep = move || {
        cache.put(&digest, &compiled, &about);
        drop(compiled);
        cache.get(&runtime_of_kept.engine, &digest)
    };
    // The code that came from the compiler is memory of this process alone. That of the file belongs to whoever reads it, and the
    // system takes it back where it needs room.
    if let Some((component, about)) = off_the_workers(keep).await {
        plugin = prepare(runtime, &component, about, fit)?;
    }
    Ok((plugin, true))
}

/// An error of the compiler, which knows no language.
fn of_language(error: LoadError, of: Option<&Language>) -> LoadError {
    match error {
        LoadError::AsyncFunctions { what, language } => LoadError::AsyncFunctions {
            what,
            language: language.or_else(|| of.cloned()),
        },
        error => error,
    }
}

fn prepare(
    runtime: &Runtime,
    component: &Component,
    about: About,
    fit: &Fit,
) -> Result<Plugin, LoadError> {
    let instance = inspect::link(runtime, component, fit)?;
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
        description: about.description,
        language: about.language,
    })
}

/// Reads the description in an instance that may call nothing.
async fn describe(runtime: &Arc<Runtime>, plugin: &Plugin) -> Result<Description, LoadError> {
    let environment = Environment {
        limits: Limits::of_looking(),
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
        Err(Broken::End(end)) => Err(LoadError::Describe(Box::new(DescribeFailed {
            end,
            stderr: report.output,
            language: plugin.language.clone(),
        }))),
    }
}
