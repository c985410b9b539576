//! Go that is indented by the depth of its braces, for whoever reads it. It changes no word.

/// A text with its lines indented, and at most one empty line between them.
pub(crate) fn indented(text: &str) -> String {
    let mut depth = 0_usize;
    let mut tidy = String::new();
    let mut after_blank = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            after_blank = !tidy.is_empty();
            continue;
        }
        let code = if line.starts_with("//") { "" } else { line };
        let closes = code
            .chars()
            .take_while(|it| matches!(it, '}' | ')'))
            .count();
        let is_case = code.starts_with("case ") || code.starts_with("default:");
        let level = depth
            .saturating_sub(closes)
            .saturating_sub(usize::from(is_case));
        if after_blank && closes == 0 && !tidy.ends_with("{\n") {
            tidy.push('\n');
        }
        after_blank = false;
        tidy.push_str(&"\t".repeat(level));
        tidy.push_str(line);
        tidy.push('\n');
        depth = depth.saturating_add_signed(code.chars().map(deeper).sum());
    }
    tidy
}

fn deeper(letter: char) -> isize {
    match letter {
        '{' | '(' => 1,
        '}' | ')' => -1,
        _ => 0,
    }
}
