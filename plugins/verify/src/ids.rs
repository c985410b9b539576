//! The ids of requirements in a document.

use std::collections::BTreeSet;

/// Names of standards that look like ids.
const STANDARDS: [&str; 8] = ["UTF", "ISO", "RFC", "SHA", "IEEE", "ANSI", "AES", "ASCII"];

/// The ids that items of a list or headings begin with, in the order of the document: `FR-1`, `NFR-12`, `REQ-3.1`.
pub(crate) fn of(document: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut fence: Option<&str> = None;
    let mut ids = Vec::new();
    for line in document.lines().map(str::trim_start) {
        if let Some(open) = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.starts_with(mark))
        {
            match fence {
                Some(mark) if mark == open => fence = None,
                None => fence = Some(open),
                Some(_) => {}
            }
            continue;
        }
        let Some(id) = (fence.is_none()).then(|| begins_with(line)).flatten() else {
            continue;
        };
        if seen.insert(id.clone()) {
            ids.push(id);
        }
    }
    ids
}

/// The id that an item, a heading or a row of a table begins with.
fn begins_with(line: &str) -> Option<String> {
    let text = line
        .strip_prefix(['-', '*', '+', '#', '|'])
        .or_else(|| numbered(line))?;
    let text = text.trim_start_matches(['#', '*', '_', '`', '[', ' ', '|']);
    let end = text
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '.')
        .unwrap_or(text.len());
    let word = text[..end].trim_end_matches(['.', '-']);
    let (letters, number) = word.rsplit_once('-')?;
    let is_id = !STANDARDS.contains(&letters)
        && (1..=12).contains(&letters.len())
        && letters.starts_with(|letter: char| letter.is_ascii_uppercase())
        && letters
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '-' || letter.is_ascii_digit())
        && number.starts_with(|digit: char| digit.is_ascii_digit())
        && number
            .chars()
            .all(|digit| digit.is_ascii_digit() || digit == '.');
    is_id.then(|| word.to_owned())
}

fn numbered(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (rest.len() < line.len()).then(|| rest.strip_prefix(['.', ')']))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_where_requirements_begin() {
        let document = "\
# FR-0 in a title\n- **FR-1** It reads. See FR-9.\n* NFR-2: fast\n1. REQ-3.1 It ends.\n| `FR-4` | a row |\n- FR-1 again\n\
```\n- FR-7 in a fence\n```\n- UTF-8 text\n- fr-5 small\n- It does FR-6\n";
        assert_eq!(of(document), ["FR-0", "FR-1", "NFR-2", "REQ-3.1", "FR-4"]);
        assert!(of("no list").is_empty());
    }
}
