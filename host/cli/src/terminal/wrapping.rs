//! Breaks long lines at words, so that a terminal doesn't break them inside of one.
//!
//! Pure: it is told the width.

use console::measure_text_width;

/// A text in lines of at most so many columns. Before the first line stands `lead`, before each other one `rest`. What a line begins
/// with, such as the mark of a list, is left free below it; blocks in fences and rows of tables stay as they are.
///
/// A word that is wider than all of it is left whole: it may be an address.
pub(crate) fn wrapped(text: &str, columns: usize, lead: &str, rest: &str) -> String {
    if text.is_empty() && !lead.trim().is_empty() {
        return format!("{}\n", lead.trim_end());
    }
    let mut out = String::new();
    let mut in_block = false;
    for (number, line) in text.lines().enumerate() {
        let before = if number == 0 { lead } else { rest };
        let is_fence = ["```", "~~~"]
            .iter()
            .any(|fence| line.trim_start().starts_with(fence));
        in_block ^= is_fence;
        let fits = measure_text_width(before) + measure_text_width(line) <= columns;
        if fits || in_block || is_fence || line.trim_start().starts_with('|') {
            let line = format!("{before}{line}");
            out += line.trim_end();
            out.push('\n');
        } else {
            wrap_line(line, columns, before, rest, &mut out);
        }
    }
    out
}

fn wrap_line(line: &str, columns: usize, before: &str, rest: &str, out: &mut String) {
    let (begin, words) = line.split_at(beginning(line));
    let hanging: String = match begin.trim_start().starts_with('>') {
        true => begin.to_owned(),
        false => " ".repeat(measure_text_width(begin)),
    };
    let mut row = format!("{before}{begin}");
    let mut is_empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let space = usize::from(!is_empty);
        let fits = measure_text_width(&row) + space + measure_text_width(word) <= columns;
        if !fits && !is_empty {
            out.push_str(row.trim_end());
            out.push('\n');
            row = format!("{rest}{hanging}");
            is_empty = true;
        }
        if !is_empty {
            row.push(' ');
        }
        row.push_str(word);
        is_empty = false;
    }
    out.push_str(row.trim_end());
    out.push('\n');
}

/// How many bytes of a line stand before its words: white space, and the mark of a quotation or of an item.
fn beginning(line: &str) -> usize {
    let white = line.len() - line.trim_start().len();
    let words = &line[white..];
    let numbered = words.trim_start_matches(|c: char| c.is_ascii_digit());
    let mark = match numbered.strip_prefix(['.', ')']) {
        Some(behind) if numbered.len() < words.len() => words.len() - behind.len(),
        _ => words.len() - words.trim_start_matches(['-', '*', '>']).len(),
    };
    // `**bold**` is no mark, and neither is `-1`.
    match words[mark..].strip_prefix(' ') {
        Some(_) if mark > 0 => white + mark + 1,
        _ => white,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words() {
        assert_eq!(
            wrapped("one two three four", 9, "", ""),
            "one two\nthree\nfour\n"
        );
        assert_eq!(
            wrapped("a b c d e f", 9, "(1 of 2) ", "  "),
            "(1 of 2) a\n  b c d e\n  f\n"
        );
    }

    #[test]
    fn a_word_that_is_too_wide_is_left_whole() {
        assert_eq!(
            wrapped("see https://example.org/long now", 10, "  ", "  "),
            "  see\n  https://example.org/long\n  now\n"
        );
    }

    #[test]
    fn items_and_quotations_go_on_below_their_text() {
        assert_eq!(wrapped("- a b c d", 6, "", ""), "- a b\n  c d\n");
        assert_eq!(wrapped("12. a b c d", 8, " ", " "), " 12. a b\n     c d\n");
        assert_eq!(wrapped("> a b c d", 6, "", ""), "> a b\n> c d\n");
        assert_eq!(
            wrapped("**bold** text here", 9, "", ""),
            "**bold**\ntext here\n"
        );
    }

    #[test]
    fn blocks_and_tables_stay_as_they_are() {
        let text = "```\nlong line of code\n```\n| a | b | c | d |\n";
        assert_eq!(wrapped(text, 5, "", ""), text);
        assert_eq!(wrapped("a  b\n\n c", 9, "  ", "  "), "  a  b\n\n   c\n");
    }

    #[test]
    fn wide_letters_and_colours_count_as_they_are_shown() {
        assert_eq!(wrapped("漢字 漢字", 7, "", ""), "漢字\n漢字\n");
        assert_eq!(
            wrapped("a b", 5, "\x1b[1m: \x1b[0m", ""),
            "\x1b[1m: \x1b[0ma b\n"
        );
    }
}
