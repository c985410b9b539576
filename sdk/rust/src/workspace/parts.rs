//! Of a file that is too large to be shown, the lines that matter.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::{fenced, words};

/// Lines of the beginning, where a file says what it needs.
const HEAD: usize = 20;
/// Lines that are shown before and behind one that has a word.
const AROUND: usize = 15;
/// A word that stands in more than one of so many lines says nothing of a place.
const COMMON: usize = 50;

/// Its beginning, and what stands around words of `about`, the rarest first, within a budget of bytes; none where not even the
/// beginning fits.
pub(super) fn shown(path: &str, content: &str, about: &str, budget: usize) -> Option<String> {
    let lines: Vec<&str> = content.lines().collect();
    let mut chosen = BTreeSet::new();
    let mut bytes = 0;
    let heading = 200 + path.len();
    for place in places(&lines, about) {
        let window = place.saturating_sub(AROUND)..(place + AROUND + 1).min(lines.len());
        let window = if place == 0 {
            0..HEAD.min(lines.len())
        } else {
            window
        };
        let new: Vec<usize> = window.filter(|line| !chosen.contains(line)).collect();
        // A heading and a fence for each run of lines.
        let more: usize = new.iter().map(|line| lines[*line].len() + 1).sum::<usize>() + 60;
        if heading + bytes + more > budget {
            continue;
        }
        bytes += more;
        chosen.extend(new);
    }
    if chosen.is_empty() {
        return None;
    }
    let mut text = format!(
        "### PARTS OF {path}, which has {} lines: it can be changed by edits alone\n",
        lines.len()
    );
    let chosen: Vec<usize> = chosen.into_iter().collect();
    for run in chosen.chunk_by(|one, next| one + 1 == *next) {
        let (first, last) = (run[0], run[run.len() - 1]);
        text.push_str(&format!("lines {} to {}:\n", first + 1, last + 1));
        text.push_str(&fenced("", &(lines[first..=last].join("\n") + "\n")));
        text.push('\n');
    }
    (text.len() <= budget).then_some(text)
}

/// The first line, and then those that have words of what it is about, those with the rarest words first.
fn places(lines: &[&str], about: &str) -> Vec<usize> {
    let sought: BTreeSet<&str> = words(about).filter(|word| word.len() > 2).collect();
    let mut found: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        for word in words(line).filter(|word| sought.contains(word)) {
            let places = found.entry(word).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    let mut found: Vec<Vec<usize>> = found.into_values().collect();
    found.retain(|places| places.len() == 1 || places.len() * COMMON <= lines.len());
    found.sort_by_key(Vec::len);
    std::iter::once(0)
        .chain(found.into_iter().flatten())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> String {
        let line = |number: usize| format!("value_{number} = compute({number})\n");
        (1..=3_000).map(line).collect()
    }

    #[test]
    fn what_the_work_is_about_is_shown_with_its_surroundings_and_its_lines() {
        let text = shown("big.py", &long(), "`value_1500` must compute less", 6_000).unwrap();
        assert!(text.contains("which has 3000 lines"), "{text}");
        assert!(text.contains("lines 1 to 20:\n```\nvalue_1 = "), "{text}");
        assert!(text.contains("lines 1485 to 1515:\n"), "{text}");
        assert!(text.contains("value_1500 = compute(1500)\n"), "{text}");
        assert!(text.len() <= 6_000 && !text.contains("value_300 ="));
    }

    #[test]
    fn no_budget_is_overdrawn() {
        let about: String = (1..500)
            .map(|number| format!("value_{} ", number * 6))
            .collect();
        for budget in (0..20_000).step_by(37) {
            let length = shown("big.py", &long(), &about, budget).map_or(0, |text| text.len());
            assert!(length <= budget, "{length} of {budget}");
        }
        assert_eq!(shown("min.js", &"x".repeat(100_000), "x", 60_000), None);
    }
}
