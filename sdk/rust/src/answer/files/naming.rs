//! How an answer names its files.

use crate::answer::edits;
use crate::answer::lines::FenceLine;

/// A file that a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: String,
    pub(super) certainty: Certainty,
}

/// How sure it is that a block is the file, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// A sentence before the block or a comment in it speaks of the file.
    Mentioned,
    /// The path stands alone on the line before, or in the fence's info string.
    Titled,
    /// A line says that it is a file: `### FILE: a.py`.
    Marked,
}

/// Files that have no extension.
const WITHOUT_EXTENSION: &[&str] = &[
    "brewfile",
    "build",
    "caddyfile",
    "changelog",
    "codeowners",
    "containerfile",
    "copying",
    "dockerfile",
    "gemfile",
    "jenkinsfile",
    "justfile",
    "license",
    "makefile",
    "manifest",
    "notice",
    "procfile",
    "rakefile",
    "readme",
    "vagrantfile",
    "workspace",
];

/// Words behind a path that are no part of it.
const NOTES: &[&str] = &[
    "new",
    "new file",
    "modified",
    "changed",
    "updated",
    "unchanged",
    "existing",
    "created",
    "added",
    "edited",
    "complete",
    "full",
    "full file",
    "continued",
];

/// Languages of blocks that a reader types or sees on a screen.
const SHELLS: &[&str] = &[
    "bash",
    "bat",
    "cmd",
    "console",
    "fish",
    "output",
    "powershell",
    "ps1",
    "pwsh",
    "sh",
    "shell",
    "shell-session",
    "terminal",
    "zsh",
];

/// Whether a block's info string says that it is for a shell.
pub(super) fn is_shell(info: &str) -> bool {
    let language = info.split_whitespace().next().unwrap_or_default();
    SHELLS.contains(&language.to_ascii_lowercase().as_str())
}

/// The path of a line such as `### FILE: src/a.py` or `**File:** src/a.py`.
///
/// A heading says so by itself. Another line does where a block follows: `- Path: /api/count` is prose.
pub(super) fn marker(lines: &[&str], at: usize) -> Option<String> {
    let path = labelled(lines[at])?;
    let is_heading = lines[at].trim_start().starts_with('#') && has_label(lines[at], &["file"]);
    (is_heading || fence_below(lines, at).is_some()).then_some(path)
}

/// The fence below a line that begins the next file, also where a block before it lacks its end.
pub(super) fn begins_file<'a>(lines: &[&'a str], at: usize) -> Option<FenceLine<'a>> {
    labelled(lines[at])?;
    fence_below(lines, at)
}

fn fence_below<'a>(lines: &[&'a str], at: usize) -> Option<FenceLine<'a>> {
    let next = lines[at + 1..].iter().find(|line| !line.trim().is_empty());
    next.and_then(|line| FenceLine::read(line))
}

/// Whether a line may be taken for one that names a file.
pub(super) fn names_a_file(line: &str) -> bool {
    labelled(line).is_some()
}

/// Whether a file of this path can't be announced without quotes.
pub(super) fn needs_quotes(path: &str) -> bool {
    labelled(&format!("### FILE: {path}")).as_deref() != Some(path)
}

/// Why a file has no content though its path was named, with these lines below.
pub(super) fn without_block(path: &str, below: &[String]) -> String {
    let first = below
        .iter()
        .map(|line| line.trim())
        .find(|line| !line.is_empty());
    match first {
        None => format!("`{path}` has no content"),
        Some(first) if edits::begins(first) => format!(
            "`{path}` has no content: the fence around its edits is missing; put a line of three backticks before the first and behind the last of them"
        ),
        Some(_) => format!(
            "`{path}` has no content: what stands below its name is in no fenced block; put a line of three backticks before and behind its text"
        ),
    }
}

fn labelled(line: &str) -> Option<String> {
    let labels = ["file", "filename", "file name", "file path", "path"];
    let (_, said) = bare(line)
        .split_once(':')
        .filter(|_| has_label(line, &labels))?;
    let said = said.trim_start_matches(['*', '_', ' ', '\t']);
    let path = without_note(said.trim_end_matches([':', ' ', '\t']));
    // `- Path: /api/count` is one of a web server.
    let is_route = has_label(line, &["path"]) && path.starts_with('/') && !has_extension(path);
    (!path.is_empty() && !is_route).then(|| path.to_owned())
}

fn has_label(line: &str, labels: &[&str]) -> bool {
    bare(line).split_once(':').is_some_and(|(label, _)| {
        let label = label.trim_matches(['*', '_', ' ']).to_ascii_lowercase();
        labels.contains(&label.as_str())
    })
}

/// A path without what is said of it: `src/a.py (new)`, `` `src/a.py` - rewritten ``.
fn without_note(said: &str) -> &str {
    let said = said.trim();
    for quote in ['`', '"', '\''] {
        if let Some((path, _)) = said
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
        {
            return path.trim();
        }
    }
    let said = said.trim_matches(['*', '`', '"', '\'', ' ', '\t']);
    if let Some(open) = said
        .ends_with([')', ']'])
        .then(|| said.rfind(['(', '[']))
        .flatten()
        && open > 0
        && !has_extension(said)
    {
        return said[..open].trim_end_matches(['*', '`', '_', ' ']);
    }
    let note = [" - ", " – ", " — ", " # ", " // ", ", ", " "]
        .into_iter()
        .find_map(|between| {
            let (path, note) = said.rsplit_once(between)?;
            let note = note.trim().to_lowercase();
            let is_note =
                NOTES.contains(&note.as_str()) || (between.len() > 2 && !has_extension(said));
            is_note.then_some(path)
        });
    note.unwrap_or(said).trim_end_matches(['*', '`', '_', ' '])
}

/// The path of a block that no marker named.
/// Within the block only edits have a line with the path above them: `holds_edit`.
pub(super) fn of_block(
    info: &str,
    before: Option<&str>,
    first: Option<&str>,
    holds_edit: bool,
) -> Option<Named> {
    let titled = path_in_info(info)
        .or_else(|| before.and_then(path_alone))
        .or_else(|| before.filter(|_| !is_shell(info)).and_then(plain_name))
        .or_else(|| first.filter(|_| holds_edit).and_then(path_alone));
    let (path, certainty) = match titled {
        Some(path) => (path, Certainty::Titled),
        // Commands about a file aren't the file.
        None if is_shell(info) || info.starts_with("diff") || info.starts_with("patch") => {
            return None;
        }
        None => {
            let mentioned = before.and_then(path_in_sentence);
            let path = mentioned.or_else(|| first.and_then(path_in_comment))?;
            (path, Certainty::Mentioned)
        }
    };
    Some(Named { path, certainty })
}

/// Whether a line is a path and nothing else.
pub(super) fn is_only_a_path(line: &str) -> bool {
    path_alone(line).is_some()
}

/// From `python path=src/a.py`, `python title="src/a.py"`, `python:src/a.py` or `src/a.py`.
fn path_in_info(info: &str) -> Option<String> {
    info.split_whitespace().find_map(|word| {
        let named = word
            .split_once('=')
            .filter(|(name, _)| matches!(*name, "path" | "file" | "filename" | "title" | "name"));
        let given = named
            .map(|(_, path)| path)
            .or_else(|| word.split_once(':').map(|(_, path)| path))
            .unwrap_or(word)
            .trim_matches(['"', '\'', '`']);
        (named.is_some() || is_path(given)).then(|| given.to_owned())
    })
}

/// From `**src/a.py**`, `#### src/a.py (new):`, `**Dockerfile**` or `` `docs/my notes.md` ``.
fn path_alone(line: &str) -> Option<String> {
    let marked = line.trim_start().starts_with(['#', '*', '_', '`', '-']);
    let plain = bare(line).trim_end_matches(':').trim_end();
    let quoted = plain.trim_matches('*').starts_with('`');
    let path = without_note(plain.trim_matches(['*', '_']));
    let known = marked && is_known_name(path);
    // In bold a sentence may stand as well, which doesn't begin with a folder.
    let in_bold = line.trim_start().starts_with("**")
        && path
            .split(' ')
            .next()
            .is_some_and(|first| first.contains('/'));
    let spaced = (quoted || in_bold)
        && path.contains(' ')
        && has_extension(path)
        && path
            .split(' ')
            .all(|part| !part.is_empty() && is_word(part));
    (is_path(path) || known || spaced).then(|| path.to_owned())
}

/// From `Dockerfile` or `Makefile:`, alone on a line without any marks: words that mean nothing else.
fn plain_name(line: &str) -> Option<String> {
    let name = line.trim().trim_end_matches(':').trim_end();
    let is_plain = name.to_ascii_lowercase().ends_with("file") && is_known_name(name);
    is_plain.then(|| name.to_owned())
}

/// From ``Create `src/a.py`:``, where it names one file only.
fn path_in_sentence(line: &str) -> Option<String> {
    let mut quoted = line
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| is_path(word));
    match (quoted.next(), quoted.next()) {
        (Some(path), None) => Some(path.to_owned()),
        _ => None,
    }
}

/// From `# src/a.py` or `// file: src/a.py`.
fn path_in_comment(line: &str) -> Option<String> {
    let comment = ["#", "//", "--", ";"]
        .iter()
        .find_map(|mark| line.trim().strip_prefix(mark))?
        .trim();
    let path = comment
        .split_once(':')
        .map_or(comment, |(_, path)| path.trim());
    is_path(path).then(|| path.to_owned())
}

/// Whether a line is a comment that names a file and says nothing else.
pub(super) fn is_path_in_comment(line: &str) -> bool {
    path_in_comment(line).is_some()
}

/// Whether a line is said to a reader, and is no code.
pub(super) fn is_a_sentence(line: &str) -> bool {
    let said = line.trim();
    said.starts_with(char::is_uppercase)
        && said.ends_with(['.', ':', '!', '?'])
        && said.split_whitespace().count() > 1
        && !said.contains(['(', '=', '{', ';'])
}

/// What stands behind the last dot of a file's name, in small letters.
pub(super) fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase())
}

/// A line without the marks of a heading, a list and bold text around it, and without a number: `### 2. src/b.py`.
fn bare(line: &str) -> &str {
    let marks = ['#', '-', '*', '_', ' '];
    let said = line.trim().trim_start_matches(marks);
    let counted = said.trim_start_matches(|c: char| c.is_ascii_digit());
    let said = match counted.strip_prefix(". ").or(counted.strip_prefix(") ")) {
        Some(rest) if counted.len() < said.len() => rest.trim_start_matches(marks),
        _ => said,
    };
    said.trim_end_matches(['*', '_', ' '])
}

/// Whether it is one word with a file's extension.
fn is_path(text: &str) -> bool {
    is_word(text) && has_extension(text)
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || "._-/+@\\()".contains(c))
}

fn has_extension(text: &str) -> bool {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        extension.starts_with(|c: char| c.is_ascii_alphabetic())
            && extension
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c))
    })
}

fn is_known_name(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    is_word(path) && WITHOUT_EXTENSION.contains(&name.to_ascii_lowercase().as_str())
}
