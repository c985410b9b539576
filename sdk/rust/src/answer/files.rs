//! Whole files in an answer.
//!
//! The format that prompts ask for is a line `### FILE: src/parser.py` and a fenced block below it. Other ways in
//! which models name a file are understood: the path as a heading or in bold, in the fence's info string, or as
//! a comment in the first line.

use super::fences::{Block, blocks_of, content, fenced, without_blocks};
use super::lines::{FenceLine, normalize};

/// A file of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, relative, with `/` between the parts.
    pub path: String,
    /// Its text, which ends with `\n` unless it is empty.
    pub content: String,
}

/// The files of an answer, in its order; of one that was sent twice, the later text.
///
/// # Errors
/// Everything that is wrong, each a sentence for the model: no file at all, one that breaks off or has no
/// content, a path that leads outside.
pub fn files(text: &str) -> Result<Vec<File>, Vec<String>> {
    let text = normalize(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut found: Vec<File> = Vec::new();
    let mut problems = Vec::new();
    let mut marker = None;
    for piece in pieces(&lines) {
        match piece {
            Piece::Marker(path) => {
                if let Some(path) = marker.replace(path) {
                    problems.push(format!("`{path}` has no content"));
                }
            }
            Piece::Block(block, before) => {
                let Some(path) = marker.take().or_else(|| path_of(&block, before)) else {
                    continue;
                };
                if !block.closed {
                    problems.push(format!("`{path}` breaks off before its closing fence"));
                    continue;
                }
                match check_path(&path) {
                    Ok(path) => {
                        found.retain(|file| file.path != path);
                        found.push(File {
                            path,
                            content: block.content,
                        });
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
    }
    if let Some(path) = marker {
        problems.push(format!("`{path}` has no content"));
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(
            "it holds no file: each needs a line `### FILE: path` and its whole text in a fenced block below"
                .to_owned(),
        );
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// Writes a file the way [`files`] reads it, for a prompt that shows files to the model.
#[must_use]
pub fn render_file(path: &str, content: &str) -> String {
    let info = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py") => "python",
        Some("md") => "markdown",
        Some("toml") => "toml",
        Some("json") => "json",
        _ => "",
    };
    format!("### FILE: {path}\n{}\n", fenced(info, content))
}

/// What an answer says around its files, without the lines that name them.
#[must_use]
pub fn summary(text: &str) -> String {
    let prose = without_blocks(text);
    let lines: Vec<&str> = prose
        .lines()
        .filter(|line| strong_path(line).is_none() && !looks_like_path(barest(line)))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// A document that lists files: a JSON array of their paths and sizes.
#[must_use]
pub fn file_list(files: &[File]) -> String {
    let list: Vec<serde_json::Value> = files
        .iter()
        .map(|file| serde_json::json!({ "path": file.path, "bytes": file.content.len() }))
        .collect();
    serde_json::to_string_pretty(&list).unwrap_or_default()
}

/// A path as it may be written: relative, below the workspace, with `/`.
///
/// # Errors
/// It isn't; a sentence for the model.
pub fn check_path(path: &str) -> Result<String, String> {
    let refuse = |reason: &str| Err(format!("the path `{path}` {reason}"));
    let slashed = path.trim().replace('\\', "/");
    let plain = slashed.trim_start_matches("./");
    if plain.is_empty() {
        return refuse("is empty");
    }
    if plain.starts_with('/') || plain.starts_with('~') || plain.as_bytes().get(1) == Some(&b':') {
        return refuse("isn't relative to the workspace");
    }
    if plain.chars().any(char::is_control) {
        return refuse("holds control characters");
    }
    if plain.ends_with('/') {
        return refuse("names a folder, not a file");
    }
    if plain.split('/').any(|part| part == "..") {
        return refuse("leads outside the workspace");
    }
    if plain.split('/').any(|part| part.is_empty() || part == ".") {
        return refuse("has an empty part");
    }
    Ok(plain.to_owned())
}

enum Piece<'a> {
    /// A line that names the file of the next block.
    Marker(String),
    /// A block and the last line before it that isn't blank.
    Block(Block, Option<&'a str>),
}

fn pieces<'a>(lines: &[&'a str]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < lines.len() {
        let mut blocks = blocks_of(&lines[start..]);
        let end = mend(lines, start, &mut blocks);
        let mut next = start;
        for block in blocks {
            let (first, after) = (start + block.lines.0, start + block.lines.1);
            pieces.extend(markers(&lines[next..first]));
            let before = lines[next..first]
                .iter()
                .rev()
                .find(|line| !line.trim().is_empty());
            pieces.push(Piece::Block(block, before.copied()));
            next = after;
        }
        pieces.extend(markers(&lines[next..end]));
        start = end;
    }
    pieces
}

/// Mends the first block that can't be as it was read, drops those after it, and says where reading goes on.
///
/// A block without an end that runs over the next file's marker lost its closing fence: it ends before the
/// marker. A Markdown file with bare fences inside a fence of the same length ended too early: it goes on to the
/// last bare fence before the next marker.
fn mend(lines: &[&str], start: usize, blocks: &mut Vec<Block>) -> usize {
    for index in 0..blocks.len() {
        let (first, after) = (start + blocks[index].lines.0, start + blocks[index].lines.1);
        let Some(opening) = FenceLine::read(lines[first]) else {
            continue;
        };
        if !blocks[index].closed {
            let marker = (first + 1..after).find(|number| strong_path(lines[*number]).is_some());
            let Some(marker) = marker else { continue };
            // A model that forgot the closing fence still wrote the file; one that was cut off wrote nothing more.
            blocks.truncate(index + 1);
            let complete = (first + 1..marker)
                .rev()
                .find(|number| !lines[*number].trim().is_empty());
            let last = complete.map_or(first + 1, |number| number + 1);
            let ends_bare = last - 1 > first && opening.is_closed_by(lines[last - 1]);
            let last = last - usize::from(ends_bare);
            blocks[index].content = content(&lines[first + 1..last.max(first + 1)], opening.indent);
            blocks[index].closed = true;
            blocks[index].lines.1 = marker - start;
            return marker;
        }
        let markdown = opening.info.starts_with("markdown") || opening.info.starts_with("md");
        if markdown {
            let segment_end = (after..lines.len())
                .find(|number| strong_path(lines[*number]).is_some())
                .unwrap_or(lines.len());
            let mut after = (after..segment_end).rev();
            let last = after.find(|number| opening.is_closed_by(lines[*number]));
            if let Some(last) = last {
                blocks.truncate(index + 1);
                blocks[index].content = content(&lines[first + 1..last], opening.indent);
                blocks[index].lines.1 = last + 1 - start;
                return last + 1;
            }
        }
    }
    lines.len()
}

fn markers<'a>(lines: &[&'a str]) -> Vec<Piece<'a>> {
    lines
        .iter()
        .filter_map(|line| strong_path(line))
        .map(Piece::Marker)
        .collect()
}

/// The path of a line such as `### FILE: src/a.py` or `**File:** src/a.py`.
fn strong_path(line: &str) -> Option<String> {
    let bare = bare(line);
    let (label, path) = bare.split_once(':')?;
    let label = bare_label(label);
    if !matches!(
        label.as_str(),
        "file" | "filename" | "file name" | "file path" | "path"
    ) {
        return None;
    }
    let path = path.trim_matches(['*', '`', '"', '\'', ' ', '\t']);
    let one_word = !path.is_empty() && !path.contains(char::is_whitespace);
    one_word.then(|| path.to_owned())
}

fn bare_label(label: &str) -> String {
    label.trim_matches(['*', '_', ' ']).to_ascii_lowercase()
}

/// A line without the marks of a heading, a list and bold text around it.
fn bare(line: &str) -> &str {
    line.trim()
        .trim_start_matches(['#', '-', '*', '_', ' '])
        .trim_end_matches(['*', '_', ' '])
}

/// The same, without a colon at its end and the marks of code.
fn barest(line: &str) -> &str {
    bare(line)
        .trim_end_matches(':')
        .trim_matches(['*', '`', ' '])
}

/// The path of a block that no marker named.
fn path_of(block: &Block, before: Option<&str>) -> Option<String> {
    path_in_info(&block.info)
        .or_else(|| before.and_then(path_in_line))
        .or_else(|| block.content.lines().next().and_then(path_in_comment))
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
        (named.is_some() || looks_like_path(given)).then(|| given.to_owned())
    })
}

/// From `**src/a.py**`, `#### src/a.py:` or ``Create `src/a.py`:``.
fn path_in_line(line: &str) -> Option<String> {
    let whole = barest(line);
    if looks_like_path(whole) {
        return Some(whole.to_owned());
    }
    let mut quoted = line
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| looks_like_path(word));
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
    looks_like_path(path).then(|| path.to_owned())
}

/// A word with a file's extension, or with a folder in front.
fn looks_like_path(text: &str) -> bool {
    let sound = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/+@\\".contains(c));
    let extension = text.rsplit(['/', '\\']).next().and_then(|name| {
        let (_, extension) = name.rsplit_once('.')?;
        extension.chars().next()
    });
    sound && extension.is_some_and(|first| first.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests;
