//! What plugins bring along for prompts: read, compared, and taken as versions.
//!
//! It is read from the plugin itself where that is known and at hand, and else from what the store keeps of it.

use std::path::Path;
use std::sync::Arc;

use stepwell_contract::Name;
use stepwell_store::{
    Change, IntrinsicRecord, Origin, PromptChange, PromptRecord, StoreError, VersionRecord,
};

use super::Operations;
use super::declared::Declared;
use crate::driving::{Meant, require};
use crate::state::Reach;
use crate::words::{
    AddedVersion, EngineError, MOST_NOTE, TakeIntrinsic, UseVersion, VersionError, VersionView,
    intrinsic_view,
};

impl Operations {
    /// The text that the plugin of a prompt brings along now.
    pub(super) async fn own_text(&self, name: &Name) -> Result<IntrinsicRecord, EngineError> {
        let known = self.known_prompt(name).await?.record;
        let now = match self.declared_now(name, &known).await {
            Some(declared) => self.as_declared(name, &declared).await?,
            None => known,
        };
        let own = now.intrinsic().cloned();
        Ok(own.ok_or_else(|| VersionError::NoIntrinsic { name: name.clone() })?)
    }

    /// The same, as a version is shown.
    pub(super) async fn own_version(&self, name: &Name) -> Result<VersionView, EngineError> {
        Ok(intrinsic_view(name, &self.own_text(name).await?)?)
    }

    /// What the plugin says now that used the prompt last, where it is known: it may have been built anew since.
    async fn declared_now(&self, name: &Name, record: &PromptRecord) -> Option<Declared> {
        let last = record.intrinsic().map(|own| own.plugin.name.as_str());
        let declared = self.declared(name).await?;
        let is_the_same = last.is_none_or(|last| last == declared.plugin_name());
        is_the_same.then_some(declared)
    }

    /// What a plugin that is named says of a prompt.
    pub(super) async fn declared_by_plugin(
        &self,
        name: &Name,
        uses: &str,
    ) -> Result<Declared, EngineError> {
        let reach: &Reach = &self.reach;
        let plugin = require(
            &self.house,
            reach,
            uses,
            Path::new(&self.house.project),
            Meant::Named,
        )
        .await?;
        let of_this_name = Declared::of(&plugin.description, name);
        let not_declared = || VersionError::NotDeclared {
            name: name.clone(),
            plugin: uses.to_owned(),
            declared: plugin
                .description
                .prompts
                .iter()
                .map(|prompt| prompt.name.clone())
                .collect(),
        };
        Ok(of_this_name.ok_or_else(not_declared)?)
    }

    pub(super) async fn take_intrinsic(
        &self,
        take: TakeIntrinsic,
    ) -> Result<AddedVersion, EngineError> {
        if take.note.len() > MOST_NOTE {
            return Err(VersionError::Note(take.note.len()).into());
        }
        let _edit = self.house.prompt_edits.lock().await;
        let name = &take.name;
        let known = self.known_prompt(name).await?.record;
        let record = match self.declared_now(name, &known).await {
            Some(declared) => self.store_declared(name, &declared).await?,
            None => known,
        };
        let own = record.intrinsic();
        let own = own.ok_or_else(|| VersionError::NoIntrinsic { name: name.clone() })?;
        let content = own.template(name)?;
        let variables = record.variables.as_deref();
        let warnings = self.house.check_template(content, variables).await?;
        let taken = AddedVersion {
            name: name.to_string(),
            number: record.current,
            added: false,
            dropped: None,
            warnings,
            previous: Some(record.current),
        };
        match record.version_with(&own.digest) {
            // Of the one that is current, too: now somebody chose it.
            Some(kept) => self.use_kept(&take, kept, taken).await,
            None => self.add_own(&take, &record, own, taken).await,
        }
    }

    /// One more of the same text would push one out for nothing.
    async fn use_kept(
        &self,
        take: &TakeIntrinsic,
        kept: &VersionRecord,
        taken: AddedVersion,
    ) -> Result<AddedVersion, EngineError> {
        let request = UseVersion {
            name: take.name.clone(),
            number: kept.number,
            by: take.by.clone(),
            reason: take.note.clone(),
            comparison: None,
        };
        self.house.use_prompt_version(request).await?;
        let number = kept.number;
        Ok(AddedVersion { number, ..taken })
    }

    async fn add_own(
        &self,
        take: &TakeIntrinsic,
        record: &Arc<PromptRecord>,
        own: &IntrinsicRecord,
        taken: AddedVersion,
    ) -> Result<AddedVersion, EngineError> {
        let of_plugin = || format!("Intrinsic prompt of {}", own.plugin);
        let change = PromptChange::Add {
            name: take.name.clone(),
            content: own.template(&take.name)?.to_owned(),
            note: match take.note.is_empty() {
                true => of_plugin(),
                false => take.note.clone(),
            },
            origin: Origin::Intrinsic,
            by: take.by.clone(),
            because: None,
            at: self.house.now(),
        };
        let change = Change::Prompt(change);
        let committed = self.house.store.commit(vec![change]).await?;
        let added = committed.prompts.first().ok_or_else(|| {
            let name = record.name.clone();
            StoreError::NoSuchPrompt { name }
        })?;
        Ok(AddedVersion {
            number: added.current,
            added: true,
            dropped: committed.dropped.first().map(|(_, number)| *number),
            ..taken
        })
    }
}
