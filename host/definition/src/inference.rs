//! The keys that say how a model is asked: of a model, and of a step.

use stepwell_contract::{Inference, Temperature};

use crate::diagnostics::Problems;
use crate::reader::Table;

/// What a table says of how a model is asked.
pub(crate) fn inference(table: &Table<'_, '_>, problems: &mut Problems) -> Inference {
    Inference {
        effort: table.word("effort", problems, "words"),
        temperature: table
            .real("temperature", problems)
            .and_then(Temperature::new),
        thinking: table.boolean("thinking", problems),
        caching: table.word("caching", problems, "words"),
    }
}
