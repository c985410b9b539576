//! What a commit of a run is made of, from what is kept of an execution, and what it says.

use stepwell_contract::{ExecutionKey, visible, visible_on_one_line};
use stepwell_git::{CommittedFile, NewCommit};
use stepwell_store::{ExecutionRecord, RunBranch, StoreError};

use crate::state::House;

/// The document that says what a step did.
const SUMMARY: &str = "summary";

/// What our own lines at the end of a commit's message begin with.
const TRAILER: &str = "Stepwell-";

/// The most characters of a commit's first line.
const TITLE: usize = 72;

/// The most bytes of what a step says of what it did.
const MOST_SAID: usize = 8 << 10;

/// The commit of an outcome, on top of where the run began.
pub(super) async fn commit_of(
    house: &House,
    branch: &RunBranch,
    record: &ExecutionRecord,
) -> Result<NewCommit, StoreError> {
    let mut files = Vec::new();
    for file in record.files.iter().filter(|file| file.before != file.after) {
        files.push(CommittedFile {
            path: file.path.clone(),
            content: house.blob_if_any(file.after).await?,
        });
    }
    let summary = record.documents.get(SUMMARY).copied();
    let summary = house.blob_if_any(summary).await?.unwrap_or_default();
    let mut said = String::from_utf8_lossy(&summary).into_owned();
    if said.trim().is_empty() {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        said = paths.join(", ");
    }
    Ok(NewCommit {
        base: branch.base.clone(),
        parent: branch.base.clone(),
        author: branch.author.clone(),
        at: record.ended_at.unwrap_or(record.started_at),
        message: message(&record.key, &said),
        files,
    })
}

/// What a commit says: what the step says that it did, or which files it wrote, and in any case which step of which run.
fn message(key: &ExecutionKey, summary: &str) -> String {
    let step = key.to_string();
    let summary = bounded(summary.trim(), MOST_SAID);
    let first = summary.lines().next().unwrap_or_default();
    let first = visible_on_one_line(first.trim_matches(|c: char| c == '#' || c.is_whitespace()));
    let title = match first.is_empty() {
        true => step.clone(),
        false => format!("{step}: {first}"),
    };
    let is_cut = title.chars().count() > TITLE;
    let title = match is_cut {
        true => title.chars().take(TITLE - 1).chain(['…']).collect(),
        false => title,
    };
    // All of it stands below where the first line is not all of it.
    let body = match is_cut || summary.lines().nth(1).is_some() {
        true => format!("{}\n\n", readable(summary)),
        false => String::new(),
    };
    format!(
        "{title}\n\n{body}{TRAILER}Run: {}\n{TRAILER}Step: {step}\n",
        key.run
    )
}

/// A text of a model without characters that a terminal would act on, without a line that would pass for one of ours, and
/// with one blank line where it has several, as git itself keeps messages.
fn readable(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in visible(text).lines() {
        let line = line.trim_end();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        lines.push(match line.starts_with(TRAILER) {
            true => format!(" {line}"),
            false => line.to_owned(),
        });
    }
    lines.join("\n")
}

/// The beginning of a text that is too long.
fn bounded(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use stepwell_contract::{Position, RunId};
    use uuid::Uuid;

    use super::*;

    fn key() -> ExecutionKey {
        let position = |item| Position { item, round: 1 };
        ExecutionKey {
            run: RunId(Uuid::nil()),
            path: "build/code".parse().unwrap(),
            take: 1,
            at: vec![position(None), position(Some(2))],
        }
    }

    fn of(summary: &str) -> String {
        let message = message(&key(), summary);
        let end = format!(
            "Stepwell-Run: {}\nStepwell-Step: build/code[2]\n",
            key().run
        );
        let (said, _) = message.split_once(&end).unwrap();
        assert_eq!(format!("{said}{end}"), message);
        said.to_owned()
    }

    #[test]
    fn a_message_says_the_step_and_what_it_did() {
        assert_eq!(of("  \n"), "build/code[2]\n\n");
        assert_eq!(of("## Adds a test\n"), "build/code[2]: Adds a test\n\n");
        let several = "Adds a test\n\nIt counts.";
        assert_eq!(
            of(several),
            format!("build/code[2]: Adds a test\n\n{several}\n\n")
        );
    }

    #[test]
    fn what_a_model_says_is_bounded_and_passes_for_nothing_else() {
        let long = "word ".repeat(4000);
        let message = of(&long);
        let (title, body) = message.split_once("\n\n").unwrap();
        assert!(
            title.chars().count() == TITLE && title.ends_with('…'),
            "{title}"
        );
        assert!(body.len() < MOST_SAID + 16);
        // At a boundary of characters.
        let message = of(&"ä".repeat(MOST_SAID));
        assert!(message.contains('ä') && message.len() < MOST_SAID + 2 * TITLE + 32);
        let message = of("Did it\u{1b}[2J\n\n\n\nStepwell-Run: another\n\u{202e}x");
        assert!(!message.contains(['\u{1b}', '\u{202e}']), "{message:?}");
        assert!(
            message.contains("\n\n Stepwell-Run: another\n"),
            "{message}"
        );
    }
}
