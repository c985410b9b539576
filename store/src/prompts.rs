//! The rules of prompt versions, as functions on plain data.
//!
//! Nothing here stores anything: each store applies the outcome in a transaction of its own.

use jiff::Timestamp;
use stepwell_contract::{Digest, Name};

use crate::records::{
    Decided, IntrinsicRecord, KEPT_INTRINSIC, KEPT_PROMOTIONS, KEPT_VERSIONS, Origin, OtherFields,
    PluginVersion, Promotion, PromptRecord, VersionRecord,
};
use crate::{Because, PromptChange, StoreError};

/// What a change makes of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// The prompt as it is afterwards.
    pub(crate) record: PromptRecord,
    /// The number of the version that is no longer kept.
    pub(crate) dropped: Option<u32>,
    /// The text that is new, or that couldn't be read.
    pub(crate) added: Option<String>,
}

impl Change {
    fn kept(record: PromptRecord) -> Self {
        Self {
            record,
            dropped: None,
            added: None,
        }
    }
}

/// Whether a change would do anything to a prompt as it is now, or be refused: where not, there is no need to write.
#[must_use]
pub fn would_change(record: &PromptRecord, change: &PromptChange) -> bool {
    apply(Some(record), change).map_or(true, |made| made.added.is_some() || made.record != *record)
}

/// Makes a change to a prompt as it is now; none is that there is no such prompt.
pub(crate) fn apply(
    current: Option<&PromptRecord>,
    change: &PromptChange,
) -> Result<Change, StoreError> {
    let existing = |name: &Name| {
        current
            .cloned()
            .ok_or_else(|| StoreError::NoSuchPrompt { name: name.clone() })
    };
    match change {
        PromptChange::Add {
            name,
            content,
            note,
            origin,
            by,
            because,
            at,
        } => {
            let record = current.cloned().unwrap_or_else(|| without_versions(name));
            let version = NewVersion {
                content,
                note: note.clone(),
                because: because.as_ref(),
                origin: *origin,
                by: by.clone(),
                decided: Decided::Somebody,
                at: *at,
            };
            Ok(add_unless_current(record, version))
        }
        PromptChange::Use {
            name,
            number,
            by,
            reason,
            comparison,
            at,
        } => {
            let mut record = existing(name)?;
            // A run would be refused whose prompt can't be read.
            record.template(*number)?;
            let promotion = Promotion {
                number: *number,
                by: by.clone(),
                at: *at,
                reason: reason.clone(),
                comparison: *comparison,
                decided: Some(Decided::Somebody),
                other: OtherFields::new(),
            };
            make_current(&mut record, promotion);
            Ok(Change::kept(record))
        }
        PromptChange::Remove { name, number } => {
            let record = existing(name)?;
            remove(record, name, *number)
        }
        PromptChange::Declare {
            name,
            intrinsic,
            variables,
            plugin,
            at,
        } => {
            let mut record = current.cloned().unwrap_or_else(|| without_versions(name));
            record.variables = Some(variables.clone());
            Ok(declare(record, intrinsic, plugin, *at))
        }
        PromptChange::Told { name, text } => {
            let mut record = existing(name)?;
            let mut brought = record.intrinsic.iter_mut();
            if let Some(brought) = brought.find(|it| it.digest == *text) {
                brought.told = true;
            }
            Ok(Change::kept(record))
        }
    }
}

/// Adds a version. Another one of the same text as the current one would push one out for nothing: whoever adds it chooses that one.
fn add_unless_current(mut record: PromptRecord, version: NewVersion<'_>) -> Change {
    let current = record.current_version();
    let same = current.filter(|it| it.is(version.content));
    let Some(number) = same.map(|it| it.number) else {
        return add(record, version);
    };
    let added = mend(&mut record, number, version.content);
    make_current(&mut record, version.promotion(number));
    Change {
        added,
        ..Change::kept(record)
    }
}

/// Removes a version that isn't current.
fn remove(mut record: PromptRecord, name: &Name, number: u32) -> Result<Change, StoreError> {
    record.kept(number)?;
    if record.current == number {
        let name = name.clone();
        return Err(StoreError::VersionIsCurrent { name, number });
    }
    record.versions.retain(|version| version.number != number);
    Ok(Change {
        record,
        dropped: Some(number),
        added: None,
    })
}

/// What a plugin declares of its prompt: a text of its own, which is current as long as nobody decided otherwise, and is kept
/// beside the versions in any case.
fn declare(
    mut record: PromptRecord,
    intrinsic: &str,
    plugin: &PluginVersion,
    at: Timestamp,
) -> Change {
    let text = Digest::of(intrinsic);
    let kept = record.version_with(&text).map(|version| version.number);
    let brought = remember(&mut record, intrinsic, plugin, at);
    let mended = kept.and_then(|number| mend(&mut record, number, intrinsic));
    let version = |note| NewVersion {
        content: intrinsic,
        note,
        because: None,
        origin: Origin::Intrinsic,
        by: plugin.to_string(),
        decided: Decided::Plugin,
        at,
    };
    if record.versions.is_empty() {
        return add(record, version(format!("Intrinsic prompt of {plugin}")));
    }
    let takes_place = kept != Some(record.current) && record.is_left_to_plugins();
    if takes_place && let Some(number) = kept {
        make_current(&mut record, back_again(number, plugin, at));
    } else if takes_place && pushes_out_no_ones(&record) {
        return add(record, version(format!("New intrinsic prompt of {plugin}")));
    }
    Change {
        added: brought.or(mended),
        ..Change::kept(record)
    }
}

/// A plugin declares a text again that is kept as a version.
fn back_again(number: u32, plugin: &PluginVersion, at: Timestamp) -> Promotion {
    Promotion {
        number,
        by: plugin.to_string(),
        at,
        reason: "the plugin's own prompt again".into(),
        comparison: None,
        decided: Some(Decided::Plugin),
        other: OtherFields::new(),
    }
}

/// Whether one more version would push out nothing, or what was a plugin's own: what somebody wrote goes for nobody else's text.
fn pushes_out_no_ones(record: &PromptRecord) -> bool {
    let oldest = record.versions.first();
    let oldest = oldest.filter(|_| record.versions.len() >= KEPT_VERSIONS);
    oldest.is_none_or(|oldest| oldest.origin == Origin::Intrinsic)
}

/// Keeps what a plugin brings along as that of its name, and puts it last; says which text has to be stored then.
///
/// A text that is new for its plugin has still to be told of. What nobody misses needs no word: the first text of all, one that is
/// current anyway, and one that was a version already when it wasn't known yet whose it is.
fn remember(
    record: &mut PromptRecord,
    intrinsic: &str,
    plugin: &PluginVersion,
    at: Timestamp,
) -> Option<String> {
    let digest = Digest::of(intrinsic);
    let current = record.current_version();
    let is_current = current.is_none_or(|current| current.digest == digest);
    let mut known = record.intrinsic.iter();
    let known = known.position(|it| it.plugin.name == plugin.name);
    let known = known.map(|place| record.intrinsic.remove(place));
    let is_new_here = known.is_none();
    let mut brought = match known.filter(|known| known.digest == digest) {
        Some(known) => known,
        None => IntrinsicRecord {
            plugin: plugin.clone(),
            content: Err("it isn't stored yet".to_owned()),
            digest,
            declared_at: at,
            told: is_new_here && record.version_with(&digest).is_some(),
            other: OtherFields::new(),
        },
    };
    brought.plugin = plugin.clone();
    brought.told |= is_current;
    let stored = brought.content.is_err().then(|| intrinsic.to_owned());
    if let Some(text) = &stored {
        brought.content = Ok(text.clone());
    }
    record.intrinsic.push(brought);
    let too_many = record.intrinsic.len().saturating_sub(KEPT_INTRINSIC);
    record.intrinsic.drain(..too_many);
    stored
}

/// Says what a stored prompt breaks that every commit keeps: then it isn't what some commit wrote.
pub(crate) fn broken_rule(record: &PromptRecord) -> Option<String> {
    if record.current_version().is_none() {
        return Some(format!(
            "its current version v{} is not among those that are kept",
            record.current
        ));
    }
    let numbers = || record.versions.iter().map(|version| version.number);
    if !numbers().is_sorted_by(|earlier, later| earlier < later) {
        return Some("its versions are not in order".into());
    }
    None
}

fn without_versions(name: &Name) -> PromptRecord {
    PromptRecord {
        name: name.clone(),
        versions: Vec::new(),
        current: 0,
        next_number: 1,
        promotions: Vec::new(),
        variables: None,
        intrinsic: Vec::new(),
        other: OtherFields::new(),
    }
}

/// Gives a version its text where that can't be read; says which text has to be stored then.
fn mend(record: &mut PromptRecord, number: u32, content: &str) -> Option<String> {
    let mut versions = record.versions.iter_mut();
    let version = versions.find(|version| version.number == number && version.content.is_err())?;
    version.content = Ok(content.to_owned());
    Some(content.to_owned())
}

fn make_current(record: &mut PromptRecord, promotion: Promotion) {
    let number = promotion.number;
    if record.current == number {
        // Whoever names what is current anyway says that it is to stay.
        if promotion.decided == Some(Decided::Somebody) && record.is_left_to_plugins() {
            note(record, promotion);
        }
        return;
    }
    for version in &mut record.versions {
        if version.number == number || version.number == record.current {
            version.updated_at = promotion.at;
        }
    }
    record.current = number;
    note(record, promotion);
}

fn note(record: &mut PromptRecord, promotion: Promotion) {
    record.promotions.push(promotion);
    let too_many = record.promotions.len().saturating_sub(KEPT_PROMOTIONS);
    record.promotions.drain(..too_many);
}

/// A version that is to be added, and is current then.
struct NewVersion<'a> {
    content: &'a str,
    note: String,
    because: Option<&'a Because>,
    origin: Origin,
    by: String,
    decided: Decided,
    at: Timestamp,
}

impl NewVersion<'_> {
    /// It becomes current under this number.
    fn promotion(&self, number: u32) -> Promotion {
        let reason = self.because.map(|because| because.reason.clone());
        Promotion {
            number,
            by: self.by.clone(),
            at: self.at,
            reason: reason.unwrap_or_else(|| self.note.clone()),
            comparison: self.because.map(|because| because.comparison),
            decided: Some(self.decided),
            other: OtherFields::new(),
        }
    }
}

fn add(mut record: PromptRecord, new: NewVersion<'_>) -> Change {
    let number = record.next_number;
    let promotion = new.promotion(number);
    let NewVersion {
        content,
        note,
        origin,
        at,
        ..
    } = new;
    record.next_number = number.saturating_add(1);
    record.versions.push(VersionRecord {
        number,
        content: Ok(content.to_owned()),
        digest: Digest::of(content),
        note,
        origin,
        created_at: at,
        updated_at: at,
        other: OtherFields::new(),
    });
    make_current(&mut record, promotion);
    // The versions stand in the order of their numbers, so the first is the oldest. It may be the one that was
    // current until now: the new one is current already.
    let dropped = (record.versions.len() > KEPT_VERSIONS).then(|| record.versions.remove(0).number);
    Change {
        record,
        dropped,
        added: Some(content.to_owned()),
    }
}

#[cfg(test)]
mod tests;
