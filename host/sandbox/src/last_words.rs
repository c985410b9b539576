//! What a guest said itself before it broke, in one line: an exception's or a panic's own words, from its standard error.
//!
//! A runtime that carries the guest's language out breaks as well, a moment later, in words of its own: `unreachable code was
//! executed`, or a panic in a file that nobody of the plugin's authors knows. So the guest's words count for more.

use stepwell_contract::{GuestMend, Language};

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastWords {
    /// In a line.
    pub(crate) line: String,
    /// What helps its author, where the words tell.
    pub(crate) mend: Option<GuestMend>,
}

/// The last words in a guest's output. Where its language is known, they are looked for as that has them.
pub(crate) fn of(output: &str, language: Option<&Language>) -> Option<LastWords> {
    type Reader = fn(&str) -> Option<LastWords>;
    let readers: [Reader; 5] = match language {
        Some(Language::JavaScript) => [of_quickjs, thrown, of_python, of_rust, of_go],
        Some(Language::Go) => [of_go, of_python, of_quickjs, of_rust, thrown],
        Some(Language::Rust) => [of_rust, of_python, of_quickjs, of_go, thrown],
        _ => [of_python, of_quickjs, of_rust, of_go, thrown],
    };
    readers.into_iter().find_map(|read| read(output))
}

/// The last line of Python's last traceback: `ValueError: no such colour`.
fn of_python(output: &str) -> Option<LastWords> {
    let (_, traceback) = output.rsplit_once("Traceback (most recent call last):")?;
    let is_frame = |line: &&str| line.trim().is_empty() || line.starts_with([' ', '\t']);
    let line = traceback.lines().find(|line| !is_frame(line))?.trim();
    let is_of_import = ["ModuleNotFoundError", "ImportError"];
    let mend = is_of_import.iter().any(|kind| line.starts_with(kind));
    Some(LastWords {
        line: line.to_owned(),
        mend: mend.then_some(GuestMend::ImportAtTop),
    })
}

/// What a Rust guest's panic says: `panicked at src/lib.rs:10:5: boom`.
fn of_rust(output: &str) -> Option<LastWords> {
    let (_, panic) = output.rsplit_once("panicked at ")?;
    let mut lines = panic.lines();
    let place = lines.next()?.trim_end_matches(':');
    let words = lines.next().unwrap_or_default().trim();
    Some(spoken(if words.is_empty() {
        format!("panicked at {place}")
    } else {
        format!("panicked at {place}: {words}")
    }))
}

/// What Go's panic says: `panic: index out of range`.
fn of_go(output: &str) -> Option<LastWords> {
    let is_panic = |line: &&str| line.starts_with("panic: ") || line.starts_with("fatal error: ");
    let line = output.lines().rev().find(is_panic)?;
    Some(spoken(line.trim().to_owned()))
}

/// What a QuickJS guest threw, which its runtime writes as Rust's `Debug` does, with the innermost frame: `no such colour, at made
/// (/step.js:1:29)`.
fn of_quickjs(output: &str) -> Option<LastWords> {
    let (_, thrown) = output.rsplit_once("Exception { message: Some(\"")?;
    let (message, rest) = quoted(thrown);
    let stack = rest
        .split_once("stack: Some(\"")
        .map(|(_, stack)| quoted(stack).0);
    let stack = stack.unwrap_or_default();
    let message = message.lines().next().unwrap_or_default().trim();
    let frame = stack.lines().map(str::trim).find(|line| !line.is_empty());
    Some(spoken(match frame {
        Some(frame) => format!("{message}, {frame}"),
        None => message.to_owned(),
    }))
}

/// A text up to the quote that closes it, and what stands behind.
fn quoted(text: &str) -> (String, &str) {
    let mut said = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (said, &text[at + 1..]),
            '\\' => match letters.next() {
                Some((_, 'n')) => said.push('\n'),
                Some((_, 't')) => said.push('\t'),
                Some((_, other)) => said.push(other),
                None => break,
            },
            letter => said.push(letter),
        }
    }
    (said, "")
}

/// What JavaScript throws and nobody catches: `TypeError: x is not a function`.
fn thrown(output: &str) -> Option<LastWords> {
    let error = output.lines().rev().find_map(error_in)?;
    Some(spoken(error.trim().to_owned()))
}

/// The part of a line that begins with the kind of an error.
fn error_in(line: &str) -> Option<&str> {
    // A frame of a stack names functions, which may be called as they like.
    if line.starts_with([' ', '\t']) && line.trim_start().starts_with("at ") {
        return None;
    }
    let mut words = line.split(' ');
    let kind = words.find(|word| {
        let name = word.strip_suffix(':').unwrap_or_default();
        let is_kind = name.ends_with("Error") || name.ends_with("Exception");
        is_kind && name.chars().all(char::is_alphanumeric)
    })?;
    let start = kind.as_ptr() as usize - line.as_ptr() as usize;
    line.get(start..)
}

fn spoken(line: String) -> LastWords {
    LastWords { line, mend: None }
}

#[cfg(test)]
mod tests;
