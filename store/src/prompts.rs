//! The rules of prompt versions, as functions on plain data.
//!
//! Nothing here stores anything: each store applies the outcome in a transaction of its own.

use jiff::Timestamp;
use stepwell_contract::{Digest, Field, Name};

use crate::records::{
    KEPT_PROMOTIONS, KEPT_VERSIONS, Origin, OtherFields, Promotion, PromptRecord, VersionRecord,
};
use crate::{Because, PromptChange, StoreError};

/// What a change makes of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// The prompt as it is afterwards.
    pub(crate) record: PromptRecord,
    /// The number of the version that is no longer kept.
    pub(crate) dropped: Option<u32>,
    /// The text of the version that is new, or that couldn't be read.
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
            let mut record = current.cloned().unwrap_or_else(|| without_versions(name));
            // Another version of the same text would push one out for nothing.
            let current = record.current_version();
            if let Some(number) = current.filter(|it| it.is(content)).map(|it| it.number) {
                let added = mend(&mut record, number, content);
                return Ok(Change {
                    added,
                    ..Change::kept(record)
                });
            }
            let why = (note.clone(), because.as_ref());
            Ok(add(record, content, why, *origin, by, *at))
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
                other: OtherFields::new(),
            };
            make_current(&mut record, promotion);
            Ok(Change::kept(record))
        }
        PromptChange::Remove { name, number } => {
            let mut record = existing(name)?;
            record.kept(*number)?;
            if record.current == *number {
                return Err(StoreError::VersionIsCurrent {
                    name: name.clone(),
                    number: *number,
                });
            }
            record.versions.retain(|version| version.number != *number);
            Ok(Change {
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
            let record = current.cloned().unwrap_or_else(|| without_versions(name));
            Ok(declare(record, intrinsic, variables, plugin, *at))
        }
    }
}

/// What a plugin declares of its prompt: its variables, and a text of its own, which is current as long as no person's is.
fn declare(
    mut record: PromptRecord,
    intrinsic: &str,
    variables: &[Field],
    plugin: &str,
    at: Timestamp,
) -> Change {
    record.variables = Some(variables.to_vec());
    let add = |record, note| {
        let why = (note, None);
        add(record, intrinsic, why, Origin::Intrinsic, plugin, at)
    };
    let Some(version) = record.current_version() else {
        return add(record, format!("Intrinsic prompt of {plugin}"));
    };
    let (number, same) = (version.number, version.is(intrinsic));
    if version.origin != Origin::Intrinsic || same {
        let added = same.then(|| mend(&mut record, number, intrinsic)).flatten();
        return Change {
            added,
            ..Change::kept(record)
        };
    }
    // Numbers grow, so the last one with this text is the one that a person saw last.
    let same_text = record
        .versions
        .iter()
        .rfind(|version| version.is(intrinsic));
    if let Some(number) = same_text.map(|version| version.number) {
        let added = mend(&mut record, number, intrinsic);
        let promotion = Promotion {
            number,
            by: plugin.to_owned(),
            at,
            reason: "the plugin's own prompt again".into(),
            comparison: None,
            other: OtherFields::new(),
        };
        make_current(&mut record, promotion);
        return Change {
            added,
            ..Change::kept(record)
        };
    }
    add(record, format!("New intrinsic prompt of {plugin}"))
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
        return;
    }
    for version in &mut record.versions {
        if version.number == number || version.number == record.current {
            version.updated_at = promotion.at;
        }
    }
    record.current = number;
    record.promotions.push(promotion);
    let too_many = record.promotions.len().saturating_sub(KEPT_PROMOTIONS);
    record.promotions.drain(..too_many);
}

fn add(
    mut record: PromptRecord,
    content: &str,
    (note, because): (String, Option<&Because>),
    origin: Origin,
    by: &str,
    at: Timestamp,
) -> Change {
    let number = record.next_number;
    record.next_number = number.saturating_add(1);
    record.versions.push(VersionRecord {
        number,
        content: Ok(content.to_owned()),
        digest: Digest::of(content),
        note: note.clone(),
        origin,
        created_at: at,
        updated_at: at,
        other: OtherFields::new(),
    });
    let promotion = Promotion {
        number,
        by: by.to_owned(),
        at,
        reason: because.map_or(note, |because| because.reason.clone()),
        comparison: because.map(|because| because.comparison),
        other: OtherFields::new(),
    };
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
