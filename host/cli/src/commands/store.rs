//! `stepwell store`: checked, compacted, copied.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use stepwell_store::{Freed, RedbStore, Store as _};

use crate::arguments::StoreCommand;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{remedied, size};
use crate::wiring::{Context, Need, open_store};

/// A problem that was found.
#[derive(Debug, Serialize)]
struct Found {
    /// What can't be read, and why.
    problem: String,
    /// What to do about it.
    hint: String,
}

/// What was freed, or would be.
#[derive(Debug, Serialize)]
struct Compacted {
    /// Blobs that nothing needs.
    blobs: u64,
    /// Their bytes.
    bytes: u64,
    /// What the store takes on the disk before, in bytes.
    before: u64,
    /// What it takes now.
    after: u64,
}

pub(super) async fn store(command: StoreCommand, context: &Context) -> Result<Exit, CommandError> {
    match command {
        StoreCommand::Check { json } => check(json, context),
        StoreCommand::Compact { dry_run, json } => compact(dry_run, json, context).await,
        StoreCommand::Backup { folder, json } => back_up(&folder, json, context).await,
    }
}

/// The store of this process: what is done to it leaves no room for others.
fn own(context: &Context) -> Result<RedbStore, CommandError> {
    open_store(&context.setting()?.store, Need::There)
}

fn check(json: bool, context: &Context) -> Result<Exit, CommandError> {
    let problems = own(context)?.check()?;
    let found = problems.iter().map(|problem| Found {
        problem: problem.to_string(),
        hint: remedied(&problem.remedy()),
    });
    let found: Vec<_> = found.collect();
    let screen = &context.screen;
    if json {
        screen.print_json(&found)?;
    } else if found.is_empty() {
        screen.print("all can be read\n")?;
    } else {
        for Found { problem, .. } in &found {
            screen.print(&format!("{problem}\n"))?;
        }
        screen.hint("put a backup in the store's place; everything else in it can be used");
    }
    Ok(match found.is_empty() {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

async fn compact(dry_run: bool, json: bool, context: &Context) -> Result<Exit, CommandError> {
    let store = own(context)?;
    let before = store.bytes_on_disk();
    let survey = store.survey().await?;
    if let Some(error) = survey.unreadable() {
        return Err(error.clone().into());
    }
    let Freed { blobs, bytes } = survey.free_without(&BTreeSet::new());
    let screen = &context.screen;
    if !json {
        let verb = if dry_run { "would be" } else { "are" };
        screen.print(&format!(
            "{blobs} texts and files that nothing needs {verb} freed: {}\n",
            size(bytes)
        ))?;
    }
    if !dry_run {
        store.compact().await?;
    }
    let after = store.bytes_on_disk();
    if json {
        screen.print_json(&Compacted {
            blobs,
            bytes,
            before,
            after,
        })?;
    } else if !dry_run {
        let (before, after) = (size(before), size(after));
        screen.print(&format!("the store took {before}, and takes {after} now\n"))?;
    }
    Ok(Exit::Success)
}

async fn back_up(folder: &Path, json: bool, context: &Context) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let folder = context.start.join(folder);
    let made = wired.engine.back_up(&folder).await?;
    if json {
        context.screen.print_json(&made)?;
    } else {
        let place = folder.display();
        let text = format!("the store is copied to {place}: {}\n", size(made.bytes));
        context.screen.print(&text)?;
    }
    Ok(Exit::Success)
}
