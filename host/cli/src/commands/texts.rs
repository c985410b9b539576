//! Texts that a person gives: on the command line, in a file, on standard input.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_definition::LARGEST_DEFINITION;
use stepwell_engine::GivenDocument;
use stepwell_workers::{LARGEST_TEXT, read_given_text, read_text_from};

use crate::arguments::{DocumentValue, NamedText, Text};
use crate::errors::{CommandError, RunGivenError};
use crate::remedy::GivenFile;

/// Reads a text file; `-` is standard input.
pub(super) fn file_or_input(path: &Path, named: GivenFile) -> Result<String, CommandError> {
    if path == Path::new("-") {
        standard_input()
    } else {
        file(path, named)
    }
}

/// Reads a text file.
pub(super) fn file(path: &Path, named: GivenFile) -> Result<String, CommandError> {
    read_given_text(path, LARGEST_TEXT).map_err(CommandError::unread(path, Some(named)))
}

/// Reads the file of a definition.
pub(super) fn definition(path: &Path) -> Result<String, CommandError> {
    let unread = CommandError::unread(path, Some(GivenFile::Definition));
    read_given_text(path, LARGEST_DEFINITION as u64).map_err(unread)
}

fn standard_input() -> Result<String, CommandError> {
    read_text_from(std::io::stdin().lock(), LARGEST_TEXT)
        .map_err(CommandError::unread(Path::new("standard input"), None))
}

/// An answer to the question of this key.
pub(super) fn answer(key: &str, text: Text) -> Result<String, CommandError> {
    let key = key.to_owned();
    given_text(text, GivenFile::Answer { key })
}

/// A text, from where it stands; and for what its file is named, should it stand in one.
fn given_text(text: Text, named: GivenFile) -> Result<String, CommandError> {
    match text {
        Text::Here(text) => Ok(text),
        Text::File(path) => file(&path, named),
        Text::StandardInput => standard_input(),
    }
}

/// The inputs by name.
pub(super) fn inputs(given: Vec<NamedText>) -> Result<BTreeMap<String, String>, CommandError> {
    let mut inputs = BTreeMap::new();
    for NamedText { name, text } in given {
        let text = given_text(text, GivenFile::Input { name: name.clone() })?;
        if inputs.insert(name.clone(), text).is_some() {
            return Err(RunGivenError::InputTwice { name }.into());
        }
    }
    Ok(inputs)
}

/// The documents that are given instead of having them made.
pub(super) fn documents(given: Vec<DocumentValue>) -> Result<Vec<GivenDocument>, CommandError> {
    let read = |document: DocumentValue| {
        let text = file(&document.file, GivenFile::GivenDocument)?;
        Ok(GivenDocument {
            step: document.step,
            name: document.name,
            text,
        })
    };
    given.into_iter().map(read).collect()
}
