//! Changing the workspace. What is written is seen by others when the step succeeds.

use serde_json::Value;

use super::arguments::{text, tool};
use super::{Refusal, Tools};
use crate::Failure;
use crate::answer::{Change, Content, Edit, Given, check_path, is_change};
use crate::chat::Tool;
use crate::workspace::{self, HIDDEN, There, WorkspaceError, WorkspaceErrorKind};

pub(super) fn tools() -> Vec<Tool> {
    let path = ("path", "string", "Its path, relative to the workspace");
    vec![
        tool(
            "edit",
            "Changes lines of a file that is there, or a part of one. The text is found exactly, or with white space at the ends of lines and indentation allowed for.",
            &[
                path,
                (
                    "old",
                    "string",
                    "The text as it stands there, whole lines best, as much as tells the place from every other",
                ),
                (
                    "new",
                    "string",
                    "The text that is to stand there instead; may be empty",
                ),
            ],
            &["path", "old", "new"],
        ),
        tool(
            "write",
            "Writes a file that isn't there yet, whole. One that is there is replaced only if all of it was read.",
            &[path, ("content", "string", "Its whole text")],
            &["path", "content"],
        ),
        tool(
            "remove",
            "Removes a file, all of which was read.",
            &[path],
            &["path"],
        ),
    ]
}

/// The sentence for one that wants to replace or remove what it didn't read.
const UNREAD: &str = "is there, and not all of it was read: read it first, or change it by `edit`";

/// The sentence for one that wants to write what changes in a file as the file.
const A_CHANGE: &str = "would hold what changes in a file, and not its text: change it by `edit`, or write the text that it is to have";

impl Tools {
    pub(super) fn edit(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let path = workspace::kept_under(&path_of(arguments)?)?;
        let edit = Edit {
            old: text(arguments, "old")?.to_owned(),
            new: text(arguments, "new")?.to_owned(),
        };
        let there = workspace::there(&path)?;
        let changed = there
            .edited(&[edit])
            .map_err(|problem| Refusal::of(format!("`{path}`: {problem}")))?;
        if there == There::Text(changed.clone()) {
            return Err(Refusal::of("it would change nothing"));
        }
        check_whole(&path, &there, &changed, Given::Edits)?;
        self.put(&path, &there, &changed)?;
        Ok(format!(
            "{path} is changed: it has {} lines now",
            changed.lines().count()
        ))
    }

    pub(super) fn write(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let path = workspace::kept_under(&path_of(arguments)?)?;
        let content = text(arguments, "content")?;
        if is_change(&path, content) {
            return Err(Refusal::of(format!("`{path}` {A_CHANGE}")));
        }
        let there = workspace::there(&path)?;
        self.check_that_it_may_go(&path, &there)?;
        check_whole(&path, &there, content, Given::Whole)?;
        let content = there.replaced_by(content);
        self.put(&path, &there, &content)?;
        Ok(format!("{path} is written: {} bytes", content.len()))
    }

    pub(super) fn remove(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let path = path_of(arguments)?;
        self.check_that_it_may_go(&path, &workspace::there(&path)?)?;
        workspace::remove(&path)?;
        match self.new.remove(&path) {
            true => self.changed.remove(&path),
            false => self.changed.insert(path.clone(), None),
        };
        Ok(format!("{path} is removed"))
    }

    fn check_that_it_may_go(&self, path: &str, there: &There) -> Result<(), Refusal> {
        match there {
            There::Hidden => Err(Refusal::of(format!("`{path}` {HIDDEN}"))),
            there if there.may_go(self.has_seen(path)) => Ok(()),
            _ => Err(Refusal::of(format!("`{path}` {UNREAD}"))),
        }
    }

    /// Makes what an answer in text changes, on top of what was changed by tools: all of it, or nothing.
    ///
    /// # Errors
    /// An invalid response that names everything that doesn't fit, or replaces what wasn't shown; or a file can't be read or written.
    pub fn make(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        let mut files = Vec::new();
        let (changes, mut problems) = by_file(changes)?;
        for Change { path, content } in changes {
            let there = match workspace::there(&path) {
                Ok(there) => there,
                // A path that is closed to every step: the model can do without it.
                Err(error) if error.kind == WorkspaceErrorKind::Denied => {
                    problems.push(format!("`{path}`: {}", error.message));
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let given = match content {
                Content::Edits(_) => Given::Edits,
                Content::Whole(_) => Given::Whole,
            };
            let text = match content {
                Content::Edits(edits) => there.edited(&edits),
                Content::Whole(text) if there.may_go(self.has_seen(&path)) => {
                    Ok(there.replaced_by(&text))
                }
                Content::Whole(_) if there == There::Hidden => Err(format!("it {HIDDEN}")),
                Content::Whole(_) => Err("it is there, and wasn't shown whole, so it can't be replaced: change it by edits".into()),
            };
            let text = text.and_then(|text| match there.left_out(&path, &text, given) {
                Some(problem) => Err(problem),
                None => Ok(text),
            });
            match text {
                Ok(text) => files.push((path, there, text)),
                Err(problem) => problems.push(format!("`{path}`: {problem}")),
            }
        }
        if !problems.is_empty() {
            return Err(Failure::invalid_response(problems.join("; ")));
        }
        for (path, there, text) in files {
            self.put(&path, &there, &text)?;
        }
        Ok(())
    }

    /// Writes a file. Whoever has seen all of it knows it still.
    fn put(&mut self, path: &str, there: &There, content: &str) -> Result<(), WorkspaceError> {
        workspace::write(path, content)?;
        if *there == There::Nothing {
            if !self.changed.contains_key(path) {
                self.new.insert(path.to_owned());
            }
            self.saw(path);
        }
        self.changed.insert(path.to_owned(), Some(content.len()));
        Ok(())
    }
}

/// Refuses a text in which lines stand for others that it leaves out.
fn check_whole(path: &str, there: &There, text: &str, given: Given) -> Result<(), Refusal> {
    match there.left_out(path, text, given) {
        Some(problem) => Err(Refusal::of(format!("`{path}`: {problem}"))),
        None => Ok(()),
    }
}

/// The changes of each file, whatever names it has: a link stands for the file that it leads to. And what can't be had, each in a
/// sentence.
fn by_file(changes: Vec<Change>) -> Result<(Vec<Change>, Vec<String>), Failure> {
    let mut files: Vec<Change> = Vec::new();
    let mut problems = Vec::new();
    for Change { path, content } in changes {
        let real = match workspace::kept_under(&path) {
            Ok(real) => real,
            // A path that is closed to every step: the model can do without it.
            Err(error) if error.kind == WorkspaceErrorKind::Denied => {
                problems.push(format!("`{path}`: {}", error.message));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let known = files.iter_mut().find(|file| file.path == real);
        match (known.map(|file| &mut file.content), content) {
            (None, content) => files.push(Change {
                path: real,
                content,
            }),
            (Some(known), content) if *known == content => {}
            (Some(Content::Edits(known)), Content::Edits(further)) => known.extend(further),
            (Some(_), _) => problems.push(format!(
                "`{path}` is a link to `{real}`, which is given, too: write each file once"
            )),
        }
    }
    Ok((files, problems))
}

fn path_of(arguments: &Value) -> Result<String, Refusal> {
    check_path(text(arguments, "path")?).map_err(Refusal::of)
}
