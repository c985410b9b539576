//! What a model puts around a document: tags, or a fence.

use super::fences::blocks_of;
use super::headings::headings;
use super::lines::FenceLine;

/// What stands between `<document>` and `</document>`; to the end if the answer breaks off.
pub(crate) fn between_tags(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<document>")? + "<document>".len();
    let end = lower[start..]
        .rfind("</document>")
        .map_or(text.len(), |end| start + end);
    Some(&text[start..end])
}

/// What a fence around the whole may hold, the likelier first: up to its own end, and, since bare fences inside a
/// fence of the same length end it too early, up to the last bare fence.
pub(crate) fn in_fence(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(block) = blocks_of(&lines).into_iter().next() else {
        return Vec::new();
    };
    let Some(opening) = FenceLine::read(lines[block.lines.0]) else {
        return Vec::new();
    };
    let may_wrap = matches!(
        block.info.to_ascii_lowercase().as_str(),
        "" | "markdown" | "md" | "text" | "txt" | "plaintext"
    );
    let heading_before = headings(&lines[..block.lines.0])
        .iter()
        .any(|heading| heading.certain);
    if !may_wrap || heading_before {
        return Vec::new();
    }
    let inside = |end: usize| lines[block.lines.0 + 1..end].join("\n");
    let rest = block.lines.1..lines.len();
    let own = inside(block.lines.1 - usize::from(block.closed));
    let mut bare = rest.clone().rev();
    let Some(last_bare) = bare.find(|number| opening.is_closed_by(lines[*number])) else {
        return vec![own];
    };
    // Headings behind its end belong to the document. They are looked for without regard to fences, which can't be
    // trusted here: the one that closed too early makes an opening one of the last.
    if lines[rest].iter().any(|line| line.starts_with('#')) {
        vec![inside(last_bare), own]
    } else {
        vec![own, inside(last_bare)]
    }
}
