//! Files in an answer: whole, or by what is to change in them.
//!
//! The format that prompts ask for is a line `### FILE: src/parser.py` and a fenced block below it. Other ways in
//! which models name a file are understood: the path as a heading or in bold, in the fence's info string, or as
//! a comment in the first line.
//!
//! Where an answer can be read in two ways it isn't read: a file is never cut, nor joined with what stands behind it.

use super::edits::Edit;

mod abridged;
mod extent;
mod held;
mod naming;
mod reading;
mod strings;
mod unread;
mod weighing;
mod written;

pub use abridged::Given;
pub(crate) use abridged::left_out;
pub(crate) use held::is_change;
pub use written::{check_path, file_list, render_file};

use reading::{Naming, Reading};

/// A file of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, relative, with `/` between the parts.
    pub path: String,
    /// Its text, which ends with `\n` unless it is empty.
    pub content: String,
}

/// What an answer does to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path, relative, with `/` between the parts.
    pub path: String,
    /// What is to stand there.
    pub content: Content,
}

/// What is to stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// This text, which ends with `\n` unless it is empty.
    Whole(String),
    /// What stands there, with these changes. See [`apply`](super::apply).
    Edits(Vec<Edit>),
}

/// The whole files of an answer, in its order.
///
/// # Errors
/// Everything that is wrong, each a sentence for the model: no file at all, one that breaks off, has no content, is given in
/// parts or with two texts, by edits or a diff, or can be read in two ways, a path that leads outside.
pub fn files(text: &str) -> Result<Vec<File>, Vec<String>> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for Change { path, content } in changes(text)? {
        match content {
            Content::Whole(content) => files.push(File { path, content }),
            Content::Edits(_) => problems.push(format!(
                "`{path}` is given by what changes in it, as a diff is: write the whole file as it should be"
            )),
        }
    }
    match problems.is_empty() {
        true => Ok(files),
        false => Err(problems),
    }
}

/// What an answer does to files, whole or by edits, in its order.
///
/// # Errors
/// As [`files`], but that edits are none; an edit that isn't whole is.
pub fn changes(text: &str) -> Result<Vec<Change>, Vec<String>> {
    let mut read = Reading::of(text);
    if read.files.is_empty() && read.problems.is_empty() {
        read.problems.push(read.unread.take().unwrap_or_else(|| {
            "it holds no file: each needs a line `### FILE: path` and its whole text in a fenced block below"
                .to_owned()
        }));
    }
    match read.problems.is_empty() {
        true => Ok(read.files.into_iter().map(|(file, _)| file).collect()),
        false => Err(read.problems),
    }
}

/// What an answer does to files under a line such as `### FILE: src/parser.py`; may be nothing. For an answer to work that was done
/// by tools: whatever else it quotes tells of that work, and isn't done again.
///
/// # Errors
/// As [`changes`], but that an answer without a file is none.
pub fn marked_changes(text: &str) -> Result<Vec<Change>, Vec<String>> {
    let read = Reading::by(Naming::Marked, text);
    match read.problems.is_empty() {
        true => Ok(read.files.into_iter().map(|(file, _)| file).collect()),
        false => Err(read.problems),
    }
}

/// What an answer says around the files that [`marked_changes`] finds.
#[must_use]
pub fn marked_summary(text: &str) -> String {
    let read = Reading::by(Naming::Marked, text);
    read.around.join("\n").trim().to_owned()
}

/// Whether an answer holds a file, or tries to.
#[must_use]
pub fn holds_files(text: &str) -> bool {
    Reading::of(text).holds_something()
}

/// What an answer says around its files, without the lines that name them. Blocks that belong to no file are part of it.
#[must_use]
pub fn summary(text: &str) -> String {
    Reading::of(text).around.join("\n").trim().to_owned()
}

/// The fenced blocks that belong to no file, each by its first line. Commands for a shell aren't among them: they are
/// meant for the reader.
#[must_use]
pub fn nameless(text: &str) -> Vec<String> {
    Reading::of(text).nameless
}

#[cfg(test)]
mod tests;
