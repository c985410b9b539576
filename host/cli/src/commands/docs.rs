//! `stepwell docs`: the documents that steps wrote, read and corrected.

use jiff::tz::TimeZone;
use stepwell_contract::Name;
use stepwell_engine::{DocumentAddress, DocumentPlace, DocumentSummary};
use stepwell_store::Author;

use super::summary::{as_far_as_read, require_step, selected};
use super::texts;
use crate::application::Application;
use crate::arguments::DocsCommand;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::remedy::GivenFile;
use crate::terminal::{Table, ago, now, size, tail, with_rounds};
use crate::wiring::Context;

pub(super) async fn docs(command: DocsCommand, context: &Context) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let screen = &context.screen;
    match command {
        DocsCommand::List {
            selection,
            text,
            json,
        } => {
            let selection = selected(selection, &engine).await?;
            let documents = engine.documents(&selection).await?;
            if documents.is_empty() {
                require_step(&engine, &selection).await?;
            }
            list(documents, text, json, &engine, context).await?;
            if let Some(run) = selection.run {
                return as_far_as_read(&engine, run, json, screen).await;
            }
        }
        DocsCommand::Get {
            run,
            step,
            name,
            revision,
            json,
        } => {
            let address = address(&engine, &run, step, name).await?;
            let document = engine.document(&address, revision).await?;
            match json {
                true => screen.print_json(&document)?,
                false => screen.print_text(&document.text)?,
            }
        }
        DocsCommand::Put {
            run,
            step,
            name,
            file,
        } => {
            let text = texts::file_or_input(&file, GivenFile::Document)?;
            let address = address(&engine, &run, step, name).await?;
            let before = engine.document(&address, None).await;
            let document = engine.put_document(&address, text).await?;
            let DocumentSummary {
                name,
                execution,
                revision,
                ..
            } = document;
            if before.is_ok_and(|before| before.summary.revision == revision) {
                screen.print(&format!(
                    "document {name} of {execution} has this text already: nothing changes\n"
                ))?;
                return Ok(Exit::Success);
            }
            screen.print(&format!(
                "document {name} of {execution} has a new text: revision {revision}\n"
            ))?;
            tell_stale(&engine, &address, context).await?;
        }
        DocsCommand::Rm { run, step, name } => {
            let address = address(&engine, &run, step, name).await?;
            engine.remove_document(&address).await?;
            screen.print(&format!(
                "document {} of {} is deleted\n",
                address.name, address.step
            ))?;
            tell_stale(&engine, &address, context).await?;
        }
    }
    Ok(Exit::Success)
}

async fn address(
    engine: &Application,
    run: &str,
    place: DocumentPlace,
    name: Name,
) -> Result<DocumentAddress, CommandError> {
    let run = engine.find_run(run).await?;
    Ok(place.address(run, name.to_string()))
}

async fn list(
    documents: Vec<DocumentSummary>,
    with_text: bool,
    json: bool,
    engine: &Application,
    context: &Context,
) -> Result<(), CommandError> {
    let screen = &context.screen;
    if with_text {
        let mut views = Vec::new();
        for document in documents {
            views.push(engine.document(&document.address(), None).await?);
        }
        if json {
            return Ok(screen.print_json(&views)?);
        }
        let places = with_rounds(views.iter().map(|view| view.summary.execution.as_str()));
        for (view, place) in views.iter().zip(places) {
            let DocumentSummary { run, name, .. } = &view.summary;
            screen.print(&format!("=== {} {place} {name} ===\n", tail(run)))?;
            screen.print_text(&view.text)?;
        }
        return Ok(());
    }
    if json {
        return Ok(screen.print_json(&documents)?);
    }
    let (now, zone) = (now(), TimeZone::system());
    let mut table = Table::new();
    let places = with_rounds(documents.iter().map(|document| document.execution.as_str()));
    for (document, place) in documents.into_iter().zip(places) {
        let author = match document.author {
            Author::Step => "",
            Author::Person => "corrected by a person",
        };
        let revision = if document.revision > 1 {
            format!("revision {}", document.revision)
        } else {
            String::new()
        };
        let when = ago(document.updated_at, now, &zone);
        table.row([
            tail(document.run),
            place,
            document.name,
            size(document.bytes),
            when,
            revision,
            author.to_owned(),
        ]);
    }
    if table.is_empty() {
        screen.note("there are no such documents\n");
    }
    Ok(screen.print(&table.text())?)
}

/// Says what no longer fits the document, and how it is brought up to date.
async fn tell_stale(
    engine: &Application,
    address: &DocumentAddress,
    context: &Context,
) -> Result<(), CommandError> {
    let view = engine.run(address.run).await?;
    let stale: Vec<_> = view.stale().map(|step| step.path.as_str()).collect();
    if !stale.is_empty() {
        let (screen, id) = (&context.screen, tail(address.run));
        screen.note(&format!("no longer up to date: {}\n", stale.join(", ")));
        screen.hint(&format!("`stepwell resume {id}` runs it again"));
    }
    Ok(())
}
