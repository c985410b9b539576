//! Edits that are told by tags or as JSON, as models write them that were taught so.

use serde_json::{Map, Value};

use super::{Edit, cut};
use crate::answer::json::json_of;

/// By which names the two halves of an edit are known.
const HALVES: [(&str, &str); 14] = [
    ("search", "replace"),
    ("find", "replace"),
    ("old", "new"),
    ("old_string", "new_string"),
    ("old_str", "new_str"),
    ("old_text", "new_text"),
    ("old_code", "new_code"),
    ("oldString", "newString"),
    ("oldText", "newText"),
    ("original", "updated"),
    ("original", "replacement"),
    ("search", "replacement"),
    ("find", "replacement"),
    ("before", "after"),
];

/// Under which names several edits stand.
const AROUND: [&str; 8] = [
    "edit",
    "edits",
    "change",
    "changes",
    "replacements",
    "search_replace",
    "str_replace",
    "update",
];

/// By which names a file is named beside its edits.
const PATHS: [&str; 4] = ["path", "file", "file_path", "filename"];

/// What else is said of an edit, and changes nothing about it.
const BESIDE: [&str; 9] = [
    "explanation",
    "description",
    "reason",
    "type",
    "action",
    "command",
    "replace_all",
    "start_line",
    "end_line",
];

/// Edits, and the file that they name, if they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::answer) struct Told {
    pub(in crate::answer) path: Option<String>,
    pub(in crate::answer) edits: Vec<Edit>,
    /// Whether several files are named.
    several: bool,
}

const SEVERAL: &str =
    "it holds edits of several files: put those of each below the name of their file";

/// The edits of a text in which nothing else stands than tags such as `<search>` and `<replace>` with their halves.
///
/// None if it doesn't begin so.
///
/// # Errors
/// It begins so, and doesn't go on so: a sentence for the model.
pub(in crate::answer) fn tagged(content: &str) -> Option<Result<Vec<Edit>, String>> {
    let (name, _) = inside_around(content).and_then(|text| opening(text, |halves| halves.0))?;
    let edits = parts(content);
    let told = |problem| {
        format!(
            "its edit between tags `<{name}>` {problem}: write edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`, or the file whole"
        )
    };
    Some(edits.map_err(told))
}

/// Whether a text begins with the tags of edits that stand in another one, which may as well be what a file of tags begins with.
pub(in crate::answer) fn is_around(content: &str) -> bool {
    inside_around(content).is_some_and(|inside| inside.len() < content.trim_start().len())
}

/// What stands behind tags that only hold edits together.
fn inside_around(content: &str) -> Option<&str> {
    let mut rest = content.trim_start();
    while rest.starts_with('<') {
        let ends = AROUND.iter().find_map(|name| {
            let tag = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
            tag.strip_prefix(name)?.strip_prefix('>')
        });
        match ends {
            Some(behind) => rest = behind.trim_start(),
            None => break,
        }
    }
    Some(rest)
}

/// The name of the half that a text opens, and what stands behind its tag.
fn opening(
    text: &str,
    half: impl Fn(&(&'static str, &'static str)) -> &'static str,
) -> Option<(&'static str, &str)> {
    let rest = text.strip_prefix('<')?;
    HALVES.iter().map(half).find_map(|name| {
        let behind = rest.strip_prefix(name)?.strip_prefix('>')?;
        Some((name, behind))
    })
}

fn parts(content: &str) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    let mut rest = inside_around(content).unwrap_or_default();
    while !rest.is_empty() {
        let (old_name, old) = opening(rest, |halves| halves.0)
            .ok_or_else(|| format!("is followed by `{}`", first_line(rest)))?;
        let (old, behind) = half(old, old_name)?;
        let behind = behind.trim_start();
        let is_partner = |halves: &&(&str, &str)| halves.0 == old_name;
        let mut partners = HALVES.iter().filter(is_partner).map(|halves| halves.1);
        let (new, behind) = partners
            .find_map(|name| {
                if let Some(behind) = behind.strip_prefix(&format!("<{name}/>")) {
                    return Some(Ok((String::new(), behind)));
                }
                Some(half(behind.strip_prefix(&format!("<{name}>"))?, name))
            })
            .unwrap_or_else(|| Err("has no other half: what is to stand there instead".into()))?;
        edits.push(Edit { old, new });
        rest = inside_around(behind).unwrap_or_default();
    }
    Ok(edits)
}

/// A half up to its end, and what stands behind that. Its tags may stand on lines of their own.
fn half<'a>(text: &'a str, name: &str) -> Result<(String, &'a str), String> {
    let (inside, behind) = text
        .split_once(&format!("</{name}>"))
        .ok_or_else(|| format!("has no end `</{name}>`"))?;
    let lines = inside.strip_prefix('\n').unwrap_or(inside);
    let last = lines.rfind('\n').map_or(0, |end| end + 1);
    let is_blank = last > 0 && lines[last..].trim().is_empty();
    let lines = if is_blank { &lines[..last] } else { lines };
    Ok((lines.to_owned(), behind))
}

fn first_line(text: &str) -> String {
    cut(text.lines().next().unwrap_or_default().trim())
}

/// The edits that a text has as JSON, such as `{"old": "…", "new": "…"}`, a list of such, or one under `edits`.
///
/// None if it is something else.
///
/// # Errors
/// It begins so and can't be read: a sentence for the model.
pub(in crate::answer) fn as_json(content: &str) -> Option<Result<Told, String>> {
    let begun = content.trim_start();
    if !begun.starts_with(['{', '[']) {
        return None;
    }
    match json_of::<Value>(begun) {
        Ok(value) => {
            let mut told = Told {
                path: None,
                edits: Vec::new(),
                several: false,
            };
            gather(&value, &mut told).map(|()| match told.several {
                true => Err(SEVERAL.to_owned()),
                false => Ok(told),
            })
        }
        Err(problem) => {
            let first = begun.trim_start_matches(['{', '[', ' ', '\n', '\t', '\r']);
            let is_half = |(old, _): &(&str, &str)| {
                let key = first.strip_prefix('"').and_then(|it| it.strip_prefix(old));
                key.is_some_and(|behind| behind.starts_with('"'))
            };
            HALVES.iter().any(is_half).then(|| {
                Err(format!(
                    "it begins as an edit in JSON, and {problem}: write edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`, or the file whole"
                ))
            })
        }
    }
}

/// Takes the edits of a value; none if it is none.
fn gather(value: &Value, told: &mut Told) -> Option<()> {
    match value {
        Value::Array(items) if !items.is_empty() => {
            items.iter().try_for_each(|item| gather(item, told))
        }
        Value::Object(fields) => {
            let held = AROUND.iter().find_map(|name| fields.get_key_value(*name));
            let known = match held {
                Some((name, edits)) => {
                    gather(edits, told)?;
                    vec![name.as_str()]
                }
                None => {
                    let (halves, edit) = edit_of(fields)?;
                    told.edits.push(edit);
                    vec![halves.0, halves.1]
                }
            };
            let path = PATHS.iter().find_map(|name| fields.get(*name)?.as_str());
            if let Some(path) = path {
                let known = told.path.replace(path.to_owned());
                told.several |= known.is_some_and(|known| known != path);
            }
            let is_known = |name: &String| {
                let name = name.as_str();
                known.contains(&name) || PATHS.contains(&name) || BESIDE.contains(&name)
            };
            fields.keys().all(is_known).then_some(())
        }
        _ => None,
    }
}

fn edit_of(fields: &Map<String, Value>) -> Option<((&'static str, &'static str), Edit)> {
    HALVES.iter().find_map(|(old, new)| {
        let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
        let edit = Edit {
            old: text(old)?,
            new: text(new)?,
        };
        Some(((*old, *new), edit))
    })
}
