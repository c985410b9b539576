//! Diffs that stand in an answer without a fence: where they end.
//!
//! The lines of a diff say by their first sign that they are some; an empty one doesn't, and neither does a list below. So it is looked at
//! how many lines a hunk says that it has, and where that doesn't settle it nobody guesses.

use super::cut;
use super::read::{Envelope, are_names, is_header};

/// The line behind the diff that begins at a line as [`begins_diff`](super::begins_diff) says.
///
/// # Errors
/// Where it ends isn't plain: a sentence for the model.
pub(in crate::answer) fn end_of_diff(lines: &[&str], start: usize) -> Result<usize, String> {
    if Envelope::read(lines[start]).is_some() {
        let ends = |line: &&str| line.trim_end() == "*** End Patch";
        let length = lines[start..].iter().position(ends);
        return length
            .map(|length| start + length + 1)
            .ok_or_else(|| "a patch has no end: a line `*** End Patch`".to_owned());
    }
    let mut hunk: Option<Hunk> = None;
    let mut at = start;
    while let Some(line) = lines.get(at) {
        if are_names(lines[at], lines.get(at + 1)) {
            close(hunk.take())?;
            at += 2;
        } else if is_header(line) {
            close(hunk.take())?;
            at += 1;
        } else if line.starts_with("@@") {
            close(hunk.take())?;
            hunk = Some(Hunk::of(line));
            at += 1;
        } else if line.trim().is_empty() && (!line.starts_with(' ') || is_full(hunk.as_ref())) {
            let blank = lines[at..]
                .iter()
                .take_while(|line| line.is_empty())
                .count()
                .max(1);
            let next = at + blank;
            let goes_on = (lines.get(next)).is_some_and(|line| line.starts_with(['+', '-', ' ']));
            if next < lines.len() && (begins_part(lines, next)) {
                at = next;
            } else if !goes_on {
                break;
            } else {
                match &mut hunk {
                    Some(hunk) if hunk.is_full() && is_point(lines[next]) => break,
                    Some(hunk) if hunk.lacks(blank) => {
                        hunk.take_blank(blank);
                        at = next;
                    }
                    Some(_) => return Err(unclear()),
                    None => break,
                }
            }
        } else {
            match &mut hunk {
                // With which mails end.
                Some(hunk) if hunk.is_full() && line.trim_end() == "--" => break,
                Some(hunk) if line.starts_with(['+', '-', ' ', '\\']) => hunk.take(line),
                Some(hunk) if hunk.is_full() => break,
                Some(_) => {
                    return Err(format!(
                        "a diff that stands outside of any fenced block goes on with a line that begins with none of `+`, `-` and a space: `{}`",
                        cut(line)
                    ));
                }
                None => break,
            }
            at += 1;
        }
    }
    close(hunk)?;
    Ok(at)
}

fn is_full(hunk: Option<&Hunk>) -> bool {
    hunk.is_some_and(Hunk::is_full)
}

fn begins_part(lines: &[&str], at: usize) -> bool {
    are_names(lines[at], lines.get(at + 1)) || is_header(lines[at]) || lines[at].starts_with("@@")
}

/// Whether a line may be a point of a list.
fn is_point(line: &str) -> bool {
    let rest = line
        .strip_prefix(['+', '-'])
        .and_then(|it| it.strip_prefix(' '));
    rest.is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()))
}

fn unclear() -> String {
    "a diff stands outside of any fenced block, and where it ends isn't plain: put a line of three backticks and `diff` before it, and one of three backticks behind it".to_owned()
}

fn close(hunk: Option<Hunk>) -> Result<(), String> {
    match hunk {
        Some(hunk) if hunk.held_blanks && !hunk.is_full() => Err(unclear()),
        _ => Ok(()),
    }
}

/// What a hunk says that it has, as far as it hasn't come yet.
struct Hunk {
    /// Lines of the old text, and of the new one.
    left: Option<(i64, i64)>,
    /// Whether empty lines were counted in.
    held_blanks: bool,
}

impl Hunk {
    fn of(line: &str) -> Self {
        let mut words = line.trim_start_matches('@').split_whitespace();
        let mut count = |sign: char| {
            let (_, count) = words
                .next()?
                .strip_prefix(sign)?
                .split_once(',')
                .unwrap_or(("", "1"));
            count.parse::<i64>().ok()
        };
        let left = count('-').and_then(|old| Some((old, count('+')?)));
        Self {
            left,
            held_blanks: false,
        }
    }

    fn is_full(&self) -> bool {
        self.left == Some((0, 0))
    }

    /// Whether so many more lines belong to both texts.
    fn lacks(&self, lines: usize) -> bool {
        let lines = i64::try_from(lines).unwrap_or(i64::MAX);
        self.left
            .is_some_and(|(old, new)| old >= lines && new >= lines)
    }

    fn take_blank(&mut self, lines: usize) {
        let lines = i64::try_from(lines).unwrap_or(i64::MAX);
        self.left = self.left.map(|(old, new)| (old - lines, new - lines));
        self.held_blanks = true;
    }

    fn take(&mut self, line: &str) {
        let (old, new) = match line.as_bytes().first() {
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b' ') => (1, 1),
            _ => (0, 0),
        };
        self.left = self.left.map(|(left, right)| (left - old, right - new));
    }
}
