//! The names of executions, as the engine shows them: `implementation/code[2]~3#2`.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::plain_line;

/// The last characters of an id: enough to name what it is of.
pub(crate) fn tail(id: impl Display) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}

/// A batch, as a person is told of it.
pub(crate) fn batch_named(batch: Option<&str>, provider: &str) -> String {
    match batch {
        Some(batch) => format!("batch {} at {}", plain_line(batch), plain_line(provider)),
        None => format!("batch at {}", plain_line(provider)),
    }
}

/// The path of an execution's step: `a[2]/b~3#2` is of `a/b`.
pub(crate) fn path_of(execution: &str) -> String {
    let ids: Vec<_> = levels(execution).map(|level| level.id).collect();
    ids.join("/")
}

pub(super) fn take_of(execution: &str) -> &str {
    execution.split_once('#').map_or("1", |(_, take)| take)
}

/// The items of an execution's name, with their rounds: `a[2]/b[0]~3` has `[2][0]~3`.
pub(super) fn items_of(execution: &str) -> String {
    let mut items = String::new();
    for level in levels(execution).filter(|level| !level.item.is_empty()) {
        items.push_str(level.item);
        if level.round > 1 {
            items.push_str(&format!("~{}", level.round));
        }
    }
    items
}

/// Whether an execution stands in an earlier round than another one of the same step: `a/b` beside `a~2/b`. Where the
/// two are of different items, each has rounds of its own.
pub(super) fn is_of_earlier_round(execution: &str, other: &str) -> bool {
    for (own, other) in levels(execution).zip(levels(other)) {
        if own.item != other.item {
            return false;
        }
        if own.round != other.round {
            return own.round < other.round;
        }
    }
    false
}

/// The names with the first round named wherever their step has others: without it the last one is meant.
pub(crate) fn with_rounds<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Vec<String> {
    let mut repeated = BTreeSet::new();
    for name in names.clone() {
        let mut path = String::new();
        for level in levels(name) {
            push_id(&mut path, level.id);
            if level.round > 1 {
                repeated.insert(path.clone());
            }
        }
    }
    let explicit = |name: &str| {
        let (mut path, mut shown) = (String::new(), String::new());
        for level in levels(name) {
            push_id(&mut path, level.id);
            push_id(&mut shown, level.id);
            shown.push_str(level.item);
            if repeated.contains(&path) {
                shown.push_str(&format!("~{}", level.round));
            }
        }
        match name.split_once('#') {
            Some((_, take)) => format!("{shown}#{take}"),
            None => shown,
        }
    };
    names.map(explicit).collect()
}

fn push_id(path: &mut String, id: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(id);
}

/// One level of an execution's name: `code[2]~3`.
struct Level<'n> {
    id: &'n str,
    /// With its brackets; empty where there is none.
    item: &'n str,
    round: u32,
}

fn levels(execution: &str) -> impl Iterator<Item = Level<'_>> {
    let place = execution.split('#').next().unwrap_or_default();
    place.split('/').map(|level| {
        let (name, round) = level.split_once('~').unwrap_or((level, "1"));
        let (id, item) = name.split_at(name.find('[').unwrap_or(name.len()));
        Level {
            id,
            item,
            round: round.parse().unwrap_or(1),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_path_a_take_and_items() {
        assert_eq!(path_of("a[0]/b[1]~2#3"), "a/b");
        assert_eq!(items_of("a[0]/b[1]~2#3"), "[0][1]~2");
        assert_eq!(items_of("a~2/b[1]"), "[1]");
        assert_eq!((take_of("a/b#3"), take_of("a/b")), ("3", "1"));
    }

    #[test]
    fn rounds_are_compared_where_the_items_are_the_same() {
        assert!(is_of_earlier_round("a/b", "a~2/b"));
        assert!(is_of_earlier_round("a/b[3]", "a~2/b[0]"));
        assert!(is_of_earlier_round("a~2/b~9", "a~3/b"));
        assert!(!is_of_earlier_round("a~2/b", "a/b"));
        assert!(!is_of_earlier_round("a[0]", "a[1]~2"));
        assert!(!is_of_earlier_round("a/b", "a/b"));
    }

    #[test]
    fn the_first_round_is_named_where_there_are_others() {
        let shown = |names: &[&str]| with_rounds(names.iter().copied());
        assert_eq!(
            shown(&["a/b", "a~2/b", "c", "a/d#2"]),
            ["a~1/b", "a~2/b", "c", "a~1/d#2"]
        );
        assert_eq!(shown(&["a[0]/b", "a[1]~2/b"]), ["a[0]~1/b", "a[1]~2/b"]);
        assert_eq!(shown(&["a/b", "c"]), ["a/b", "c"]);
    }
}
