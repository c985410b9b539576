//! The step `code`: writes the files of one subtask into the workspace.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;
use stepwell_sdk::answer::{self, Change, Content, File};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
    workspace::{self, Wanted, WorkspaceErrorKind},
};

/// How many bytes of existing files the model is shown, unless a setting says otherwise.
const CONTEXT_BYTES: usize = 60_000;

/// The step.
#[derive(Debug, Default)]
pub struct Code;

stepwell_sdk::export!(Code);

/// What the step reads of a subtask; the model is shown all of it.
#[derive(Debug, Deserialize)]
struct Subtask {
    files: Vec<String>,
}

impl Step for Code {
    fn describe(&self) -> Description {
        Description::new(
            "code",
            env!("CARGO_PKG_VERSION"),
            "Writes the code of one subtask, file by file, into the workspace.",
        )
        .input(
            Field::required(
                "subtask",
                "One subtask, as the step implementation plans it",
            )
            .schema(include_str!("schema.json")),
        )
        .input(Field::optional("design", "The design document"))
        .input(Field::optional("requirement", "The requirement document"))
        .input(Field::optional(
            "report",
            "The report of the tests of the round before",
        ))
        .document(
            Field::required("files", "The files that were written, with their sizes")
                .schema(include_str!("files.json")),
        )
        .document(Field::optional(
            "summary",
            "What the model says about its work",
        ))
        .prompt(
            Prompt::new("code", include_str!("../prompts/code.j2"))
                .variable("subtask", "The subtask, as JSON")
                .variable("design", "The design document; may be empty")
                .variable("requirement", "The requirement document; may be empty")
                .variable(
                    "files",
                    "The files of the workspace, as far as they fit; may be empty",
                )
                .variable(
                    "report",
                    "The report of the tests; empty in the first round",
                )
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .setting(
            Field::optional(
                "context_bytes",
                "Bytes of existing files that the model is shown (60000)",
            )
            .schema(r#"{"type":"integer","minimum":0}"#),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
        .grant(
            "workspace",
            "write",
            "it writes the code, and reads what was written before",
        )
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        Ok(documents_of(&read_answer(inputs, response)?, response))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let subtask: Subtask = inputs.json("subtask")?;
        let budget = context::setting_or("context_bytes", CONTEXT_BYTES)?;
        let wanted = Wanted {
            first: &subtask.files,
            about: inputs.get("subtask").unwrap_or_default(),
            budget,
        };
        let existing = workspace::excerpt("**/*", wanted)?;
        let given = [("files", existing.text.trim())];
        let response = chat::ask(inputs.fill(&self.describe(), "code", &given)?)?;
        let files = changed(read_answer(inputs, &response)?, &existing.whole)?;
        for first in answer::nameless(&response) {
            progress::warn(format!(
                "a block of the answer belongs to no file: it begins with `{first}`, and stands in the document `summary`"
            ));
        }
        for file in &files {
            if !subtask.files.contains(&file.path) {
                progress::warn(format!(
                    "`{}` isn't among the files of the subtask",
                    file.path
                ));
            }
            workspace::write(&file.path, &file.content)?;
        }
        Ok(with_summary(answer::file_list(&files), &response))
    }
}

/// The files as they are to be, each of them. An answer that doesn't fit what is there writes none.
fn changed(changes: Vec<Change>, shown: &BTreeSet<String>) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for Change { path, content } in changes {
        match text_of(&path, content, shown)? {
            Ok(content) => files.push(File { path, content }),
            Err(problem) => problems.push(format!("`{path}`: {problem}")),
        }
    }
    match problems.is_empty() {
        true => Ok(files),
        false => Err(Failure::invalid_response(problems.join("; "))),
    }
}

/// The text that a file is to have, or why it can't have it.
fn text_of(
    path: &str,
    content: Content,
    shown: &BTreeSet<String>,
) -> Result<Result<String, String>, Failure> {
    let there = match workspace::read_text(path) {
        Ok(there) => Some(there),
        Err(error) if error.kind == WorkspaceErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    Ok(match (content, there) {
        (Content::Whole(text), None) => Ok(text),
        (Content::Whole(text), Some(there)) => {
            let is_empty = there.is_some_and(|there| there.trim().is_empty());
            match is_empty || shown.contains(path) {
                true => Ok(workspace::as_there(path, &text)),
                // What nobody saw would be lost.
                false => Err("it is there, and wasn't shown whole, so it can't be replaced: change it by edits".into()),
            }
        }
        (Content::Edits(_), None) => Err("there is no such file to change: write it whole".into()),
        (Content::Edits(_), Some(None)) => {
            Err("it isn't text, so it can't be changed by edits".into())
        }
        (Content::Edits(edits), Some(Some(there))) => answer::apply(&there, &edits),
    })
}

/// What an answer does to files, without what is there: how many bytes each will have isn't known of what is edited.
fn documents_of(changes: &[Change], response: &str) -> Documents {
    let told: Vec<serde_json::Value> = changes
        .iter()
        .map(|change| match &change.content {
            Content::Whole(text) => json!({ "path": change.path, "bytes": text.len() }),
            Content::Edits(edits) => json!({ "path": change.path, "edits": edits.len() }),
        })
        .collect();
    let list = serde_json::to_string_pretty(&told).unwrap_or_default();
    with_summary(list, response)
}

/// The list of files, and what is said around them.
fn with_summary(list: String, response: &str) -> Documents {
    let documents = Documents::one("files", list);
    match answer::summary(response).as_str() {
        "" => documents,
        summary => documents.with("summary", summary),
    }
}

/// What an answer does to files, if all that the subtask names are there.
fn read_answer(inputs: &Inputs, response: &str) -> Result<Vec<Change>, Failure> {
    let subtask: Subtask = inputs.json("subtask")?;
    let files = answer::changes(response)
        .map_err(|problems| Failure::invalid_response(problems.join("; ")))?;
    let missing: Vec<String> = subtask
        .files
        .iter()
        .filter(|path| {
            let path = answer::check_path(path);
            !path.is_ok_and(|path| files.iter().any(|file| file.path == path))
        })
        .map(|path| format!("`{path}`"))
        .collect();
    if missing.is_empty() {
        return Ok(files);
    }
    Err(Failure::invalid_response(format!(
        "the files {} are missing",
        missing.join(", ")
    )))
}
