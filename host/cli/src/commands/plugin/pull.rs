//! `stepwell plugin pull`: a component is fetched, and kept under its digest.

use std::sync::Arc;

use serde::Serialize;
use stepwell_contract::Digest;
use stepwell_registry::{Fetched, Freshness, Source};

use super::placing::{may_replace, put};
use crate::arguments::PullArguments;
use crate::errors::{CommandError, RegistryError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{Interrupts, Table, Transfer, plain, size};
use crate::wiring::Context;

/// What came, as a program reads it.
#[derive(Serialize)]
struct Pulled<'a> {
    source: String,
    /// Where it came from: `registry`, or `cache`; `unasked` where the registry couldn't be reached, and the tag may mean another one
    /// by now.
    from: &'static str,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Digest>,
    /// The fingerprint of the key that signed it, where one is demanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<Digest>,
    size: u64,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

pub(super) async fn pulled(
    arguments: PullArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let source: Source = arguments.source.parse().map_err(RegistryError::Source)?;
    let output = arguments.output.map(|file| context.start.join(file));
    if let Some(file) = &output {
        may_replace(file, &context.start).await?;
    }
    let registry = context.registry()?;
    let interrupts = Interrupts::listen(Arc::clone(&context.screen));
    let transfer = Transfer::of(&context.screen, plain(&source.to_string()));
    let watch = |moved| transfer.moved(moved);
    let mut stop = interrupts.stop();
    let fetching = async {
        let fetched = registry.fetch_watched(&source, &watch).await;
        let fetched = fetched.map_err(RegistryError::Fetch)?;
        // Where its copy lies it may be that nobody demands a signature.
        let signed_by = context.signer_of(&fetched).await?;
        Ok::<_, CommandError>((fetched, signed_by))
    };
    let fetched = tokio::select! {
        fetched = fetching => fetched,
        // What came so far is dropped, and its file with it.
        _ = stop.changed() => return Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
    };
    context.screen.clear();
    let (fetched, signed_by) = fetched?;
    if let Some(file) = &output {
        let kept = registry.cache().get(&fetched.digest).await;
        let kept = kept.map_err(|error| RegistryError::Fetch(error.into()))?;
        let bytes = kept.ok_or(RegistryError::Changed)?;
        put(file, &bytes.bytes).await?;
    }
    let file = output.map(|file| shown(&file, &context.start));
    told(
        &fetched,
        signed_by,
        file.as_deref(),
        arguments.json,
        context,
    )?;
    Ok(Exit::Success)
}

fn told(
    fetched: &Fetched,
    signed_by: Option<Digest>,
    file: Option<&str>,
    json: bool,
    context: &Context,
) -> Result<(), CommandError> {
    let screen = &context.screen;
    if let (Freshness::Unasked, Source::Oci(reference)) = (fetched.freshness, &fetched.source) {
        screen.warn(&format!(
            "{} can't be reached: this is what {reference} meant when it was asked last",
            reference.registry
        ));
    }
    if json {
        screen.print_json(&Pulled {
            source: fetched.source.to_string(),
            from: match fetched.freshness {
                Freshness::Fetched => "registry",
                Freshness::Cached => "cache",
                Freshness::Unasked => "unasked",
            },
            digest: fetched.digest,
            manifest: fetched.manifest,
            signed_by,
            size: fetched.size,
            path: fetched.path.display().to_string(),
            file,
        })?;
        return Ok(());
    }
    let mut table = Table::new();
    let from = match fetched.freshness {
        Freshness::Fetched => "fetched",
        Freshness::Cached | Freshness::Unasked => "in the cache",
    };
    table.row([from, &plain(&fetched.source.to_string())]);
    table.row(["digest", &fetched.digest.to_string()]);
    if let Some(manifest) = fetched.manifest {
        table.row(["manifest", &manifest.to_string()]);
    }
    if let Some(key) = signed_by {
        table.row(["signed by", &key.to_string()]);
    }
    table.row(["size", &size(fetched.size)]);
    match file {
        Some(file) => table.row(["file", &plain(file)]),
        None => table.row(["file", &plain(&fetched.path.display().to_string())]),
    }
    screen.print(&table.text())?;
    Ok(())
}
