//! How a version of a prompt is told where there is little room.

use stepwell_engine::VersionSummary;

/// A version as a dropdown tells it: its number, its marks, its date and its note.
pub(crate) fn version_described(version: &VersionSummary) -> String {
    let mut text = format!("v{}", version.number);
    let marks = [
        (version.current, "current"),
        (version.latest, "latest"),
        (version.unreadable.is_some(), "can't be read"),
        (!version.stored, "not stored yet"),
    ];
    let marks: Vec<_> = marks
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, mark)| *mark)
        .collect();
    if !marks.is_empty() {
        text.push_str(&format!(" ({})", marks.join(", ")));
    }
    if version.stored {
        text.push_str(&version.created_at.strftime(" · %-d %b %Y").to_string());
    }
    let note = version.note.lines().next().unwrap_or_default();
    if !note.is_empty() {
        let short: String = note.chars().take(60).collect();
        let more = if short.len() < note.len() { "…" } else { "" };
        text.push_str(&format!(" · {short}{more}"));
    }
    text
}
