//! The step `code`: writes the files of one subtask into the workspace.

use serde::Deserialize;
use stepwell_sdk::answer::{self, File};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
    workspace,
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
        let existing = workspace::excerpt("**/*", &subtask.files, budget)?;
        let given = [("files", existing.trim())];
        let response = chat::ask(inputs.fill(&self.describe(), "code", &given)?)?;
        let mut files = read_answer(inputs, &response)?;
        for first in answer::nameless(&response) {
            progress::warn(format!(
                "a block of the answer belongs to no file: it begins with `{first}`, and stands in the document `summary`"
            ));
        }
        for file in &mut files {
            if !subtask.files.contains(&file.path) {
                progress::warn(format!(
                    "`{}` isn't among the files of the subtask",
                    file.path
                ));
            }
            file.content = workspace::as_there(&file.path, &file.content);
            workspace::write(&file.path, &file.content)?;
        }
        Ok(documents_of(&files, &response))
    }
}

/// What is told of the files of an answer.
fn documents_of(files: &[File], response: &str) -> Documents {
    let documents = Documents::one("files", answer::file_list(files));
    match answer::summary(response).as_str() {
        "" => documents,
        summary => documents.with("summary", summary),
    }
}

/// The files of an answer, if all that the subtask names are there.
fn read_answer(inputs: &Inputs, response: &str) -> Result<Vec<File>, Failure> {
    let subtask: Subtask = inputs.json("subtask")?;
    let files = answer::files(response)
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
