//! The texts of the workspace's files, searched line by line, by ripgrep's libraries.
//!
//! The expression comes from whoever may write a step, or a model in it, and is worked on here and not in the sandbox: it would have
//! to be handed every file. So it is bounded in what it may become, and its library takes time that grows with the text alone; the text
//! is searched piece by piece, and between two of them a search ends whose time is over.

mod finding;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use grep_matcher::LineTerminator;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{Searcher, SearcherBuilder};
use stepwell_contract::{
    Digest, FoundFile, WorkspaceError, WorkspaceErrorKind, WorkspaceFindings, WorkspaceQuery,
};

use super::{RulesBefore, Shown, WorkspaceFolder};
use finding::{Found, Room, Timed};

/// Bytes of an expression.
const LONGEST_PATTERN: usize = 1_000;
/// Bytes of what an expression becomes, and of what is kept to search quickly by it.
const LARGEST_EXPRESSION: usize = 1 << 20;
const LARGEST_CACHE: usize = 8 << 20;
/// Groups within each other.
const DEEPEST_EXPRESSION: u32 = 100;
/// Lines that match, and lines around each.
const MOST_MATCHES: u32 = 1_000;
const MOST_CONTEXT: u32 = 50;
/// Bytes that are read, and the time that it may take.
const MOST_BYTES: u64 = 2 << 30;
const MOST_TIME: Duration = Duration::from_secs(10);
/// Bytes of one line with what belongs to it; a file with a longer one isn't searched.
const LONGEST_LINE: usize = 4 << 20;
/// What files of Windows begin with, and nobody sees: `^` has to find what stands behind it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A search that is well formed.
#[derive(Debug)]
pub(crate) struct Search {
    query: WorkspaceQuery,
    matcher: RegexMatcher,
}

/// What is known of a path, whatever the workspace holds there.
#[derive(Debug, Clone)]
pub(crate) enum Known {
    /// It holds this; none is no file.
    Holds(Option<Bytes>),
    /// The step reads this text there, whatever it holds now; none is no file.
    Reads(Option<Digest>),
    /// It has to hold what has this digest, in hexadecimal digits, or the step reads nothing there; none is no file.
    Held(Option<String>),
}

/// What a search comes to.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    pub(crate) findings: WorkspaceFindings,
    /// The digests of the files that have matches.
    pub(crate) saw: BTreeMap<String, Digest>,
    /// Texts that the step reads and the workspace doesn't hold any more: with them the search has to be made again.
    pub(crate) lacks: BTreeMap<String, Digest>,
}

impl Search {
    /// Checks a query, and prepares its expression. It may take a moment.
    ///
    /// # Errors
    /// `Other` with the code `invalid-query` says what is wrong with it.
    pub(crate) fn of(query: WorkspaceQuery) -> Result<Self, WorkspaceError> {
        if query.pattern.is_empty() {
            return Err(invalid(
                "there is nothing to search for: its pattern is empty",
            ));
        }
        if query.pattern.len() > LONGEST_PATTERN {
            let length = query.pattern.len();
            return Err(invalid(&format!(
                "its pattern has {length} bytes; it may have {LONGEST_PATTERN}"
            )));
        }
        if query.most == 0 || query.most > MOST_MATCHES || query.context > MOST_CONTEXT {
            return Err(invalid(&format!(
                "it may ask for 1 to {MOST_MATCHES} matches, and up to {MOST_CONTEXT} lines around each"
            )));
        }
        if let Some(option) = query.options.first() {
            return Err(invalid(&format!(
                "it has an option that isn't known: `{}`",
                option.name
            )));
        }
        let mut builder = RegexMatcherBuilder::new();
        builder
            .fixed_strings(query.literal)
            .case_insensitive(query.ignore_case)
            // `^` and `$` are those of a line.
            .multi_line(true)
            .crlf(true)
            .size_limit(LARGEST_EXPRESSION)
            .dfa_size_limit(LARGEST_CACHE)
            .nest_limit(DEEPEST_EXPRESSION);
        let matcher = builder.build(&query.pattern).map_err(|error| {
            invalid(&format!(
                "its pattern is no regular expression that can be searched by: {error}"
            ))
        })?;
        Ok(Self { query, matcher })
    }

    fn searcher(&self) -> Searcher {
        let context = self.query.context as usize;
        SearcherBuilder::new()
            .line_terminator(LineTerminator::crlf())
            .before_context(context)
            .after_context(context)
            .bom_sniffing(false)
            .heap_limit(Some(LONGEST_LINE))
            .build()
    }
}

impl WorkspaceFolder {
    /// Searches the files that the query names and that a step sees. `known` is what it sees otherwise than they are.
    ///
    /// # Errors
    /// As [`entries`](Self::entries), for the glob; [`WorkspaceErrorKind::TooLarge`] where there is more than is searched.
    pub(crate) fn search(
        &self,
        search: &Search,
        known: &BTreeMap<String, Known>,
        most_bytes: u64,
        shown: &Shown,
        before: &RulesBefore,
    ) -> Result<Searched, WorkspaceError> {
        let until = Instant::now() + MOST_TIME;
        let pattern = &search.query.paths;
        let listed = self.entries(pattern, shown, before)?;
        let mut paths: Vec<String> = listed.into_iter().map(|entry| entry.path).collect();
        for (path, known) in known {
            let is_there = matches!(known, Known::Holds(Some(_)));
            if is_there && Self::matches(pattern, path)? {
                paths.push(path.clone());
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let mut searching = Searching {
            search,
            searcher: search.searcher(),
            room: Room::of(search.query.most),
            until,
            searched: Searched::default(),
        };
        let mut bytes = 0_u64;
        for path in paths {
            if searching.room.is_full() {
                break;
            }
            let text = self.text_to_search(&path, known, most_bytes, &mut searching.searched);
            let Some((text, digest)) = text else { continue };
            bytes += text.len() as u64;
            if bytes > MOST_BYTES || Instant::now() >= until {
                return Err(too_much());
            }
            searching.take(path, &text, digest)?;
        }
        searching.searched.findings.more = searching.room.is_more;
        Ok(searching.searched)
    }

    /// What a step reads at a path, with its digest where it has been made already; none where it reads nothing.
    fn text_to_search(
        &self,
        path: &str,
        known: &BTreeMap<String, Known>,
        most_bytes: u64,
        searched: &mut Searched,
    ) -> Option<(Bytes, Option<Digest>)> {
        let mut known_of = known.get(path);
        if known_of.is_none() && !known.is_empty() {
            // What it wrote itself it reads under the other name, too.
            let real = self.behind_link(path);
            let real = real.and_then(|real| known.get(&real.path));
            known_of = real.filter(|known| matches!(known, Known::Holds(_)));
        }
        match known_of {
            Some(Known::Holds(text)) => return text.clone().map(|text| (text, None)),
            Some(Known::Reads(None)) => return None,
            _ => {}
        }
        let read = self.read_normal(path, most_bytes);
        let text = match read {
            Ok(text) => text.map(Bytes::from),
            Err(_) => {
                searched.findings.unsearched += 1;
                return None;
            }
        };
        match known_of {
            Some(Known::Reads(Some(digest))) => {
                let same = text.filter(|text| Digest::of(text) == *digest);
                if same.is_none() {
                    searched.lacks.insert(path.to_owned(), *digest);
                }
                same.map(|text| (text, Some(*digest)))
            }
            Some(Known::Held(print)) => {
                let digest = text.as_ref().map(Digest::of);
                if digest.map(|digest| digest.hex()) != *print {
                    searched.findings.unsearched += 1;
                    return None;
                }
                Some((text?, digest))
            }
            _ => Some((text?, None)),
        }
    }
}

/// A search that is under way.
struct Searching<'a> {
    search: &'a Search,
    searcher: Searcher,
    room: Room,
    until: Instant,
    searched: Searched,
}

impl Searching<'_> {
    fn take(
        &mut self,
        path: String,
        text: &Bytes,
        digest: Option<Digest>,
    ) -> Result<(), WorkspaceError> {
        // No text: what would be shown of it says nothing.
        if text.contains(&0) {
            self.searched.findings.unsearched += 1;
            return Ok(());
        }
        let mut found = Found::new(&mut self.room);
        // It belongs to the file, and not to its first line.
        let shown = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let reader = Timed::new(shown, self.until);
        let searched = self
            .searcher
            .search_reader(&self.search.matcher, reader, &mut found);
        let lines = found.lines();
        if searched.is_err() {
            if Instant::now() >= self.until {
                return Err(too_much());
            }
            // A line that is longer than any that somebody wrote.
            self.searched.findings.unsearched += 1;
            return Ok(());
        }
        if !lines.is_empty() {
            let digest = digest.unwrap_or_else(|| Digest::of(text));
            self.searched.saw.insert(path.clone(), digest);
            self.searched.findings.files.push(FoundFile { path, lines });
        }
        Ok(())
    }
}

fn invalid(why: &str) -> WorkspaceError {
    WorkspaceError::new(
        WorkspaceErrorKind::Other("invalid-query".into()),
        format!("the search can't be made: {why}"),
    )
}

fn too_much() -> WorkspaceError {
    let message = format!(
        "the search reads more than {} GiB, or takes longer than {} s: name fewer paths, or a simpler pattern",
        MOST_BYTES >> 30,
        MOST_TIME.as_secs()
    );
    WorkspaceError::new(WorkspaceErrorKind::TooLarge, message)
}
