//! What the block of a file holds: its text, or what changes in it.
//!
//! Models write diffs and edits in many forms, and in fences that don't say so. None of them is ever taken for the text of the file:
//! it is read as what it is, or refused.

use crate::answer::edits::{self, Edit, Patched};
use crate::answer::fences::blocks_of;

use super::naming;
use super::strings::begins_inside;
use super::weighing::Kind;

/// What stands in the block of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// The file.
    Text(String),
    /// What changes in it.
    Edits(Vec<Edit>),
    /// What changes in it or in others, as a diff has it.
    Patched(Vec<Patched>),
}

/// What a block with this info string holds, if it is the file of that path.
///
/// # Errors
/// A sentence for the model: it is meant to change a file, and can't be read so.
pub(super) fn held(path: &str, info: &str, content: String) -> Result<Held, String> {
    if is_patch_file(path) {
        return Ok(Held::Text(content));
    }
    if let Some(held) = as_change(path, info, &content) {
        return held;
    }
    let lines: Vec<&str> = content.lines().collect();
    match marked(path, &lines) {
        Some(at) => Err(format!(
            "it has a line that marks a change, `{}`, and isn't written as edits: begin each with `<<<<<<< SEARCH`, part its halves by `=======` and end it with `>>>>>>> REPLACE`, with nothing between; where such lines belong to the text of the file, write it so that they don't begin a line",
            edits::cut(lines[at].trim())
        )),
        None => Ok(Held::Text(content)),
    }
}

/// Whether the text that a tool would write as a file is what changes one.
pub(crate) fn is_change(path: &str, content: &str) -> bool {
    !is_patch_file(path) && as_change(path, "", content).is_some()
}

/// Whether a block that no line names is a diff, which may name its files itself.
pub(super) fn is_diff(info: &str, content: &str) -> bool {
    let lines: Vec<&str> = content.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty());
    is_called_diff(info) || first.is_some_and(|first| edits::begins_diff(&lines[first..]))
}

/// A change that the text is, from its first line on or behind lines that speak of it; none where it isn't one.
fn as_change(path: &str, info: &str, content: &str) -> Option<Result<Held, String>> {
    let content = without_name(content);
    let lines: Vec<&str> = content.lines().collect();
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    if let Some(edits) = edits::search_and_replace(content) {
        return Some(edits.map(Held::Edits));
    }
    if edits::opens(lines[first]).is_some() && marked(path, &lines).is_some() {
        return Some(Err(format!(
            "it begins with `{}`, as a change does: write edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`, or the file whole",
            edits::cut(lines[first].trim())
        )));
    }
    if let Some(edits) = told(path, content) {
        return Some(edits.map(Held::Edits));
    }
    let patched = |text: &str| edits::diff(text).map(Held::Patched);
    if is_called_diff(info)
        || edits::begins_diff(&lines[first..])
        || is_bare_hunk(path, &lines[first..])
    {
        return Some(patched(content));
    }
    if let Some(form) = edits::foreign(&lines[first..]) {
        return Some(Err(format!(
            "it is {form}, which isn't read: write a unified diff, edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`, or the file whole"
        )));
    }
    let inside = begins_inside(path, &lines);
    let diff =
        (first + 1..lines.len()).find(|at| !inside[*at] && edits::begins_diff(&lines[*at..]))?;
    patched(&lines[diff..].join("\n")).ok()?;
    Some(Err(format!(
        "it begins with `{}` and goes on as a diff: write nothing before the diff, or the file whole",
        edits::cut(lines[first].trim())
    )))
}

/// The edits that a text has by tags or as JSON; none where it is something else, or may as well be the text of a file of that kind.
fn told(path: &str, content: &str) -> Option<Result<Vec<Edit>, String>> {
    if let Some(edits) = edits::tagged(content) {
        let may_be_text = match edits {
            Ok(_) => edits::is_around(content) && holds_tags(path),
            Err(_) => holds_tags(path) || Kind::of(path) == Kind::Prose,
        };
        return Some(edits).filter(|_| !may_be_text);
    }
    let told = edits::as_json(content).filter(|_| !holds_json(path))?;
    Some(told.and_then(|told| match told.path {
        Some(named) if !is_same_file(&named, path) => Err(format!(
            "it is an edit of `{}`: put each edit below the name of its file",
            edits::cut(&named)
        )),
        _ => Ok(told.edits),
    }))
}

/// Whether a path that an edit names is that of its block; it may begin elsewhere.
fn is_same_file(named: &str, path: &str) -> bool {
    let named = named.trim_start_matches("./");
    named == path || named.ends_with(&format!("/{path}"))
}

/// Whether the text of a file may as well be an edit of the one that is there, as JSON has it.
pub(super) fn may_be_edits(path: &str, text: &str, there: &str) -> bool {
    if !holds_json(path) {
        return false;
    }
    let edits_of = |text| edits::as_json(text).and_then(Result::ok);
    let Some(told) = edits_of(text) else {
        return false;
    };
    let names_what_is_there = |edit: &Edit| {
        let old = edit.old.trim();
        !old.is_empty() && there.contains(old)
    };
    told.edits.iter().all(names_what_is_there) && edits_of(there).is_none()
}

/// Whether files of this kind may begin with tags of any name.
fn holds_tags(path: &str) -> bool {
    const MARKUP: [&str; 14] = [
        "xml", "html", "htm", "xhtml", "svg", "vue", "svelte", "astro", "xsl", "xslt", "plist",
        "xaml", "resx", "csproj",
    ];
    naming::extension(path).is_some_and(|extension| MARKUP.contains(&extension.as_str()))
}

/// Whether files of this kind may be JSON.
fn holds_json(path: &str) -> bool {
    const DATA: [&str; 12] = [
        "json",
        "jsonc",
        "json5",
        "jsonl",
        "ipynb",
        "webmanifest",
        "geojson",
        "map",
        "yml",
        "yaml",
        "txt",
        "lock",
    ];
    naming::extension(path).is_none_or(|extension| DATA.contains(&extension.as_str()))
}

/// Without the file's name, where that stands above an edit inside of the block.
fn without_name(content: &str) -> &str {
    let mut rest = content;
    while let Some((line, below)) = rest.split_once('\n') {
        if line.trim().is_empty() {
            rest = below;
            continue;
        }
        let lines: Vec<&str> = below
            .lines()
            .skip_while(|line| line.trim().is_empty())
            .take(2)
            .collect();
        let is_below =
            lines.first().is_some_and(|line| edits::begins(line)) || edits::begins_diff(&lines);
        let is_name = naming::is_only_a_path(line) || naming::is_path_in_comment(line);
        return if is_name && is_below { below } else { content };
    }
    content
}

fn is_patch_file(path: &str) -> bool {
    [".diff", ".patch", ".rej"]
        .iter()
        .any(|end| path.ends_with(end))
}

fn is_called_diff(info: &str) -> bool {
    let language = info.split_whitespace().next().unwrap_or_default();
    ["diff", "patch", "udiff"]
        .iter()
        .any(|word| language.eq_ignore_ascii_case(word))
}

/// The line that begins a change in the middle of a text, with its halves parted or ended below. In Markdown a block may show one, and in
/// code a string: what stands in it is the file's.
fn marked(path: &str, lines: &[&str]) -> Option<usize> {
    let mut shown = match Kind::of(path) {
        Kind::Code | Kind::Python => Vec::new(),
        Kind::Prose => blocks_of(lines),
    }
    .into_iter()
    .map(|block| block.lines)
    .peekable();
    let inside = begins_inside(path, lines);
    let mut open: Option<(usize, usize)> = None;
    for (at, line) in lines.iter().enumerate().filter(|(at, _)| !inside[*at]) {
        while shown.next_if(|(_, end)| *end <= at).is_some() {}
        if shown.peek().is_some_and(|(start, _)| *start <= at) {
            continue;
        }
        if let Some(length) = edits::opens(line) {
            open = Some((at, length));
        } else if let Some((opened, length)) = open
            && edits::parts_or_ends(line, length)
        {
            return Some(opened);
        }
    }
    None
}

/// Whether the lines are those of a diff without the line that begins it: all of them begin as a diff's lines do.
///
/// Lists begin so, too, so a file that may be one needs lines of both kinds, and a list of prose is never taken for a diff.
fn is_bare_hunk(path: &str, lines: &[&str]) -> bool {
    let mut told = lines.iter().filter(|line| !line.trim().is_empty());
    if !told.clone().all(|line| line.starts_with([' ', '+', '-'])) {
        return false;
    }
    let keeps = told.clone().any(|line| line.starts_with(' '));
    let adds = told.clone().any(|line| line.starts_with('+'));
    let removes = told.clone().any(|line| line.starts_with('-'));
    if adds && removes {
        return !is_prose(path);
    }
    if Kind::of(path) == Kind::Prose || may_be_a_list(path) || !(adds || removes) {
        return false;
    }
    // Code doesn't begin with a space, nor a line of it with a sign; a comment of some languages does.
    let is_comment = told.clone().any(|line| line.starts_with("--"));
    let begins_aside = told.next().is_some_and(|line| line.starts_with([' ', '+']));
    !is_comment && (begins_aside && keeps || !keeps && adds)
}

fn is_prose(path: &str) -> bool {
    naming::extension(path).is_none_or(|extension| {
        ["md", "markdown", "mdx", "txt", "rst", "adoc", "csv", "tsv"].contains(&extension.as_str())
    })
}

fn may_be_a_list(path: &str) -> bool {
    naming::extension(path)
        .is_none_or(|extension| ["yml", "yaml", "csv", "tsv", "json"].contains(&extension.as_str()))
}
