//! Documents of a fixed outline: a title and numbered sections.
//!
//! The model may write headings of another level, in bold, without their numbers or in its own words, wrap the
//! whole in a fence and talk around it; the document that comes out has one form.

use super::headings::{self, Heading, headings};
use super::lines::{FenceLine, normalize};
use super::wrapping::{before_lone_end, between_tags, in_fence};
use crate::Failure;

mod title;

use title::title;

/// How often a document is read again until it stays as it is. Two readings do for what models write.
const SETTLING: usize = 8;

/// The sections that a document has, in order.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    sections: Vec<Section>,
}

#[derive(Debug, Clone)]
struct Section {
    number: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Must be there and say something.
    Required,
    /// May be left out.
    Optional,
    /// A heading above other sections; written whether the model wrote it or not.
    Group,
}

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    title: String,
    sections: Vec<Filled>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Filled {
    number: &'static str,
    title: &'static str,
    body: String,
}

impl Outline {
    /// Only a title.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A heading above sections, such as `2 Requirements`.
    #[must_use]
    pub fn group(self, number: &'static str, title: &'static str) -> Self {
        self.add(number, title, &[], Kind::Group)
    }

    /// A section that must be there, with other titles under which models write it.
    #[must_use]
    pub fn section(
        self,
        number: &'static str,
        title: &'static str,
        aliases: &'static [&'static str],
    ) -> Self {
        self.add(number, title, aliases, Kind::Required)
    }

    /// A section that may be left out.
    #[must_use]
    pub fn optional(
        self,
        number: &'static str,
        title: &'static str,
        aliases: &'static [&'static str],
    ) -> Self {
        self.add(number, title, aliases, Kind::Optional)
    }

    fn add(
        mut self,
        number: &'static str,
        title: &'static str,
        aliases: &'static [&'static str],
        kind: Kind,
    ) -> Self {
        self.sections.push(Section {
            number,
            title,
            aliases,
            kind,
        });
        self
    }

    /// Reads a model's answer.
    ///
    /// The document is what stands between `<document>` and `</document>`, or in a fence around all of it, or the
    /// answer as it is; what has the one form already is the document, with tags and fences of its own. What stands before the title is dropped; headings that the outline doesn't know stay where
    /// they are, as parts of the section above them.
    ///
    /// # Errors
    /// [`Failure::invalid_response`] that names every section that is missing or empty.
    pub fn read(&self, answer: &str) -> Result<Report, Failure> {
        let answer = normalize(answer);
        let bare = before_lone_end(&answer);
        let whole = self.read_plain(bare);
        // What has the one form already is the document. Tags and fences in it are its own, but for one that closes nothing.
        if self.missing(&whole).is_empty() && whole.render().trim_end() == bare.trim_end() {
            return Ok(whole);
        }
        let source = between_tags(&answer)?;
        let mut report = self.read_plain(source);
        for inside in in_fence(source).iter().rev() {
            let unwrapped = self.read_plain(before_lone_end(inside));
            // Whichever holds more of the document: a fence may be an example inside it.
            if self.missing(&unwrapped).len() <= self.missing(&report).len() {
                report = unwrapped;
            }
        }
        let missing = self.missing(&report);
        if !missing.is_empty() {
            return Err(Failure::invalid_response(format!(
                "the document lacks {}",
                missing.join(", ")
            )));
        }
        Ok(self.settled(report))
    }

    /// The document as it reads again. A heading of one section inside of another one may claim its place when the
    /// document is read by whoever comes next; so it claims it now.
    /// Nothing is lost for it: where another reading would lack something, the one before stands.
    fn settled(&self, mut report: Report) -> Report {
        for _ in 0..SETTLING {
            let again = self.read_plain(before_lone_end(&report.render()));
            if again == report || !self.missing(&again).is_empty() {
                break;
            }
            report = again;
        }
        report
    }

    /// The sections by number and title, without headings above others, and whether each must be there.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let own = self.sections.iter().filter(|s| s.kind != Kind::Group);
        own.map(|s| (s.number, s.title, s.kind == Kind::Required))
    }

    /// Whether it has such a heading above others.
    pub(super) fn has_group(&self, number: &str, words: &str) -> bool {
        let mut groups = self.sections.iter().filter(|s| s.kind == Kind::Group);
        groups.any(|s| s.number == number && headings::normal(s.title) == words)
    }

    /// What a document lacks, by name.
    fn missing(&self, report: &Report) -> Vec<String> {
        let mut missing = Vec::new();
        if report.title.is_empty() {
            missing.push("its title (a first line `# …`)".to_owned());
        }
        for section in self.sections.iter().filter(|s| s.kind == Kind::Required) {
            let name = format!("`{} {}`", section.number, section.title);
            match report.section(section.title) {
                None => missing.push(name),
                Some(body) if !says_something(body) => {
                    missing.push(format!("{name} (its heading is there, with nothing below)"));
                }
                Some(_) => {}
            }
        }
        missing
    }

    fn read_plain(&self, text: &str) -> Report {
        let lines: Vec<&str> = text.lines().collect();
        let headings = headings(&lines);
        let owners = self.assign(&headings);
        let first = owners.iter().position(Option::is_some);
        let title = title(&lines, &headings, &owners, first);

        let mut bodies: Vec<Option<String>> = vec![None; self.sections.len()];
        let mut starts: Vec<(usize, usize)> = Vec::new();
        for (index, owner) in owners.iter().enumerate() {
            if let Some(section) = owner {
                starts.push((index, *section));
            }
        }
        for (place, (index, section)) in starts.iter().enumerate() {
            let begin = headings[*index].after;
            let end = starts
                .get(place + 1)
                .map_or(lines.len(), |(next, _)| headings[*next].line);
            let level = self.sections[*section].level();
            // What stands behind a title in bold is the section's first line.
            let behind = headings[*index].behind.as_str();
            let said: Vec<&str> = std::iter::once(behind)
                .chain(lines[begin..end.max(begin)].iter().copied())
                .collect();
            bodies[*section] = Some(body(&said, level));
        }
        let sections = self
            .sections
            .iter()
            .zip(bodies)
            .filter(|(section, body)| section.kind == Kind::Group || body.is_some())
            // An optional section that says nothing is as good as none.
            .filter(|(section, body)| {
                section.kind != Kind::Optional || body.as_ref().is_some_and(|body| !body.is_empty())
            })
            .map(|(section, body)| Filled {
                number: section.number,
                title: section.title,
                body: body.unwrap_or_default(),
            })
            .collect();
        Report { title, sections }
    }

    /// Which section each heading begins. Of several headings for one section the best wins, and among equal ones
    /// the first: "Background jobs" further down must not take the place of "1.1 Background".
    fn assign(&self, headings: &[Heading]) -> Vec<Option<usize>> {
        let mut claims: Vec<(u32, usize, usize)> = Vec::new();
        for (index, heading) in headings.iter().enumerate() {
            for (number, section) in self.sections.iter().enumerate() {
                let likeness = section.likeness(heading);
                if likeness > 0 {
                    claims.push((likeness, index, number));
                }
            }
        }
        claims.sort_by_key(|(likeness, index, number)| (u32::MAX - likeness, *index, *number));
        let mut owners = vec![None; headings.len()];
        let mut taken = vec![false; self.sections.len()];
        for (_, index, number) in claims {
            if owners[index].is_none() && !taken[number] {
                owners[index] = Some(number);
                taken[number] = true;
            }
        }
        owners
    }
}

impl Section {
    /// `1` stands at the second level, below the title, `1.1` at the third.
    fn level(&self) -> usize {
        self.number.split('.').count() + 1
    }

    /// How sure it is that a heading is this section's; 0 if it isn't.
    fn likeness(&self, heading: &Heading) -> u32 {
        let same_number = heading.number == self.number;
        let other_number = !heading.number.is_empty() && !same_number;
        let names = || std::iter::once(&self.title).chain(self.aliases);
        let equal = names().any(|name| headings::normal(name) == heading.words);
        let alike = names().any(|name| contains_words(&heading.words, &headings::normal(name)));
        match (equal, alike, same_number, heading.certain) {
            (true, _, true, _) => 6,
            (true, _, false, true) if !other_number => 5,
            (_, true, true, true) => 4,
            (true, _, false, true) => 3,
            (_, _, true, true) => 2,
            (_, true, false, true) if !other_number => 1,
            // Bold text without a number, or a line above a rule, is a heading only if it says exactly the title.
            (true, _, false, false) if !other_number && (heading.bold || heading.underlined) => 4,
            _ => 0,
        }
    }
}

impl Report {
    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text of a section, by its title in the outline.
    #[must_use]
    pub fn section(&self, title: &str) -> Option<&str> {
        self.sections
            .iter()
            .find(|section| section.title == title)
            .map(|section| section.body.as_str())
    }

    /// Replaces the text of a section, if the document has it.
    pub fn set_section(&mut self, title: &str, body: &str) {
        for section in self.sections.iter_mut().filter(|s| s.title == title) {
            body.trim().clone_into(&mut section.body);
        }
    }

    /// The document in its one form.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        for section in &self.sections {
            let marks = "#".repeat(section.number.split('.').count() + 1);
            text.push_str(&format!("\n{marks} {} {}\n", section.number, section.title));
            if !section.body.is_empty() {
                text.push_str(&format!("\n{}\n", section.body));
            }
        }
        text
    }
}

/// Whether all words stand in the text in this order, plural or not.
fn contains_words(text: &str, words: &str) -> bool {
    let mut given = text.split(' ');
    words
        .split(' ')
        .all(|word| given.any(|other| other.starts_with(word.trim_end_matches('s'))))
}

pub(super) fn says_something(body: &str) -> bool {
    let lines: Vec<&str> = body.lines().collect();
    let headings = headings(&lines);
    lines.iter().enumerate().any(|(number, line)| {
        !headings
            .iter()
            .any(|heading| heading.certain && heading.line == number)
            && FenceLine::read(line).is_none()
            && line.chars().any(char::is_alphanumeric)
    })
}

/// A section's text: no blank lines or rules around it, and its headings below the section's own level.
fn body(lines: &[&str], level: usize) -> String {
    let is_filling = |line: &&str| {
        let line = line.trim();
        line.is_empty() || (line.len() >= 3 && line.chars().all(|c| c == '-'))
    };
    let start = lines.iter().take_while(|line| is_filling(line)).count();
    let end = lines.len()
        - lines[start..]
            .iter()
            .rev()
            .take_while(|line| is_filling(line))
            .count();
    let lines = &lines[start..end];
    let headings: Vec<Heading> = headings(lines).into_iter().filter(|h| h.atx).collect();
    let highest = headings.iter().map(|h| h.level).min().unwrap_or(level + 1);
    let mut kept: Vec<String> = Vec::with_capacity(lines.len());
    let mut headings = headings.into_iter().peekable();
    let mut after_heading = false;
    for (number, line) in lines.iter().enumerate() {
        let heading = headings.next_if(|heading| heading.line == number);
        // One blank line before and after each heading.
        let parted = kept.last().is_none_or(String::is_empty);
        if (heading.is_some() || (after_heading && !line.trim().is_empty())) && !parted {
            kept.push(String::new());
        }
        after_heading = heading.is_some();
        kept.push(heading.map_or_else(
            || line.trim_end().to_owned(),
            |heading| {
                let marks = (heading.level + level + 1 - highest).min(6);
                format!("{} {}", "#".repeat(marks), heading.text)
            },
        ));
    }
    kept.join("\n")
}

#[cfg(test)]
mod tests;
