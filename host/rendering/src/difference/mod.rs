//! What differs between two texts: by line and by word, one below the other or beside each other.
//!
//! Unchanged lines are folded, and long ones are a link: whoever shows a difference says where it leads. Both layouts are the
//! same elements in the same order, so that a narrow screen shows the one below the other whatever was chosen.

mod lines;
mod unchanged;
mod unified;

use maud::{Markup, html};
use stepwell_comparison::{LineKind, TextDifference, differences};
use strum::{EnumString, IntoStaticStr, VariantArray};

use lines::{cost, run};
use unchanged::Unchanged;

pub use unified::unified;

/// How what differs is laid out. Its word stands in addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Layout {
    /// What goes above what comes, as in a text.
    #[default]
    Below,
    /// What goes beside what comes, where there is room.
    Beside,
}

impl Layout {
    /// Its word in an address.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// What an address says; the usual one where it says nothing known.
    #[must_use]
    pub fn of(word: Option<&str>) -> Self {
        let known = word.and_then(|word| word.parse().ok());
        known.unwrap_or_default()
    }

    /// As a person reads it.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            Self::Below => "one below the other",
            Self::Beside => "beside each other",
        }
    }
}

/// Leads to where further unchanged lines are shown, from this line of the earlier text on.
pub type Further<'f> = &'f (dyn Fn(u32) -> String + Sync);

/// How a difference is shown.
#[derive(Clone, Copy)]
pub struct Shown<'s> {
    /// How it is laid out.
    pub(crate) layout: Layout,
    /// From which line of the earlier text on unchanged lines are shown that there is no room for at once.
    pub(crate) from: Option<u32>,
    /// Where they are found; without it only their number is told.
    pub(crate) further: Option<Further<'s>>,
    /// Where the later text is shown whole.
    pub(crate) whole: Option<&'s str>,
    /// About how many bytes of HTML it may take, what is unfolded not counted.
    pub(crate) room: usize,
    /// About how many bytes of HTML all unchanged lines that can be unfolded may take.
    pub(crate) folded: usize,
}

impl<'s> Shown<'s> {
    /// With where the later text, or the whole difference, is shown.
    #[must_use]
    pub fn with_whole(self, whole: &'s str) -> Self {
        Self {
            whole: Some(whole),
            ..self
        }
    }

    /// With where unchanged lines are found that there is no room for at once, and those from one line on, if that is asked for.
    #[must_use]
    pub fn unfolding(self, from: Option<u32>, further: Further<'s>) -> Self {
        Self {
            from,
            further: Some(further),
            ..self
        }
    }

    /// As the page shows one difference.
    #[must_use]
    pub fn in_layout(layout: Layout) -> Self {
        Self {
            layout,
            from: None,
            further: None,
            whole: None,
            room: 512 * 1024,
            folded: 192 * 1024,
        }
    }

    /// As many of them stand on one page.
    pub(crate) fn one_of_many(layout: Layout) -> Self {
        Self {
            room: 96 * 1024,
            folded: 32 * 1024,
            ..Self::in_layout(layout)
        }
    }

    /// As a file holds it, which can't grow and has its texts beside it.
    pub(crate) fn in_a_file() -> Self {
        Self {
            room: usize::MAX,
            folded: 0,
            ..Self::in_layout(Layout::Below)
        }
    }
}

/// The difference of two texts, one below the other; where nothing differs, it says so.
#[must_use]
pub fn between(label: &str, old: &str, new: &str) -> Markup {
    difference(label, old, new, Shown::in_layout(Layout::Below))
}

/// The difference of two texts; where nothing differs, it says so.
#[must_use]
pub fn difference(label: &str, old: &str, new: &str, shown: Shown) -> Markup {
    let told = differences(old, new);
    html! {
        @if told.is_none() { p.quiet { "Nothing differs." } } @else { (changes(label, &told, old, shown)) }
    }
}

/// What differs, line by line, with the changed words marked.
pub(crate) fn changes(label: &str, told: &TextDifference, old: &str, shown: Shown) -> Markup {
    let mut left = shown;
    let drawn = drawn(told, old, (1, 1), &mut left);
    framed(label, shown.layout, &drawn)
}

/// The frame of lines. It is reached by keyboard, to scroll it.
fn framed(label: &str, layout: Layout, content: &Markup) -> Markup {
    html! {
        div.diff.paired[layout == Layout::Beside] tabindex="0" role="region" aria-label=(label) { (content) }
    }
}

/// The lines of a difference, as far as there is room, which they take; of texts that begin with these lines.
fn drawn(told: &TextDifference, old: &str, begins: (u32, u32), shown: &mut Shown) -> Markup {
    let mut unchanged = Unchanged::of(old, begins, *shown);
    let mut left_out = told.left_out;
    let mut parts = Vec::new();
    for hunk in &told.hunks {
        if shown.room > 0 {
            parts.push(unchanged.gap(hunk.skipped));
        }
        for lines in hunk
            .lines
            .chunk_by(|one, other| (one.kind == LineKind::Same) == (other.kind == LineKind::Same))
        {
            let fits = fitting(
                lines.iter().map(|line| cost(line, shown.layout)),
                &mut shown.room,
            );
            unchanged.pass(&lines[..fits]);
            left_out = left_out.saturating_add(lines_out(lines.len() - fits));
            parts.push(run(&lines[..fits], begins, shown.layout));
        }
    }
    let rest = html! {
        @if left_out > 0 {
            div.gap {
                (counted_lines(left_out)) " more, with what differs"
                @if let Some(whole) = shown.whole { " · " a href=(whole) { "Show all" } }
            }
        } @else { (unchanged.gap(told.skipped)) }
    };
    shown.folded = unchanged.room_left();
    html! { @for part in &parts { (part) } (rest) }
}

fn lines_out(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// How many of these there is room for, which they take.
fn fitting(costs: impl Iterator<Item = usize>, room: &mut usize) -> usize {
    let mut fits = 0;
    for cost in costs {
        let Some(left) = room.checked_sub(cost) else {
            *room = 0;
            return fits;
        };
        *room = left;
        fits += 1;
    }
    fits
}

/// Such as `⋯ 12 lines`.
fn counted_lines(lines: u32) -> String {
    let noun = if lines == 1 { "line" } else { "lines" };
    format!("⋯ {lines} {noun}")
}

/// Such as `2 lines added, 1 removed`.
pub(crate) fn counted(difference: &TextDifference) -> String {
    let lines = |count| if count == 1 { "line" } else { "lines" };
    match (difference.added, difference.removed) {
        (added, 0) => format!("{added} {} added", lines(added)),
        (0, removed) => format!("{removed} {} removed", lines(removed)),
        (added, removed) => format!("{added} {} added, {removed} removed", lines(added)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(lines: u32) -> String {
        (1..=lines).map(|line| format!("line {line}\n")).collect()
    }

    #[test]
    fn changed_words_are_marked_within_their_lines() {
        let shown = between("Diff", "a short text\nsame\n", "a long text\nsame\n").into_string();
        assert!(shown.contains("a <b>short</b> text</del>"), "{shown}");
        assert!(shown.contains("a <b>long</b> text</ins>"), "{shown}");
        assert!(shown.contains(">same</span>"), "{shown}");
        let counted = counted(&differences("a\nb", "a\nc\nd"));
        assert_eq!(counted, "2 lines added, 1 removed");
    }

    #[test]
    fn beside_each_other_an_unchanged_line_stands_on_both_sides_and_is_read_once() {
        let shown = Shown::in_layout(Layout::Beside);
        let shown = difference("Diff", "a\nb\nsame\n", "c\nsame\n", shown).into_string();
        assert!(shown.contains("class=\"diff paired\""), "{shown}");
        assert_eq!(shown.matches(">same</span>").count(), 2, "{shown}");
        assert_eq!(
            shown
                .matches("aria-hidden=\"true\"><span class=\"at\">")
                .count(),
            1,
            "{shown}"
        );
        let gone = shown.find(">b</del>").or(shown.find("<b>b</b></del>"));
        assert!(gone < shown.find("</ins>"), "{shown}");
    }

    #[test]
    fn unchanged_lines_unfold_with_their_numbers() {
        let old = numbered(40);
        let new = old.replace("line 20\n", "line twenty\nand more\n");
        let shown = between("Diff", &old, &new).into_string();
        assert_eq!(shown.matches("<details").count(), 2, "{shown}");
        assert!(
            shown.contains("<summary>⋯ 16 lines the same</summary>"),
            "{shown}"
        );
        for line in 1..=40 {
            assert!(
                line == 20 || shown.contains(&format!(">line {line}</span>")),
                "{line}: {shown}"
            );
        }
        assert!(
            shown.contains("<span class=\"at\">40</span><span class=\"at\">41</span>"),
            "{shown}"
        );
    }

    #[test]
    fn what_has_no_room_is_a_link_and_unfolds_part_by_part() {
        let old = numbered(12_000);
        let new = old.replace("line 6000\n", "line six thousand\n");
        let further = |line| format!("/here?from={line}");
        let shown = |from| {
            let shown = Shown {
                from,
                further: Some(&further),
                ..Shown::in_layout(Layout::Beside)
            };
            difference("Diff", &old, &new, shown).into_string()
        };
        let folded = shown(None);
        assert!(folded.len() < 8 * 1024, "{}", folded.len());
        assert!(
            folded.contains("href=\"/here?from=1\">⋯ 5996 lines the same"),
            "{folded}"
        );
        assert!(
            folded.contains("href=\"/here?from=6004\">⋯ 5997 lines the same"),
            "{folded}"
        );
        // Each part leads to the next one, until all of them were shown.
        let mut seen = 0;
        let mut from = 1;
        while from < 5_997 {
            let part = shown(Some(from));
            assert!(part.len() < 512 * 1024, "{}", part.len());
            assert!(part.contains(&format!("id=\"line-{from}\"")), "{from}");
            let next = part
                .split("href=\"/here?from=")
                .map(|rest| rest.split('"').next().unwrap());
            let next = next
                .filter_map(|line| line.parse().ok())
                .find(|line: &u32| *line > from);
            let next = next.unwrap().min(5_997);
            for line in from..next {
                assert!(
                    part.contains(&format!(">line {line}</span>")),
                    "{line} of {from}"
                );
            }
            seen += next - from;
            from = next;
        }
        assert_eq!(seen, 5_996);
    }

    #[test]
    fn a_difference_of_long_texts_is_bounded() {
        let long = |letter: &str| format!("{}\n", letter.repeat(5_000_000));
        let many = |word: &str| format!("{word} of many words\n").repeat(40_000);
        for (old, new) in [(long("a"), long("b")), (many("one"), many("other"))] {
            let shown = Shown {
                whole: Some("/whole"),
                ..Shown::in_layout(Layout::Below)
            };
            let shown = difference("Diff", &old, &new, shown).into_string();
            assert!(shown.len() < 700 * 1024, "{}", shown.len());
            assert!(shown.contains("more of this line") || shown.contains("href=\"/whole\""));
        }
    }
}
