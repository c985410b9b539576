//! The definitions of a source file, with their signatures and lines.

use crate::kinds::Language;
use crate::{patterns, python};

/// Bytes of one signature; what is more is cut.
const LONGEST_SIGNATURE: usize = 160;

/// Definitions of one file; a file with more is generated, whatever it says of itself.
pub(crate) const MOST_DEFINITIONS: usize = 2_000;

/// Something that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// How many definitions it stands in.
    pub level: u32,
    /// Its name.
    pub name: String,
    /// What it says of itself up to its body, on one line.
    pub signature: String,
}

/// What a file defines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// In the order in which they stand there, what another one holds behind it.
    pub definitions: Vec<Definition>,
    /// How many test functions it has.
    pub tests: u32,
}

/// Why a file's definitions aren't known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It nests so deeply that reading it might not end well.
    TooDeep,
    /// It is larger than a source file is.
    TooLarge,
    /// The workspace has more than a survey reads.
    TooMany,
    /// It isn't UTF-8.
    NotText,
    /// The host couldn't read it, and says why.
    Refused(String),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooDeep => to.write_str("it nests too deeply"),
            Self::TooLarge => to.write_str("it is too large"),
            Self::TooMany => to.write_str("the workspace has more than is read"),
            Self::NotText => to.write_str("it isn't UTF-8"),
            Self::Refused(why) => to.write_str(why),
        }
    }
}

impl Outline {
    /// What a text of a language defines.
    ///
    /// # Errors
    /// [`Unread::TooDeep`], of Python.
    pub fn of(language: Language, text: &str) -> Result<Self, Unread> {
        match language {
            Language::Python => python::outline(text),
            language => Ok(patterns::outline(language, text)),
        }
    }
}

/// A signature on one line: without control characters, white space as single blanks, cut where it is too long.
pub(crate) fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    // A signature that begins far from where it ends isn't read to its end.
    let enough = &text[..text.floor_char_boundary(8 * LONGEST_SIGNATURE)];
    for word in enough.split(|character: char| character.is_whitespace() || character.is_control())
    {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    for (wide, narrow) in [
        ("( ", "("),
        (" )", ")"),
        (",)", ")"),
        ("[ ", "["),
        (" ]", "]"),
    ] {
        if line.contains(wide) {
            line = line.replace(wide, narrow);
        }
    }
    if line.len() > LONGEST_SIGNATURE {
        line.truncate(line.floor_char_boundary(LONGEST_SIGNATURE));
        line.push('…');
    }
    line
}
