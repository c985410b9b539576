//! Where a document begins in what a model sent: behind what it says before, and never behind a section.
//!
//! What is marked by `#` or is a title begins one. A line that is only underlined by hyphens or in bold may be said before the document, and
//! be set apart from it by a rule. It counts where the prompt asks for it, and where it has a section's text below: rather a remark too many
//! stands above a document than that a part of it is lost, which nobody would see.

use super::asked::Asked;
use crate::answer::headings::Heading;
use crate::answer::lines::FenceLine;
use crate::answer::outline::says_something;

/// The heading with which the document begins.
pub(super) fn of<'a>(
    asked: &[Asked],
    lines: &[&str],
    headings: &'a [Heading],
) -> Option<&'a Heading> {
    let is_asked = |heading: &Heading| asked.iter().any(|asked| asked.is(heading));
    let is_marked = |heading: &Heading| heading.underlined || heading.bold || heading.titled;
    let begins = |at: &usize| {
        let heading = &headings[*at];
        heading.atx
            || heading.level == 1
            || (is_marked(heading) && is_asked(heading))
            || is_section(lines, headings, *at)
    };
    let first = (0..headings.len()).find(begins).map(|at| &headings[at]);
    let marked = |heading: &&Heading| heading.bold || heading.underlined;
    first.or_else(|| headings.iter().find(marked))
}

/// The line with which a document begins whose first heading this is. A title over `=` may have several lines, and a short underline, with
/// which it is no heading elsewhere.
pub(super) fn line(lines: &[&str], first: &Heading) -> usize {
    let is_said = |at: usize| !lines[at].trim().is_empty();
    let is_short = |at: &usize| matches!(lines[*at].trim(), "=" | "==") && is_said(*at - 1);
    let short = (1..first.line).find(is_short).map(|at| at - 1);
    let title = short.or((first.level == 1 && !first.atx).then_some(first.line));
    let Some(title) = title else {
        return first.line;
    };
    let is_part =
        |at: &usize| is_said(*at) && !is_rule(lines[*at]) && FenceLine::read(lines[*at]).is_none();
    (0..title).rev().take_while(is_part).last().unwrap_or(title)
}

/// Whether a heading that nobody asked for is that of a section all the same.
fn is_section(lines: &[&str], headings: &[Heading], at: usize) -> bool {
    let heading = &headings[at];
    if !heading.underlined && !heading.bold {
        return false;
    }
    let next = headings[at + 1..]
        .iter()
        .find(|next| next.after > heading.after);
    let end = next.map_or(lines.len(), |next| next.line);
    let below = &lines[heading.after.min(end)..end];
    let has_text = says_something(&below.join("\n"));
    let is_above_title = next.is_some_and(|next| next.level == 1);
    if heading.bold {
        let last = below.iter().rev().find(|line| !line.trim().is_empty());
        let is_set_apart = last.is_some_and(|line| is_rule(line));
        return has_text && !is_above_title && !is_set_apart;
    }
    // A rule that is as long as the line above it was put there as its underline.
    let underline = lines.get(heading.line + 1).map_or("", |line| line.trim());
    let is_full = underline.len() >= heading.text.chars().count();
    let is_said = heading.text.ends_with(['!', '?', ':']);
    match (has_text, is_full) {
        (true, _) => is_full || !is_above_title || !heading.words.contains(' '),
        (false, true) => !is_said && !is_above_title,
        (false, false) => false,
    }
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '*' | '_'))
}
