//! Texts that a person gives: on the command line, in a file, on standard input.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_definition::LARGEST_DEFINITION;
use stepwell_engine::GivenDocument;
use stepwell_workers::{LARGEST_TEXT, read_given_text, read_text_from};

use crate::arguments::{DocumentValue, NamedText, Text};
use crate::errors::CommandError;

/// Reads a text file; `-` is standard input.
pub(super) fn file_or_input(path: &Path, hint: &str) -> Result<String, CommandError> {
    if path == Path::new("-") {
        standard_input()
    } else {
        file(path, hint)
    }
}

/// Reads a text file.
pub(super) fn file(path: &Path, hint: &str) -> Result<String, CommandError> {
    read_given_text(path, LARGEST_TEXT).map_err(CommandError::unread(path, Some(hint)))
}

/// Reads the file of a definition.
pub(super) fn definition(path: &Path, hint: &str) -> Result<String, CommandError> {
    read_given_text(path, LARGEST_DEFINITION as u64).map_err(CommandError::unread(path, Some(hint)))
}

fn standard_input() -> Result<String, CommandError> {
    read_text_from(std::io::stdin().lock(), LARGEST_TEXT)
        .map_err(CommandError::unread(Path::new("standard input"), None))
}

/// An answer to the question of this key.
pub(super) fn answer(key: &str, text: Text) -> Result<String, CommandError> {
    let hint = format!("`--answer {key}=@FILE` reads the answer from a file, `@@` is an `@`");
    given_text(text, &hint)
}

/// A text, from where it stands. The hint helps where its file can't be read.
fn given_text(text: Text, hint: &str) -> Result<String, CommandError> {
    match text {
        Text::Here(text) => Ok(text),
        Text::File(path) => file(&path, hint),
        Text::StandardInput => standard_input(),
    }
}

/// The inputs by name.
pub(super) fn inputs(given: Vec<NamedText>) -> Result<BTreeMap<String, String>, CommandError> {
    let mut inputs = BTreeMap::new();
    for NamedText { name, text } in given {
        let hint = format!("`--input {name}=@FILE` reads the input `{name}` from a file");
        let text = given_text(text, &hint)?;
        if inputs.insert(name.clone(), text).is_some() {
            return Err(CommandError::invalid(
                format!("the input `{name}` is given twice"),
                "give each input once",
            ));
        }
    }
    Ok(inputs)
}

/// The documents that are given instead of having them made.
pub(super) fn documents(given: Vec<DocumentValue>) -> Result<Vec<GivenDocument>, CommandError> {
    let read = |document: DocumentValue| {
        let text = file(
            &document.file,
            "`--document STEP/NAME=FILE` reads the document from a file",
        )?;
        Ok(GivenDocument {
            step: document.step,
            name: document.name,
            text,
        })
    };
    given.into_iter().map(read).collect()
}
