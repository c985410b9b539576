//! The requirements of a document: by the ids that it gives them, or else counted.
//!
//! Who writes such a document says what can't be told apart in it; who verifies it asks about each.

use std::collections::BTreeSet;

use crate::answer::Outline;
use crate::progress;

/// Requirements that can be verified at once, at most.
pub const MOST: usize = 500;

/// Names of standards that look like ids.
const STANDARDS: [&str; 8] = ["UTF", "ISO", "RFC", "SHA", "IEEE", "ANSI", "AES", "ASCII"];

/// Characters of a counted requirement that are shown beside its number.
const SHOWN: usize = 160;

/// The requirements of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Required {
    /// Those with an id of their own, such as `FR-1`, in the order of the document.
    named: Vec<String>,
    /// Those without: the items of the lists in its sections of requirements. Where the document gives ids, only items beside such as have
    /// one: others say more of what a heading names.
    counted: Vec<String>,
    /// Ids that several requirements have.
    doubled: Vec<String>,
}

/// An item of a list.
struct Item {
    section: usize,
    has_id: bool,
    is_required: bool,
    text: String,
}

impl Required {
    /// Those of a document in Markdown.
    #[must_use]
    pub fn of(document: &str) -> Self {
        let mut named = Vec::new();
        let mut seen = BTreeSet::new();
        let (mut required, mut doubled) = (BTreeSet::new(), Vec::new());
        let mut items: Vec<Item> = Vec::new();
        let mut sections = Sections::default();
        let mut section = 0;
        for line in prose(document) {
            let id = begins_with(line.trim_start());
            let has_id = id.is_some();
            let is_heading = sections.heading(line);
            // What a table or another section says of one is no second requirement.
            let own = id
                .as_ref()
                .filter(|_| sections.are_of_requirements() && !line.starts_with('|'));
            if let Some(own) = own
                && !required.insert(own.clone())
                && !doubled.contains(own)
            {
                doubled.push(own.clone());
            }
            named.extend(id.filter(|id| seen.insert(id.clone())));
            if is_heading {
                section += 1;
                continue;
            }
            match item(line) {
                Some(text) => items.push(Item {
                    section,
                    has_id,
                    is_required: sections.are_of_requirements(),
                    text: text.to_owned(),
                }),
                // What goes on with the item stands below its text.
                None if line.starts_with([' ', '\t']) && item(line.trim_start()).is_none() => {
                    if let Some(last) = items.last_mut().filter(|last| last.section == section) {
                        last.text.push(' ');
                        last.text.push_str(line.trim());
                    }
                }
                None => {}
            }
        }
        let with_ids: BTreeSet<usize> = items
            .iter()
            .filter(|item| item.has_id)
            .map(|item| item.section)
            .collect();
        let counts = |item: &Item| match named.is_empty() {
            true => item.is_required,
            false => !item.has_id && with_ids.contains(&item.section),
        };
        let counted = items.into_iter().filter(counts).map(|item| item.text);
        Self {
            counted: counted.collect(),
            named,
            doubled,
        }
    }

    /// Ids that several requirements have, each once.
    #[must_use]
    pub fn doubled(&self) -> &[String] {
        &self.doubled
    }

    /// Warns of ids that several requirements have: nobody can tell them apart then.
    pub fn warn_of_doubled(&self) {
        if !self.doubled.is_empty() {
            progress::warn(format!(
                "the requirement document gives the same id to several requirements ({}): which of them is met can't be told apart; give each an id of its own",
                self.doubled.join(", ")
            ));
        }
    }

    /// Warns of what will be in the way when the requirements are verified, as soon as they are written.
    pub fn warn(&self) {
        self.warn_of_doubled();
        let number = self.named.len() + self.counted.len();
        if number > MOST {
            progress::warn(format!(
                "the requirement document has {number} requirements, and the step verify takes {MOST} at most: make several documents of it"
            ));
        }
    }

    /// Whether nothing tells what its requirements are.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.named.is_empty() && self.counted.is_empty()
    }

    /// What each is called: those without an id `R1`, `R2` and so on; nothing where nothing tells.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let counted = (1..=self.counted.len()).map(|number| self.number(number));
        self.named.iter().cloned().chain(counted).collect()
    }

    /// Those without an id, a line each with how they begin.
    #[must_use]
    pub fn counted(&self) -> String {
        let numbered = (1..).zip(&self.counted);
        let lines: Vec<String> = numbered
            .map(|(number, text)| {
                let id = self.number(number);
                match text.char_indices().nth(SHOWN) {
                    Some((end, _)) => format!("- {id}: {}…", &text[..end]),
                    None => format!("- {id}: {text}"),
                }
            })
            .collect();
        lines.join("\n")
    }

    /// A name that the document doesn't give itself.
    fn number(&self, number: usize) -> String {
        let taken = |letter: &&str| {
            let mut named = self.named.iter();
            named.any(|id| {
                id.strip_prefix(*letter)
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            })
        };
        let letter = ["R", "U", "X"].into_iter().find(|letter| !taken(letter));
        format!("{}{number}", letter.unwrap_or("UNNAMED-"))
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

/// The sections of a requirement document, as the built-in steps write and read it.
#[must_use]
pub fn outline() -> Outline {
    Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["context", "motivation"])
        .section(
            "1.2",
            "User persona",
            &["personas", "users", "target users"],
        )
        .section("1.3", "User journey", &["journeys", "user flow"])
        .group("2", "Requirements")
        .section("2.1", "Functional requirements", &["functionality"])
        .optional("3", "Assumptions", &["assumptions made"])
        .open_points("4")
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
        let ids = found.ids();
        let (named, others) = ids.split_at(7);
        assert_eq!(
            named,
            ["FR-0", "FR-1", "NFR-2", "REQ-3.1", "FR-4", "R7", "FR8"]
        );
        // What only looks like one, or names one elsewhere, has none of its own.
        assert_eq!(others, ["U1", "U2", "U3", "U4"]);
        assert!(Required::of("no list").is_unknown());
    }

    #[test]
    fn an_id_of_several_requirements_is_named() {
        let document = "\
# FR-1 is the title\n\n## 1 Overview\n\n- FR-1 is what they want.\n\n## 2 Requirements\n\n- **FR-1** It reads.\n- FR-2: It writes.\n\
- **FR-1** It ends.\n- FR-1 And again.\n\n### FR-3 Report\n\n| FR-2 | in a table |\n\n## 3 Assumptions\n\n- FR-2: it has a disk.\n";
        assert_eq!(Required::of(document).doubled(), ["FR-1"]);
    }

    #[test]
    fn an_item_without_an_id_beside_such_as_have_one_is_counted_too() {
        let document = "\
## Requirements\n\n- **FR-1** It reads.\n- It fails with code 1.\n- R2: It writes.\n\n### FR-3 Report\n\n- says more of FR-3\n";
        let found = Required::of(document);
        assert_eq!(found.ids(), ["FR-1", "R2", "FR-3", "U1"]);
        assert_eq!(found.counted(), "- U1: It fails with code 1.");
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
