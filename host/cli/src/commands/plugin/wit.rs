//! `stepwell plugin wit`: the contract, out of the program.

use serde::Serialize;
use stepwell_scaffold::{CONTRACT, contract, write};

use crate::arguments::WitArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::project::shown;
use crate::wiring::Context;

/// What was written, as a program reads it.
#[derive(Serialize)]
struct Written<'a> {
    package: &'a str,
    folder: &'a str,
    files: Vec<&'a str>,
}

pub(super) fn written(arguments: &WitArguments, context: &Context) -> Result<Exit, CommandError> {
    let folder = context.start.join(&arguments.folder);
    let files = contract();
    write(&folder, &files).map_err(|error| CommandError::of_scaffold(error, &context.start))?;
    let folder = shown(&folder, &context.start);
    match arguments.json {
        true => context.screen.print_json(&Written {
            package: CONTRACT,
            folder: &folder,
            files: files.iter().map(|file| file.path.as_str()).collect(),
        })?,
        false => context
            .screen
            .print(&format!("wrote {folder}: {CONTRACT}\n"))?,
    }
    Ok(Exit::Success)
}
