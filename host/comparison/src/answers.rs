//! What a cell was answered, as a matrix shows it: the beginning of one text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Digest, amounts};

use crate::cells::TextOf;

/// What a cell came to: the last answer of its model that says something, or else its first document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellAnswer {
    /// The place of its case.
    pub case: u32,
    /// The place of its variant.
    pub variant: u32,
    /// Which of the repeats, from 1.
    pub repeat: u32,
    /// The document that it is; none is a model's answer.
    #[serde(default)]
    pub document: Option<String>,
    /// The call whose answer it is, from 0; 0 for a document.
    #[serde(default)]
    pub call: u32,
    /// Its beginning, to the end of a line where one is near.
    pub text: String,
    /// How many bytes all of it has.
    pub bytes: u64,
    /// The digest of all of it: where two have the same, they are the same text.
    pub digest: Digest,
}

impl CellAnswer {
    /// How much of a text is given, in bytes. Of two thousand cells each, they still make a page that a browser opens.
    pub const BEGINNING: usize = 4 * 1024;

    /// What the cell of a case, a variant and a repeat was answered: a model's answer or a document.
    #[must_use]
    pub fn new((case, variant, repeat): (u32, u32, u32), of: TextOf, text: &str) -> Self {
        let (document, call) = match of {
            TextOf::Document(name) => (Some(name.to_owned()), 0),
            TextOf::Answer(call) | TextOf::Prompt(call) => (None, amounts::count(call)),
            TextOf::File(_) => (None, 0),
        };
        Self {
            case,
            variant,
            repeat,
            document,
            call,
            text: amounts::beginning(text, Self::BEGINNING).to_owned(),
            bytes: text.len() as u64,
            digest: Digest::of(text),
        }
    }

    /// Which text of its cell it is.
    #[must_use]
    pub fn of(&self) -> TextOf<'_> {
        match &self.document {
            Some(name) => TextOf::Document(name),
            None => TextOf::Answer(self.call as usize),
        }
    }
}
