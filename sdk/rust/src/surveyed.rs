//! What a survey of the workspace says, for a step that decides something: inputs of its description, variables of its prompts.
//!
//! All of it is optional: a definition without a survey leaves it out, and a prompt shows nothing in its place. Nothing is read here.

use crate::{Description, Field, Prompt};

/// The documents of the step `survey` that a prompt may show, under the names that they have there.
const DOCUMENTS: [(&str, &str); 2] = [
    (
        "map",
        "The files of the workspace and what they define, as the step survey maps them",
    ),
    (
        "conventions",
        "What the project says of style, layout and tests, as the step survey finds it",
    ),
];

impl Description {
    /// Adds the inputs `map` and `conventions`.
    #[must_use]
    pub fn surveyed(self) -> Self {
        DOCUMENTS.iter().fold(self, |description, (name, about)| {
            description.input(Field::optional(*name, *about))
        })
    }
}

impl Prompt {
    /// Adds the variables `map` and `conventions`.
    #[must_use]
    pub fn surveyed(self) -> Self {
        DOCUMENTS.iter().fold(self, |prompt, (name, about)| {
            prompt.variable(*name, format!("{about}; may be empty"))
        })
    }
}
