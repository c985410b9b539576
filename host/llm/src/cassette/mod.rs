#![doc = include_str!("format.md")]

mod difference;
mod error;
mod find;
mod index;
mod parse;
mod section;
mod write;

use serde_json::Value;
use stepwell_contract::{ChatError, ChatResponse, StepPath};

use crate::Origin;
use index::Index;

pub use error::{CassetteError, CassetteProblem};
pub(crate) use section::END;

/// How a call finds its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// By the digest of its canonical request.
    Request,
    /// By step, items, rounds and number.
    Sequence,
}

impl Matching {
    /// The word in a cassette's head.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Sequence => "sequence",
        }
    }
}

/// Answers of models and of a person, read from a file or being recorded.
#[derive(Debug, Clone)]
pub struct Cassette {
    matching: Matching,
    default_model: Option<String>,
    comment: String,
    entries: Vec<Entry>,
    /// Where the calls among them are.
    index: Index,
    /// The line on which each entry begins, for messages; empty where it was not read from a file.
    lines: Vec<usize>,
    file: String,
    cut_off: bool,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "a cassette holds far more calls than answers of a person"
)]
pub enum Entry {
    /// A call to a model.
    Call(RecordedCall),
    /// A person's answer.
    Answer(RecordedAnswer),
}

/// A call to a model, and how it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedCall {
    /// Where it stands.
    pub place: CallPlace,
    /// The short name of the model that was asked.
    pub model: Option<String>,
    /// The short name of the model that was asked in the end, where that one could not answer.
    pub instead: Option<String>,
    /// The canonical request, with the short name as its model.
    pub request: Option<Value>,
    /// How it ended.
    pub outcome: CallEnd,
}

/// How a recorded call ended.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEnd {
    /// The model answered.
    Answer(ChatResponse),
    /// It failed for good.
    Error(ChatError),
}

/// Where a call stands in its run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallPlace {
    /// The step.
    pub step: StepPath,
    /// The indices of its items, outermost first.
    pub items: Vec<u32>,
    /// The rounds of its levels; empty where all are 1.
    pub rounds: Vec<u32>,
    /// How many calls of the execution came before it.
    pub sequence: u32,
}

impl CallPlace {
    /// The place of a call.
    #[must_use]
    pub fn of(origin: &Origin) -> Self {
        let is_first = origin.rounds.iter().all(|round| *round == 1);
        Self {
            step: origin.step.clone(),
            items: origin.items.clone(),
            rounds: if is_first {
                Vec::new()
            } else {
                origin.rounds.clone()
            },
            sequence: origin.sequence,
        }
    }

    /// Whether both belong to one execution.
    fn is_beside(&self, other: &Self) -> bool {
        self.step == other.step && self.items == other.items && self.rounds == other.rounds
    }
}

/// A person's answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAnswer {
    /// The step that asked; none answers whichever step asks.
    pub step: Option<StepPath>,
    /// The key of the question.
    pub key: String,
    /// The answer.
    pub text: String,
}

impl Entry {
    /// What adding it puts in the place of the line that ends a file.
    pub(crate) fn added(&self) -> String {
        write::added(self)
    }
}

impl Cassette {
    /// An empty cassette.
    #[must_use]
    pub fn new(matching: Matching) -> Self {
        Self {
            matching,
            default_model: None,
            comment: String::new(),
            entries: Vec::new(),
            index: Index::default(),
            lines: Vec::new(),
            file: String::new(),
            cut_off: false,
        }
    }

    /// Reads a cassette. `file` is its name, for messages.
    ///
    /// # Errors
    /// [`CassetteError`] with the line.
    pub fn parse(text: &str, file: &str) -> Result<Self, CassetteError> {
        parse::cassette(text)
            .map_err(|(line, problem)| CassetteError {
                file: file.to_owned(),
                line,
                problem,
            })
            .map(|mut cassette| {
                cassette.file = file.to_owned();
                cassette
            })
    }

    /// Reads a cassette from the bytes of a file. An entry that was cut off may end within a character.
    ///
    /// # Errors
    /// [`CassetteError`] with the line.
    pub fn read(bytes: &[u8], file: &str) -> Result<Self, CassetteError> {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return Self::parse(text, file),
            Err(error) => error,
        };
        let text = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        if text.contains(&format!("\n{END}")) {
            return Self::parse(&text, file);
        }
        Err(CassetteError {
            file: file.to_owned(),
            line: text.split('\n').count(),
            problem: CassetteProblem::NoText,
        })
    }

    /// The cassette as the text of a file.
    #[must_use]
    pub fn to_text(&self) -> String {
        write::cassette(self)
    }

    /// How calls find their answers.
    #[must_use]
    pub fn matching(&self) -> Matching {
        self.matching
    }

    /// Sets the text between the head and the first entry. Line breaks at its ends are dropped.
    pub(crate) fn set_comment(&mut self, comment: &str) {
        self.comment = comment.trim_matches(['\n', '\r']).to_owned();
    }

    /// The short name under which the answers to steps without a model are kept.
    #[must_use]
    pub fn default_model(&self) -> Option<&str> {
        self.default_model.as_deref()
    }

    /// Sets the short name under which the answers to steps without a model are kept.
    pub(crate) fn set_default_model(&mut self, name: Option<String>) {
        self.default_model = name;
    }

    /// All entries, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The recorded calls, in the order of the file.
    pub fn calls(&self) -> impl Iterator<Item = &RecordedCall> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Call(call) => Some(call),
            Entry::Answer(_) => None,
        })
    }

    /// A person's answers, in the order of the file.
    pub fn answers(&self) -> impl Iterator<Item = &RecordedAnswer> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Answer(answer) => Some(answer),
            Entry::Call(_) => None,
        })
    }

    /// Whether something follows its end: the process that recorded it ended while it added an entry, which is lost.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Adds an entry. A call that is found by what an older one is found by takes its place: a re-run
    /// replaces what it asks again. Says whether one did.
    pub fn add(&mut self, entry: Entry) -> bool {
        let replaced = match &entry {
            Entry::Answer(_) => None,
            Entry::Call(new) => {
                let mut at_its_place = self.index.at(&new.place).iter();
                at_its_place.find(|at| match self.entries.get(**at) {
                    Some(Entry::Call(old)) => {
                        self.matching == Matching::Sequence || old.request == new.request
                    }
                    _ => false,
                })
            }
        };
        match replaced.and_then(|at| self.entries.get_mut(*at)) {
            Some(old) => *old = entry,
            None => {
                self.push(entry);
                return false;
            }
        }
        true
    }

    /// Adds an entry to the end.
    fn push(&mut self, entry: Entry) {
        if let Entry::Call(call) = &entry {
            self.index.add(&call.place, self.entries.len());
        }
        self.entries.push(entry);
    }

    /// The short names of all models that answered.
    pub(crate) fn model_names(&self) -> std::collections::BTreeSet<String> {
        self.calls()
            .filter_map(|call| call.model.clone())
            .chain(self.default_model.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests;
