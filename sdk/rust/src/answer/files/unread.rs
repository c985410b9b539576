//! What an answer has that changes files and isn't read: calls of tools in its text, edits between tags or without the name of a file, files
//! that a command writes.
//!
//! None of it counts as nothing: each is known again, and told with the form that is read.

use serde_json::{Map, Value};

use crate::answer::edits;
use crate::answer::json::json;

use super::naming;

/// How a change is given so that it is read.
const FORM: &str = "put a line `### FILE: path` and below it, in a fenced block, the whole file, or edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`";

/// How far the end of something is looked for.
const REACH: usize = 400;

/// What a model writes that calls a tool, whose server doesn't know it as that, where nothing is closed.
const TOKENS: [&str; 8] = [
    "<|tool",
    "<|python_tag|>",
    "<|channel|>commentary to=",
    "<\u{ff5c}tool",
    "<\u{ff5c}dsml",
    "[tool_call",
    "[function_call",
    "[/tool_call",
];

/// The same as tags.
const CALLS: [&str; 9] = [
    "tool_call",
    "tool_calls",
    "tool_use",
    "function_call",
    "function_calls",
    "function",
    "invoke",
    "antml:function_calls",
    "minimax:tool_call",
];

/// Tags between which edits or files stand.
const CHANGES: [&str; 24] = [
    "apply_diff",
    "apply_patch",
    "change",
    "changes",
    "create_file",
    "diff",
    "edit",
    "edit_file",
    "edits",
    "find",
    "new_file",
    "old",
    "old_code",
    "old_str",
    "old_string",
    "old_text",
    "patch",
    "replace_in_file",
    "search",
    "search_replace",
    "str_replace",
    "update_file",
    "write_file",
    "write_to_file",
];

/// Why a line that stands in no block calls a tool, and nobody carries that out.
pub(super) fn call(lines: &[&str], at: usize) -> Option<String> {
    let line = lines[at].trim();
    if !line.starts_with(['<', '[']) {
        return None;
    }
    let lower = line.get(..40).unwrap_or(line).to_ascii_lowercase();
    let is_token = TOKENS.iter().any(|token| lower.starts_with(token));
    (is_token || is_call_by_tag(lines, at)).then(|| called(line))
}

fn called(shown: &str) -> String {
    format!(
        "it calls a tool in its text, from `{}` on, which nobody carries out: call tools only as such; in text, {FORM}",
        edits::cut(shown)
    )
}

/// Tags that hold a call: what is behind them begins as one. A sentence that speaks of them doesn't.
fn is_call_by_tag(lines: &[&str], at: usize) -> bool {
    let Some((name, behind)) = tag(lines[at].trim()) else {
        return false;
    };
    if !CALLS.contains(&name) {
        return false;
    }
    let next = || {
        let mut below = lines[at + 1..].iter().map(|line| line.trim());
        below.find(|line| !line.is_empty()).unwrap_or_default()
    };
    let begins = |text: &str| text.starts_with(['{', '<', '[']);
    match behind {
        "" => begins(next()),
        behind => begins(behind) || (is_word(behind) && begins(next())),
    }
}

fn is_word(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_alphanumeric() || "_-.".contains(c))
}

/// The name of the tag that a line begins with, and what stands behind it: `<edit>`, `<function=edit>`, `<invoke name="edit">`.
fn tag(line: &str) -> Option<(&str, &str)> {
    let inside = line.strip_prefix('<')?;
    let end = inside.find('>')?;
    let name_end = inside.find([' ', '=', '>'])?;
    Some((&inside[..name_end], inside[end + 1..].trim()))
}

/// Why a line that stands in no block begins a change that isn't read: an edit, or tags around one or a file.
pub(super) fn change(lines: &[&str], at: usize) -> Option<String> {
    let line = lines[at];
    let reach = &lines[at + 1..lines.len().min(at + REACH)];
    if let Some(length) = edits::opens(line)
        && (edits::begins(line) || reach.iter().any(|line| edits::parts_or_ends(line, length)))
    {
        return Some(format!(
            "an edit stands outside of any fenced block, from `{}` on: {FORM}",
            edits::cut(line.trim())
        ));
    }
    let (name, behind) = tag(line.trim())?;
    let next = reach.first().map_or("", |line| line.trim());
    let is_file = || {
        let inside = [" path=", " name=", " filename=", " file="];
        let below = ["<path>", "<name>", "<filename>", "<file_path>"];
        name == "file"
            && (inside.iter().any(|it| line.contains(it))
                || below.iter().any(|it| next.starts_with(it)))
    };
    if !CHANGES.contains(&name) && !is_file() {
        return None;
    }
    let close = format!("</{name}>");
    let is_closed =
        behind.ends_with(&close) || reach.iter().any(|line| line.trim_end().ends_with(&close));
    is_closed.then(|| {
        format!("it has a change between tags `<{name}>`, outside of any fenced block, which isn't read: {FORM}")
    })
}

/// A block without a name that changes a file all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// It can't be anything else.
    Plainly(String),
    /// It may be shown to a reader, where the answer has something else.
    Perhaps(String),
}

/// Why a block that no line names isn't read, though it changes a file.
pub(super) fn in_block(info: &str, content: &str) -> Option<Unread> {
    let language = info.split_whitespace().next().unwrap_or_default();
    if matches!(
        language.to_ascii_lowercase().as_str(),
        "tool_call" | "tool_code" | "tool_use"
    ) {
        return Some(Unread::Plainly(called(&format!("```{language}"))));
    }
    let first = content
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    let nameless = |what: &str| {
        format!(
            "{what} names no file, from `{}` on: {FORM}",
            edits::cut(first)
        )
    };
    if edits::begins(first) {
        return Some(Unread::Plainly(nameless("an edit")));
    }
    let lines: Vec<&str> = content
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .collect();
    if call(&lines, 0).is_some() || holds_call(content) {
        return Some(Unread::Perhaps(called(first)));
    }
    let length = edits::opens(first);
    let is_conflict = length.is_some_and(|length| {
        let mut below = lines.iter().take(REACH);
        below.any(|line| edits::parts_or_ends(line, length))
    });
    let is_edit = is_conflict
        || edits::foreign(&lines).is_some()
        || edits::tagged(content).is_some_and(|edits| edits.is_ok())
        || edits::as_json(content).is_some();
    if is_edit {
        return Some(Unread::Perhaps(nameless("a change")));
    }
    (naming::is_shell(info) && writes_a_file(&lines)).then(|| {
        Unread::Perhaps(format!(
            "it writes a file by a command, from `{}` on, which nobody runs: {FORM}",
            edits::cut(first)
        ))
    })
}

/// Why an answer in which nothing else was found is a change in JSON.
pub(super) fn in_text(text: &str) -> Option<String> {
    let begun = text.trim_start();
    let first = begun.lines().next().unwrap_or_default().trim();
    if edits::as_json(begun).is_some() {
        return Some(format!(
            "it has an edit as JSON, from `{}` on, which isn't read so: {FORM}",
            edits::cut(first)
        ));
    }
    holds_call(text).then(|| called(first))
}

/// Whether the first JSON of a text calls a tool, or begins so and breaks off.
fn holds_call(text: &str) -> bool {
    match json(text) {
        Some(value) => is_call(&value),
        None => {
            let begun = text.trim_start().trim_start_matches(['[', ' ', '\n']);
            let begun = begun.strip_prefix('{').map(str::trim_start);
            begun.is_some_and(|begun| {
                let is_named = NAMED
                    .iter()
                    .any(|name| begun.starts_with(&format!("\"{name}\"")));
                is_named
                    && GIVEN
                        .iter()
                        .any(|name| begun.contains(&format!("\"{name}\"")))
            })
        }
    }
}

/// By which names a call says which tool it is of.
const NAMED: [&str; 5] = ["name", "tool", "tool_name", "function", "recipient_name"];
/// By which it gives what the tool is handed.
const GIVEN: [&str; 5] = ["arguments", "parameters", "args", "input", "tool_input"];

fn is_call(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_call),
        Value::Object(fields) => is_call_of(fields),
        _ => false,
    }
}

fn is_call_of(fields: &Map<String, Value>) -> bool {
    let held = ["tool_calls", "tool_call", "function_call", "function"];
    if held
        .iter()
        .any(|name| fields.get(*name).is_some_and(is_call))
    {
        return true;
    }
    let has = |names: &[&str], fits: fn(&Value) -> bool| {
        names.iter().any(|name| fields.get(*name).is_some_and(fits))
    };
    has(&NAMED, Value::is_string) && has(&GIVEN, |given| given.is_object() || given.is_string())
}

/// Whether the commands of a block put text into a file.
fn writes_a_file(lines: &[&str]) -> bool {
    lines.iter().any(|line| {
        let line = line.trim_start().trim_start_matches("$ ");
        let is_handed = line.contains("<<") && (line.contains('>') || line.contains("tee "));
        let is_edited = line.starts_with("sed ") && line.contains(" -i");
        let is_patched = ["patch ", "git apply", "apply_patch"]
            .iter()
            .any(|it| line.starts_with(it));
        is_handed || is_edited || (is_patched && line.contains("<<"))
    })
}

/// The diffs that the commands of a block are handed: `git apply <<'EOF'`, `apply_patch <<'EOF'`.
pub(super) fn handed(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = content.lines();
    while let Some(line) = lines.next() {
        let Some((_, behind)) = line.split_once("<<") else {
            continue;
        };
        let end = behind
            .trim_start_matches('-')
            .split_whitespace()
            .next()
            .unwrap_or_default();
        let end = end.trim_matches(['\'', '"', '\\', ')']);
        if end.is_empty() {
            continue;
        }
        let mut rest = lines.clone();
        let next: Vec<&str> = rest.clone().take(2).collect();
        if !edits::begins_diff(&next) {
            continue;
        }
        let inside: Vec<&str> = rest
            .by_ref()
            .take_while(|line| line.trim() != end)
            .collect();
        found.push(inside.join("\n"));
        lines = rest;
    }
    found
}
