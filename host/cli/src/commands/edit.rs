//! `stepwell prompt edit`: a prompt in the person's editor, until it fits or the person gives up. No text is lost.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use stepwell_contract::Name;
use stepwell_engine::{AddVersion, AddedVersion, ErrorCode};
use stepwell_workers::{LARGEST_TEXT, read_text};

use crate::errors::{CommandError, PromptError};
use crate::exit::Exit;
use crate::terminal::{Screen, plain};
use crate::wiring::{Context, Need};

pub(super) async fn edit(
    name: &Name,
    from: Option<u32>,
    note: String,
    context: &Context,
) -> Result<Exit, CommandError> {
    let Some(editor) = context.environment.editor() else {
        return Err(PromptError::NoEditor { name: name.clone() }.into());
    };
    // The store is free while the person thinks: other commands may want it.
    let (before, latest) = {
        let engine = context.application_to_look().await?;
        let before = engine.prompt_version(name, from).await;
        let before = before.map_err(|error| context.not_found(error))?;
        let prompt = engine.prompt(name).await?;
        let numbers = prompt.versions.iter().map(|version| version.number);
        (before, numbers.max().unwrap_or_default())
    };
    let file = draft(name, &before.content)?;
    loop {
        open(&editor, name, &file).inspect_err(|_| {
            // Nothing was written that would be lost.
            if read(&file).is_ok_and(|content| content == before.content) {
                discard(&file);
            }
        })?;
        let content = read(&file)?;
        if content == before.content {
            discard(&file);
            context
                .screen
                .note("nothing has changed, so nothing is saved\n");
            return Ok(Exit::Success);
        }
        let add = AddVersion {
            name: name.clone(),
            content,
            note: note.clone(),
            by: context.environment.user(),
            based_on: Some(latest),
            plugin: None,
        };
        let added = match context.wire(Need::Make).await {
            Ok(wired) => wired.engine.add_prompt_version(add).await,
            Err(error) => Err(error),
        };
        match added {
            Ok(added) => {
                discard(&file);
                tell_added(&context.screen, &added)?;
                return Ok(Exit::Success);
            }
            Err(error) => {
                error.show(&context.screen);
                let can_be_mended = is_of_template(&error);
                if !can_be_mended || !again(context) {
                    return Err(kept(name, &file, &error));
                }
            }
        }
    }
}

/// Whether another text would mend it.
fn is_of_template(error: &CommandError) -> bool {
    error.code() == ErrorCode::Template
}

/// Whether the person wants to mend the text.
fn again(context: &Context) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    context.screen.say("edit it again? [Y/n] ");
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).unwrap_or(0);
    read > 0 && !line.trim().to_lowercase().starts_with('n')
}

/// The text is not saved, and not lost. The command ends as what hindered it says.
fn kept(name: &Name, file: &Path, because: &CommandError) -> CommandError {
    PromptError::NotSaved {
        name: name.clone(),
        file: file.to_owned(),
        exit: because.exit(),
    }
    .into()
}

/// A file with the text to edit. Its name ends so that editors know Markdown, as most prompts are.
fn draft(name: &Name, content: &str) -> Result<PathBuf, CommandError> {
    let prefix = format!("{name}-");
    let failed = CommandError::unwritten(&std::env::temp_dir());
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".md")
        .tempfile()
        .map_err(&failed)?;
    file.write_all(content.as_bytes()).map_err(&failed)?;
    let (_, path) = file.keep().map_err(|error| failed(error.error))?;
    Ok(path)
}

fn discard(file: &Path) {
    // What is left in the folder of temporary files does no harm.
    let _ = std::fs::remove_file(file);
}

fn open(editor: &[String], name: &Name, file: &Path) -> Result<(), PromptError> {
    let [command, arguments @ ..] = editor else {
        return Err(PromptError::NoEditor { name: name.clone() });
    };
    let ended = Command::new(command).args(arguments).arg(file).status();
    let command = command.clone();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(PromptError::EditorFailed {
            command,
            status,
            file: file.to_owned(),
        }),
        Err(reason) => Err(PromptError::NoSuchEditor { command, reason }),
    }
}

fn read(file: &Path) -> Result<String, CommandError> {
    read_text(file, LARGEST_TEXT).map_err(CommandError::unread(file, None))
}

/// Says what adding a version did.
pub(super) fn tell_added(screen: &Screen, added: &AddedVersion) -> Result<(), CommandError> {
    let AddedVersion {
        name,
        number,
        added,
        dropped,
        warnings,
        previous,
    } = added;
    for warning in warnings {
        screen.warn(&plain(warning));
    }
    if let Some(previous) = previous.filter(|previous| !added && previous != number) {
        let text = format!(
            "v{number} of prompt {name} has this text, and is current now, instead of v{previous}\n"
        );
        return Ok(screen.print(&text)?);
    }
    if !added {
        let text = format!(
            "v{number} of prompt {name} is current and has this text already, so nothing is added\n"
        );
        return Ok(screen.print(&text)?);
    }
    let mut text = format!("v{number} of prompt {name} is added and current");
    if let Some(previous) = previous {
        text += &format!(", instead of v{previous}");
    }
    if let Some(dropped) = dropped {
        text += &format!("; v{dropped} was pushed out, as four versions are kept");
    }
    Ok(screen.print(&format!("{text}\n"))?)
}
