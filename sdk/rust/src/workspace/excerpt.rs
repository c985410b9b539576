//! Files as texts for a prompt.

use std::collections::BTreeSet;

use super::{WorkspaceError, WorkspaceErrorKind, entries, parts, read_text, without_mark};
use crate::answer::{check_path, render_file};

/// Bytes that the names of files take which aren't shown.
const NAMES: usize = 4_000;

/// Which files a prompt wants to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// These first; each has to be readable, if it is there.
    pub first: &'a [String],
    /// What it is about: of a file among the first that is too large, the lines are shown that have words of this.
    pub about: &'a str,
    /// What becomes of the other files.
    pub others: Others,
    /// How many bytes the files may take. The names of others take at most 4,000 besides.
    pub budget: usize,
}

/// What becomes of the files that aren't the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Others {
    /// They are shown as far as they fit.
    #[default]
    Shown,
    /// They are named, for one who can look at them.
    Named,
}

/// Files as texts for a prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The texts, and the names of what isn't shown.
    pub text: String,
    /// The files that are shown from their first line to their last.
    pub whole: BTreeSet<String>,
}

/// The files that match a pattern, as texts for a prompt, within a budget.
///
/// Each stands there the way [`answer::changes`](crate::answer::changes) reads it. What isn't text, can't be read, or no longer
/// fits, is only named at the end; what doesn't exist is left out.
///
/// # Errors
/// It isn't granted, the pattern is no glob, or one of the first is there and can't be read.
pub fn excerpt(pattern: &str, wanted: Wanted<'_>) -> Result<Excerpt, WorkspaceError> {
    let found = entries(pattern)?;
    let mut paths: Vec<String> = Vec::new();
    let named = wanted.first.iter().filter_map(|path| check_path(path).ok());
    for path in named {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let needed = paths.len();
    for path in found.into_iter().map(|entry| entry.path) {
        if !paths[..needed].contains(&path) {
            paths.push(path);
        }
    }
    shown(&paths, needed, wanted)
}

/// These files, as texts for a prompt, within a budget of bytes. See [`excerpt`].
///
/// # Errors
/// It isn't granted.
pub fn texts(paths: &[String], budget: usize) -> Result<String, WorkspaceError> {
    let wanted = Wanted {
        budget,
        ..Wanted::default()
    };
    Ok(shown(paths, 0, wanted)?.text)
}

/// The first `needed` of the files have to be read, or too large.
fn shown(paths: &[String], needed: usize, wanted: Wanted<'_>) -> Result<Excerpt, WorkspaceError> {
    let mut shown = Excerpt::default();
    let mut only_named = Vec::new();
    for (place, path) in paths.iter().enumerate() {
        let is_needed = place < needed;
        if !is_needed && wanted.others == Others::Named {
            only_named.push(path.as_str());
            continue;
        }
        let content = match read_text(path) {
            Ok(content) => content,
            Err(error) => match error.kind {
                WorkspaceErrorKind::NotFound => continue,
                WorkspaceErrorKind::TooLarge => None,
                // One file that nobody can read keeps no step from its work on others.
                WorkspaceErrorKind::Other(_) if !is_needed => None,
                _ => return Err(error),
            },
        };
        let left = wanted.budget.saturating_sub(shown.text.len());
        let content = content.as_deref().map(without_mark);
        let rendered = content.map(|content| render_file(path, content));
        let told = match (rendered, content) {
            (Some(rendered), _) if rendered.len() <= left => {
                shown.whole.insert(path.clone());
                Some(rendered)
            }
            // Each of those that are needed gets its share of what is left.
            (_, Some(content)) if is_needed => {
                parts::shown(path, content, wanted.about, left / (needed - place))
            }
            _ => None,
        };
        match told {
            Some(told) => shown.text.extend([told.as_str(), "\n"]),
            None => only_named.push(path.as_str()),
        }
    }
    shown.text.push_str(&names(&only_named));
    Ok(shown)
}

fn names(paths: &[&str]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let mut text = String::from("Further files, not shown: ");
    for (place, path) in paths.iter().enumerate() {
        if text.len() + path.len() > NAMES {
            text.push_str(&format!("and {} more", paths.len() - place));
            break;
        }
        text.push_str(path);
        if place + 1 < paths.len() {
            text.push_str(", ");
        }
    }
    text.push('\n');
    text
}
