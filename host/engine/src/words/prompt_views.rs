//! From the record of a prompt to what a face is told of it.

use stepwell_store::{PromptRecord, VersionRecord};

use super::views::{PromptSummary, VersionSummary, VersionView};

pub(crate) fn prompt_summary(record: &PromptRecord) -> PromptSummary {
    PromptSummary {
        name: record.name.to_string(),
        current: Some(record.current),
        next: Some(record.next_number),
        versions: record
            .versions
            .iter()
            .map(|version| version_summary(record, version))
            .collect(),
        variables: record.variables.clone(),
        promotions: record.promotions.clone(),
        unreadable: None,
    }
}

pub(crate) fn version_summary(record: &PromptRecord, version: &VersionRecord) -> VersionSummary {
    VersionSummary {
        number: version.number,
        current: version.number == record.current,
        latest: record
            .latest()
            .is_some_and(|latest| latest.number == version.number),
        note: version.note.clone(),
        origin: version.origin,
        created_at: version.created_at,
        updated_at: version.updated_at,
        bytes: version.content.len() as u64,
    }
}

pub(crate) fn version_view(record: &PromptRecord, version: &VersionRecord) -> VersionView {
    VersionView {
        name: record.name.to_string(),
        summary: version_summary(record, version),
        content: version.content.clone(),
    }
}
