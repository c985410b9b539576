//! The prompt versions that an outcome adds or makes current.

use jiff::Timestamp;
use stepwell_contract::{Halt, Hosted, Name};
use stepwell_store::{Change, Origin, PromptChange, StoreError};

use super::services::Services;
use super::staging::{StagedPrompt, Staging};
use crate::state::store_halt;
use crate::words::Event;

impl Services {
    pub(super) async fn prompt_changes(
        &self,
        staging: &Staging,
        changes: &mut Vec<Change>,
        warnings: &mut Vec<Event>,
    ) -> Hosted<()> {
        let at = self.run.house.now();
        for staged in &staging.prompts {
            match staged.clone() {
                StagedPrompt::Add {
                    name,
                    content,
                    note,
                } => changes.push(Change::Prompt(PromptChange::Add {
                    name: named(name)?,
                    content,
                    note,
                    origin: Origin::Step,
                    by: format!("step {}", self.key.path),
                    because: None,
                    at,
                })),
                StagedPrompt::Use { name, number } => {
                    match self.use_of(named(name)?, number, at).await? {
                        Ok(change) => changes.push(Change::Prompt(change)),
                        Err(warning) => warnings.push(warning),
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes a version current; a warning where it can't be any more.
    async fn use_of(
        &self,
        name: Name,
        number: u32,
        at: Timestamp,
    ) -> Hosted<Result<PromptChange, Event>> {
        let record = self.run.house.store.prompt(&name).await;
        let record = record.map_err(store_halt)?;
        let gone = || {
            let name = name.clone();
            StoreError::NoSuchPrompt { name }
        };
        let readable = record.as_ref().ok_or_else(gone);
        let readable = readable.and_then(|record| record.template(number).map(drop));
        let why = match readable {
            Ok(()) => {
                return Ok(Ok(PromptChange::Use {
                    name,
                    number,
                    by: format!("step {}", self.key.path),
                    reason: String::new(),
                    comparison: None,
                    at,
                }));
            }
            Err(error @ StoreError::UnreadableVersion { .. }) => error.to_string(),
            Err(_) => "that version is gone".to_owned(),
        };
        Ok(Err(Event::warning(format!(
            "the step wanted v{number} of prompt `{name}` to be current, but {why}"
        ))))
    }
}

/// The prompt of a staged change. Its name was held against the rules when it was staged, maybe in an earlier process.
fn named(name: String) -> Hosted<Name> {
    Name::new(name).map_err(|error| Halt::Store {
        reason: format!("what the step staged can't be read: {error}"),
    })
}
