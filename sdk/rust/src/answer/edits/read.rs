//! Edits as answers write them.

use super::Edit;

/// What a unified diff does to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::answer) struct Patched {
    /// The file, where the diff names it.
    pub(in crate::answer) path: Option<String>,
    pub(in crate::answer) edits: Vec<Edit>,
    /// It wasn't there before: all that it will be.
    pub(in crate::answer) whole: Option<String>,
}

/// The words of the lines that begin an edit.
const BEGIN: [&str; 2] = ["SEARCH", "ORIGINAL"];
/// The words of the lines that end one.
const END: [&str; 2] = ["REPLACE", "UPDATED"];

/// The edits of a block that begins with a search marker; none if it doesn't.
///
/// A marker is five to nine of a sign and the word; all markers of an edit have the same length, so that lines of signs can be part
/// of a text.
pub(in crate::answer) fn search_and_replace(content: &str) -> Option<Result<Vec<Edit>, String>> {
    let first = content.lines().find(|line| !line.trim().is_empty())?;
    begins(first).then(|| parts(content))
}

/// Whether a line begins an edit.
pub(in crate::answer) fn begins(line: &str) -> bool {
    marker(line, '<', &BEGIN).is_some()
}

/// Whether a line ends an edit.
pub(in crate::answer) fn ends(line: &str) -> bool {
    marker(line, '>', &END).is_some()
}

/// How many signs a line has that begins a change of any kind, such as `<<<<<<< HEAD`.
pub(in crate::answer) fn opens(line: &str) -> Option<usize> {
    signs(line, '<')
}

/// Whether a line parts the halves of a change, or ends it, that began with so many signs.
pub(in crate::answer) fn parts_or_ends(line: &str, length: usize) -> bool {
    let parts = line.trim_end().len() == length && line.trim_end().chars().all(|c| c == '=');
    parts || signs(line, '>') == Some(length)
}

fn signs(line: &str, sign: char) -> Option<usize> {
    let rest = line.trim_start_matches(sign);
    let length = line.len() - rest.len();
    ((5..=9).contains(&length) && (rest.is_empty() || rest.starts_with(' '))).then_some(length)
}

/// Whether a line and the next one name the file that a diff is of.
pub(super) fn are_names(line: &str, next: Option<&&str>) -> bool {
    line.starts_with("--- ") && next.is_some_and(|next| next.starts_with("+++ "))
}

/// Whether lines begin as a diff that [`diff`] reads.
pub(in crate::answer) fn begins_diff(lines: &[&str]) -> bool {
    let Some(first) = lines.first() else {
        return false;
    };
    let names = are_names(first, lines.get(1));
    let is_hunk = *first == "@@" || first.starts_with("@@ ");
    let is_called = first.starts_with("diff --git ") || Envelope::read(first).is_some();
    names || is_hunk || is_called
}

/// Whether a diff has lines that name files.
pub(in crate::answer) fn names_files(diff: &str) -> bool {
    let lines: Vec<&str> = diff.lines().collect();
    (0..lines.len()).any(|at| !lines[at].starts_with("@@") && begins_diff(&lines[at..]))
}

/// A kind of diff that nobody reads here, where lines begin as one.
pub(in crate::answer) fn foreign(lines: &[&str]) -> Option<&'static str> {
    let (first, second) = (lines.first()?, lines.get(1)?);
    let is_context = first.starts_with("*** ") && second.starts_with("--- ");
    let is_indexed = first.starts_with("Index: ") && second.starts_with("=====");
    // `3,4c3` and the lines below it.
    let places = first.split(['a', 'c', 'd']).collect::<Vec<_>>();
    let is_place =
        |place: &&str| !place.is_empty() && place.chars().all(|c| c.is_ascii_digit() || c == ',');
    let is_plain =
        places.len() == 2 && places.iter().all(is_place) && second.starts_with(['<', '>']);
    match (is_context, is_indexed, is_plain) {
        (true, ..) => Some("a diff with context"),
        (_, true, _) => Some("a diff with an index"),
        (.., true) => Some("a diff without context"),
        _ => None,
    }
}

fn parts(content: &str) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    let mut lines = content.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let Some(length) = marker(line, '<', &BEGIN) else {
            return Err(format!(
                "`{}` stands between its edits, and belongs to none",
                super::cut(line.trim())
            ));
        };
        let (mut old, mut new, mut parted) = (String::new(), String::new(), false);
        loop {
            let Some(line) = lines.next() else {
                return Err("an edit of it has no end: a line `>>>>>>> REPLACE`".into());
            };
            if line.trim_end().len() == length && line.trim_end().chars().all(|c| c == '=') {
                if parted {
                    return Err(format!(
                        "an edit of it has two lines `{}`: where they are part of the text, write its markers with nine signs instead of {length}",
                        line.trim_end()
                    ));
                }
                parted = true;
                continue;
            }
            match marker(line, '>', &END) {
                Some(end) if end == length && parted => break,
                Some(end) if end == length => {
                    return Err(format!(
                        "an edit of it has no line `{}`",
                        "=".repeat(length)
                    ));
                }
                _ => {}
            }
            let half = if parted { &mut new } else { &mut old };
            half.push_str(line);
            half.push('\n');
        }
        edits.push(Edit { old, new });
    }
    Ok(edits)
}

/// How many signs a marker has.
fn marker(line: &str, sign: char, words: &[&str]) -> Option<usize> {
    let rest = line.trim_start_matches(sign);
    let length = line.len() - rest.len();
    let is_word = words
        .iter()
        .any(|word| rest.trim().eq_ignore_ascii_case(word));
    ((5..=9).contains(&length) && is_word).then_some(length)
}

/// What a unified diff does, file by file. Its line numbers aren't asked: models count badly.
pub(in crate::answer) fn diff(content: &str) -> Result<Vec<Patched>, String> {
    let mut files: Vec<Patched> = Vec::new();
    let mut lines = content.lines().peekable();
    let mut hunk: Option<Hunk> = None;
    let close = |files: &mut Vec<Patched>, hunk: Option<Hunk>| {
        let Some(hunk) = hunk else { return };
        if files.is_empty() {
            files.push(Patched::of(None));
        }
        if let Some(file) = files.last_mut() {
            file.edits.push(hunk.edit());
        }
    };
    while let Some(line) = lines.next() {
        let names_next = are_names(line, lines.peek());
        if names_next {
            close(&mut files, hunk.take());
            let is_created = named(&line[4..]).is_none();
            let new = lines.next().unwrap_or_default();
            let Some(path) = named(&new[4..]) else {
                return Err(REMOVES.to_owned());
            };
            files.push(Patched::of(Some(path)));
            if is_created && let Some(file) = files.last_mut() {
                file.whole = Some(String::new());
            }
        } else if let Some(envelope) = Envelope::read(line) {
            close(&mut files, hunk.take());
            files.extend(envelope.file()?);
        } else if line.starts_with("@@") {
            close(&mut files, hunk.take());
            hunk = Some(Hunk::default());
        } else if let Some(hunk) = &mut hunk {
            if is_header(line) {
                let ended = std::mem::take(hunk);
                close(&mut files, Some(ended));
            } else {
                hunk.take(line)?;
            }
        } else if !is_header(line) && !line.trim().is_empty() {
            // Without the line that begins a hunk.
            let mut begun = Hunk::default();
            begun.take(line)?;
            hunk = Some(begun);
        }
    }
    close(&mut files, hunk.take());
    for file in &mut files {
        file.edits.retain(|edit| edit.old != edit.new);
        if file.whole.is_some() {
            let text: String = file.edits.drain(..).map(|edit| edit.new).collect();
            file.whole = Some(text);
        }
    }
    files.retain(|file| file.whole.is_some() || !file.edits.is_empty());
    match files.is_empty() {
        true => Err("the diff changes nothing".into()),
        false => Ok(files),
    }
}

impl Patched {
    fn of(path: Option<String>) -> Self {
        Self {
            path,
            edits: Vec::new(),
            whole: None,
        }
    }
}

/// The path of `--- a/src/x.py` or `+++ b/src/x.py`; none is no file.
fn named(given: &str) -> Option<String> {
    let path = given.split('\t').next().unwrap_or_default().trim();
    let path = path.trim_matches('"');
    let plain = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
    (path != "/dev/null").then(|| plain.unwrap_or(path).to_owned())
}

/// A line of a patch as some models are taught to write it: `*** Begin Patch`, `*** Update File: a.py`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Envelope<'a> {
    /// It begins or ends something.
    Bounds,
    Update(&'a str),
    Add(&'a str),
    Delete,
    Move,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let said = line.trim_end().strip_prefix("*** ")?;
        if ["Begin Patch", "End Patch", "End of File"].contains(&said) {
            return Some(Self::Bounds);
        }
        let (what, path) = said.split_once(": ")?;
        match what {
            "Update File" => Some(Self::Update(path)),
            "Add File" => Some(Self::Add(path)),
            "Delete File" => Some(Self::Delete),
            "Move to" => Some(Self::Move),
            _ => None,
        }
    }

    /// The file that is changed from here on, if it names one.
    fn file(self) -> Result<Option<Patched>, String> {
        match self {
            Self::Bounds => Ok(None),
            Self::Update(path) => Ok(Some(Patched::of(Some(path.trim().to_owned())))),
            Self::Add(path) => Ok(Some(Patched {
                whole: Some(String::new()),
                ..Patched::of(Some(path.trim().to_owned()))
            })),
            Self::Delete => Err(REMOVES.to_owned()),
            Self::Move => Err(
                "the diff gives a file another name: say so, and write the new file whole"
                    .to_owned(),
            ),
        }
    }
}

/// Of a diff that removes a file, which an answer in text can't do.
const REMOVES: &str = "the diff removes a file: say so, and leave the file out";

pub(super) fn is_header(line: &str) -> bool {
    const HEADERS: [&str; 9] = [
        "diff --git ",
        "index ",
        "new file mode ",
        "deleted file mode ",
        "old mode ",
        "new mode ",
        "similarity index ",
        "rename from ",
        "rename to ",
    ];
    HEADERS.iter().any(|header| line.starts_with(header))
}

/// One hunk, line by line.
#[derive(Debug, Default)]
struct Hunk {
    old: String,
    new: String,
}

impl Hunk {
    fn take(&mut self, line: &str) -> Result<(), String> {
        let mut put = |in_old: bool, in_new: bool, text: &str| {
            for (half, wanted) in [(&mut self.old, in_old), (&mut self.new, in_new)] {
                if wanted {
                    half.push_str(text);
                    half.push('\n');
                }
            }
        };
        let mut letters = line.chars();
        match letters.next() {
            Some('-') => put(true, false, letters.as_str()),
            Some('+') => put(false, true, letters.as_str()),
            Some(' ') => put(true, true, letters.as_str()),
            // An editor took the space of an empty line away.
            None => put(true, true, ""),
            // What git says of a missing last line end: the file keeps its own.
            Some('\\') => {}
            Some(_) => {
                return Err(format!(
                    "the diff has a line that begins with none of `+`, `-` and a space: `{}`",
                    super::cut(line)
                ));
            }
        }
        Ok(())
    }

    /// Blank lines at its end belong to the answer, not to the file.
    fn edit(self) -> Edit {
        let (mut old, mut new) = (self.old, self.new);
        while old.ends_with("\n\n") && new.ends_with("\n\n") {
            old.pop();
            new.pop();
        }
        Edit { old, new }
    }
}
