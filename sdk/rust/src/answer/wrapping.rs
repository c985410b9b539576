//! What a model puts around a document: tags, or a fence.

use crate::Failure;

use super::fences::blocks_of;
use super::headings::headings;
use super::lines::FenceLine;

const OPENS: &str = "<document>";
const CLOSES: &str = "</document>";

/// What stands between `<document>` and `</document>`; to the end if the answer breaks off; all of it without such tags.
///
/// # Errors
/// There are several documents, one behind the other: which of them is meant, nobody knows.
pub(crate) fn between_tags(text: &str) -> Result<&str, Failure> {
    let lower = text.to_ascii_lowercase();
    let Some(start) = lower.find(OPENS).map(|start| start + OPENS.len()) else {
        return Ok(before_lone_end(text));
    };
    let end = lower[start..]
        .rfind(CLOSES)
        .map_or(text.len(), |end| start + end);
    let inside = &text[start..end];
    match holds_another(&lower[start..end]) {
        true => Err(Failure::invalid_response(
            "it holds several documents, each between `<document>` and `</document>`: send one, and only as it should be",
        )),
        false => Ok(inside),
    }
}

/// The text up to a closing tag whose opening one the model left out: the last line of its own, outside of fences, or the very end.
fn before_lone_end(text: &str) -> &str {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let plain: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let blocks = blocks_of(&plain);
    let is_end = |number: &usize| {
        let said = plain[*number].trim();
        said.eq_ignore_ascii_case(CLOSES)
            && !blocks
                .iter()
                .any(|block| (block.lines.0..block.lines.1).contains(number))
    };
    if let Some(end) = (0..plain.len()).rev().find(is_end) {
        let length: usize = lines[..end].iter().map(|line| line.len()).sum();
        return &text[..length];
    }
    let trimmed = text.trim_end();
    let before = trimmed.len().checked_sub(CLOSES.len());
    let before = before.and_then(|at| Some((trimmed.get(..at)?, trimmed.get(at..)?)));
    match before {
        Some((before, end)) if end.eq_ignore_ascii_case(CLOSES) && !before.ends_with('`') => before,
        _ => text,
    }
}

/// Whether a document ends in a text, and another one begins behind that. What merely speaks of the tags, in a fence or between
/// backticks, is no end.
fn holds_another(lower: &str) -> bool {
    let lines: Vec<&str> = lower.lines().collect();
    let blocks = blocks_of(&lines);
    let mut ended = false;
    for (number, line) in lines.iter().enumerate() {
        let is_quoted = blocks
            .iter()
            .any(|block| (block.lines.0..block.lines.1).contains(&number));
        if is_quoted {
            continue;
        }
        let mut rest = *line;
        while let Some(at) = rest.find('<') {
            let spoken_of = rest[..at].ends_with('`');
            rest = &rest[at..];
            if rest.starts_with(CLOSES) && !spoken_of {
                ended = true;
            } else if rest.starts_with(OPENS) && !spoken_of && ended {
                return true;
            }
            rest = &rest[1..];
        }
    }
    false
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_tag_without_an_opening_one_is_no_part_of_the_document() {
        for text in [
            "# D\n\nText.\n</document>",
            "# D\n\nText.\n</Document>\n\nShall I go on?\n",
            "# D\n\nText.\n</document>\n",
            "# D\n\nText.</document>\n",
        ] {
            assert_eq!(between_tags(text).unwrap().trim_end(), "# D\n\nText.");
        }
        for text in [
            "# D\n\nIt ends with `</document>`\n",
            "# D\n\n```\n</document>\n```\n",
            "é",
            "</ü>",
        ] {
            assert_eq!(between_tags(text).unwrap(), text);
        }
    }
}
