//! Changing the workspace. What is written is seen by others when the step succeeds.

use serde_json::Value;

use super::{Refusal, Tools, text, tool};
use crate::answer::{Edit, apply, check_path};
use crate::chat::Tool;
use crate::workspace::{self, WorkspaceErrorKind};

pub(super) fn tools() -> Vec<Tool> {
    let path = ("path", "string", "Its path, relative to the workspace");
    vec![
        tool(
            "edit",
            "Changes lines of a file that is there. The text is found exactly, or with white space at the ends of lines and indentation allowed for.",
            &[
                path,
                (
                    "old",
                    "string",
                    "Whole lines as they stand there, as many as tell the place from every other",
                ),
                (
                    "new",
                    "string",
                    "The lines that are to stand there instead; may be empty",
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

impl Tools {
    pub(super) fn edit(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let path = path_of(arguments)?;
        let edit = Edit {
            old: text(arguments, "old")?.to_owned(),
            new: text(arguments, "new")?.to_owned(),
        };
        let Some(there) = workspace::read_text(&path)? else {
            return Err(Refusal::of(format!("`{path}` isn't text")));
        };
        let changed = apply(&there, &[edit]).map_err(Refusal::of)?;
        if changed == there {
            return Err(Refusal::of("it would change nothing"));
        }
        self.put(&path, &changed)?;
        Ok(format!(
            "{path} is changed: it has {} lines now",
            changed.lines().count()
        ))
    }

    pub(super) fn write(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let (path, content) = (path_of(arguments)?, text(arguments, "content")?);
        self.may_replace(&path)?;
        let content = workspace::as_there(&path, content);
        self.put(&path, &content)?;
        self.saw(&path);
        Ok(format!("{path} is written: {} bytes", content.len()))
    }

    pub(super) fn remove(&mut self, arguments: &Value) -> Result<String, Refusal> {
        let path = path_of(arguments)?;
        workspace::read(&path)?;
        self.may_replace(&path)?;
        workspace::remove(&path)?;
        self.changed.insert(path.clone(), None);
        Ok(format!("{path} is removed"))
    }

    /// What nobody saw would be lost.
    fn may_replace(&self, path: &str) -> Result<(), Refusal> {
        let there = match workspace::read(path) {
            Ok(there) => there,
            Err(error) if error.kind == WorkspaceErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        match self.has_seen(path) || there.iter().all(u8::is_ascii_whitespace) {
            true => Ok(()),
            false => Err(Refusal::of(format!(
                "`{path}` is there, and not all of it was read: read it first, or change it by `edit`"
            ))),
        }
    }

    fn put(&mut self, path: &str, content: &str) -> Result<(), Refusal> {
        workspace::write(path, content)?;
        self.changed.insert(path.to_owned(), Some(content.len()));
        Ok(())
    }
}

fn path_of(arguments: &Value) -> Result<String, Refusal> {
    check_path(text(arguments, "path")?).map_err(Refusal::of)
}
