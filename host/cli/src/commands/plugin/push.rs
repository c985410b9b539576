//! `stepwell plugin push`: a component goes to a registry, if it can be used.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use stepwell_contract::{Digest, amounts};
use stepwell_engine::{CheckPlugin, CheckedPlugin};
use stepwell_registry::{Component, Pushed, Reference, Source};
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers, read_file};

use crate::arguments::PushArguments;
use crate::commands::driving::prepared;
use crate::errors::{CommandError, RegistryError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{Interrupts, Table, plain_line, size};
use crate::wiring::{Context, Need};

/// What the contract has every step export.
const EXPORTED: &str = "stepwell:plugin/guest";

/// What is in the registry now, as a program reads it.
#[derive(Serialize)]
struct PushedObject {
    /// By its digest, so that it never means another one.
    reference: String,
    /// As it was named.
    tagged: String,
    manifest: Digest,
    digest: Digest,
    size: u64,
}

pub(super) async fn pushed(
    arguments: PushArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let to = reference(&arguments.to)?;
    let file = context.start.join(&arguments.file);
    let checked = checked(&file, context).await?;
    let component = component(&file, checked, arguments.source, context).await?;
    let registry = context.registry()?;
    let interrupts = Interrupts::listen(Arc::clone(&context.screen));
    let screen = &context.screen;
    let told = format!("pushing {}", size(component.bytes.len() as u64));
    screen.draw(&[screen.style().dim(&told)]);
    let mut stop = interrupts.stop();
    let pushed = tokio::select! {
        pushed = registry.push(&component, &to) => pushed,
        _ = stop.changed() => return Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
    };
    screen.clear();
    let pushed = pushed.map_err(RegistryError::Fetch)?;
    match arguments.json {
        true => screen.print_json(&PushedObject {
            reference: pushed.reference.to_string(),
            tagged: to.to_string(),
            manifest: pushed.manifest,
            digest: pushed.component,
            size: pushed.size,
        })?,
        false => screen.print(&text(&pushed, &to))?,
    }
    Ok(Exit::Success)
}

fn text(pushed: &Pushed, to: &Reference) -> String {
    let mut table = Table::new();
    table.row(["pushed", &to.to_string()]);
    table.row(["as", &pushed.reference.to_string()]);
    table.row(["digest", &pushed.component.to_string()]);
    table.row(["size", &size(pushed.size)]);
    table.text()
}

fn reference(text: &str) -> Result<Reference, RegistryError> {
    match text.parse().map_err(RegistryError::Source)? {
        Source::Oci(reference) => Ok(reference),
        Source::Https(_) => Err(RegistryError::NoRegistry {
            given: text.to_owned(),
        }),
    }
}

/// What the component says of itself, if it can be used: by the rules of `stepwell plugin check`, without its warnings.
async fn checked(file: &Path, context: &Context) -> Result<CheckedPlugin, CommandError> {
    let request = CheckPlugin {
        uses: file.display().to_string(),
        folder: context.start.to_str().map(str::to_owned),
        inputs: Default::default(),
    };
    let wired = context.wire(Need::IfThere).await?;
    let looked_at = wired.engine.check_plugin(&request);
    let checked = prepared(context, &wired, looked_at).await?;
    let errors: Vec<String> = checked
        .findings
        .iter()
        .filter(|it| it.is_error())
        .map(|it| plain_line(&it.to_string()))
        .collect();
    let shown = shown(file, &context.start);
    match errors.first() {
        None => Ok(checked),
        Some(first) => Err(RegistryError::Unusable {
            first: first.clone(),
            counted: amounts::counted(errors.len() as u64, "error"),
            shown,
        }
        .into()),
    }
}

/// The component as it is pushed: the one that was checked, and what is known of it.
async fn component(
    file: &Path,
    checked: CheckedPlugin,
    source: Option<String>,
    context: &Context,
) -> Result<Component, CommandError> {
    let path = file.to_owned();
    let read = move || -> std::io::Result<_> {
        let bytes = read_file(&path, LARGEST_COMPONENT)?;
        let digest = Digest::of(&bytes);
        let made = std::fs::metadata(&path)?.modified()?;
        Ok((Bytes::from(bytes), digest, Timestamp::try_from(made)))
    };
    let read = off_the_workers(read).await;
    let (bytes, digest, made) = read.map_err(CommandError::unread(file, None))?;
    if digest != checked.digest {
        let shown = shown(file, &context.start);
        return Err(RegistryError::ChangedFile { shown }.into());
    }
    let said = checked.description;
    let contract = checked.contract.unwrap_or_default();
    Ok(Component {
        bytes,
        title: said.as_ref().map(|said| said.name.clone()),
        version: said.as_ref().map(|said| said.version.clone()),
        description: said.map(|said| said.summary),
        source,
        // In seconds, as others write it; of the file, so that the same one is the same artifact.
        created: made.ok().map(|made| made.strftime("%FT%TZ").to_string()),
        imports: checked.imports.into_iter().map(|it| it.interface).collect(),
        exports: vec![format!("{EXPORTED}@{contract}")],
    })
}
