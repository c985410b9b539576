//! What differs between two texts, by line and by word, as data that any face can draw.
//!
//! It knows no colours and no markup, and where the texts come from is its callers' affair.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, DiffOp, DiffTag, TextDiff};
use stepwell_contract::amounts::count;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The most lines that are told; a person reads no more, and a page holds no more.
const MOST_LINES: usize = 5_000;

/// Of longer passages only whole lines are told apart: words of minified JSON, or of a log, cost more than they say.
const LONGEST_PASSAGE: usize = 64 * 1024;

/// The longest that a search for the smallest difference takes. What is told after it is right, too, but not as short.
const PATIENCE: Duration = Duration::from_millis(500);

/// What differs between two texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextDifference {
    /// Lines that only the later text has.
    pub added: u32,
    /// Lines that only the earlier text has.
    pub removed: u32,
    /// The places that differ, with the lines around them; none where the texts are the same.
    pub hunks: Vec<Hunk>,
    /// Unchanged lines after the last hunk that are not told: all lines where the texts are the same.
    pub skipped: u32,
    /// Lines of further hunks that are not told: there are too many.
    pub left_out: u32,
}

impl TextDifference {
    /// Whether the texts are the same.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.added == 0 && self.removed == 0
    }
}

/// A place that differs, with the lines around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hunk {
    /// Unchanged lines before it that are not told.
    pub skipped: u32,
    /// Its lines.
    pub lines: Vec<DiffLine>,
}

/// Which of two texts a line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// Both.
    Same,
    /// Only the earlier one.
    Removed,
    /// Only the later one.
    Added,
}

/// A line of one text, or of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffLine {
    /// Which of the texts has it.
    pub kind: LineKind,
    /// Its number in the earlier text, from 1.
    pub before: Option<u32>,
    /// Its number in the later text, from 1.
    pub after: Option<u32>,
    /// What stands in it, without its end, in pieces: together they are the whole line.
    pub segments: Vec<Segment>,
    /// Whether it is the last line of its text, and nothing ends it.
    pub unterminated: bool,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// Its text.
    pub text: String,
    /// Whether this very piece is what a changed line changed in.
    pub changed: bool,
}

/// Compares two texts.
#[must_use]
pub fn differences(before: &str, after: &str) -> TextDifference {
    let mut told = TextDifference::default();
    let deadline = Instant::now() + PATIENCE;
    // A line ends at `\n` alone. A `\r` is a part of it, so that a change of nothing but line ends is told as one.
    let before: Vec<&str> = before.split_inclusive('\n').collect();
    let after: Vec<&str> = after.split_inclusive('\n').collect();
    let diff = TextDiff::configure()
        .deadline(deadline)
        .diff_slices(&before, &after);
    // Where the next hunk would begin if nothing were skipped, and how many lines are told already.
    let (mut next, mut lines) = (0, 0);
    for group in diff.grouped_ops(CONTEXT) {
        let length: usize = group.iter().map(lines_of).sum();
        for op in group.iter().filter(|op| op.tag() != DiffTag::Equal) {
            told.removed += count(op.old_range().len());
            told.added += count(op.new_range().len());
        }
        let begins = group.first().map_or(next, |op| op.old_range().start);
        let ends = group.last().map_or(next, |op| op.old_range().end);
        let mut hunk = Hunk {
            skipped: count(begins - next),
            lines: Vec::new(),
        };
        next = ends;
        for op in &group {
            let room = MOST_LINES - lines - hunk.lines.len();
            if room > 0 {
                let more = told_lines(&diff, op, deadline);
                hunk.lines.extend(more.into_iter().take(room));
            }
        }
        told.left_out += count(length - hunk.lines.len());
        lines += hunk.lines.len();
        if !hunk.lines.is_empty() {
            told.hunks.push(hunk);
        }
    }
    told.skipped = count(diff.old_len() - next);
    told
}

/// How many lines an operation tells of.
fn lines_of(op: &DiffOp) -> usize {
    match op.tag() {
        DiffTag::Equal => op.old_range().len(),
        _ => op.old_range().len() + op.new_range().len(),
    }
}

fn told_lines(diff: &TextDiff<'_, '_, str>, op: &DiffOp, deadline: Instant) -> Vec<DiffLine> {
    let passage: usize = op
        .old_range()
        .filter_map(|line| diff.old_slice(line))
        .chain(op.new_range().filter_map(|line| diff.new_slice(line)))
        .map(str::len)
        .sum();
    if op.tag() == DiffTag::Replace && passage <= LONGEST_PASSAGE {
        let changes = diff.iter_inline_changes_deadline(op, Some(deadline));
        return changes
            .map(|change| {
                let pieces = change.values().iter().copied();
                line(
                    (change.tag(), change.old_index(), change.new_index()),
                    pieces,
                )
            })
            .collect();
    }
    let changes = diff.iter_changes(op);
    changes
        .map(|change| {
            let pieces = std::iter::once((false, change.value()));
            line(
                (change.tag(), change.old_index(), change.new_index()),
                pieces,
            )
        })
        .collect()
}

fn line<'t>(
    (tag, before, after): (ChangeTag, Option<usize>, Option<usize>),
    pieces: impl Iterator<Item = (bool, &'t str)>,
) -> DiffLine {
    let mut segments: Vec<Segment> = Vec::new();
    let mut unterminated = true;
    for (changed, text) in pieces {
        let text = match text.strip_suffix('\n') {
            Some(text) => {
                unterminated = false;
                text
            }
            None => text,
        };
        match segments.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.changed == changed => last.text += text,
            _ => segments.push(Segment {
                text: text.to_owned(),
                changed,
            }),
        }
    }
    let number = |index: usize| count(index + 1);
    DiffLine {
        kind: match tag {
            ChangeTag::Equal => LineKind::Same,
            ChangeTag::Delete => LineKind::Removed,
            ChangeTag::Insert => LineKind::Added,
        },
        before: before.map(number),
        after: after.map(number),
        segments,
        unterminated,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A difference as one would write it down: `[…]` are changed words.
    fn written(difference: &TextDifference) -> String {
        let mut text = String::new();
        for hunk in &difference.hunks {
            text += &format!("@{}\n", hunk.skipped);
            for line in &hunk.lines {
                text.push(match line.kind {
                    LineKind::Same => ' ',
                    LineKind::Removed => '-',
                    LineKind::Added => '+',
                });
                for segment in &line.segments {
                    match segment.changed {
                        true => text += &format!("[{}]", segment.text),
                        false => text += &segment.text,
                    }
                }
                text += if line.unterminated { "¶\n" } else { "\n" };
            }
        }
        text + &format!("@{}\n", difference.skipped)
    }

    fn numbered(lines: std::ops::Range<u32>) -> String {
        lines.map(|line| format!("line {line}\n")).collect()
    }

    #[test]
    fn changed_words_are_told_within_their_lines() {
        let difference = differences("Tea is hot today.\nMilk\n", "Tea is cold today.\nMilk\n");
        assert_eq!(
            written(&difference),
            "@0\n-Tea is [hot] today.\n+Tea is [cold] today.\n Milk\n@0\n"
        );
        assert_eq!((difference.removed, difference.added), (1, 1));
        let lines = &difference.hunks[0].lines;
        assert_eq!((lines[0].before, lines[0].after), (Some(1), None));
        assert_eq!((lines[2].before, lines[2].after), (Some(2), Some(2)));
    }

    #[test]
    fn what_lies_between_changes_is_counted() {
        let before = numbered(0..40);
        let after = before
            .replace("line 10\n", "")
            .replace("line 30\n", "line 30\nnew\n");
        let difference = differences(&before, &after);
        assert_eq!(
            written(&difference),
            "@7\n line 7\n line 8\n line 9\n-line 10\n line 11\n line 12\n line 13\n\
             @14\n line 28\n line 29\n line 30\n+new\n line 31\n line 32\n line 33\n@6\n"
        );
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(differences("", ""), TextDifference::default());
        for text in [" \n", "a\n\n b", "\r", "a\r\nb\r\n"] {
            let difference = differences(text, text);
            assert!(difference.is_none() && difference.hunks.is_empty());
            assert_eq!(
                difference.skipped as usize,
                text.split_inclusive('\n').count()
            );
        }
    }

    #[test]
    fn a_text_that_comes_is_added_line_by_line() {
        let difference = differences("", "a\n\nb");
        assert_eq!(written(&difference), "@0\n+a\n+\n+b¶\n@0\n");
    }

    #[test]
    fn a_missing_line_end_is_a_difference() {
        let difference = differences("a\nb", "a\nb\n");
        assert_eq!(written(&difference), "@0\n a\n-b¶\n+b\n@0\n");
    }

    #[test]
    fn other_line_ends_are_a_difference() {
        let difference = differences("a\r\nb\r\n", "a\nb\r\n");
        assert_eq!(written(&difference), "@0\n-a\r\n+a\n b\r\n@0\n");
        // Half of a line end ends no line.
        assert_eq!(
            written(&differences("a\rb", "a\rc")),
            "@0\n-a\r[b]¶\n+a\r[c]¶\n@0\n"
        );
    }

    #[test]
    fn long_passages_are_told_by_whole_lines() {
        let long = "word ".repeat(LONGEST_PASSAGE / 5);
        let difference = differences(&format!("{long}a\n"), &format!("{long}b\n"));
        let lines = &difference.hunks[0].lines;
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.segments.len() == 1));
    }

    #[test]
    fn of_too_many_lines_the_rest_is_counted() {
        let difference = differences(&numbered(0..4_000), &numbered(10_000..14_000));
        let told: usize = difference.hunks.iter().map(|hunk| hunk.lines.len()).sum();
        assert_eq!(told, MOST_LINES);
        assert_eq!(difference.left_out, 3_000);
        assert_eq!((difference.removed, difference.added), (4_000, 4_000));
    }

    /// Lines of few letters, so that some are the same; with every kind of line end, and without one.
    fn text() -> impl Strategy<Value = String> {
        "([ab ]{0,5}(\n|\n|\n|\r\n|\r|\u{2028}|é)?){0,12}"
    }

    /// Two texts, in one of four times the same one.
    fn texts() -> impl Strategy<Value = (String, String)> {
        prop_oneof![1 => text().prop_map(|text| (text.clone(), text)), 3 => (text(), text())]
    }

    proptest! {
        /// Both texts can be put together again from what is told and what is skipped.
        #[test]
        fn nothing_is_lost((before, after) in texts()) {
            let difference = differences(&before, &after);
            let side = |kind: LineKind, text: &str| {
                let mut lines = text.split_inclusive('\n');
                let mut whole = String::new();
                let mut take = |number: u32| lines.by_ref().take(number as usize).collect::<String>();
                for hunk in &difference.hunks {
                    whole += &take(hunk.skipped);
                    for line in hunk.lines.iter().filter(|line| [LineKind::Same, kind].contains(&line.kind)) {
                        take(1);
                        whole.extend(line.segments.iter().map(|segment| segment.text.as_str()));
                        whole += if line.unterminated { "" } else { "\n" };
                    }
                }
                whole + &take(difference.skipped)
            };
            prop_assert_eq!(side(LineKind::Removed, &before), before.clone());
            prop_assert_eq!(side(LineKind::Added, &after), after.clone());
            prop_assert_eq!(difference.is_none(), before == after);
        }
    }
}
