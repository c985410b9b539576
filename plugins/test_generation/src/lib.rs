//! The step `test_generation`: writes pytest files for the Python code of the workspace.
//!
//! It runs nothing.

use std::collections::BTreeSet;

use stepwell_sdk::answer::{self, File};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, chat, context, progress,
    workspace,
};

/// How many bytes of code the model is shown, unless a setting says otherwise.
const CONTEXT_BYTES: usize = 120_000;

/// The step.
#[derive(Debug, Default)]
pub struct TestGeneration;

stepwell_sdk::export!(TestGeneration);

impl Step for TestGeneration {
    fn describe(&self) -> Description {
        Description::new(
            "test_generation",
            env!("CARGO_PKG_VERSION"),
            "Writes pytest files for the Python code of the workspace.",
        )
        .input(Field::optional("requirement", "The requirement document"))
        .input(Field::optional("design", "The design document"))
        .input(Field::optional(
            "files",
            "JSON in which each `path` names a file to test, such as the documents of the step code; else all Python files",
        ))
        .input(Field::optional(
            "keep",
            "The document `tests` of the round before: the tests stay as they are, so that rounds are measured by the same",
        ))
        .document(
            Field::required("tests", "The files that were written, with their sizes")
                .schema(include_str!("tests.json")),
        )
        .document(Field::optional("summary", "What the model says about its tests"))
        .prompt(
            Prompt::new("test_generation", include_str!("../prompts/test_generation.j2"))
                .variable("requirement", "The requirement document; may be empty")
                .variable("design", "The design document; may be empty")
                .variable("files", "The Python files, as far as they fit")
                .variable("existing_tests", "The tests that are there; may be empty")
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .setting(
            Field::optional("context_bytes", "Bytes of code that the model is shown (120000)")
                .schema(r#"{"type":"integer","minimum":0}"#),
        )
        .text_setting("guidance", "Wishes that are added to the prompt")
        .grant("workspace", "write", "it reads the code and writes the tests")
    }

    /// Without the files of the workspace, which can't be looked at here.
    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        self.fill(inputs, "", "").map(Some)
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        Ok(documents_of(&read_answer(response)?, response))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        if let Some(kept) = kept(inputs)? {
            return Ok(Documents::one("tests", kept));
        }
        let budget = context::setting_or("context_bytes", CONTEXT_BYTES)?;
        let code = code_to_test(inputs)?;
        let shown = workspace::texts(&code, budget)?;
        let tests = python_files("tests/**/*.py")?;
        let tests = workspace::texts(&tests, budget.saturating_sub(shown.len()))?;
        let response = chat::ask(self.fill(inputs, &shown, &tests)?)?;
        let mut files = read_answer(&response)?;
        for first in answer::nameless(&response) {
            progress::warn(format!(
                "a block of the answer belongs to no file: it begins with `{first}`, and stands in the document `summary`"
            ));
        }
        for file in &mut files {
            file.content = workspace::as_there(&file.path, &file.content);
            workspace::write(&file.path, &file.content)?;
        }
        Ok(documents_of(&files, &response))
    }
}

/// What is told of the files of an answer.
fn documents_of(files: &[File], response: &str) -> Documents {
    let documents = Documents::one("tests", answer::file_list(files));
    match answer::summary(response).as_str() {
        "" => documents,
        summary => documents.with("summary", summary),
    }
}

/// The tests of the round before, if they are there still. What a later round changed in them stays changed.
fn kept(inputs: &Inputs) -> Result<Option<String>, Failure> {
    if inputs.text("keep").is_empty() {
        return Ok(None);
    }
    let mut named = BTreeSet::new();
    collect_paths(&inputs.json("keep")?, &mut named);
    let files: Vec<_> = workspace::entries("tests/**/*.py")?
        .into_iter()
        .filter(|entry| named.contains(&entry.path))
        .map(|entry| serde_json::json!({ "path": entry.path, "bytes": entry.bytes }))
        .collect();
    if files.is_empty() {
        return Ok(None);
    }
    // What a later round doesn't write goes: it is kept by being written again, as it is.
    for path in files.iter().filter_map(|file| file["path"].as_str()) {
        workspace::write(path, workspace::read(path)?)?;
    }
    progress::info(format!(
        "keeps the {} test files of the round before",
        files.len()
    ));
    Ok(Some(serde_json::json!(files).to_string()))
}

impl TestGeneration {
    /// The prompt with the files of the workspace, which are no input.
    fn fill(&self, inputs: &Inputs, files: &str, tests: &str) -> Result<String, Failure> {
        let given = [("files", files.trim()), ("existing_tests", tests.trim())];
        inputs.fill(&self.describe(), "test_generation", &given)
    }
}

fn python_files(pattern: &str) -> Result<Vec<String>, Failure> {
    let found = workspace::entries(pattern)?;
    Ok(found.into_iter().map(|entry| entry.path).collect())
}

/// The Python files that the input names, or all but the tests.
fn code_to_test(inputs: &Inputs) -> Result<Vec<String>, Failure> {
    let mut code = python_files("**/*.py")?;
    code.retain(|path| !is_test(path));
    if !inputs.text("files").is_empty() {
        let mut named = BTreeSet::new();
        collect_paths(&inputs.json("files")?, &mut named);
        code.retain(|path| named.contains(path));
    }
    if code.is_empty() {
        return Err(Failure::invalid_input(
            "the workspace holds no Python file to test",
        ));
    }
    Ok(code)
}

/// The `path` of every object, at any depth. A list of documents may hold each as text, which is JSON in turn.
fn collect_paths(value: &serde_json::Value, paths: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Array(items) => {
            items.iter().for_each(|item| collect_paths(item, paths));
        }
        serde_json::Value::Object(fields) => {
            if let Some(path) = fields.get("path").and_then(serde_json::Value::as_str) {
                paths.insert(path.to_owned());
            }
            fields
                .values()
                .filter(|field| !field.is_string())
                .for_each(|field| collect_paths(field, paths));
        }
        serde_json::Value::String(text) => {
            if let Ok(inner @ (serde_json::Value::Array(_) | serde_json::Value::Object(_))) =
                serde_json::from_str(text)
            {
                collect_paths(&inner, paths);
            }
        }
        _ => {}
    }
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("tests/") || name.starts_with("test_") || name == "conftest.py"
}

/// The files of an answer, if they are tests and nothing else.
fn read_answer(response: &str) -> Result<Vec<File>, Failure> {
    let mut problems = Vec::new();
    let files = answer::files(response).unwrap_or_else(|found| {
        problems = found;
        Vec::new()
    });
    for file in files.iter().filter(|file| !file.path.starts_with("tests/")) {
        problems.push(format!("`{}` doesn't lie below `tests/`", file.path));
    }
    let holds_tests = |file: &File| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let is_module =
            name.ends_with(".py") && (name.starts_with("test_") || name.ends_with("_test.py"));
        is_module && file.content.contains("def test_")
    };
    if problems.is_empty() && !files.iter().any(holds_tests) {
        problems.push("no file `tests/test_….py` holds a function `test_…`".to_owned());
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Failure::invalid_response(problems.join("; ")))
    }
}
