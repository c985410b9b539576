//! The rules of prompt versions, as functions on plain data.
//!
//! Nothing here stores anything: each store applies the outcome in a transaction of its own.

use jiff::Timestamp;
use stepwell_contract::{ComparisonId, Digest, Name};

use crate::records::{
    KEPT_PROMOTIONS, KEPT_VERSIONS, Origin, OtherFields, Promotion, PromptRecord, VersionRecord,
};
use crate::{PromptChange, StoreError};

/// What a change makes of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    /// The prompt as it is afterwards.
    pub(crate) record: PromptRecord,
    /// The number of the version that is no longer kept.
    pub(crate) dropped: Option<u32>,
    /// The text of the version that is new.
    pub(crate) added: Option<String>,
}

impl Outcome {
    fn kept(record: PromptRecord) -> Self {
        Self {
            record,
            dropped: None,
            added: None,
        }
    }
}

/// What is new about a version, before it has its number.
struct Draft<'a> {
    content: &'a str,
    note: String,
    origin: Origin,
    by: &'a str,
    at: Timestamp,
}

/// Who makes a version current, and why.
struct Reason<'a> {
    by: &'a str,
    reason: &'a str,
    comparison: Option<ComparisonId>,
    at: Timestamp,
}

/// Makes a change to a prompt as it is now; none is that there is no such prompt.
pub(crate) fn apply(
    current: Option<&PromptRecord>,
    change: &PromptChange,
) -> Result<Outcome, StoreError> {
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
            at,
        } => {
            let record = current.cloned().unwrap_or_else(|| without_versions(name));
            let draft = Draft {
                content,
                note: note.clone(),
                origin: *origin,
                by,
                at: *at,
            };
            Ok(add(record, draft))
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
            require_kept(&record, *number)?;
            let reason = Reason {
                by,
                reason,
                comparison: *comparison,
                at: *at,
            };
            make_current(&mut record, *number, &reason);
            Ok(Outcome::kept(record))
        }
        PromptChange::Remove { name, number } => {
            let mut record = existing(name)?;
            require_kept(&record, *number)?;
            if record.current == *number {
                return Err(StoreError::VersionIsCurrent {
                    name: name.clone(),
                    number: *number,
                });
            }
            record.versions.retain(|version| version.number != *number);
            Ok(Outcome {
                record,
                dropped: Some(*number),
                added: None,
            })
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
            let draft = |note: String| Draft {
                content: intrinsic,
                note,
                origin: Origin::Intrinsic,
                by: plugin,
                at: *at,
            };
            let Some(version) = record.current_version() else {
                return Ok(add(record, draft(format!("Intrinsic prompt of {plugin}"))));
            };
            if version.origin != Origin::Intrinsic || version.content == *intrinsic {
                return Ok(Outcome::kept(record));
            }
            // Numbers grow, so the last one with this text is the one that a person saw last.
            let same_text = record
                .versions
                .iter()
                .rfind(|version| version.content == *intrinsic);
            if let Some(number) = same_text.map(|version| version.number) {
                let reason = Reason {
                    by: plugin,
                    reason: "the plugin's own prompt again",
                    comparison: None,
                    at: *at,
                };
                make_current(&mut record, number, &reason);
                return Ok(Outcome::kept(record));
            }
            Ok(add(
                record,
                draft(format!("New intrinsic prompt of {plugin}")),
            ))
        }
    }
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
        other: OtherFields::new(),
    }
}

fn require_kept(record: &PromptRecord, number: u32) -> Result<(), StoreError> {
    if record.version(number).is_some() {
        return Ok(());
    }
    Err(StoreError::NoSuchVersion {
        name: record.name.clone(),
        number,
        kept: record
            .versions
            .iter()
            .map(|version| version.number)
            .collect(),
    })
}

fn make_current(record: &mut PromptRecord, number: u32, why: &Reason<'_>) {
    if record.current == number {
        return;
    }
    for version in &mut record.versions {
        if version.number == number || version.number == record.current {
            version.updated_at = why.at;
        }
    }
    record.current = number;
    record.promotions.push(Promotion {
        number,
        by: why.by.to_owned(),
        at: why.at,
        reason: why.reason.to_owned(),
        comparison: why.comparison,
    });
    let too_many = record.promotions.len().saturating_sub(KEPT_PROMOTIONS);
    record.promotions.drain(..too_many);
}

fn add(mut record: PromptRecord, draft: Draft<'_>) -> Outcome {
    let number = record.next_number;
    record.next_number = number.saturating_add(1);
    record.versions.push(VersionRecord {
        number,
        content: draft.content.to_owned(),
        digest: Digest::of(draft.content),
        note: draft.note.clone(),
        origin: draft.origin,
        created_at: draft.at,
        updated_at: draft.at,
        other: OtherFields::new(),
    });
    let reason = Reason {
        by: draft.by,
        reason: &draft.note,
        comparison: None,
        at: draft.at,
    };
    make_current(&mut record, number, &reason);
    // The versions stand in the order of their numbers, so the first is the oldest. It may be the one that was
    // current until now: the new one is current already.
    let dropped = (record.versions.len() > KEPT_VERSIONS).then(|| record.versions.remove(0).number);
    Outcome {
        record,
        dropped,
        added: Some(draft.content.to_owned()),
    }
}
