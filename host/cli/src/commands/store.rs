//! `stepwell store`: checked, compacted, copied.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;
use stepwell_engine::CheckedStore;
use stepwell_store::{
    FolderState, Freed, RedbStore, Salvaged, SalvagedCommit, SalvagedKind, Store as _, StoreError,
};
use stepwell_workers::off_the_workers;

use crate::arguments::StoreCommand;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, remedied, size};
use crate::wiring::{Context, Need, open_store};

/// What to do where something can't be read.
pub(super) const UNREADABLE: &str = "everything else in it can be used; `stepwell store salvage DIR` mends what one flipped bit \
    did, and a backup has what it can't";

/// A problem that was found.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    /// What can't be read, and why.
    pub(super) problem: String,
    /// What to do about it.
    hint: String,
}

/// What is said of a store that another process has open, where nothing is wrong with it.
pub(super) const READ_BESIDE_ANOTHER: &str = "all records can be read; the pages between them are not checked while another process has the store \
    open";

impl Found {
    pub(super) fn of(checked: CheckedStore) -> Vec<Self> {
        let problems = checked.problems.into_iter();
        let found = problems.map(|found| Self {
            hint: remedied(&found.remedy),
            problem: found.problem,
        });
        found.collect()
    }
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

/// What was salvaged, and what can't be read of it.
#[derive(Debug, Serialize)]
struct NewStore {
    #[serde(flatten)]
    salvaged: Salvaged,
    /// What stands in the new store and can't be read, since it names something that is lost.
    problems: Vec<String>,
}

pub(super) async fn store(command: StoreCommand, context: &Context) -> Result<Exit, CommandError> {
    match command {
        StoreCommand::Check { json } => check(json, context).await,
        StoreCommand::Compact { dry_run, json } => compact(dry_run, json, context).await,
        StoreCommand::Salvage { folder, json } => salvage(&folder, json, context).await,
        StoreCommand::Backup { folder, json } => back_up(&folder, json, context).await,
    }
}

/// The store of this process: what is done to it leaves no room for others.
fn own(context: &Context) -> Result<RedbStore, CommandError> {
    open_store(&context.setting()?.store, Need::There)
}

async fn check(json: bool, context: &Context) -> Result<Exit, CommandError> {
    let (found, looked_at) = match own(context) {
        Ok(store) => {
            let problems = store.check()?;
            let found = problems.iter().map(|problem| Found {
                problem: problem.to_string(),
                hint: remedied(&problem.remedy()),
            });
            (found.collect(), "all can be read")
        }
        // Whoever holds it looks itself.
        Err(CommandError::Store(StoreError::Held { .. })) => {
            let checked = context.application().await?.check_store().await?;
            (Found::of(checked), READ_BESIDE_ANOTHER)
        }
        Err(error) => return Err(error),
    };
    let screen = &context.screen;
    if json {
        screen.print_json(&found)?;
    } else if found.is_empty() {
        screen.print(&format!("{looked_at}\n"))?;
    } else {
        for Found { problem, .. } in &found {
            screen.print(&format!("{problem}\n"))?;
        }
        screen.hint(UNREADABLE);
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

async fn salvage(folder: &Path, json: bool, context: &Context) -> Result<Exit, CommandError> {
    let (from, to) = (context.setting()?.store, context.start.join(folder));
    match RedbStore::look_into(&from)? {
        FolderState::Store => {}
        FolderState::NoStore => return Err(CommandError::NoStore { path: from }),
        FolderState::FileMissing { beside, .. } => {
            return Err(CommandError::StoreFileMissing { path: from, beside });
        }
    }
    let place = to.display().to_string();
    let (told, problems) = off_the_workers(move || -> Result<_, StoreError> {
        let told = RedbStore::salvage(&from, &to)?;
        // What is made anew is made here, and what names something that is lost is found.
        let problems = RedbStore::open(&to)?.check()?;
        Ok((told, problems))
    })
    .await?;
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let is_whole = told.is_whole() && problems.is_empty();
    let screen = &context.screen;
    if json {
        screen.print_json(&NewStore {
            salvaged: told,
            problems,
        })?;
    } else {
        screen.print(&told_of(&told, &problems, &place))?;
        screen.hint(&format!(
            "look at it with `stepwell runs --store {place}`; if it is what you want, put it in the place of the damaged one"
        ));
    }
    Ok(match is_whole {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

/// What was salvaged, in words.
fn told_of(told: &Salvaged, problems: &[String], place: &str) -> String {
    let mut text = format!("what can be read is in {place}: {}\n", size(told.bytes));
    let mut table = Table::indented(2);
    for SalvagedKind { kind, kept, lost } in &told.kinds {
        let lost = match lost {
            0 => String::new(),
            lost => format!("{lost} lost"),
        };
        table.row([kind.words().to_owned(), format!("{kept} kept"), lost]);
    }
    text += &table.text();
    text += match told.commit {
        SalvagedCommit::Last => "It is of the last commit.\n",
        SalvagedCommit::OneBefore => {
            "It is of the commit before the last one, of which more can be read or which alone was finished.\n"
        }
    };
    if told.commits_lost > 0 {
        let commits = told.commits_lost;
        text += &format!(
            "The last {commits} of the changes that the store had acknowledged are lost.\n"
        );
    }
    if told.mended > 0 {
        text += &match told.mended {
            1 => "One page had a flipped bit, and is as it was.\n".to_owned(),
            pages => format!("{pages} pages had a flipped bit, and are as they were.\n"),
        };
    }
    for name in &told.lost {
        text += &format!("lost: {name}\n");
    }
    let kinds: Vec<_> = told
        .nameless_kinds
        .iter()
        .map(|kind| kind.words())
        .collect();
    let kinds = kinds.join(", ");
    if told.uncounted {
        text += &format!("lost besides, nobody knows how many: {kinds}\n");
    } else if told.nameless > 0 {
        let records = told.nameless;
        text += &format!("lost besides: {records} records of these kinds: {kinds}\n");
    }
    if told.is_whole() {
        text += "Nothing is lost.\n";
    }
    for problem in problems {
        text += &format!("{problem}\n");
    }
    text
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
        for problem in &made.unreadable {
            context.screen.print(&format!("{problem}\n"))?;
        }
        if !made.unreadable.is_empty() {
            let hint = "everything else in the copy can be used; an earlier copy may have what can't be read";
            context.screen.hint(hint);
        }
    }
    Ok(match made.unreadable.is_empty() {
        true => Exit::Success,
        false => Exit::Failed,
    })
}
