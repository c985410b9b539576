//! Unified diffs of files, as the engine gives them.

use std::mem::take;

use maud::{Markup, html};
use stepwell_comparison::differences;
use stepwell_contract::visible;

use super::{Shown, counted_lines, drawn, framed};

/// A unified diff of files, with the changed words marked; as far as there is room, the rest is counted.
#[must_use]
pub fn unified(label: &str, diff: &str, shown: Shown) -> Markup {
    let mut drawing = Drawing {
        parts: Vec::new(),
        hunk: Hunk::default(),
        next: 1,
        left_out: (0, 0),
        shown,
    };
    for line in diff.split_inclusive('\n') {
        drawing.line(line);
    }
    drawing.end_hunk();
    let content = html! {
        @for part in &drawing.parts { (part) }
        (rest(drawing.left_out, shown.whole))
    };
    framed(label, shown.layout, &content)
}

/// What there was no room for.
fn rest((files, lines): (u32, u32), whole: Option<&str>) -> Markup {
    html! {
        @if lines > 0 {
            div.gap {
                (counted_lines(lines)) " more"
                @if files > 0 { ", of " (files) @if files == 1 { " further file" } @else { " further files" } }
                @if let Some(whole) = whole { " · " a href=(whole) { "Show all" } }
            }
        }
    }
}

/// The two sides of a hunk.
#[derive(Default)]
struct Hunk {
    /// The first lines, in the files.
    begins: (u32, u32),
    /// How many lines are still to come of each side.
    left: (u32, u32),
    old: String,
    new: String,
    /// Which sides the line before is of.
    last: (bool, bool),
}

impl Hunk {
    /// Of places such as `-1,3 +1,4 @@`.
    fn at(places: &str) -> Self {
        let side = |sign: char| {
            let place = places.split(' ').find_map(|part| part.strip_prefix(sign));
            let (start, count) = place
                .map(|place| place.split_once(',').unwrap_or((place, "1")))
                .unwrap_or(("1", "0"));
            (start.parse().unwrap_or(1), count.parse().unwrap_or(0))
        };
        let (old, new) = (side('-'), side('+'));
        Self {
            begins: (u32::max(old.0, 1), u32::max(new.0, 1)),
            left: (old.1, new.1),
            ..Self::default()
        }
    }

    /// Whether its lines have ended.
    fn is_whole(&self) -> bool {
        self.left == (0, 0)
    }

    /// One more line, of one side or of both; its text is kept where there is room for it.
    fn take(&mut self, (old, new): (bool, bool), text: &str, has_room: bool) {
        for (is_of, left, side) in [
            (old, &mut self.left.0, &mut self.old),
            (new, &mut self.left.1, &mut self.new),
        ] {
            if is_of {
                *left = left.saturating_sub(1);
                if has_room {
                    side.push_str(text);
                }
            }
        }
        self.last = (old, new);
    }

    /// What was said last has no line end.
    fn unterminated(&mut self) {
        for (is_of, side) in [(self.last.0, &mut self.old), (self.last.1, &mut self.new)] {
            if is_of && side.ends_with('\n') {
                side.pop();
            }
        }
    }
}

struct Drawing<'d> {
    parts: Vec<Markup>,
    hunk: Hunk,
    /// The line of the earlier text that comes next if nothing is skipped.
    next: u32,
    /// Files and lines.
    left_out: (u32, u32),
    /// With the room that is left.
    shown: Shown<'d>,
}

impl Drawing<'_> {
    fn line(&mut self, line: &str) {
        let side = match line.bytes().next() {
            Some(b'+') => Some((false, true)),
            Some(b'-') => Some((true, false)),
            Some(b' ') => Some((true, true)),
            _ => None,
        };
        // A removed line that begins with dashes looks like the head of a file.
        if let Some(side) = side.filter(|_| !self.hunk.is_whole()) {
            self.left_out.1 += u32::from(self.shown.room == 0);
            self.hunk.take(side, &line[1..], self.shown.room > 0);
        } else if let Some(places) = line.strip_prefix("@@ ") {
            self.end_hunk();
            self.hunk = Hunk::at(places);
        } else if line.starts_with("--- ") {
            // The line below names the file too.
        } else if let Some(name) = line.strip_prefix("+++ ") {
            self.end_hunk();
            self.next = 1;
            let name = name.trim_end_matches('\n');
            let path = name.strip_prefix("b/").unwrap_or(name);
            match self.shown.room {
                0 => self.left_out.0 += 1,
                _ => self.parts.push(html! { div.gap.path { (visible(path)) } }),
            }
        } else if line.starts_with('\\') {
            self.hunk.unterminated();
        } else {
            self.end_hunk();
            self.parts
                .push(html! { div.gap { (visible(line.trim_end())) } });
        }
    }

    /// Draws what was read of a hunk.
    fn end_hunk(&mut self) {
        let hunk = take(&mut self.hunk);
        if self.shown.room == 0 || (hunk.old.is_empty() && hunk.new.is_empty()) {
            return;
        }
        let skipped = hunk.begins.0.saturating_sub(self.next);
        if skipped > 0 {
            self.parts
                .push(html! { div.gap { (counted_lines(skipped)) " the same" } });
        }
        let lines = u32::try_from(hunk.old.lines().count()).unwrap_or(u32::MAX);
        self.next = hunk.begins.0.saturating_add(lines);
        let told = differences(&hunk.old, &hunk.new);
        let drawn = drawn(&told, &hunk.old, hunk.begins, &mut self.shown);
        self.parts.push(drawn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::Layout;

    fn shown(diff: &str) -> String {
        unified("Files", diff, Shown::in_layout(Layout::Below)).into_string()
    }

    #[test]
    fn a_diff_of_hostile_files_stays_text() {
        let shown = shown("--- a/<b>\n+++ b/<b>\n@@ -1 +1 @@\n-<i>\n+<script>\n");
        assert!(
            !shown.contains("<script>") && !shown.contains("<i>"),
            "{shown}"
        );
        assert!(shown.contains("&lt;b&gt;</div>"), "{shown}");
        assert!(shown.contains("script"), "{shown}");
    }

    #[test]
    fn lines_have_their_numbers_and_changed_words_are_marked() {
        let shown = shown(
            "--- a/tea\n+++ b/tea\n@@ -10,3 +12,3 @@\n first\n-a hot tea\n+a cold tea\n last\n\\ No newline at end of file\n",
        );
        for part in [
            "tea</div>",
            "⋯ 9 lines the same",
            "<span class=\"at\">10</span><span class=\"at\">12</span>",
            "a <b>hot</b> tea</del>",
            "<span class=\"at\"></span><span class=\"at\">13</span>",
            "a <b>cold</b> tea</ins>",
            "⏎ missing",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn a_file_that_is_there_whole_unfolds() {
        let lines = |from: u32, to: u32| {
            (from..=to)
                .map(|line| format!(" line {line}\n"))
                .collect::<String>()
        };
        let diff = format!(
            "--- a/x\n+++ b/x\n@@ -1,41 +1,41 @@\n{}-tea\n+milk\n{}",
            lines(1, 20),
            lines(22, 41)
        );
        let shown = shown(&diff);
        assert_eq!(
            shown.matches("<details class=\"gap\">").count(),
            2,
            "{shown}"
        );
        assert!(shown.contains(">line 1</span>") && shown.contains(">line 41</span>"));
        // The room for what can be unfolded is one for all files.
        let many = diff.repeat(400);
        let shown = super::unified("Files", &many, Shown::in_layout(Layout::Below)).into_string();
        let folds = shown.matches("<details").count();
        assert!((20..200).contains(&folds), "{folds}");
    }

    #[test]
    fn a_line_that_looks_like_the_head_of_a_file_is_a_line() {
        let shown = shown("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- a/y\n-z\n+++ b/y\n+z\n");
        assert_eq!(shown.matches("class=\"removed\"").count(), 1, "{shown}");
        assert_eq!(shown.matches("class=\"added\"").count(), 1, "{shown}");
        assert!(shown.contains(">z</span>"), "{shown}");
        assert_eq!(shown.matches("gap path").count(), 1, "{shown}");
    }

    #[test]
    fn of_many_files_the_rest_is_counted_and_a_link() {
        let mut diff = String::new();
        for file in 0..2_000 {
            diff += &format!("--- /dev/null\n+++ b/{file}.txt\n@@ -0,0 +1,9 @@\n");
            diff += &"+a line of tea\n".repeat(9);
        }
        let whole = Shown {
            whole: Some("/all"),
            ..Shown::in_layout(Layout::Beside)
        };
        let shown = unified("Files", &diff, whole).into_string();
        assert!(shown.len() < 800 * 1024, "{}", shown.len());
        let told = shown.matches("a line of tea").count();
        let (lines, files) = rest_of(&shown);
        assert!(files > 1_000 && told > 1_000, "{told} {files}");
        assert!(told + lines + 9 >= 18_000, "{told} {lines}");
        assert!(shown.contains("href=\"/all\""), "{shown}");
    }

    fn rest_of(shown: &str) -> (usize, usize) {
        let said = shown.rsplit("⋯ ").next().unwrap();
        let numbers = said.split(' ').filter_map(|word| word.parse().ok());
        let [lines, files] = numbers.collect::<Vec<_>>()[..] else {
            panic!("{said}")
        };
        (lines, files)
    }
}
