//! What a reference of a definition means, once that is known.

use stepwell_contract::Name;

/// How much of a step is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whole {
    /// The step's own work, without its sub-steps.
    Own,
    /// The step, all its items, and its whole subtree.
    Subtree,
}

/// Where a value of a template comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// What the person gave.
    Input(Name),
    /// A document of another step.
    Document {
        /// The step that the reference names.
        step: usize,
        /// The document's name.
        document: Name,
        /// What is waited for: [`Whole::Own`] inside the step's own subtree, else [`Whole::Subtree`].
        scope: Whole,
        /// The step that writes the text: `step` itself, or the sub-step whose document stands in for its own. Where
        /// that is optional and wrote none, the step's own document is meant.
        source: usize,
        /// How many levels of items lie between the two: 0 is one text, 1 a JSON array of texts in the order of the
        /// items, 2 an array of arrays. Levels of `for_each` that both steps share are the same item.
        lists: u32,
        /// The repeated step of whose round before the text is: `step` comes later in its round than who refers to
        /// it, or is it. There is none in the first round. None is the same round, or the last one where the
        /// reference stands outside of the repeated step.
        before: Option<usize>,
    },
    /// The item of the nearest `for_each`.
    Item {
        /// The step that has this `for_each`: the step itself, or one that it lies below.
        step: usize,
        /// The fields to follow, such as `title` of `item.title`; empty for the whole item.
        fields: Vec<String>,
    },
}

impl Reference {
    /// It as a person may write it, such as `inputs.feature`; a document is named without its step.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Input(name) => format!("inputs.{name}"),
            Self::Document { document, .. } => document.to_string(),
            Self::Item { fields, .. } => std::iter::once("item")
                .chain(fields.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join("."),
        }
    }
}
