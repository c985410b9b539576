//! The definitions of languages that have no parser here, by how their lines look.
//!
//! A line is a definition if, behind its modifiers, it begins with a word of the language and a name; in languages that
//! define methods without such a word also if it looks like the head of one. What is commented out doesn't count, and neither
//! does what stands in a function. It is wrong where a person would be, too, who saw nothing but the beginnings of lines: in a
//! text over several lines that looks like code.

mod heads;
mod syntaxes;

use crate::definitions::{Definition, MOST_DEFINITIONS, Outline, on_one_line};
use crate::kinds::Language;
use heads::{Head, head_of};
use syntaxes::{Syntax, syntax_of};

/// Lines over which the head of a definition may go.
const LONGEST_HEAD: usize = 10;

/// Definitions within each other that are told.
const DEEPEST: usize = 4;

/// A definition that the lines below it may stand in.
struct Around {
    indentation: usize,
    /// Whether what it holds is told: a class, and no function.
    holds: bool,
}

pub(crate) fn outline(language: Language, text: &str) -> Outline {
    let syntax = syntax_of(language);
    let mut outline = Outline::default();
    let mut around: Vec<Around> = Vec::new();
    let mut comment = false;
    let lines: Vec<&str> = text.lines().collect();
    for (index, whole) in lines.iter().enumerate() {
        let line = whole.trim();
        if is_comment(syntax, line, &mut comment) {
            continue;
        }
        outline.tests += u32::from(syntax.tests.iter().any(|test| line.starts_with(test)));
        let indentation = whole.len() - whole.trim_start().len();
        let is_bracket = line.starts_with(['{', '}', ')', ']']);
        if line.is_empty() || is_bracket {
            continue;
        }
        while around
            .last()
            .is_some_and(|of| of.indentation >= indentation)
        {
            around.pop();
        }
        let within_class = around.last().map(|of| of.holds);
        if within_class == Some(false) || around.len() >= DEEPEST {
            continue;
        }
        let next = lines.get(index + 1).map_or("", |line| line.trim());
        let Some(Head { name, holds }) = head_of(syntax, line, next, within_class.is_some()) else {
            continue;
        };
        if outline.definitions.len() >= MOST_DEFINITIONS {
            break;
        }
        outline.definitions.push(Definition {
            line: u32::try_from(index + 1).unwrap_or(u32::MAX),
            level: u32::try_from(around.len()).unwrap_or(u32::MAX),
            name: name.to_owned(),
            signature: signature(syntax, &lines[index..]),
        });
        around.push(Around { indentation, holds });
    }
    outline
}

/// Whether a line is within a comment, or is one.
fn is_comment(syntax: &Syntax, line: &str, within: &mut bool) -> bool {
    if *within {
        *within = !line.contains(syntax.comment_end);
        return true;
    }
    if let Some(rest) = line.strip_prefix(syntax.comment_begin) {
        *within = !rest.contains(syntax.comment_end);
        return true;
    }
    line.starts_with(syntax.comment)
}

/// What a definition says of itself up to its body: to the brace that opens it, or to the end of its head.
fn signature(syntax: &Syntax, lines: &[&str]) -> String {
    let mut head = String::new();
    let mut open = 0_i32;
    'head: for line in lines.iter().take(LONGEST_HEAD) {
        let line = line.trim();
        for (at, character) in line.char_indices() {
            match character {
                '(' | '[' => open += 1,
                ')' | ']' => open -= 1,
                '{' | ';' if open <= 0 && syntax.braces => {
                    head.push_str(&line[..at]);
                    break 'head;
                }
                _ => {}
            }
        }
        head.push_str(line);
        head.push(' ');
        let goes_on = open > 0 || line.ends_with(',') || syntax.braces && line.ends_with("->");
        if !goes_on {
            break;
        }
    }
    let head = on_one_line(&head);
    let head = head.trim_end_matches(" =>").trim_end_matches(" =");
    head.to_owned()
}

#[cfg(test)]
mod tests;
