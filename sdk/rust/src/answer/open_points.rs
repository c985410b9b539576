//! What a document leaves open: a section of it, whichever form the document has.

use super::fences::blocks_of;
use super::format::DocumentFormat;
use super::headings::{Heading, headings};
use super::lines::FenceLine;
use super::outline::Outline;

/// The title of the section.
pub const OPEN_POINTS: &str = "Open points";

/// Other titles under which models and projects have it.
const ALIASES: &[&str] = &["open questions", "open issues"];

/// The words of all of them, as headings have theirs.
const WORDS: [&str; 3] = ["open points", "open questions", "open issues"];

/// How many fences are closed before a heading: one inside of another doesn't go deeper.
const MOST_FENCES: usize = 8;

impl Outline {
    /// A section for what nobody has decided, which may be left out:
    /// [`DocumentFormat::with_open_points`] fills it.
    #[must_use]
    pub fn open_points(self, number: &'static str) -> Self {
        self.optional(number, OPEN_POINTS, ALIASES)
    }
}

impl DocumentFormat {
    /// The document with these points as what is left open, in a section of its own at the end. One that the document has
    /// already gets them, too. Whoever reads the document again by this format takes it with that section.
    #[must_use]
    pub fn with_open_points(&self, document: &str, points: &[String]) -> String {
        if points.is_empty() {
            return document.to_owned();
        }
        let list: Vec<String> = points.iter().map(|point| item(point)).collect();
        let own = self.own().and_then(Outline::number_of_open_points);
        let added = add(document, &list.join("\n"), own);
        // In the step's own form the section stands where the outline has it.
        let settled = self.own().map(|outline| outline.read(&added));
        match settled {
            Some(Ok(report)) => report.render(),
            _ => added,
        }
    }
}

/// What a document leaves open, a point each; none where it has no such section.
#[must_use]
pub fn open_points(document: &str) -> Vec<String> {
    let lines: Vec<&str> = document.lines().collect();
    let headings = headings(&lines);
    let Some(place) = section(&headings) else {
        return Vec::new();
    };
    let body = &lines[headings[place].after..end(&headings, place, lines.len())];
    let mut points: Vec<String> = Vec::new();
    for line in body
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
    {
        let begins = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        match (begins, points.last_mut()) {
            (None, Some(last)) => *last += &format!(" {line}"),
            (begins, _) => points.push(begins.unwrap_or(line).to_owned()),
        }
    }
    points
}

/// The heading of the section: the last one, where several say so.
fn section(headings: &[Heading]) -> Option<usize> {
    let is_it = |heading: &Heading| heading.certain && WORDS.contains(&heading.words.as_str());
    headings.iter().rposition(is_it)
}

/// The line behind a heading's section.
fn end(headings: &[Heading], place: usize, lines: usize) -> usize {
    let level = headings[place].level;
    let mut later = headings[place + 1..].iter();
    let next = later.find(|next| next.certain && next.level <= level);
    next.map_or(lines, |next| next.line)
}

impl Outline {
    fn number_of_open_points(&self) -> Option<&str> {
        let mut sections = self.sections();
        sections.find_map(|(number, title, _)| (title == OPEN_POINTS).then_some(number))
    }
}

/// A point as an item of a list: whatever a model wrote, it begins no heading and no block.
fn item(point: &str) -> String {
    let words: Vec<&str> = point.split_whitespace().collect();
    format!("- {}", words.join(" "))
}

fn add(document: &str, list: &str, number: Option<&str>) -> String {
    let document = closed(document);
    let lines: Vec<&str> = document.lines().collect();
    let headings = headings(&lines);
    let Some(place) = section(&headings) else {
        let marks = "#".repeat(level(&headings));
        let number = number
            .map(|number| format!("{number} "))
            .unwrap_or_default();
        return format!(
            "{}\n\n{marks} {number}{OPEN_POINTS}\n\n{list}\n",
            document.trim_end()
        );
    };
    let (before, after) = lines.split_at(end(&headings, place, lines.len()));
    let before = before.join("\n");
    let after = match after {
        [] => String::new(),
        after => format!("\n{}\n", after.join("\n")),
    };
    format!("{}\n\n{list}\n{after}", before.trim_end())
}

/// The level of the document's sections: that of the highest headings below its title.
fn level(headings: &[Heading]) -> usize {
    let mut certain = headings.iter().filter(|heading| heading.certain);
    let title = certain.next().map_or(1, |title| title.level);
    let sections = certain.map(|section| section.level).min();
    sections.unwrap_or(title + 1).clamp(1, 6)
}

/// The text with its last block ended, if it breaks off in one: a heading behind it would be part of the block.
fn closed(document: &str) -> String {
    let mut text = document.to_owned();
    for _ in 0..MOST_FENCES {
        let lines: Vec<&str> = text.lines().collect();
        let open = blocks_of(&lines).pop().filter(|block| !block.closed);
        let Some(fence) = open.and_then(|block| FenceLine::read(lines[block.lines.0])) else {
            break;
        };
        let fence = fence.mark.to_string().repeat(fence.length);
        text = format!("{}\n{fence}\n", text.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "# T\n\n## 1 Parts\n\np\n";

    fn outline() -> Outline {
        Outline::new()
            .section("1", "Parts", &[])
            .optional("2", "Assumptions", &[])
            .open_points("3")
    }

    fn points(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn in_the_steps_own_form_the_section_has_its_number_and_is_read_again() {
        let format = DocumentFormat::of(outline(), None);
        let open = format.with_open_points(OWN, &points(&["Who?\n(It matters.)", "# When?"]));
        assert_eq!(
            open,
            format!("{OWN}\n## 3 Open points\n\n- Who? (It matters.)\n- # When?\n")
        );
        assert_eq!(format.read(&open).unwrap(), open);
        assert_eq!(open_points(&open), ["Who? (It matters.)", "# When?"]);
        assert_eq!(format.with_open_points(OWN, &[]), OWN);
        assert!(open_points(OWN).is_empty());
    }

    #[test]
    fn what_stands_there_already_is_kept() {
        let format = DocumentFormat::of(outline(), None);
        let given = format
            .read(&format!("{OWN}\n## Open questions\n\n- Who?\n"))
            .unwrap();
        let open = format.with_open_points(&given, &points(&["When?"]));
        assert!(
            open.ends_with("## 3 Open points\n\n- Who?\n\n- When?\n"),
            "{open}"
        );
        assert_eq!(format.read(&open).unwrap(), open);
    }

    #[test]
    fn a_document_in_the_projects_format_has_it_at_the_level_of_its_sections() {
        let template = "Use these headings:\n\n### 1. Story\n### 2. Needs\n";
        let format = DocumentFormat::of(outline(), Some(template));
        let document = "## T\n\n### 1. Story\n\ns\n\n### 2. Needs\n\n#### More\n\nn\n";
        let open = format.with_open_points(document, &points(&["Who?"]));
        assert_eq!(open, format!("{document}\n### Open points\n\n- Who?\n"));
        assert_eq!(format.read(&open).unwrap(), open);
    }

    #[test]
    fn a_section_of_the_projects_own_takes_them() {
        let template = "Use these headings:\n\n## Story\n## Open questions\n## Needs\n";
        let format = DocumentFormat::of(outline(), Some(template));
        let document = "# T\n\n## Story\n\ns\n\n## Open questions\n\nNone.\n\n## Needs\n\nn\n";
        let open = format.with_open_points(document, &points(&["Who?"]));
        assert!(
            open.contains("## Open questions\n\nNone.\n\n- Who?\n\n## Needs\n\nn\n"),
            "{open}"
        );
        assert_eq!(format.read(&open).unwrap(), open);
    }

    #[test]
    fn a_block_that_breaks_off_ends_before_it() {
        let format = DocumentFormat::of(outline(), None);
        let open = format.with_open_points("# T\n\n## 1 Parts\n\n```sh\nls\n", &points(&["Who?"]));
        assert!(open.contains("ls\n```\n\n## 3 Open points\n"), "{open}");
        assert_eq!(format.read(&open).unwrap(), open);
    }
}
