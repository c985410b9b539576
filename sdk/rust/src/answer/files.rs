//! Files in an answer: whole, or by what is to change in them.
//!
//! The format that prompts ask for is a line `### FILE: src/parser.py` and a fenced block below it. Other ways in
//! which models name a file are understood: the path as a heading or in bold, in the fence's info string, or as
//! a comment in the first line.
//!
//! Where an answer can be read in two ways it isn't read: a file is never cut, nor joined with what stands behind it.

use super::edits::{self, Edit};
use super::fences::content;
use super::lines::{FenceLine, normalize};

mod abridged;
mod extent;
mod held;
mod naming;
mod strings;
mod weighing;
mod written;

pub use abridged::Given;
pub(crate) use abridged::left_out;
pub(crate) use held::is_change;
pub use written::{check_path, file_list, render_file};

use extent::{Extent, Ground};
use held::{Held, held, is_diff};
use naming::{Certainty, Named};

/// A file of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, relative, with `/` between the parts.
    pub path: String,
    /// Its text, which ends with `\n` unless it is empty.
    pub content: String,
}

/// What an answer does to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path, relative, with `/` between the parts.
    pub path: String,
    /// What is to stand there.
    pub content: Content,
}

/// What is to stand in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// This text, which ends with `\n` unless it is empty.
    Whole(String),
    /// What stands there, with these changes. See [`apply`](super::apply).
    Edits(Vec<Edit>),
}

/// The whole files of an answer, in its order.
///
/// # Errors
/// Everything that is wrong, each a sentence for the model: no file at all, one that breaks off, has no content, is given in
/// parts or with two texts, by edits or a diff, or can be read in two ways, a path that leads outside.
pub fn files(text: &str) -> Result<Vec<File>, Vec<String>> {
    let mut problems = Vec::new();
    let mut files = Vec::new();
    for Change { path, content } in changes(text)? {
        match content {
            Content::Whole(content) => files.push(File { path, content }),
            Content::Edits(_) => problems.push(format!(
                "`{path}` is given by what changes in it, as a diff is: write the whole file as it should be"
            )),
        }
    }
    match problems.is_empty() {
        true => Ok(files),
        false => Err(problems),
    }
}

/// What an answer does to files, whole or by edits, in its order.
///
/// # Errors
/// As [`files`], but that edits are none; an edit that isn't whole is.
pub fn changes(text: &str) -> Result<Vec<Change>, Vec<String>> {
    let mut read = Reading::of(text);
    if read.files.is_empty() && read.problems.is_empty() {
        read.problems.push(read.unread.take().unwrap_or_else(|| {
            "it holds no file: each needs a line `### FILE: path` and its whole text in a fenced block below"
                .to_owned()
        }));
    }
    match read.problems.is_empty() {
        true => Ok(read.files.into_iter().map(|(file, _)| file).collect()),
        false => Err(read.problems),
    }
}

/// What an answer does to files under a line such as `### FILE: src/parser.py`; may be nothing. For an answer to work that was done
/// by tools: whatever else it quotes tells of that work, and isn't done again.
///
/// # Errors
/// As [`changes`], but that an answer without a file is none.
pub fn marked_changes(text: &str) -> Result<Vec<Change>, Vec<String>> {
    let read = Reading::by(Naming::Marked, text);
    match read.problems.is_empty() {
        true => Ok(read.files.into_iter().map(|(file, _)| file).collect()),
        false => Err(read.problems),
    }
}

/// What an answer says around the files that [`marked_changes`] finds.
#[must_use]
pub fn marked_summary(text: &str) -> String {
    let read = Reading::by(Naming::Marked, text);
    read.around.join("\n").trim().to_owned()
}

/// Whether an answer holds a file, or tries to.
#[must_use]
pub fn holds_files(text: &str) -> bool {
    let read = Reading::of(text);
    !read.files.is_empty() || !read.problems.is_empty() || read.unread.is_some()
}

/// What an answer says around its files, without the lines that name them. Blocks that belong to no file are part of it.
#[must_use]
pub fn summary(text: &str) -> String {
    Reading::of(text).around.join("\n").trim().to_owned()
}

/// The fenced blocks that belong to no file, each by its first line. Commands for a shell aren't among them: they are
/// meant for the reader.
#[must_use]
pub fn nameless(text: &str) -> Vec<String> {
    Reading::of(text).nameless
}

/// By what a block is known to be a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Naming {
    /// By whatever models name one.
    #[default]
    Any,
    /// By the line that prompts ask for.
    Marked,
}

/// An answer as far as it is read.
#[derive(Default)]
struct Reading {
    naming: Naming,
    files: Vec<(Change, Certainty)>,
    problems: Vec<String>,
    around: Vec<String>,
    nameless: Vec<String>,
    /// Why a diff that nobody named wasn't read. It matters where there is nothing else.
    unread: Option<String>,
    /// The file that a line named, and whose block hasn't come yet.
    awaited: Option<String>,
    /// How much of what is said around the files stands before the line that named it.
    said_before: usize,
    /// The file whose block stands right before, with nothing but blank lines since.
    just_before: Option<String>,
}

impl Reading {
    fn of(text: &str) -> Self {
        Self::by(Naming::Any, text)
    }

    fn by(naming: Naming, text: &str) -> Self {
        let text = normalize(text);
        let lines: Vec<&str> = text.lines().collect();
        let ground = Ground::of(&lines);
        let mut reading = Self {
            naming,
            ..Self::default()
        };
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            if let Some(path) = naming::marker(&lines, at) {
                reading.await_block(Some(path));
                reading.said_before = reading.around.len();
                at += 1;
            } else if let Some(opening) = FenceLine::read(line) {
                at = reading.block(&ground, at, &opening);
            } else {
                if !line.trim().is_empty() {
                    reading.just_before = None;
                }
                reading.around.push((*line).to_owned());
                at += 1;
            }
        }
        reading.await_block(None);
        reading
    }

    /// A line names the file whose block comes next; none is the end.
    fn await_block(&mut self, path: Option<String>) {
        self.just_before = None;
        if let Some(path) = std::mem::replace(&mut self.awaited, path) {
            let below = &self.around[self.said_before..];
            self.problems.push(naming::without_block(&path, below));
        }
    }

    /// Takes a block in, and says where reading goes on.
    fn block(&mut self, ground: &Ground<'_>, start: usize, opening: &FenceLine<'_>) -> usize {
        let named = self.name(ground, start, opening);
        let kind = named.as_ref().map(|named| named.path.as_str());
        let extent = ground.extent(start, opening, kind);
        let inside = &ground.lines[start + 1..extent.end()];
        let after = extent.after();
        let is_closed = matches!(extent, Extent::Closed { .. });
        match named {
            None if is_closed && self.patches(opening, inside) => {}
            None => {
                self.check_partner(extent);
                self.leave(ground, start..after, opening, inside);
            }
            Some(named) => match extent {
                Extent::Open { .. } => self.problems.push(format!(
                    "`{}` breaks off before its closing fence",
                    named.path
                )),
                Extent::Crowded { .. } => self.problems.push(format!(
                    "`{}` has so many fences inside that its end isn't known: put a longer fence around the file than any inside of it, such as four backticks",
                    named.path
                )),
                Extent::Unclear { .. } => self.problems.push(unclear(&named.path)),
                Extent::Closed { .. } => {
                    let content = content(inside, opening.indent);
                    self.take(named, opening.info, content);
                }
            },
        }
        after
    }

    /// A fence without a partner behind a file may be the end of that file, which holds a block then.
    fn check_partner(&mut self, extent: Extent) {
        let before = self.files.last().map(|(file, _)| &file.path);
        if let (Extent::Open { .. }, Some(path)) = (extent, before) {
            self.problems.push(unclear(path));
        }
    }

    /// The file that a block is, where something names one.
    fn name(
        &mut self,
        ground: &Ground<'_>,
        start: usize,
        opening: &FenceLine<'_>,
    ) -> Option<Named> {
        if let Some(path) = self.awaited.take() {
            return Some(Named {
                path,
                certainty: Certainty::Marked,
            });
        }
        if self.naming == Naming::Marked {
            return None;
        }
        let before = self.around.iter().rposition(|line| !line.trim().is_empty());
        // What stands before another block says nothing of this one.
        let before = before.filter(|_| self.just_before.is_none());
        let said = before.map(|place| self.around[place].as_str());
        let first = ground.lines.get(start + 1).copied();
        let below = ground.lines.get(start + 2);
        let holds_edit = below.is_some_and(|line| edits::begins(line));
        let named = naming::of_block(opening.info, said, first, holds_edit)?;
        let known = |file: &&(Change, Certainty)| file.0.path == named.path;
        // A remark about a file that was sent under its name isn't the file.
        let told = self
            .files
            .iter()
            .any(|(_, known)| *known == Certainty::Marked);
        if named.certainty == Certainty::Mentioned
            && (told || self.files.iter().find(known).is_some())
        {
            return None;
        }
        if let Some(place) = before.filter(|place| naming::is_only_a_path(&self.around[*place])) {
            self.around.remove(place);
        }
        Some(named)
    }

    /// The block of a file: all of it, or what changes in it.
    fn take(&mut self, named: Named, info: &str, content: String) {
        match held(&named.path, info, content) {
            Ok(Held::Text(text)) => self.keep(named, Content::Whole(text)),
            Ok(Held::Edits(edits)) => self.keep(named, Content::Edits(edits)),
            Ok(Held::Patched(patched)) => self.keep_patched(Some(&named), patched),
            Err(problem) => self.problems.push(format!("`{}`: {problem}", named.path)),
        }
    }

    /// Takes a block that no line names, if it is a diff that names its files and nobody else does.
    fn patches(&mut self, opening: &FenceLine<'_>, inside: &[&str]) -> bool {
        let content = content(inside, opening.indent);
        if self.naming == Naming::Marked || !is_diff(opening.info, &content) {
            return false;
        }
        let patched = match edits::diff(&content) {
            Ok(patched) => patched,
            Err(problem) => {
                self.unread.get_or_insert(problem);
                return false;
            }
        };
        let is_new = |path: &String| !self.files.iter().any(|(file, _)| file.path == *path);
        let are_named = patched
            .iter()
            .all(|it| it.path.as_ref().is_some_and(is_new));
        let told = (self.files.iter()).any(|(_, known)| *known == Certainty::Marked);
        if !are_named || told {
            return false;
        }
        self.keep_patched(None, patched);
        true
    }

    fn keep_patched(&mut self, named: Option<&Named>, patched: Vec<edits::Patched>) {
        let is_only = patched.len() == 1;
        for one in patched {
            // The line above the block counts, where the block is of one file.
            let said = named.filter(|_| is_only).map(|named| named.path.clone());
            let Some(path) = said.or(one.path) else {
                self.problems
                    .push("a diff doesn't say which of its files it changes".to_owned());
                continue;
            };
            let certainty = named.map_or(Certainty::Mentioned, |named| named.certainty);
            let content = match one.whole {
                Some(text) => Content::Whole(text),
                None => Content::Edits(one.edits),
            };
            self.keep(Named { path, certainty }, content);
        }
    }

    fn keep(&mut self, named: Named, content: Content) {
        let path = match check_path(&named.path) {
            Ok(path) => path,
            Err(problem) => return self.problems.push(problem),
        };
        self.just_before = Some(path.clone());
        let known = self.files.iter_mut().find(|(file, _)| file.path == path);
        let Some((file, certainty)) = known else {
            let change = Change { path, content };
            return self.files.push((change, named.certainty));
        };
        match (&mut file.content, content) {
            (known, content) if *known == content => {}
            (Content::Edits(known), Content::Edits(further)) => known.extend(further),
            // A diff that nobody named was for the reader, where the file comes itself.
            (known, content @ Content::Whole(_))
                if *certainty == Certainty::Mentioned && matches!(known, Content::Edits(_)) =>
            {
                *known = content;
                *certainty = named.certainty;
            }
            // Which of them counts, or whether they are parts of one, nobody knows.
            (Content::Whole(_), Content::Whole(_)) => self.problems.push(format!(
                "`{path}` is there twice, with two texts: write each file once, whole"
            )),
            _ => self.problems.push(format!(
                "`{path}` is there whole, and by what changes in it: give one of the two"
            )),
        }
    }

    /// A block that is no file stands where it stood, among what is said around the files.
    fn leave(
        &mut self,
        ground: &Ground<'_>,
        lines: std::ops::Range<usize>,
        opening: &FenceLine<'_>,
        inside: &[&str],
    ) {
        let is_for_the_reader = naming::is_shell(opening.info);
        if let Some(path) = self.just_before.take().filter(|_| !is_for_the_reader) {
            self.problems.push(format!(
                "a block without a name follows `{path}` at once: if it belongs to the file, write the file whole in one block, else name its file"
            ));
        }
        if !is_for_the_reader {
            let first = inside
                .iter()
                .map(|line| line.trim())
                .find(|line| !line.is_empty());
            self.nameless.push(first.unwrap_or_default().to_owned());
        }
        self.around
            .extend(ground.lines[lines].iter().map(|line| (*line).to_owned()));
    }
}

fn unclear(path: &str) -> String {
    format!(
        "`{path}` can be read in two ways, since a fence inside of it may be its end: put a longer fence around the file than any inside of it, such as four backticks"
    )
}

#[cfg(test)]
mod tests;
