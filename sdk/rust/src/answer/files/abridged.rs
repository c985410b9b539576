//! Texts that aren't whole: lines in them stand for others that they leave out.
//!
//! Models write `# ... existing code ...` where they mean lines that are there. Written as the file it would lose those. Whether such a line
//! is meant so or belongs to the file can't be told by itself, so what the file has already stays its own.

use std::collections::BTreeSet;

use crate::answer::edits;
use crate::answer::fences::blocks_of;
use crate::answer::lines::words;

use super::held::may_be_edits;
use super::naming;
use super::strings::begins_inside;
use super::weighing::Kind;

/// How the text came about that is to stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// The answer has all of it.
    Whole,
    /// By edits of what is there.
    Edits,
}

/// Why a text can't be all of a file, with what is there now, if anything is: a sentence for the model.
pub(crate) fn left_out(
    path: &str,
    text: &str,
    there: Option<&str>,
    given: Given,
) -> Option<String> {
    if let Some(there) = there
        && given == Given::Whole
        && may_be_edits(path, text, there)
    {
        return Some(
            "what is given may be the file or an edit of it, since it names a text that is there: write edits between `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`"
                .to_owned(),
        );
    }
    let lines: Vec<&str> = text.lines().collect();
    let at = placeholder(path, &lines, there, given)?;
    let mend = match (given, there) {
        (Given::Edits, _) => {
            "an edit leaves all else as it is by itself, so give only lines that change, and all of them"
        }
        (Given::Whole, Some(_)) => {
            "change the file by edits, which leave all else as it is, or write all of it"
        }
        (Given::Whole, None) => "write all of the file",
    };
    Some(format!(
        "its line {}, `{}`, stands for lines that are left out: {mend}",
        at + 1,
        edits::cut(lines[at].trim())
    ))
}

/// The first line that stands for others.
fn placeholder(path: &str, lines: &[&str], there: Option<&str>, given: Given) -> Option<usize> {
    let kind = Kind::of(path);
    let is_of_code = kind != Kind::Prose;
    // A new text may well have such lines, and so may prose in which something else was changed.
    if !is_of_code && (there.is_none() || given == Given::Edits) {
        return None;
    }
    let suspects: Vec<(usize, Suspect)> = (lines.iter().enumerate())
        .filter_map(|(at, line)| Some((at, Suspect::of(line, is_of_code)?)))
        .filter(|(_, suspect)| there.is_some() || *suspect == Suspect::Said)
        .collect();
    if suspects.is_empty() {
        return None;
    }
    let known: BTreeSet<&str> = there.unwrap_or_default().lines().map(str::trim).collect();
    let apart = match is_of_code {
        true => begins_inside(path, lines),
        false => in_blocks(lines),
    };
    let is_meant = |(at, suspect): &(usize, Suspect)| {
        let is_own = || known.contains(lines[*at].trim());
        let is_code = || *suspect == Suspect::Dots && is_statement(path, lines, &apart, *at);
        !apart[*at] && !is_own() && !is_code()
    };
    suspects.into_iter().find(is_meant).map(|(at, _)| at)
}

fn in_blocks(lines: &[&str]) -> Vec<bool> {
    let mut inside = vec![false; lines.len()];
    for block in blocks_of(lines) {
        inside[block.lines.0..block.lines.1.min(lines.len())].fill(true);
    }
    inside
}

/// How a line may stand for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspect {
    /// It says so: `# ... existing code ...`, `// rest of the file unchanged`.
    Said,
    /// A comment of three dots.
    DottedComment,
    /// Three dots, and nothing else.
    Dots,
}

impl Suspect {
    fn of(line: &str, is_of_code: bool) -> Option<Self> {
        let trimmed = line.trim();
        // What stands for others is short; and so a long line costs nothing.
        if trimmed.is_empty() || trimmed.len() > 160 {
            return None;
        }
        let (inside, is_comment) = without_comment(trimmed, is_of_code);
        let (inside, is_bracketed) = without_brackets(inside);
        let core = inside.trim_matches(|c: char| c == '.' || c == '…' || c.is_whitespace());
        let begun = inside.trim_start();
        let leads = begun.starts_with("...") || begun.starts_with('…');
        let trails = inside.trim_end().ends_with("...") || inside.trim_end().ends_with('…');
        if core.is_empty() {
            return match (leads, is_comment, is_bracketed) {
                (false, ..) | (_, false, true) => None,
                (true, true, _) => Some(Self::DottedComment),
                (true, false, false) => Some(Self::Dots),
            };
        }
        let lower = core.to_lowercase();
        let said: Vec<&str> = words(&lower).collect();
        let is_apart = is_comment || is_bracketed;
        // `...rest` spreads a value out.
        let behind = begun.trim_start_matches(['.', '…']);
        let is_spaced = is_of_code && behind.starts_with(' ') && said.len() > 1;
        let is_dotted = leads && (trails || is_apart || is_spaced) && says_omitted(&said);
        let is_said = (is_apart || trails) && speaks_of_the_rest(&said, trails);
        (is_dotted || is_said).then_some(Self::Said)
    }
}

/// What stands in a comment that is all of a line, and whether it is one.
fn without_comment(line: &str, is_of_code: bool) -> (&str, bool) {
    const BOTH_ENDS: [(&str, &str); 5] = [
        ("<!--", "-->"),
        ("{/*", "*/}"),
        ("/*", "*/"),
        ("{#", "#}"),
        ("(*", "*)"),
    ];
    const BEGINNINGS: [&str; 5] = ["//", "#", "--", ";", "%"];
    for (opens, closes) in BOTH_ENDS {
        if let Some(inside) = line.strip_prefix(opens) {
            let inside = inside.trim_start_matches('*');
            return (inside.strip_suffix(closes).unwrap_or(inside), true);
        }
    }
    let begins = BEGINNINGS.iter().find(|it| line.starts_with(**it));
    match begins.filter(|_| is_of_code) {
        Some(sign) => (line.trim_start_matches(sign), true),
        None => (line, false),
    }
}

fn without_brackets(text: &str) -> (&str, bool) {
    let text = text.trim();
    for (opens, closes) in [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')] {
        let inside = text
            .strip_prefix(opens)
            .and_then(|it| it.strip_suffix(closes));
        if let Some(inside) = inside {
            return (inside.trim(), true);
        }
    }
    (text, false)
}

/// So many words a line has at most that stands for others.
const FEW: usize = 14;

/// Whether a line that begins with dots speaks of what isn't there.
fn says_omitted(said: &[&str]) -> bool {
    const OMITTED: [&str; 16] = [
        "existing",
        "rest",
        "remaining",
        "remainder",
        "unchanged",
        "same",
        "previous",
        "original",
        "omitted",
        "truncated",
        "elided",
        "skipped",
        "untouched",
        "unmodified",
        "other",
        "others",
    ];
    said.len() <= FEW && said.iter().any(|word| OMITTED.contains(word))
}

/// Whether a line speaks of what else is in a file, and that it stays as it is or isn't shown. A comment may speak of files, of lines that are
/// read and of what is left as it is, too: only what a program is made of counts.
fn speaks_of_the_rest(said: &[&str], trails: bool) -> bool {
    const LEADS: [&str; 8] = ["the", "all", "and", "keep", "your", "with", "of", "this"];
    const REST: [&str; 6] = [
        "rest",
        "remainder",
        "remaining",
        "existing",
        "unchanged",
        "everything",
    ];
    const PARTS: [&str; 19] = [
        "file",
        "code",
        "class",
        "classes",
        "function",
        "functions",
        "method",
        "methods",
        "module",
        "implementation",
        "implementations",
        "document",
        "script",
        "import",
        "imports",
        "definitions",
        "markup",
        "component",
        "else",
    ];
    if said.len() > FEW {
        return false;
    }
    if matches!(
        said,
        ["unchanged" | "snip" | "omitted"]
            | ["code" | "file", "unchanged" | "omitted"]
            | ["no", "change" | "changes"]
            | ["same", "as", "before" | "above"]
            | ["as", "before"]
    ) {
        return true;
    }
    let lead = said.iter().take_while(|word| LEADS.contains(word)).count();
    let rest = &said[lead..];
    let is_rest = rest.first().is_some_and(|word| REST.contains(word));
    let is_other = rest.first() == Some(&"other");
    let names_a_part = rest.iter().take(5).any(|word| PARTS.contains(word));
    let has = |any_of: &[&str]| rest.iter().any(|word| any_of.contains(word));
    let is_kept = has(&["unchanged", "untouched", "unmodified"])
        || (has(&["same"]) && has(&["remain", "remains", "stay", "stays"]));
    let is_left_out = has(&["omitted", "elided", "snipped"]) && !has(&["file", "document"]);
    let is_elsewhere = rest.len() <= 7
        && matches!(
            rest,
            [
                ..,
                "here" | "below" | "above" | "goes" | "remains" | "continues"
            ] | [.., "as", "is" | "before"]
        );
    let is_short = trails && rest.len() <= 5;
    let stays = is_kept || is_left_out;
    names_a_part && (is_rest && (stays || is_elsewhere || is_short) || is_other && stays)
}

/// Whether three dots alone on a line are a statement, or part of one, in the language of a file.
fn is_statement(path: &str, lines: &[&str], in_string: &[bool], at: usize) -> bool {
    match naming::extension(path).as_deref() {
        Some("py" | "pyi") => is_body(lines, in_string, at),
        // They end a document of YAML, and are an operator of the others.
        Some("yml" | "yaml" | "pl" | "pm" | "t" | "raku" | "rakumod") => true,
        _ => lines[..at]
            .iter()
            .rfind(|line| !line.trim().is_empty())
            .is_some_and(|before| before.trim_end().ends_with(['(', '[', ','])),
    }
}

/// Whether the dots are the body of what stands above them, with nothing but comments and its description between.
fn is_body(lines: &[&str], in_string: &[bool], at: usize) -> bool {
    /// So far is looked back: a text full of dots must not take for ever.
    const FAR: usize = 1_000;
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines[at]);
    let mut is_described = false;
    for (number, line) in lines[..at].iter().enumerate().rev().take(FAR) {
        let said = line.trim();
        if said.is_empty() || said.starts_with('#') || in_string[number] {
            continue;
        }
        // Its line may end in a comment.
        let code = said.split(" #").next().unwrap_or(said).trim_end();
        if code.ends_with([',', '(', '[', '{']) {
            return true;
        }
        let is_description = said.trim_start_matches('r').starts_with(['"', '\'']);
        if depth(line) < own {
            return code.ends_with(':');
        }
        if is_described || !is_description || depth(line) != own {
            return false;
        }
        is_described = true;
    }
    false
}

#[cfg(test)]
mod tests;
