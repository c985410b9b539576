//! Files as prompts and documents tell them, and the paths that they may have.

use super::{File, naming};
use crate::answer::fences::fenced;

/// Writes a file the way [`files`](super::files) reads it, for a prompt that shows files to the model.
#[must_use]
pub fn render_file(path: &str, content: &str) -> String {
    let info = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("py") => "python",
        Some("md") => "markdown",
        Some("toml") => "toml",
        Some("json") => "json",
        _ => "",
    };
    let quote = if naming::needs_quotes(path) { "`" } else { "" };
    let mut block = fenced(info, content);
    // A longer fence than usual holds whatever is inside, also what looks like another file.
    if content.lines().any(naming::names_a_file) && !block.starts_with("````") {
        block = format!("`{block}`");
    }
    format!("### FILE: {quote}{path}{quote}\n{block}\n")
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
