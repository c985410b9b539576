//! Where lines stand in a file.

use super::Line;

/// How many lines are held against each other at most. A file of blank lines could take for ever.
const WORK: usize = 20_000_000;

/// Where the lines of an edit stand.
#[derive(Debug)]
pub(super) enum Found {
    Once(EditPlace),
    /// Here, and nobody knows which is meant: the first few.
    Often(Vec<usize>),
    Nowhere,
    /// It would take too long.
    TooMuch,
}

/// A place, and what the lines lack there.
#[derive(Debug)]
pub(super) struct EditPlace {
    pub(super) start: usize,
    pub(super) lack: Lack,
}

/// What the text of an edit has otherwise than the file at its place.
#[derive(Debug)]
pub(super) enum Lack {
    Indentation(Indentation),
    /// The text begins and ends within lines: what stands before it in its first one, and behind it in its last.
    Rest(String, String),
}

impl Lack {
    const NONE: Self = Self::Indentation(Indentation::NONE);

    /// New lines as they stand in the file.
    pub(super) fn of_all(&self, lines: &[&str]) -> Vec<String> {
        match self {
            Self::Indentation(indentation) => indentation.of_all(lines),
            Self::Rest(before, behind) => {
                let joined = format!("{before}{}{behind}", lines.join("\n"));
                joined.split('\n').map(str::to_owned).collect()
            }
        }
    }
}

/// What stands before all lines of one side and not of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Indentation {
    /// The file has this before each line of the edit.
    More(String),
    /// The edit has this before each line of the file.
    Less(String),
    /// The file has a tab where the edit has so many spaces.
    Tabs(usize),
    /// The file has so many spaces where the edit has a tab.
    Spaces(usize),
}

impl Indentation {
    const NONE: Self = Self::More(String::new());

    /// New lines as they stand in the file.
    pub(super) fn of_all(&self, lines: &[&str]) -> Vec<String> {
        let shifted = |line: &&str| match self {
            _ if line.trim().is_empty() => (*line).to_owned(),
            Self::More(more) => format!("{more}{line}"),
            // A line that begins further left than all that were looked for stays where it is.
            Self::Less(less) => line.strip_prefix(less.as_str()).unwrap_or(line).to_owned(),
            Self::Tabs(width) => {
                let text = line.trim_start_matches(' ');
                let spaces = line.len() - text.len();
                format!(
                    "{}{}{text}",
                    "\t".repeat(spaces / width),
                    " ".repeat(spaces % width)
                )
            }
            Self::Spaces(width) => {
                let text = line.trim_start_matches('\t');
                format!("{}{text}", " ".repeat((line.len() - text.len()) * width))
            }
        };
        lines.iter().map(shifted).collect()
    }

    /// What makes a line of an edit one of the file; none where they differ in more.
    fn between(there: &str, sought: &str) -> Option<Self> {
        let (there, sought) = (there.trim_end(), sought.trim_end());
        if let Some(more) = there.strip_suffix(sought) {
            return more.trim().is_empty().then(|| Self::More(more.to_owned()));
        }
        let less = sought.strip_suffix(there)?;
        less.trim().is_empty().then(|| Self::Less(less.to_owned()))
    }
}

/// Finds the lines as they are, else without what stands at their ends, else with another indentation, else as a text that begins and
/// ends within lines.
pub(super) fn find(lines: &[Line<'_>], old: &[&str]) -> Found {
    let exact = |start: usize| {
        let same = |(line, sought): (&Line<'_>, &&str)| line.text == *sought;
        all(lines, old, start, same).then_some(Lack::NONE)
    };
    let trimmed = |start: usize| {
        let same = |(line, sought): (&Line<'_>, &&str)| line.text.trim_end() == sought.trim_end();
        all(lines, old, start, same).then_some(Lack::NONE)
    };
    let there = |start: usize| &lines[start..start + old.len()];
    let indented = |start: usize| shift(there(start), old).map(Lack::Indentation);
    let tabbed = |start: usize| tabs(there(start), old).map(Lack::Indentation);
    let Some(last) = lines.len().checked_sub(old.len()) else {
        return Found::Nowhere;
    };
    if (last + 1).saturating_mul(old.len()) > WORK {
        return Found::TooMuch;
    }
    let ways: [&dyn Fn(usize) -> Option<Lack>; 4] = [&exact, &trimmed, &indented, &tabbed];
    for way in ways {
        let places = (0..=last).filter_map(|start| Some((start, way(start)?)));
        if let Some(found) = only(places) {
            return found;
        }
    }
    let within =
        (0..=last).flat_map(|start| rests(there(start), old).map(move |rest| (start, rest)));
    only(within).unwrap_or(Found::Nowhere)
}

/// The one place; none where there is none.
fn only(mut places: impl Iterator<Item = (usize, Lack)>) -> Option<Found> {
    let (start, lack) = places.next()?;
    let further: Vec<usize> = places.map(|(start, _)| start).take(4).collect();
    Some(match further.is_empty() {
        true => Found::Once(EditPlace { start, lack }),
        false => Found::Often([vec![start], further].concat()),
    })
}

/// Where the text stands that begins in the first of these lines and ends in the last. Half of a word is no place: `a = 1` isn't
/// meant by `data = 10`.
fn rests<'a>(there: &'a [Line<'a>], old: &'a [&'a str]) -> impl Iterator<Item = Lack> + 'a {
    let joins = |one: Option<char>, other: Option<char>| {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        is_word(one) && is_word(other)
    };
    let (first, last) = (
        old.first().copied().unwrap_or(""),
        old.last().copied().unwrap_or(""),
    );
    let cuts = move |before: &str, behind: &str| {
        joins(before.chars().next_back(), first.chars().next())
            || joins(last.chars().next_back(), behind.chars().next())
    };
    let begin = there.first().map_or("", |line| line.text);
    let end = there.last().map_or("", |line| line.text);
    let is_one = old.len() == 1;
    let within = begin
        .match_indices(first)
        .filter(move |_| is_one)
        .map(move |(at, _)| (&begin[..at], &begin[at + first.len()..]));
    let middle = 1..old.len().saturating_sub(1);
    let across = (!is_one && middle.clone().all(|at| there[at].text == old[at]))
        .then(|| Some((begin.strip_suffix(first)?, end.strip_prefix(last)?)))
        .flatten();
    within
        .chain(across)
        .filter(move |(before, behind)| !cuts(before, behind))
        .map(|(before, behind)| Lack::Rest(before.to_owned(), behind.to_owned()))
}

fn all<'a>(
    lines: &'a [Line<'a>],
    old: &'a [&'a str],
    start: usize,
    same: impl FnMut((&'a Line<'a>, &'a &'a str)) -> bool,
) -> bool {
    lines[start..start + old.len()].iter().zip(old).all(same)
}

/// The one indentation that all lines of an edit have more or less of than those of the file.
fn shift(there: &[Line<'_>], old: &[&str]) -> Option<Indentation> {
    let mut common: Option<Indentation> = None;
    for (line, sought) in there.iter().zip(old) {
        match (line.text.trim().is_empty(), sought.trim().is_empty()) {
            (true, true) => continue,
            (false, false) => {}
            _ => return None,
        }
        let indentation = Indentation::between(line.text, sought)?;
        match &common {
            None => common = Some(indentation),
            Some(common) if *common == indentation => {}
            Some(_) => return None,
        }
    }
    common
}

/// How many spaces of one side each tab of the other is, where that is all in which they differ.
fn tabs(there: &[Line<'_>], old: &[&str]) -> Option<Indentation> {
    let mut common: Option<Indentation> = None;
    for (line, sought) in there.iter().zip(old) {
        let (text, sought_text) = (line.text.trim(), sought.trim());
        if text != sought_text {
            return None;
        }
        let before = |line: &str| line[..line.len() - line.trim_start().len()].to_owned();
        let (here, said) = (before(line.text), before(sought));
        if text.is_empty() || here == said {
            // A line without indentation says nothing of it; one that is the same on both sides says that they don't differ so.
            if !text.is_empty() && !here.is_empty() {
                return None;
            }
            continue;
        }
        let is_of = |white: &str, sign: char| !white.is_empty() && white.chars().all(|c| c == sign);
        let width = |spaces: &str, tabs: &str| {
            spaces
                .len()
                .is_multiple_of(tabs.len())
                .then(|| spaces.len() / tabs.len())
        };
        let found = match () {
            () if is_of(&here, '\t') && is_of(&said, ' ') => {
                Indentation::Tabs(width(&said, &here)?)
            }
            () if is_of(&here, ' ') && is_of(&said, '\t') => {
                Indentation::Spaces(width(&here, &said)?)
            }
            () => return None,
        };
        match &common {
            None => common = Some(found),
            Some(common) if *common == found => {}
            Some(_) => return None,
        }
    }
    common
}
