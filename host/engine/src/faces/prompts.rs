//! Prompts and their versions, for a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{Name, RunId};
use stepwell_store::{Change, Origin, PromptChange, PromptRecord, StoreError};

use super::Operations;
use super::declared::{Declared, KnownPrompt};
use crate::words::{
    AddVersion, AddedVersion, EngineError, MOST_NOTE, PromptSummary, UseVersion, VersionError,
    VersionView, prompt_summary, version_view,
};
use crate::workspace::named_diff;

impl Operations {
    pub(super) async fn prompts(&self) -> Result<Vec<PromptSummary>, EngineError> {
        let mut prompts = Vec::new();
        let stored = self.house.store.prompt_names().await?;
        for (name, declared) in self.declared_by_builtins().await {
            if !stored.contains(&name) {
                let record = self.as_declared(&name, &declared).await?;
                prompts.push(prompt_summary(&record, false));
            }
        }
        for name in stored {
            prompts.push(match self.house.store.prompt(&name).await {
                Ok(Some(record)) => prompt_summary(&record, true),
                Ok(None) => continue,
                Err(error @ StoreError::Unreadable { .. }) => PromptSummary {
                    name: name.to_string(),
                    unreadable: Some(error.to_string()),
                    stored: true,
                    ..PromptSummary::default()
                },
                Err(error) => return Err(error.into()),
            });
        }
        prompts.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(prompts)
    }

    pub(super) async fn prompt(&self, name: &Name) -> Result<PromptSummary, EngineError> {
        let known = self.known_prompt(name).await?;
        Ok(prompt_summary(&known.record, known.stored))
    }

    pub(super) async fn use_prompt_version(
        &self,
        request: UseVersion,
    ) -> Result<PromptSummary, EngineError> {
        let _edit = self.house.prompt_edits.lock().await;
        let name = &request.name;
        if self.house.store.prompt(name).await?.is_none()
            && let Some(declared) = self.declared(name).await
        {
            // What is shown can be chosen.
            self.store_declared(name, &declared).await?;
        }
        self.house.use_prompt_version(request).await
    }

    pub(super) async fn prompt_version(
        &self,
        name: &Name,
        number: Option<u32>,
    ) -> Result<VersionView, EngineError> {
        if number == Some(INTRINSIC) {
            return self.own_version(name).await;
        }
        let KnownPrompt { record, stored } = self.known_prompt(name).await?;
        let number = number.unwrap_or(record.current);
        Ok(version_view(&record, number, stored)?)
    }

    pub(super) async fn prompt_of_run(
        &self,
        run: RunId,
        name: &Name,
        number: u32,
    ) -> Result<String, EngineError> {
        let record = self.house.run_record(run).await?;
        let mut pins = record.prompts.values().flat_map(BTreeMap::values);
        let pin = pins.find(|pin| pin.name == name.as_str() && pin.number == number);
        match pin {
            Some(pin) => Ok(self.house.text(&pin.digest).await?),
            None => Ok(self.prompt_version(name, Some(number)).await?.content),
        }
    }

    pub(super) async fn latest_prompt_version(
        &self,
        name: &Name,
    ) -> Result<VersionView, EngineError> {
        let KnownPrompt { record, stored } = self.known_prompt(name).await?;
        let latest = record
            .latest()
            .map_or(record.current, |version| version.number);
        Ok(version_view(&record, latest, stored)?)
    }

    pub(super) async fn prompt_diff(
        &self,
        name: &Name,
        from: u32,
        to: u32,
    ) -> Result<String, EngineError> {
        let (old, new) = (
            self.template(name, from).await?,
            self.template(name, to).await?,
        );
        let named = |number: u32| match number {
            INTRINSIC => format!("{name} intrinsic"),
            number => format!("{name} v{number}"),
        };
        let names = (named(from), named(to));
        Ok(named_diff(
            Some(old.as_bytes()),
            Some(new.as_bytes()),
            &names.0,
            &names.1,
        ))
    }

    /// The text of a version, or what the plugin brings along.
    async fn template(&self, name: &Name, number: u32) -> Result<String, EngineError> {
        if number == INTRINSIC {
            return Ok(self.own_text(name).await?.template(name)?.to_owned());
        }
        let record = self.known_prompt(name).await?.record;
        Ok(record.template(number)?.to_owned())
    }

    pub(super) async fn check_prompt(
        &self,
        name: &Name,
        content: &str,
    ) -> Result<Vec<String>, EngineError> {
        let variables = match self.known_prompt(name).await {
            Ok(known) => known.record.variables.clone(),
            Err(EngineError::Store(
                StoreError::Unreadable { .. } | StoreError::NoSuchPrompt { .. },
            )) => None,
            Err(error) => return Err(error),
        };
        self.house
            .check_template(content, variables.as_deref())
            .await
    }

    pub(super) async fn add_prompt_version(
        &self,
        add: AddVersion,
    ) -> Result<AddedVersion, EngineError> {
        if add.note.len() > MOST_NOTE {
            return Err(VersionError::Note(add.note.len()).into());
        }
        let _edit = self.house.prompt_edits.lock().await;
        let stored = self.house.store.prompt(&add.name).await?;
        let is_new = stored.is_none();
        let named = match &add.plugin {
            Some(uses) => Some(self.declared_by_plugin(&add.name, uses).await?),
            None if is_new => self.declared(&add.name).await,
            None => None,
        };
        let before = match named {
            Some(declared) => Some(self.declared_before(&add, &declared).await?),
            None => stored,
        };
        check_basis(&add, before.as_deref())?;
        let variables = before
            .as_ref()
            .and_then(|record| record.variables.as_deref());
        let mut warnings = self.house.check_template(&add.content, variables).await?;
        if is_new && before.is_none() {
            warnings.push(format!(
                "no step has used a prompt `{}` so far: whether its variables fit is seen when one does, and what its plugin \
                 brings along is kept beside it then; a step uses it where its plugin declares this name, or its definition gives it",
                add.name
            ));
        }
        let change = PromptChange::Add {
            name: add.name.clone(),
            content: add.content,
            note: add.note,
            origin: Origin::Person,
            by: add.by,
            because: None,
            at: self.house.now(),
        };
        let committed = self
            .house
            .store
            .commit(vec![Change::Prompt(change)])
            .await?;
        let number = committed.prompts.first().map_or(0, |record| record.current);
        // Numbers are never given twice.
        let added = before
            .as_ref()
            .is_none_or(|record| record.current != number);
        Ok(AddedVersion {
            name: add.name.to_string(),
            number,
            added,
            dropped: committed.dropped.first().map(|(_, number)| *number),
            warnings,
            previous: before.map(|record| record.current),
        })
    }

    pub(super) async fn remove_prompt_version(
        &self,
        name: &Name,
        number: u32,
    ) -> Result<PromptSummary, EngineError> {
        let known = self.known_prompt(name).await?;
        if !known.stored {
            // It has the plugin's own version alone, which is current.
            known.record.kept(number)?;
            let name = name.clone();
            return Err(StoreError::VersionIsCurrent { name, number }.into());
        }
        let change = PromptChange::Remove {
            name: name.clone(),
            number,
        };
        self.house
            .store
            .commit(vec![Change::Prompt(change)])
            .await?;
        self.house.stored_prompt(name).await
    }

    /// A prompt that a plugin declares, before a person's version is added: the plugin's own text becomes v1 where there is none, so
    /// that they can go back to it. Nothing is stored for a text that would be refused.
    async fn declared_before(
        &self,
        add: &AddVersion,
        declared: &Declared,
    ) -> Result<Arc<PromptRecord>, EngineError> {
        let variables = Some(declared.variables());
        self.house.check_template(&add.content, variables).await?;
        self.store_declared(&add.name, declared).await
    }
}

/// The number by which what a plugin brings along is asked for: no version has it.
const INTRINSIC: u32 = 0;

/// What somebody began from is the latest version still.
fn check_basis(add: &AddVersion, before: Option<&PromptRecord>) -> Result<(), VersionError> {
    let latest = before.and_then(PromptRecord::latest);
    let latest = latest.map(|version| version.number);
    match (add.based_on, latest) {
        (Some(based_on), Some(latest)) if based_on != latest => Err(VersionError::Outdated {
            name: add.name.clone(),
            based_on,
            latest,
        }),
        _ => Ok(()),
    }
}
