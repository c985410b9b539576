//! Where lines stand in a file.

use super::Line;

/// How many lines are held against each other at most. A file of blank lines could take for ever.
const WORK: usize = 20_000_000;

/// Where the lines of an edit stand.
#[derive(Debug)]
pub(super) enum Found {
    Once(Place),
    /// Here, and nobody knows which is meant: the first few.
    Often(Vec<usize>),
    Nowhere,
    /// It would take too long.
    TooMuch,
}

/// A place, and what the lines lack there.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) start: usize,
    pub(super) indentation: Indentation,
}

/// What stands before all lines of one side and not of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Indentation {
    /// The file has this before each line of the edit.
    More(String),
    /// The edit has this before each line of the file.
    Less(String),
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

/// Finds the lines as they are, else without what stands at their ends, else with another indentation.
pub(super) fn find(lines: &[Line<'_>], old: &[&str]) -> Found {
    let exact = |start: usize| {
        let same = |(line, sought): (&Line<'_>, &&str)| line.text == *sought;
        all(lines, old, start, same).then_some(Indentation::NONE)
    };
    let trimmed = |start: usize| {
        let same = |(line, sought): (&Line<'_>, &&str)| line.text.trim_end() == sought.trim_end();
        all(lines, old, start, same).then_some(Indentation::NONE)
    };
    let indented = |start: usize| shift(&lines[start..start + old.len()], old);
    let Some(last) = lines.len().checked_sub(old.len()) else {
        return Found::Nowhere;
    };
    if (last + 1).saturating_mul(old.len()) > WORK {
        return Found::TooMuch;
    }
    let ways: [&dyn Fn(usize) -> Option<Indentation>; 3] = [&exact, &trimmed, &indented];
    for way in ways {
        let mut places = (0..=last).filter_map(|start| Some((start, way(start)?)));
        if let Some((start, indentation)) = places.next() {
            let further: Vec<usize> = places.map(|(start, _)| start).take(4).collect();
            return match further.is_empty() {
                true => Found::Once(Place { start, indentation }),
                false => Found::Often([vec![start], further].concat()),
            };
        }
    }
    Found::Nowhere
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
