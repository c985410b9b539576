//! An answer, read from its first line to its last: its files, what changes in them, and what stands around them.
//!
//! What changes a file in a form that isn't read is never passed over: whoever sent it believes that it was done.

use std::ops::Range;

use crate::answer::edits;
use crate::answer::fences::content;
use crate::answer::lines::{FenceLine, normalize};
use crate::answer::thoughts::{Thought, Thoughts};

use super::extent::{Extent, Ground};
use super::held::{Held, held, is_diff};
use super::naming::{self, Certainty, Named};
use super::unread::{self, Unread};
use super::{Change, Content, check_path};

/// By what a block is known to be a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Naming {
    /// By whatever models name one.
    #[default]
    Any,
    /// By the line that prompts ask for.
    Marked,
}

/// An answer as far as it is read.
#[derive(Default)]
pub(super) struct Reading {
    naming: Naming,
    pub(super) files: Vec<(Change, Certainty)>,
    pub(super) problems: Vec<String>,
    pub(super) around: Vec<String>,
    pub(super) nameless: Vec<String>,
    /// Why something that may change a file wasn't read. It matters where there is nothing else.
    pub(super) unread: Option<String>,
    /// The file that a line named, and whose block hasn't come yet.
    awaited: Option<String>,
    /// How much of what is said around the files stands before the line that named it.
    said_before: usize,
    /// The file whose block stands right before, with nothing but blank lines since.
    just_before: Option<String>,
    /// Whether it is known where a diff without a fence ends.
    loses_diffs: bool,
}

impl Reading {
    pub(super) fn of(text: &str) -> Self {
        Self::by(Naming::Any, text)
    }

    pub(super) fn by(naming: Naming, text: &str) -> Self {
        let text = normalize(text);
        let lines: Vec<&str> = text.lines().collect();
        let mut reading = Self::of_lines(naming, &lines, Some(&Thoughts::of(&lines)));
        if naming == Naming::Any && !reading.holds_something() {
            reading.unread = unread::in_text(&text);
        }
        reading
    }

    /// Whether it holds a file, or tries to.
    pub(super) fn holds_something(&self) -> bool {
        !self.files.is_empty() || !self.problems.is_empty() || self.unread.is_some()
    }

    fn of_lines(naming: Naming, lines: &[&str], thoughts: Option<&Thoughts>) -> Self {
        let ground = Ground::of(lines);
        let mut reading = Self {
            naming,
            ..Self::default()
        };
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            if let Some(path) = naming::marker(lines, at) {
                reading.await_block(Some(path));
                reading.said_before = reading.around.len();
                at += 1;
            } else if let Some(opening) = FenceLine::read(line) {
                at = reading.block(&ground, at, &opening);
            } else if let Some(thought) = thoughts.and_then(|thoughts| thoughts.at(lines, at)) {
                at = reading.thought(lines, at, thought);
            } else {
                at = reading.line(lines, at);
            }
        }
        reading.await_block(None);
        reading
    }

    /// Takes a line in that stands in no block, or the diff that begins there, and says where reading goes on.
    fn line(&mut self, lines: &[&str], at: usize) -> usize {
        if !lines[at].trim().is_empty() {
            self.just_before = None;
            if let Some(end) = self.bare_diff(lines, at) {
                return end;
            }
            if let Some(problem) = unread::call(lines, at) {
                self.problem(problem);
            } else if self.naming == Naming::Any
                && self.awaited.is_none()
                && let Some(problem) = unread::change(lines, at)
            {
                self.problem(problem);
            }
        }
        self.around.push(lines[at].to_owned());
        at + 1
    }

    /// What is thought aloud. A file in it may be a draft as well as meant.
    fn thought(&mut self, lines: &[&str], start: usize, thought: Thought) -> usize {
        let Thought { name, end } = thought;
        let inside = Self::of_lines(self.naming, &lines[start + 1..end], None);
        if inside.holds_something() {
            let first = inside.files.first();
            let what = first.map_or("a block".to_owned(), |(file, _)| format!("`{}`", file.path));
            self.problem(format!(
                "{what} stands behind `<{name}>`, where it may be a draft as well as meant: send what you think without blocks, or not at all, and each file once, outside of it"
            ));
        }
        let after = lines.len().min(end + 1);
        self.around
            .extend(lines[start..after].iter().map(|line| (*line).to_owned()));
        after
    }

    /// Takes in a diff that has no fence, if one begins at a line, and says where reading goes on.
    fn bare_diff(&mut self, lines: &[&str], at: usize) -> Option<usize> {
        if self.naming == Naming::Marked || self.loses_diffs || !edits::begins_diff(&lines[at..]) {
            return None;
        }
        let end = match edits::end_of_diff(lines, at) {
            Ok(end) => end,
            Err(problem) => {
                self.loses_diffs = true;
                self.problem(problem);
                return None;
            }
        };
        let diff = lines[at..end].join("\n");
        let below = &self.around[self.said_before.min(self.around.len())..];
        let is_below_name = || below.iter().all(|line| line.trim().is_empty());
        match self.awaited.take_if(|_| is_below_name()) {
            Some(path) => match edits::diff(&diff) {
                Ok(patched) => {
                    let certainty = Certainty::Marked;
                    self.keep_patched(Some(&Named { path, certainty }), patched);
                }
                Err(problem) => self.problem(format!("`{path}`: {problem}")),
            },
            None if self.patches(&diff) => {}
            None => {
                self.nameless.push(lines[at].to_owned());
                let left = lines[at..end].iter().map(|line| (*line).to_owned());
                self.around.extend(left);
            }
        }
        Some(end)
    }

    /// Says once what is wrong, and no more than somebody would read.
    fn problem(&mut self, problem: String) {
        if self.problems.len() < MOST_PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
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
            None if is_closed && self.changes_files(opening, inside) => {}
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

    /// Takes a block that no line names, if it says itself which files it changes; and takes note of one that changes some and
    /// isn't read.
    fn changes_files(&mut self, opening: &FenceLine<'_>, inside: &[&str]) -> bool {
        if self.naming == Naming::Marked {
            return false;
        }
        let content = content(inside, opening.indent);
        if is_diff(opening.info, &content) {
            return self.patches(&content);
        }
        let handed = unread::handed(&content);
        if !handed.is_empty() {
            let taken = handed.iter().filter(|diff| self.patches(diff)).count();
            return taken > 0;
        }
        match unread::in_block(opening.info, &content) {
            Some(Unread::Plainly(problem)) => self.problem(problem),
            Some(Unread::Perhaps(problem)) => {
                self.unread.get_or_insert(problem);
            }
            None => {}
        }
        false
    }

    /// Takes a diff that no line names, if it names its files itself. What it says of one that was sent under its name tells of that.
    fn patches(&mut self, diff: &str) -> bool {
        let patched = match edits::diff(diff) {
            Ok(patched) => patched,
            // One that names its files is meant for them, whatever else is sent.
            Err(problem) if edits::names_files(diff) => {
                self.problem(problem);
                return false;
            }
            Err(problem) => {
                self.unread.get_or_insert(problem);
                return false;
            }
        };
        if patched.iter().any(|it| it.path.is_none()) {
            self.unread.get_or_insert(WHICH.to_owned());
            return false;
        }
        let tells = |it: &edits::Patched| {
            let path = it.path.as_deref().unwrap_or_default();
            let path = check_path(path).unwrap_or_else(|_| path.to_owned());
            let mut known = self.files.iter().filter(|(file, _)| file.path == path);
            known.any(|(file, certainty)| {
                *certainty > Certainty::Mentioned || matches!(file.content, Content::Whole(_))
            })
        };
        let meant: Vec<edits::Patched> = patched.into_iter().filter(|it| !tells(it)).collect();
        let is_any = !meant.is_empty();
        self.keep_patched(None, meant);
        is_any
    }

    fn keep_patched(&mut self, named: Option<&Named>, patched: Vec<edits::Patched>) {
        let is_only = patched.len() == 1;
        for one in patched {
            // The line above the block counts, where the block is of one file.
            let said = named.filter(|_| is_only).map(|named| named.path.clone());
            let Some(path) = said.or(one.path) else {
                self.problem(WHICH.to_owned());
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
        lines: Range<usize>,
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

/// An answer may be full of problems, each with a text of its own.
const MOST_PROBLEMS: usize = 20;

/// Of a diff without names.
const WHICH: &str =
    "a diff doesn't say which of its files it changes: put a line `### FILE: path` above it";

fn unclear(path: &str) -> String {
    format!(
        "`{path}` can be read in two ways, since a fence inside of it may be its end: put a longer fence around the file than any inside of it, such as four backticks"
    )
}
