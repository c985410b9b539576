//! `stepwell files`: what a run wrote into the workspace, listed, compared, put back (rule E14).

use stepwell_contract::RunId;
use stepwell_engine::{FileFate, FileView, GivenBack, RestoredFile, Selection};

use super::summary::{as_far_as_read, change_word, on_branch, require_step};
use crate::application::Application;
use crate::arguments::FilesArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Screen, Table, plain, size, with_rounds};
use crate::wiring::Context;

pub(super) async fn files(
    arguments: FilesArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let screen = &context.screen;
    let run = engine.find_run(&arguments.run).await?;
    if let Some(path) = &arguments.restore {
        let restored = match &arguments.text {
            Some(text) => {
                let restored = engine.restore_text(run, path, text, arguments.force);
                restored.await?
            }
            None => engine.restore_file(run, path, arguments.force).await?,
        };
        screen.print(&format!("{}\n", told(&restored)))?;
        return Ok(Exit::Success);
    }
    if arguments.branch {
        let branch = engine.remake_branch(run).await?;
        screen.print(&format!(
            "{}\n",
            on_branch(&branch, run, screen.out_style())
        ))?;
        return Ok(Exit::Success);
    }
    let selection = Selection {
        run: Some(run),
        step: arguments.step,
        round: arguments.round,
    };
    let Some(path) = &arguments.diff else {
        return list(&engine, run, &selection, arguments.json, screen).await;
    };
    let (path, lines) = (path.as_deref(), arguments.context);
    let of = match arguments.dropped {
        true => FileFate::Dropped,
        false => FileFate::Written,
    };
    let diff = engine.file_diff(run, &selection, path, lines, of).await?;
    screen.print_diff(&diff)?;
    if diff.is_empty() && of == FileFate::Written {
        let files = engine.files(run, &selection).await?;
        if files.iter().any(|file| file.dropped) {
            screen.hint("`--dropped` shows what a person said no to");
        }
    }
    as_far_as_read(&engine, run, arguments.json, screen).await
}

/// The files that were written, one a line.
async fn list(
    engine: &Application,
    run: RunId,
    selection: &Selection,
    json: bool,
    screen: &Screen,
) -> Result<Exit, CommandError> {
    let files = engine.files(run, selection).await?;
    if files.is_empty() {
        require_step(engine, selection).await?;
    }
    if json {
        screen.print_json(&files)?;
        return as_far_as_read(engine, run, json, screen).await;
    }
    let is_elsewhere = files.iter().any(|file| !file.published);
    let has_branch = is_elsewhere && engine.run(run).await?.branch.is_some();
    let mut table = Table::new();
    let places = with_rounds(files.iter().map(|file| file.execution.as_str()));
    for (file, place) in files.iter().zip(places) {
        let size = match file.after {
            Some(_) => size(file.bytes),
            None => String::new(),
        };
        table.row([
            change_word(file.change).to_owned(),
            plain(&file.path),
            size,
            place,
            remarks(file, has_branch).join(", "),
        ]);
    }
    let is_empty = table.is_empty();
    screen.print(&table.text())?;
    let exit = as_far_as_read(engine, run, json, screen).await?;
    if is_empty && exit == Exit::Success {
        screen.note("the run wrote no files\n");
    }
    Ok(exit)
}

/// What became of a file that a step wrote, and how a person gets another text.
fn remarks(file: &FileView, has_branch: bool) -> Vec<String> {
    let mut remarks = Vec::new();
    if file.dropped {
        remarks.push(FileView::DROPPED.to_owned());
        if let Some(text) = file.after.filter(|_| !has_branch) {
            remarks.push(format!(
                "--restore {} --text {:.12} takes it all the same",
                plain(&file.path),
                text.hex()
            ));
        }
    } else if !file.published {
        remarks.push(FileView::not_yet(has_branch).to_owned());
    }
    if let Some(commit) = &file.commit {
        remarks.push(format!("commit {}", commit.short()));
    }
    if file.replaced_foreign {
        let which = file
            .foreign
            .map(|text| format!(" --text {:.12}", text.hex()));
        remarks.push(format!(
            "replaced a text that the step had not seen; --restore {}{} puts it back",
            plain(&file.path),
            which.unwrap_or_default()
        ));
    } else if file.foreign.is_some() && !file.published && !file.dropped {
        remarks.push("somebody else changed it since the step saw it".to_owned());
    }
    remarks
}

/// What was done to a file that was restored.
fn told(restored: &RestoredFile) -> String {
    let path = plain(&restored.path);
    let (is, has) = match restored.changed {
        true => ("is", "has"),
        false => ("is already", "already has"),
    };
    let text = restored.text.map(|text| format!("{:.12}", text.hex()));
    let text = text.unwrap_or_default();
    match restored.what {
        GivenBack::AsBefore => format!("{path} {is} as it was before the run wrote it"),
        GivenBack::NoFile => format!("{path} {is} gone: there was no such file before the run"),
        GivenBack::Folder => format!(
            "{path} is a folder now, which was left alone: there was no such file before the run"
        ),
        GivenBack::OthersText => {
            format!("{path} {has} the text {text}, which somebody else wrote and the run replaced")
        }
        GivenBack::OthersRemoval => {
            format!("{path} {is} gone: somebody else had removed it before the run wrote it again")
        }
        GivenBack::Named => format!("{path} {has} the text {text}"),
    }
}
