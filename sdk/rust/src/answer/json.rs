//! JSON out of prose, as models write it: with commas behind a last element, comments, raw line breaks in strings.
//!
//! What has one reading is read. Two values that both fit, a key that is there twice or a string that nobody can tell the end
//! of are errors that name the place.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fences::blocks;
use super::lines::normalize;

mod lenient;
mod places;

use lenient::Fault;
use places::Places;

/// The JSON object or array of an answer that reads as a `T`: the whole answer, else a fenced block, else what stands
/// somewhere in the prose.
///
/// # Errors
/// Why there is none, with the line, or that two that differ would do: a sentence for the model.
pub fn json_of<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = normalize(text);
    let mut problem = None;
    for candidates in levels(&text) {
        let mut fitting: Option<(Value, T)> = None;
        for (start, read) in candidates {
            let value = match read {
                Ok(value) => value,
                Err(fault) => {
                    problem.get_or_insert_with(|| fault.said(&text, start));
                    continue;
                }
            };
            match serde_json::from_value(value.clone()) {
                Ok(read) => match &fitting {
                    Some((first, _)) if *first != value => return Err(TWO.to_owned()),
                    Some(_) => {}
                    None => fitting = Some((value, read)),
                },
                Err(error) => {
                    problem.get_or_insert_with(|| format!("its JSON isn't as asked for: {error}"));
                }
            }
        }
        if let Some((_, read)) = fitting {
            return Ok(read);
        }
    }
    Err(problem.unwrap_or_else(|| "it holds no complete JSON".to_owned()))
}

/// The first JSON object or array of an answer.
#[must_use]
pub fn json(text: &str) -> Option<Value> {
    let text = normalize(text);
    levels(&text).flatten().find_map(|(_, read)| read.ok())
}

const TWO: &str =
    "it holds two JSON values that both fit, and nothing says which one is meant: give only one";

/// A piece of an answer that may be JSON: where it begins, in bytes, and how it reads.
type Candidate = (usize, Result<Value, Fault>);

/// The pieces that may be JSON, by where they stand: best places first.
fn levels(text: &str) -> impl Iterator<Item = Vec<Candidate>> {
    (0..3).map(move |level| match level {
        0 => bracketed(text, 0).into_iter().collect(),
        1 => in_blocks(text),
        _ => Places::of(text).collect(),
    })
}

/// Each block that is JSON, or may be. Their contents are read where they stand, so that places can be named.
fn in_blocks(text: &str) -> Vec<Candidate> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let start = |line: usize| starts.get(line).copied().unwrap_or(text.len());
    let found = blocks(text).into_iter().filter_map(|block| {
        let (opening, after) = block.lines;
        let end = start(after - usize::from(block.closed));
        let from = start(opening + 1).min(end);
        bracketed(&text[from..end], from)
    });
    found.collect()
}

/// Reads a piece that begins with a bracket, but for what is white around it.
fn bracketed(piece: &str, at: usize) -> Option<Candidate> {
    let trimmed = piece.trim_start();
    let start = at + piece.len() - trimmed.len();
    let begins = trimmed.starts_with(['{', '[']);
    begins.then(|| (start, lenient::read(trimmed.trim_end())))
}

#[cfg(test)]
mod tests;
