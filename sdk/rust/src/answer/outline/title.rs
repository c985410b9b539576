//! The title of a document, however the model marked it.

use crate::answer::headings::{Heading, plain};

/// The title: the last heading before the first section that has the highest level, or a line `Title: …`.
pub(super) fn title(
    lines: &[&str],
    headings: &[Heading],
    owners: &[Option<usize>],
    first: Option<usize>,
) -> String {
    let before = first.unwrap_or(headings.len());
    let heading = headings[..before]
        .iter()
        .zip(owners)
        .filter(|(heading, owner)| owner.is_none() && (heading.certain || heading.bold))
        .map(|(heading, _)| heading)
        .min_by_key(|heading| heading.level);
    let end = first.map_or(lines.len(), |first| headings[first].line);
    match heading {
        // `# Title` and the title below it.
        Some(heading) if is_title_mark(&heading.text) => lines[heading.after.min(end)..end]
            .iter()
            .map(|line| title_in(line.trim().trim_start_matches(['*', '#', ' '])))
            .find(|title| !title.is_empty()),
        Some(heading) => Some(title_in(&heading.text)),
        None => lines[..end]
            .iter()
            .map(|line| line.trim().trim_start_matches(['*', '_', ' ']))
            .find(|line| after_title_mark(line).is_some())
            .map(title_in),
    }
    .unwrap_or_default()
    .to_owned()
}

/// The title that a line or a heading gives, with or without `Title:` before it; empty where it is that word alone. What it
/// gives can be written as a heading and gives the same again.
fn title_in(line: &str) -> &str {
    let mut title = plain(line);
    while let Some(rest) = after_title_mark(title) {
        title = plain(rest);
    }
    match title.eq_ignore_ascii_case("title") {
        true => "",
        false => title,
    }
}

/// Whether it is the word `Title`, and no title.
fn is_title_mark(line: &str) -> bool {
    let line = plain(line);
    line.eq_ignore_ascii_case("title")
        || (after_title_mark(line).is_some() && title_in(line).is_empty())
}

fn after_title_mark(line: &str) -> Option<&str> {
    let mark = line.get(.."title:".len())?;
    mark.eq_ignore_ascii_case("title:")
        .then(|| &line[mark.len()..])
}
