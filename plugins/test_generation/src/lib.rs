//! The step `test_generation`: writes pytest files for the Python code of the workspace.
//!
//! It runs nothing.

mod configuration;
mod layout;
mod project;

use std::collections::BTreeSet;

use configuration::Configuration;
use layout::Layout;
use project::{Habits, fixtures, is_about};
use stepwell_sdk::answer::{self, File, Given};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, context, progress,
    tools::{self, Access},
    workspace::{self, WorkspaceError, WorkspaceErrorKind},
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
        .input(Field::optional(
            "untested",
            "What no test holds yet, such as the document `untested` of the step verify: tests of that are written beside those of `keep`",
        ))
        .surveyed()
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
                .variable("untested", "What no test holds yet, and all that is to be tested; may be empty")
                .variable(
                    "existing_tests",
                    "The tests that are there, those of the files first; may be empty",
                )
                .variable(
                    "habits",
                    "Where the project's tests lie and how they are named",
                )
                .variable("example", "The path of an example, as the project would name it")
                .variable("fixtures", "The fixtures that there are; may be empty")
                .surveyed()
                .tools()
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .setting(
            Field::optional("context_bytes", "Bytes of code that the model is shown (120000)")
                .schema(r#"{"type":"integer","minimum":0}"#),
        )
        .setting(tools::turns_setting())
        .text_setting("guidance", "Wishes that are added to the prompt")
        .grant("workspace", "write", "it reads the code and writes the tests")
    }

    /// Without the files of the workspace, which can't be looked at here.
    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        self.fill(inputs, &Shown::default(), "").map(Some)
    }

    /// Without the project's habits, which can't be looked at here either.
    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        Ok(documents_of(&read_answer(response, None)?, response))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let kept = kept(inputs)?;
        let untested = inputs.text("untested").trim();
        if !kept.is_empty() && untested.is_empty() {
            return Ok(Documents::one("tests", answer::file_list(&kept)));
        }
        let budget = context::setting_or("context_bytes", CONTEXT_BYTES)?;
        let all = python_files()?;
        let layout = Layout::of(Configuration::read(text_if_any)?, &all);
        let mut code = code_to_test(inputs, &all, &layout)?;
        if code.is_empty() && !untested.is_empty() {
            // Nothing of the code was changed, and what no test holds may be anywhere in it.
            code = all
                .iter()
                .filter(|path| !layout.is_of_tests(path))
                .cloned()
                .collect();
        }
        if code.is_empty() {
            progress::warn(
                "no file that the input `files` names is Python code of the workspace: no test is written, and what is there decides",
            );
            return Ok(Documents::one("tests", answer::file_list(&kept)));
        }
        let there = There::of(&all, &kept, layout)?;
        let files = workspace::texts(&code, budget)?;
        let tests = tests_of(&all, &code, &there.layout)?;
        let shown = Shown {
            tests: workspace::texts(&tests, budget.saturating_sub(files.len()))?,
            files,
            fixtures: told_fixtures(&all)?,
            habits: there.habits.told(),
            example: there.habits.example(),
        };
        let response = tools::ask(Access::Look, |offer| {
            self.fill(inputs, &shown, &offer.named())
        })?;
        let mut files = read_answer(&response, Some(&there))?;
        for first in answer::nameless(&response) {
            progress::warn(format!(
                "a block of the answer belongs to no file: it begins with `{first}`, and stands in the document `summary`"
            ));
        }
        for file in &mut files {
            // All else is new.
            if there.own.contains(&file.path) {
                file.content = workspace::there(&file.path)?.replaced_by(&file.content);
            }
            workspace::write(&file.path, &file.content)?;
        }
        files.splice(..0, kept);
        Ok(documents_of(&files, &response))
    }
}

/// What the prompt is filled with, beside the inputs.
#[derive(Default)]
struct Shown {
    files: String,
    tests: String,
    fixtures: String,
    habits: String,
    example: String,
}

/// What an answer is held against.
struct There {
    layout: Layout,
    habits: Habits,
    /// What this run wrote itself, and doesn't keep: all else that is there isn't written over.
    own: BTreeSet<String>,
}

impl There {
    fn of(all: &[String], kept: &[File], layout: Layout) -> Result<Self, Failure> {
        let mut own: BTreeSet<String> = workspace::changed()?.into_iter().collect();
        own.retain(|path| kept.iter().all(|kept| kept.path != *path));
        let is_before = |path: &&String| !own.contains(*path) || !layout.is_of_tests(path);
        let before: Vec<String> = all.iter().filter(is_before).cloned().collect();
        Ok(Self {
            habits: Habits::of(&before, &layout),
            layout,
            own,
        })
    }

    /// Why no tests are written to a path, where something stands in the way.
    fn refuse(&self, path: &str) -> Result<Option<String>, Failure> {
        if self.own.contains(path) {
            return Ok(None);
        }
        Ok(match workspace::there(path) {
            Ok(workspace::There::Nothing) => None,
            Ok(workspace::There::Hidden) => Some(format!(
                "`{path}` is a path that git ignores, so nobody would be shown it: give it another name"
            )),
            // One that can't be read is somebody's, too.
            Ok(_)
            | Err(WorkspaceError {
                kind: WorkspaceErrorKind::TooLarge | WorkspaceErrorKind::Other(_),
                ..
            }) => Some(format!(
                "`{path}` is there already, and stays as it is: write a file beside it"
            )),
            Err(WorkspaceError {
                kind: WorkspaceErrorKind::Denied | WorkspaceErrorKind::InvalidPath,
                message,
            }) => Some(message),
            Err(error) => return Err(error.into()),
        })
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

/// The tests of the round before, as far as they are there still. What a later round changed in them stays changed.
fn kept(inputs: &Inputs) -> Result<Vec<File>, Failure> {
    if inputs.text("keep").is_empty() {
        return Ok(Vec::new());
    }
    let mut named = BTreeSet::new();
    collect_paths(&inputs.json("keep")?, &mut named);
    let mut kept = Vec::new();
    for path in python_files()? {
        if named.contains(&path) {
            // What a later round doesn't write goes: it is kept by being written again, as it is.
            let bytes = workspace::read(&path)?;
            workspace::write(&path, &bytes)?;
            let content = String::from_utf8_lossy(&bytes).into_owned();
            kept.push(File { path, content });
        }
    }
    if !kept.is_empty() {
        progress::info(format!(
            "keeps the {} test files of the round before",
            kept.len()
        ));
    }
    Ok(kept)
}

impl TestGeneration {
    /// The prompt with what was found in the workspace, which is no input.
    fn fill(&self, inputs: &Inputs, shown: &Shown, tools: &str) -> Result<String, Failure> {
        let given = [
            ("files", shown.files.trim()),
            ("existing_tests", shown.tests.trim()),
            ("fixtures", shown.fixtures.trim()),
            ("habits", shown.habits.as_str()),
            ("example", shown.example.as_str()),
            ("tools", tools),
        ];
        inputs.fill(&self.describe(), "test_generation", &given)
    }
}

fn python_files() -> Result<Vec<String>, Failure> {
    let found = workspace::entries("**/*.py")?;
    Ok(found.into_iter().map(|entry| entry.path).collect())
}

/// The Python files that the input names, or all but the tests. It may name none: what was changed may be a page or a table.
fn code_to_test(inputs: &Inputs, all: &[String], layout: &Layout) -> Result<Vec<String>, Failure> {
    let mut code = all.to_vec();
    code.retain(|path| !layout.is_of_tests(path));
    if !inputs.text("files").is_empty() {
        let mut named = BTreeSet::new();
        collect_paths(&inputs.json("files")?, &mut named);
        code.retain(|path| named.contains(path));
    } else if code.is_empty() {
        return Err(Failure::invalid_input(
            "the workspace holds no Python file to test",
        ));
    }
    Ok(code)
}

/// The tests that are there: each conftest.py, then those of the code that is to be tested, then all others.
fn tests_of(all: &[String], code: &[String], layout: &Layout) -> Result<Vec<String>, Failure> {
    let mut ranked = Vec::new();
    for path in all.iter().filter(|path| layout.is_of_tests(path)) {
        let rank = if path.ends_with("conftest.py") {
            0
        } else {
            let text = text_of(path)?;
            let is_related = code.iter().any(|code| is_about(path, &text, code));
            if is_related { 1 } else { 2 }
        };
        ranked.push((rank, path.clone()));
    }
    ranked.sort();
    Ok(ranked.into_iter().map(|(_, path)| path).collect())
}

/// The fixtures that each conftest.py has, a line each.
fn told_fixtures(all: &[String]) -> Result<String, Failure> {
    let mut lines = String::new();
    for path in all.iter().filter(|path| path.ends_with("conftest.py")) {
        let names = fixtures(&text_of(path)?);
        if !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            lines += &format!("- {path}: {}\n", names.join(", "));
        }
    }
    Ok(lines)
}

/// The text of a file; none where there is no file, or no text in it, or it can't be read.
fn text_if_any(path: &str) -> Result<Option<String>, Failure> {
    match workspace::read_text(path) {
        Ok(text) => Ok(text),
        Err(error) if matches!(error.kind, WorkspaceErrorKind::Denied) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// The text of a file, empty where it is none or can't be read: then nothing is known of it.
fn text_of(path: &str) -> Result<String, Failure> {
    Ok(text_if_any(path)?.unwrap_or_default())
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

/// The files of an answer, if they are tests and nothing else, lie where the project has its tests, and replace nobody's.
fn read_answer(response: &str, there: Option<&There>) -> Result<Vec<File>, Failure> {
    let mut problems = Vec::new();
    let files = answer::files(response).unwrap_or_else(|found| {
        problems = found;
        Vec::new()
    });
    let usual = Layout::of(Configuration::default(), &[]);
    for file in &files {
        let path = file.path.as_str();
        let Some(there) = there else {
            // How the project names its tests isn't known here: what holds one may be named as it is.
            let may_be = path.ends_with(".py") && usual.has_a_test(&file.content);
            if !usual.is_of_tests(path) && !may_be {
                problems.push(format!("`{path}` is no file of tests"));
            }
            continue;
        };
        let refused = there.habits.refuse(path);
        match refused.or_else(|| there.habits.refuse_name(path, &file.content)) {
            Some(elsewhere) => problems.push(elsewhere),
            None => match there.refuse(path)? {
                Some(refused) => problems.push(refused),
                None => {
                    let left_out =
                        workspace::there(path)?.left_out(path, &file.content, Given::Whole);
                    problems.extend(left_out.map(|problem| format!("`{path}`: {problem}")));
                }
            },
        }
    }
    let holds_a_test = |file: &File| match there {
        Some(there) => {
            there.layout.holds_tests(&file.path) && there.layout.has_a_test(&file.content)
        }
        None => file.path.ends_with(".py") && usual.has_a_test(&file.content),
    };
    if problems.is_empty() && !files.iter().any(holds_a_test) {
        let example = there.map_or_else(
            || "tests/test_module.py".to_owned(),
            |there| there.habits.example(),
        );
        let function = there.map_or(&usual, |there| &there.layout).function();
        problems.push(format!(
            "no file like `{example}` holds a function `{function}`"
        ));
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Failure::invalid_response(problems.join("; ")))
    }
}
