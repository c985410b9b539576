//! The step `code`: writes the files of one subtask into the workspace.

use serde::Deserialize;
use serde_json::json;
use stepwell_sdk::answer::{self, Change, Content};
use stepwell_sdk::tools::{self, Access, Offer, Question, Tools};
use stepwell_sdk::workspace::{self, Others, There, Wanted};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, context, progress,
};

/// How many bytes of existing files the model is shown, unless a setting says otherwise.
const CONTEXT_BYTES: usize = 60_000;

/// How the last line begins of a model that means to change nothing.
const NOTHING: &str = "Nothing to change";

/// How the model writes what it hasn't done by tools when its turns are used up: the prompt spoke of tools alone.
const AT_LAST: &str = include_str!("at_last.md");

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
        .surveyed()
        .document(
            Field::required("files", "The files that were written, with their sizes, and those that were removed")
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
                    "The subtask's files, whole or in parts; without tools others, too, as far as they fit. May be empty",
                )
                .surveyed()
                .tools()
                .variable(
                    "report",
                    "The report of the tests; empty in the first round",
                )
                .variable("guidance", "Wishes of the definition; may be empty"),
        )
        .setting(
            Field::optional(
                "context_bytes",
                "Bytes of existing files that the prompt shows (60000)",
            )
            .schema(r#"{"type":"integer","minimum":0}"#),
        )
        .setting(tools::turns_setting())
        .text_setting("guidance", "Wishes that are added to the prompt")
        .grant(
            "workspace",
            "write",
            "it writes the code, and reads what was written before",
        )
    }

    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure> {
        // What was done by tools isn't known here.
        if !answer::holds_files(response) || says_nothing_is_to_change(response) {
            return Ok(with_summary("[]".into(), answer::summary(response)));
        }
        let changes = read_answer(inputs, response)?;
        Ok(documents_of(&changes, answer::summary(response)))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let subtask: Subtask = inputs.json("subtask")?;
        let mut tools = Tools::new(Access::Change).at_last(AT_LAST);
        let worked = tools.ask(|offer| self.question(inputs, &subtask, offer))?;
        let by_tools = !tools.changed().is_empty();
        let nothing = !by_tools && says_nothing_is_to_change(&worked.text);
        if nothing && let Some(path) = unlike_what_is_there(&worked.text) {
            return Err(Failure::invalid_response(format!(
                "`{path}` is in a block that isn't what stands there, and the last line says `{NOTHING}`: leave out one of the two, or put the file below a line `### FILE: {path}`"
            )));
        }
        let changes = match worked.offer {
            _ if nothing => Vec::new(),
            Offer::Nothing => read_answer(inputs, &worked.text)?,
            Offer::Tools(_) => read_beside_tools(&worked.text, &tools)?,
        };
        check_that_all_is_there(&subtask, &tools, &changes)?;
        if !by_tools && !nothing && changes.is_empty() {
            return Err(Failure::invalid_response(format!(
                "nothing was changed, and its last line doesn't begin with `{NOTHING}`: change files by your tools, or put a line `### FILE: path` above each fenced block; where nothing is to be changed, end with a line `{NOTHING}: why`"
            )));
        }
        tools.make(changes)?;
        if !by_tools && !nothing {
            for first in answer::nameless(&worked.text) {
                progress::warn(format!(
                    "a block of the answer belongs to no file: it begins with `{first}`, and stands in the document `summary`"
                ));
            }
        }
        if tools.changed().is_empty() {
            progress::warn(
                "the model changed nothing: the document `summary` has what it says of that",
            );
        }
        for path in tools.changed().keys() {
            if !subtask.names(path) {
                progress::warn(format!("`{path}` isn't among the files of the subtask"));
            }
        }
        let summary = match by_tools {
            true => answer::marked_summary(&worked.text),
            false => answer::summary(&worked.text),
        };
        Ok(with_summary(list_of(&tools), summary))
    }
}

impl Code {
    /// The prompt, and the files that it shows whole. Who can look further is shown the subtask's own files alone.
    fn question(
        &self,
        inputs: &Inputs,
        subtask: &Subtask,
        offer: Offer,
    ) -> Result<Question, Failure> {
        let others = match offer {
            Offer::Nothing => Others::Shown,
            Offer::Tools(_) => Others::Named,
        };
        let wanted = Wanted {
            first: &subtask.files,
            about: inputs.get("subtask").unwrap_or_default(),
            others,
            budget: context::setting_or("context_bytes", CONTEXT_BYTES)?,
        };
        let existing = workspace::excerpt("**/*", wanted)?;
        let given = [("files", existing.text.trim()), ("tools", &offer.named())];
        let text = inputs.fill(&self.describe(), "code", &given)?;
        Ok(Question::new(text).shows(existing.whole))
    }
}

impl Subtask {
    fn names(&self, path: &str) -> bool {
        let mut named = self
            .files
            .iter()
            .filter_map(|one| answer::check_path(one).ok());
        named.any(|one| one == path || workspace::kept_under(&one).is_ok_and(|real| real == path))
    }
}

/// What an answer of a model that has tools changes in text. Once it has worked by them, whatever else it quotes tells of that; and a file
/// that is there is replaced only by what is said to be that file.
fn read_beside_tools(text: &str, tools: &Tools) -> Result<Vec<Change>, Failure> {
    let refuse = |problems: Vec<String>| Failure::invalid_response(problems.join("; "));
    let marked = answer::marked_changes(text).map_err(refuse)?;
    if !tools.changed().is_empty() {
        check_that_no_edit_is_left(text, &marked)?;
        return Ok(marked);
    }
    if !answer::holds_files(text) {
        return Ok(marked);
    }
    let changes = answer::changes(text).map_err(refuse)?;
    let mut unclear = Vec::new();
    for Change { path, content } in &changes {
        let is_said = marked.iter().any(|one| one.path == *path);
        let is_whole = matches!(content, Content::Whole(_));
        if is_whole && !is_said && workspace::there(path)? != There::Nothing {
            unclear.push(format!(
                "`{path}` is quoted, and nothing was changed: change it by your tools, or put it below a line `### FILE: {path}`"
            ));
        }
    }
    match unclear.is_empty() {
        true => Ok(changes),
        false => Err(refuse(unclear)),
    }
}

/// Behind work by tools, an edit in the text that isn't said to be one of a file mostly tells what was done. One that still can be made
/// wasn't.
fn check_that_no_edit_is_left(text: &str, marked: &[Change]) -> Result<(), Failure> {
    let Ok(changes) = answer::changes(text) else {
        return Ok(());
    };
    for Change { path, content } in &changes {
        let Content::Edits(edits) = content else {
            continue;
        };
        if marked.iter().any(|one| one.path == *path) {
            continue;
        }
        // A path that is closed to every step can't be edited, whatever is told of it.
        let Ok(there) = workspace::there(path) else {
            continue;
        };
        let text = match &there {
            There::Text(text) => text.as_str(),
            _ => "",
        };
        let is_made = |edit: &answer::Edit| {
            let new = edit.new.trim();
            !new.is_empty() && text.contains(new)
        };
        if there.edited(edits).is_ok() && !edits.iter().all(is_made) {
            return Err(Failure::invalid_response(format!(
                "an edit of `{path}` stands in the text and isn't made: change files by your tools, or put it below a line `### FILE: {path}`"
            )));
        }
    }
    Ok(())
}

/// Whether an answer ends with the line by which nothing is to be changed, and has no edit and no file that is said to be one: else that line
/// speaks of another file. Without it an answer that changes nothing may hold a change in a form that isn't known.
fn says_nothing_is_to_change(text: &str) -> bool {
    let text = text.trim_end();
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let last = last.trim_start_matches(|letter: char| !letter.is_alphabetic());
    let begin = last.get(..NOTHING.len());
    if !begin.is_some_and(|begin| begin.eq_ignore_ascii_case(NOTHING)) {
        return false;
    }
    // "Nothing to change in b.py" says nothing of the others.
    let rest = last[NOTHING.len()..].trim_start_matches(['*', '_', '`']);
    let is_all = rest.is_empty() || rest.starts_with([':', '.', ',', ';']);
    let is_edit = |change: &Change| matches!(change.content, Content::Edits(_));
    is_all
        && answer::marked_changes(before).is_ok_and(|marked| marked.is_empty())
        && (!answer::holds_files(before)
            || answer::changes(before).is_ok_and(|changes| !changes.iter().any(is_edit)))
}

/// A file of an answer that is no quotation of what is there.
fn unlike_what_is_there(text: &str) -> Option<String> {
    let is_quoted = |it: &Change| match (&it.content, workspace::there(&it.path)) {
        (Content::Whole(whole), Ok(There::Text(text))) => text.contains(whole.trim()),
        _ => false,
    };
    let mut changes = answer::changes(text).ok()?.into_iter();
    changes.find(|it| !is_quoted(it)).map(|it| it.path)
}

/// What the subtask names has to be changed, or there at least.
fn check_that_all_is_there(
    subtask: &Subtask,
    tools: &Tools,
    changes: &[Change],
) -> Result<(), Failure> {
    let mut missing = Vec::new();
    for named in &subtask.files {
        let is_there = match answer::check_path(named) {
            Ok(path) if tools.changed().contains_key(&path) => true,
            Ok(path) if changes.iter().any(|change| change.path == path) => true,
            Ok(path) => workspace::there(&path)? != There::Nothing,
            Err(_) => false,
        };
        if !is_there {
            missing.push(format!("`{named}`"));
        }
    }
    all_but(&missing)
}

/// The files that were changed, removed ones too.
fn list_of(tools: &Tools) -> String {
    let told: Vec<serde_json::Value> = tools
        .changed()
        .iter()
        .map(|(path, bytes)| match bytes {
            Some(bytes) => json!({ "path": path, "bytes": bytes }),
            None => json!({ "path": path, "removed": true }),
        })
        .collect();
    serde_json::to_string_pretty(&told).unwrap_or_default()
}

/// What an answer does to files, without what is there: how many bytes each will have isn't known of what is edited.
fn documents_of(changes: &[Change], summary: String) -> Documents {
    let told: Vec<serde_json::Value> = changes
        .iter()
        .map(|change| match &change.content {
            Content::Whole(text) => json!({ "path": change.path, "bytes": text.len() }),
            Content::Edits(edits) => json!({ "path": change.path, "edits": edits.len() }),
        })
        .collect();
    with_summary(
        serde_json::to_string_pretty(&told).unwrap_or_default(),
        summary,
    )
}

/// The list of files, and what is said around them.
fn with_summary(list: String, summary: String) -> Documents {
    let documents = Documents::one("files", list);
    match summary.as_str() {
        "" => documents,
        summary => documents.with("summary", summary),
    }
}

/// What an answer in text does to files, if all that the subtask names are in it.
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
    all_but(&missing).map(|()| files)
}

fn all_but(missing: &[String]) -> Result<(), Failure> {
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Failure::invalid_response(format!(
            "the files {} are missing",
            missing.join(", ")
        ))),
    }
}
