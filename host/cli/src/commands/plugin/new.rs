//! `stepwell plugin new`: the project of a new plugin, and the commands that come next in it.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stepwell_scaffold::{File, Language, Scaffold, Sdk, write};

use crate::arguments::NewArguments;
use crate::errors::{CommandError, FolderError, ScaffoldError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::quoted;
use crate::wiring::Context;

/// What was written, as a program reads it.
#[derive(Serialize)]
struct Begun<'a> {
    folder: &'a str,
    language: Language,
    files: Vec<&'a str>,
    build: String,
    component: String,
    next: &'a [String],
}

pub(super) fn begun(arguments: NewArguments, context: &Context) -> Result<Exit, CommandError> {
    let sdk = sdk(&arguments, context)?;
    let folder = match &arguments.into {
        Some(named) => context.start.join(named),
        None => context.start.join(arguments.name.to_string()),
    };
    let at = in_text(&folder, context)?;
    let scaffold = Scaffold::new(arguments.name, arguments.lang, sdk);
    let files = scaffold.files();
    write(&folder, &files).map_err(|error| CommandError::of_scaffold(error, &context.start))?;
    let mut next = scaffold.next();
    if at != "." {
        next.insert(0, format!("cd {}", quoted(&at)));
    }
    if arguments.json {
        context.screen.print_json(&Begun {
            folder: &at,
            language: arguments.lang,
            files: files.iter().map(|file| file.path.as_str()).collect(),
            build: scaffold.build(),
            component: scaffold.component(),
            next: &next,
        })?;
        return Ok(Exit::Success);
    }
    context.screen.print(&told(&at, &files))?;
    if arguments.published {
        context.screen.note(&format!(
            "the project needs version {} of the SDK from its index: where it isn't published there, begin without `--published`\n",
            env!("CARGO_PKG_VERSION")
        ));
    }
    context
        .screen
        .say(&format!("next:\n  {}\n", next.join("\n  ")));
    Ok(Exit::Success)
}

/// The author's own files, and how many came along.
fn told(at: &str, files: &[File]) -> String {
    let is_along = |file: &&File| {
        let first = file.path.split('/').next().unwrap_or_default();
        ["bindings", "vendor", "wit"].contains(&first)
    };
    let own = files.iter().filter(|file| !is_along(file));
    let mut text: String = own
        .map(|file| format!("wrote {}\n", Path::new(at).join(&file.path).display()))
        .collect();
    for (folder, what) in [
        ("wit", "the contract"),
        ("vendor", "the SDK"),
        ("bindings", "the contract's bindings"),
    ] {
        if files
            .iter()
            .any(|file| file.path.starts_with(&format!("{folder}/")))
        {
            text += &format!("wrote {}: {what}\n", Path::new(at).join(folder).display());
        }
    }
    text
}

/// The folder as a person names it, for commands and manifests: it has to be a text.
fn in_text(folder: &Path, context: &Context) -> Result<String, CommandError> {
    let there = match context.global.directory {
        // What is relative there isn't here.
        Some(_) => folder.display().to_string(),
        None => shown(folder, &context.start),
    };
    match folder.to_str() {
        Some(_) => Ok(there),
        None => Err(FolderError::NoText { shown: there }.into()),
    }
}

fn sdk(arguments: &NewArguments, context: &Context) -> Result<Sdk, CommandError> {
    let language = arguments.lang;
    let Some(manifest) = language.manifest_of_sdk() else {
        return match arguments.published || arguments.sdk.is_some() {
            true => Err(ScaffoldError::NoSdk { language }.into()),
            false => Ok(Sdk::Vendored),
        };
    };
    let Some(named) = &arguments.sdk else {
        return Ok(match arguments.published {
            true => Sdk::Published,
            false => Sdk::Vendored,
        });
    };
    let folder: PathBuf = context.start.join(named);
    // Written into a file in another folder, where what is relative here would lead elsewhere.
    let folder = match folder.join(manifest).is_file() {
        true => folder
            .canonicalize()
            .map_err(CommandError::unread(&folder, None))?,
        false => {
            let shown = shown(&folder, &context.start);
            return Err(ScaffoldError::NotAnSdk {
                shown,
                language,
                manifest,
            }
            .into());
        }
    };
    Ok(Sdk::At(match folder.to_str() {
        Some(text) => text.to_owned(),
        None => in_text(&folder, context)?,
    }))
}
