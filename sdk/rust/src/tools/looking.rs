//! Looking at the workspace.

use serde_json::Value;

use super::Refusal;
use super::arguments::{flag, number, text, tool};
use super::seen::Seen;
use crate::answer::check_path;
use crate::chat::Tool;
use crate::workspace::{self, Findings, Query};

/// Files that a listing names at most.
const LISTED: usize = 300;
/// Lines that a search shows at most.
const FOUND: u32 = 100;
/// Lines that are shown at once.
const LINES: usize = 400;
/// Bytes that are shown at once; a few more say what they are.
pub(super) const BYTES: usize = 24_000;

pub(super) fn tools() -> Vec<Tool> {
    vec![
        tool(
            "list",
            "The files of the workspace that match a glob or lie in a folder, with their sizes in bytes.",
            &[(
                "pattern",
                "string",
                "A glob such as `src/**/*.py`, or a folder; all files where it is left out",
            )],
            &[],
        ),
        tool(
            "search",
            "The lines of files that match, as `path:line: text`: at most 100 of them.",
            &[
                (
                    "pattern",
                    "string",
                    "A regular expression that is held against each line, such as `def \\w+_total\\(`; or a text, with `literal`",
                ),
                (
                    "literal",
                    "boolean",
                    "Whether the pattern is a text to be found as it stands",
                ),
                (
                    "paths",
                    "string",
                    "A glob of the files to search, such as `src/**/*.py`, or a folder; all files where it is left out",
                ),
            ],
            &["pattern"],
        ),
        tool(
            "read",
            "The text of a file, or some lines of it: at most 400 lines at once.",
            &[
                ("path", "string", "Its path, relative to the workspace"),
                ("first", "integer", "The first line, from 1"),
                ("last", "integer", "The last line"),
            ],
            &["path"],
        ),
    ]
}

/// Whether a tool of this name only looks.
pub(super) fn is_one(name: &str) -> bool {
    ["list", "search", "read"].contains(&name)
}

/// The glob of what a call names, in the form in which a folder is found by its name.
fn plain(given: &str) -> &str {
    let plain = given.trim().trim_start_matches("./").trim_end_matches('/');
    if ["", "."].contains(&plain) {
        "**/*"
    } else {
        plain
    }
}

/// The glob of the files in what is named, where that may be a folder.
fn in_folder(named: &str) -> Option<String> {
    (workspace::literal(named) == named).then(|| format!("{named}/**/*"))
}

/// Why nothing is there of what a call names.
fn nothing(named: &str, what: &str) -> Result<Refusal, Refusal> {
    if in_folder(named).is_none() {
        return Ok(Refusal::of(format!("no {what} matches `{named}`")));
    }
    Ok(Refusal::of(match workspace::is_ignored(named)? {
        true => format!("git ignores `{named}`: no file there is shown"),
        false => format!("there is no {what} `{named}`, and none in a folder `{named}`"),
    }))
}

pub(super) fn list(arguments: &Value) -> Result<String, Refusal> {
    let named = match &arguments["pattern"] {
        Value::Null => "**/*",
        _ => plain(text(arguments, "pattern")?),
    };
    let mut entries = workspace::entries(named)?;
    if entries.is_empty()
        && let Some(inside) = in_folder(named)
    {
        entries = workspace::entries(&inside)?;
    }
    if entries.is_empty() {
        return Err(nothing(named, "file")?);
    }
    let mut bytes = 0;
    let fits = |line: &String| {
        bytes += line.len() + 1;
        bytes <= BYTES
    };
    let mut lines: Vec<String> = (entries.iter().take(LISTED))
        .map(|entry| format!("{} ({} bytes)", entry.path, entry.bytes))
        .take_while(fits)
        .collect();
    if entries.len() > lines.len() {
        lines.push(format!(
            "and {} more: give a narrower pattern",
            entries.len() - lines.len()
        ));
    }
    Ok(lines.join("\n"))
}

pub(super) fn search(arguments: &Value) -> Result<String, Refusal> {
    let pattern = text(arguments, "pattern")?;
    let mut query = match flag(arguments, "literal")? {
        true => Query::literal(pattern),
        false => Query::new(pattern),
    };
    query.most = FOUND;
    if arguments["paths"].is_null() {
        return Ok(told(&workspace::search(&query)?));
    }
    let named = plain(text(arguments, "paths")?);
    let mut unsearched = 0;
    for glob in [Some(named.to_owned()), in_folder(named)]
        .into_iter()
        .flatten()
    {
        let found = workspace::search(&query.clone().within(&glob))?;
        if !found.files.is_empty() || found.more {
            return Ok(told(&found));
        }
        // That nothing was found says nothing where there is no text to find it in. One line of any tells it, and no listing is kept.
        let any = workspace::search(&Query::new("^").within(&glob).most(1))?;
        if !any.files.is_empty() || any.more {
            return Ok(told(&found));
        }
        unsearched += any.unsearched;
    }
    match unsearched {
        0 => Err(nothing(named, "file with text")?),
        files => Ok(format!(
            "nothing of `{named}` was searched: {files} files there are no text, too large, or changed meanwhile"
        )),
    }
}

/// What was found, and what is left out of that.
fn told(found: &Findings) -> String {
    let mut lines = Vec::new();
    let mut bytes = 0;
    let mut is_all = !found.more;
    'files: for file in &found.files {
        for line in file.lines.iter().filter(|line| line.matches) {
            let told = format!("{}:{}: {}", file.path, line.number, line.text);
            bytes += told.len() + 1;
            if bytes > BYTES {
                is_all = false;
                break 'files;
            }
            lines.push(told);
        }
    }
    if lines.is_empty() && is_all {
        lines.push("no line matches".to_owned());
    }
    if !is_all {
        lines.push("(there is more: search for something narrower, or in fewer files)".to_owned());
    }
    if found.unsearched > 0 {
        lines.push(format!(
            "({} files were not searched: they are no text, too large, or changed meanwhile)",
            found.unsearched
        ));
    }
    lines.join("\n")
}

pub(super) fn read(arguments: &Value, seen: &mut Seen) -> Result<String, Refusal> {
    let path = check_path(text(arguments, "path")?).map_err(Refusal::of)?;
    let path = workspace::kept_under(&path)?;
    let (first, last) = (number(arguments, "first")?, number(arguments, "last")?);
    let Some(content) = workspace::read_text(&path)? else {
        return Err(Refusal::of(format!("`{path}` isn't text")));
    };
    let content = workspace::without_mark(&content);
    let lines: Vec<&str> = content.lines().collect();
    if lines.is_empty() {
        seen.whole(&path);
        return Ok(format!("{path} is empty"));
    }
    let first = first.unwrap_or(1);
    if first > lines.len() {
        return Err(Refusal::of(format!("`{path}` has {} lines", lines.len())));
    }
    let wanted = last.unwrap_or(lines.len()).clamp(first, lines.len());
    let mut bytes = 0;
    let fits = |line: &&&str| {
        bytes += line.len() + 1;
        bytes <= BYTES
    };
    let shown: Vec<&str> = lines[first - 1..wanted]
        .iter()
        .take(LINES)
        .take_while(fits)
        .copied()
        .collect();
    if shown.is_empty() {
        return Err(Refusal::of(format!(
            "line {first} of `{path}` has {} bytes: too many to be shown",
            lines[first - 1].len()
        )));
    }
    let last = first + shown.len() - 1;
    seen.lines(&path, first..=last, lines.len());
    let rest = match last < wanted {
        true => format!("\n(more of it from line {} on)", last + 1),
        false => String::new(),
    };
    Ok(format!(
        "{path}, lines {first} to {last} of {}:\n{}{rest}",
        lines.len(),
        shown.join("\n")
    ))
}
