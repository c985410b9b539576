//! The requirements of a document: by the ids that it gives them, or else counted.

use std::collections::BTreeSet;

/// Names of standards that look like ids.
const STANDARDS: [&str; 8] = ["UTF", "ISO", "RFC", "SHA", "IEEE", "ANSI", "AES", "ASCII"];

/// Characters of a counted requirement that are shown beside its number.
const SHOWN: usize = 160;

/// The requirements of a document, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Required {
    /// It gives them ids, such as `FR-1`.
    Named(Vec<String>),
    /// It gives none. They are the items of the lists in its sections of requirements, and are called `R1`, `R2` and so on.
    Counted(Vec<String>),
    /// Nothing tells what its requirements are.
    Unknown,
}

impl Required {
    pub(crate) fn of(document: &str) -> Self {
        let mut named = Vec::new();
        let mut counted: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut sections = Sections::default();
        for line in prose(document) {
            if let Some(id) = begins_with(line.trim_start())
                && seen.insert(id.clone())
            {
                named.push(id);
            }
            if sections.heading(line) || !sections.are_of_requirements() {
                continue;
            }
            match item(line) {
                Some(text) => counted.push(text.to_owned()),
                // What goes on with the item stands below its text.
                None if line.starts_with([' ', '\t']) && item(line.trim_start()).is_none() => {
                    if let Some(last) = counted.last_mut() {
                        last.push(' ');
                        last.push_str(line.trim());
                    }
                }
                None => {}
            }
        }
        match (named.is_empty(), counted.is_empty()) {
            (false, _) => Self::Named(named),
            (true, false) => Self::Counted(counted),
            (true, true) => Self::Unknown,
        }
    }

    /// What each is called; nothing where nothing tells.
    pub(crate) fn ids(&self) -> Vec<String> {
        match self {
            Self::Named(ids) => ids.clone(),
            Self::Counted(items) => (1..=items.len())
                .map(|number| format!("R{number}"))
                .collect(),
            Self::Unknown => Vec::new(),
        }
    }

    /// Those that were counted, a line each with how they begin; empty where the document has ids of its own.
    pub(crate) fn counted(&self) -> String {
        let Self::Counted(items) = self else {
            return String::new();
        };
        let numbered = (1..).zip(items);
        let lines: Vec<String> = numbered
            .map(|(number, text)| match text.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("- R{number}: {}…", &text[..end]),
                None => format!("- R{number}: {text}"),
            })
            .collect();
        lines.join("\n")
    }
}

/// The lines of a document that stand in no fence.
fn prose(document: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<&str> = None;
    document.lines().filter(move |line| {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        match (mark, fence) {
            (Some(mark), Some(open)) if mark == open => fence = None,
            (Some(mark), None) => fence = Some(mark),
            (Some(_), Some(_)) => {}
            (None, _) => return fence.is_none(),
        }
        false
    })
}

/// The headings above a line, each with its level.
#[derive(Debug, Default)]
struct Sections<'d>(Vec<(usize, &'d str)>);

impl<'d> Sections<'d> {
    /// Takes a line in, if it is a heading.
    fn heading(&mut self, line: &'d str) -> bool {
        let level = line.len() - line.trim_start_matches('#').len();
        let text = &line[level..];
        if !(1..=6).contains(&level) || !text.starts_with([' ', '\t']) {
            return false;
        }
        self.0.retain(|(above, _)| *above < level);
        self.0.push((level, text.trim()));
        true
    }

    /// The document's own title says nothing: it may be called so as a whole.
    fn are_of_requirements(&self) -> bool {
        let mut below_title = self.0.iter().filter(|(level, _)| *level > 1);
        below_title.any(|(_, text)| text.to_lowercase().contains("requirement"))
    }
}

/// The text of an item of a list that stands in no other.
fn item(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix(['-', '*', '+'])
        .or_else(|| numbered(line))?;
    let text = rest.strip_prefix([' ', '\t'])?.trim();
    (!text.is_empty()).then_some(text)
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
    let is_number = |number: &str| {
        number.starts_with(|digit: char| digit.is_ascii_digit())
            && number
                .chars()
                .all(|digit| digit.is_ascii_digit() || digit == '.')
    };
    let (letters, number) = match word.rsplit_once('-') {
        Some(parts) => parts,
        // Without a dash a word such as `S3` may begin a sentence: what follows tells.
        None => {
            let digits = word.find(|letter: char| letter.is_ascii_digit())?;
            let is_set_apart = text[word.len()..].starts_with([':', ']', '*', '`', '|', ')']);
            let parts = word.split_at(digits);
            is_set_apart.then_some(parts)?
        }
    };
    let is_id = !STANDARDS.contains(&letters)
        && (1..=12).contains(&letters.len())
        && letters.starts_with(|letter: char| letter.is_ascii_uppercase())
        && letters
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '-' || letter.is_ascii_digit())
        && is_number(number);
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
```\n- FR-7 in a fence\n```\n- UTF-8 text\n- fr-5 small\n- It does FR-6\n- R7: said\n- [FR8] said\n- S3 is a store\n";
        let found = Required::of(document);
        assert_eq!(
            found.ids(),
            ["FR-0", "FR-1", "NFR-2", "REQ-3.1", "FR-4", "R7", "FR8"]
        );
        assert_eq!(found.counted(), "");
        assert_eq!(Required::of("no list"), Required::Unknown);
    }

    #[test]
    fn items_without_ids_are_counted_in_the_sections_of_requirements() {
        let document = "\
# The requirement\n\n- no requirement\n\n## 1.3 User journey\n\n1. They use it.\n\n## 2 Requirements\n\n### 2.1 Functional requirements\n\n\
#### Report\n\n- It prints\n  a table.\n  - with lines\n* S3 is a store\n\n```\n- in a fence\n```\n\n### 2.2 Others\n\n1. It is fast.\n\n\
## 3 Assumptions\n\n- One currency.\n";
        let found = Required::of(document);
        assert_eq!(found.ids(), ["R1", "R2", "R3"]);
        assert_eq!(
            found.counted(),
            "- R1: It prints a table.\n- R2: S3 is a store\n- R3: It is fast."
        );
    }
}
