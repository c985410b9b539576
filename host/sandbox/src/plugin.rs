//! A step that can be called: linked, and with what it said of itself.

use std::collections::BTreeSet;

use stepwell_contract::{Description, Language, Text};
use wasmtime::component::InstancePre;

use crate::attempt::Attempt;
use crate::bindings::StepIndices;
use crate::ends::Said;

/// A component that can be called.
pub(crate) struct Plugin {
    pub(crate) instance: InstancePre<Attempt>,
    pub(crate) exports: StepIndices,
    /// How much of the pool an instance takes.
    pub(crate) room: u32,
    pub(crate) description: Description,
    /// The language that it is written in, where that is known.
    pub(crate) language: Option<Language>,
}

impl Plugin {
    /// What it said, for whoever tells how it ended.
    pub(crate) fn said<'a>(&'a self, output: &'a str) -> Said<'a> {
        let language = self.language.as_ref();
        Said { output, language }
    }

    /// How much memory its machine code takes.
    pub(crate) fn bytes_of_code(&self) -> u64 {
        let code = self.instance.component().image_range();
        (code.end as usize).saturating_sub(code.start as usize) as u64
    }

    /// What is wrong with the documents that a step gave back, if anything.
    pub(crate) fn check_documents(&self, documents: &[Text]) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for document in documents {
            let name = &document.name;
            let mut declared = self.description.documents.iter();
            if !declared.any(|field| field.name == *name) {
                return Err(format!("document `{name}`, which it doesn't declare"));
            }
            if !seen.insert(name) {
                return Err(format!("document `{name}` twice"));
            }
        }
        Ok(())
    }
}
