//! The map: files with their sizes and definitions, the most telling first, within a budget of tokens that is kept exactly.
//!
//! It reads nothing; what was read is handed in.

mod ranking;

use std::collections::BTreeMap;

use stepwell_sdk::chat::bytes_of_tokens;

use crate::definitions::{Definition, Unread};
use crate::kinds::Apart;
use crate::references::Mentions;
use ranking::{Rank, ranked};

/// A file of the map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapped {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u32,
    /// What it defines.
    pub definitions: Vec<Definition>,
    /// The names that it mentions.
    pub mentions: Mentions,
    /// Why its definitions aren't known.
    pub unread: Option<Unread>,
}

const HEADER: &str = "The files of the workspace with their bytes, and what they define with its line; what matters most stands first.\n\n";

/// The header is left out where it would take more than this part of the room.
const OF_THE_HEADER: usize = 8;

const NOTHING: &str = "The workspace has no files.\n";

/// The map of some files, in at most `budget` tokens. What takes no room is only counted.
///
/// The same files in any order give the same map.
#[must_use]
pub fn map(
    mut files: Vec<Mapped>,
    apart: &BTreeMap<Apart, u32>,
    request: &str,
    budget: u32,
) -> String {
    let room = bytes_of_tokens(budget);
    if files.is_empty() && apart.is_empty() {
        return if NOTHING.len() <= room {
            NOTHING.to_owned()
        } else {
            String::new()
        };
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let ranks = ranked(&files, request);
    Cut::of(&files, &ranks, apart, room).text()
}

/// What of the files has room.
struct Cut<'a> {
    files: &'a [Mapped],
    ranks: &'a [Rank],
    apart: &'a BTreeMap<Apart, u32>,
    footer: Footer,
    with_header: bool,
    /// How many of the ranked files are named.
    named: usize,
    /// Of each ranked file, which of its definitions are told.
    told: Vec<Vec<bool>>,
    left: usize,
}

/// How much the end says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Footer {
    Whole,
    Short,
    None,
}

impl<'a> Cut<'a> {
    fn of(
        files: &'a [Mapped],
        ranks: &'a [Rank],
        apart: &'a BTreeMap<Apart, u32>,
        room: usize,
    ) -> Self {
        let mut cut = Self {
            files,
            ranks,
            apart,
            footer: Footer::None,
            with_header: false,
            named: 0,
            told: ranks
                .iter()
                .map(|rank| vec![false; files[rank.file].definitions.len()])
                .collect(),
            left: room,
        };
        // The more is left out the longer the end is: what it takes when all is left out it never outgrows.
        for footer in [Footer::Whole, Footer::Short] {
            cut.footer = footer;
            let end = cut.end().len();
            if end <= room {
                cut.left = room - end;
                break;
            }
            cut.footer = Footer::None;
        }
        cut.with_header = HEADER.len() <= cut.left / OF_THE_HEADER && cut.takes(HEADER.len());
        cut.fill();
        cut
    }

    /// Takes so much of the room, if it is there.
    fn takes(&mut self, bytes: usize) -> bool {
        let fits = bytes <= self.left;
        if fits {
            self.left -= bytes;
        }
        fits
    }

    /// Names first, in a part of the room, so that what is named isn't one large file; then what they define, first a
    /// share of the room for each; then whatever fits.
    fn fill(&mut self) {
        const OF_NAMES: usize = 40;
        const OF_A_FILE: usize = 8;
        let for_definitions = self.left - self.left * OF_NAMES / 100;
        self.name_files(for_definitions);
        let share = self.left / OF_A_FILE;
        for most in [share, usize::MAX] {
            for place in 0..self.named {
                self.tell_definitions(place, most);
            }
        }
        self.name_files(0);
    }

    /// Names further files, as long as so much of the room stays free.
    fn name_files(&mut self, free: usize) {
        while let Some(rank) = self.ranks.get(self.named) {
            let bytes = name_line(&self.files[rank.file]).len();
            if self.left.saturating_sub(bytes) < free || !self.takes(bytes) {
                return;
            }
            self.named += 1;
        }
    }

    fn tell_definitions(&mut self, place: usize, most: usize) {
        let (files, ranks) = (self.files, self.ranks);
        let rank = &ranks[place];
        let definitions = &files[rank.file].definitions;
        let mut spent = 0;
        for &index in &rank.definitions {
            // What it stands in is told with it.
            let mut wanted = vec![index];
            while let Some(around) = around(definitions, wanted[wanted.len() - 1]) {
                wanted.push(around);
            }
            wanted.retain(|index| !self.told[place][*index]);
            let bytes: usize = wanted
                .iter()
                .map(|index| definition_line(&definitions[*index]).len())
                .sum();
            if wanted.is_empty() || spent + bytes > most || !self.takes(bytes) {
                continue;
            }
            spent += bytes;
            for index in wanted {
                self.told[place][index] = true;
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if self.with_header {
            text.push_str(HEADER);
        }
        for (rank, told) in self.ranks[..self.named].iter().zip(&self.told) {
            let file = &self.files[rank.file];
            text.push_str(&name_line(file));
            let definitions = file.definitions.iter().zip(told);
            for (definition, _) in definitions.filter(|(_, told)| **told) {
                text.push_str(&definition_line(definition));
            }
        }
        text.push_str(&self.end());
        text
    }

    /// What is said of what isn't there.
    fn end(&self) -> String {
        let files = self.files.len() - self.named;
        let definitions = self.told.iter().flatten().filter(|told| !**told).count();
        let left_out = match (files, definitions) {
            (0, 0) => String::new(),
            (files, 0) => format!("Left out for want of room: {}.\n", counted(files, "file")),
            (0, definitions) => format!(
                "Left out for want of room: {}.\n",
                counted(definitions, "definition")
            ),
            (files, definitions) => format!(
                "Left out for want of room: {}, {}.\n",
                counted(files, "file"),
                counted(definitions, "definition")
            ),
        };
        let unread = self
            .files
            .iter()
            .filter(|file| file.unread.is_some())
            .count();
        let unread = match unread {
            0 => String::new(),
            unread => format!("Not read: {}.\n", counted(unread, "file")),
        };
        let apart: Vec<String> = self
            .apart
            .iter()
            .map(|(apart, count)| apart.counted(*count))
            .collect();
        let apart = match apart.as_slice() {
            [] => String::new(),
            apart => format!("Not listed: {}.\n", apart.join(", ")),
        };
        match self.footer {
            Footer::Whole => match format!("{left_out}{unread}{apart}") {
                end if end.is_empty() => end,
                end => format!("\n{end}"),
            },
            Footer::Short => left_out,
            Footer::None => String::new(),
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {what}{many}")
}

fn name_line(file: &Mapped) -> String {
    let Mapped { path, bytes, .. } = file;
    match &file.unread {
        None => format!("{path} ({bytes})\n"),
        Some(why) => format!(
            "{path} ({bytes}; not read: {})\n",
            crate::definitions::on_one_line(&why.to_string())
        ),
    }
}

fn definition_line(definition: &Definition) -> String {
    let indentation = "  ".repeat(definition.level as usize + 1);
    format!(
        "{indentation}{}: {}\n",
        definition.line, definition.signature
    )
}

/// The definition that another one stands in.
fn around(definitions: &[Definition], index: usize) -> Option<usize> {
    let level = definitions[index].level;
    definitions[..index]
        .iter()
        .rposition(|before| before.level < level)
}
