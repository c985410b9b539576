//! Documents that are kept as files of the workspace: they are files of the outcome, as those that the guest writes.

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use similar::{Algorithm, DiffOp, DiffTag, TextDiff};
use stepwell_contract::amounts::count;
use stepwell_contract::{
    AttemptEnd, Failure, FailureKind, HostServices as _, Hosted, LogLevel, Text, WorkspaceError,
    WorkspaceErrorKind,
};
use stepwell_store::KeptDocument;

use super::line_ends::written_as;
use super::services::Services;
use crate::state::lock;

/// Lines that are named as added, changed and removed, each at most, and how much of each.
const MOST_LINES: usize = 50;
const MOST_OF_LINE: usize = 200;

/// How many lines further on a line that was changed is looked for.
const MOST_APART: usize = 20;

impl Services {
    /// Stages the documents that the definition keeps as files, and says how each differs from what its file held. A
    /// comparison's cell keeps none: it changes nothing (rule E27).
    pub(super) async fn keep_documents(
        &self,
        documents: &[Text],
    ) -> Result<Vec<KeptDocument>, AttemptEnd> {
        let mut kept = Vec::new();
        if self.run.comparison.is_some() {
            return Ok(kept);
        }
        // What a gate shows is a person's to agree to: without their yes its file stays as it is.
        let is_agreed = self
            .run
            .gates
            .says_yes(self.step, documents)
            .unwrap_or(true);
        for keep in &self.run.step(self.step).keep {
            let written = documents
                .iter()
                .find(|document| document.name == keep.document.as_str());
            let Some(document) = written else { continue };
            let refused = |error| not_kept(&document.name, error);
            let before = self.first_text(&keep.path).await?.map_err(refused)?;
            if !is_agreed {
                let real = self.real_path(&keep.path).await?;
                lock(&self.memory).spared.insert(real);
                continue;
            }
            let document_text = Bytes::from(document.value.clone());
            let text = match &before {
                Some(there) => written_as(there, &document_text),
                None => document_text,
            };
            // What an earlier take or round wrote is this one's, too, though it is the same: else it would be taken away again.
            if self.is_the_runs(&keep.path).await? || before.as_ref() != Some(&text) {
                let real = self.real_path(&keep.path).await?;
                self.may_commit_now(&real).await.map_err(refused)?;
                let staged = self.stage(&keep.path, Some(text.to_vec())).await?;
                staged.map_err(refused)?;
            }
            let before = before.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            kept.push(difference(keep.path.clone(), document, before.as_deref()));
        }
        Ok(kept)
    }

    /// Looks at the files in which documents are kept, before the guest does anything: it may wait for a person for days, and what somebody
    /// writes there meanwhile is to be told from what it would have replaced.
    pub(super) async fn look_at_kept(&self) -> Hosted<()> {
        if self.run.comparison.is_some() {
            return Ok(());
        }
        for keep in &self.run.step(self.step).keep {
            // What can't be read is said when it is written.
            let Ok(Some(there)) = self.first_text(&keep.path).await? else {
                continue;
            };
            if self.is_given_otherwise(&keep.path, &there) && !self.is_the_runs(&keep.path).await? {
                let message = format!(
                    "`{}` isn't what this run was given of it when it began: what was changed there since is in none of its documents",
                    keep.path
                );
                self.log(LogLevel::Warn, message);
            }
        }
        Ok(())
    }

    /// Whether an input that comes from a file has another text than the file has.
    fn is_given_otherwise(&self, path: &str, there: &[u8]) -> bool {
        let inputs = self.run.plan.inputs.iter();
        let mut of_file = inputs.filter(|(_, input)| input.file.as_deref() == Some(path));
        of_file.any(|(name, _)| {
            let given = self.run.pins.inputs.get(name.as_str());
            given.is_some_and(|given| given.as_bytes() != there)
        })
    }

    /// Whether the run itself wrote the file that a path stands for.
    async fn is_the_runs(&self, path: &str) -> Hosted<bool> {
        let real = self.real_path(path).await?;
        Ok(self.run.published.read().await.written.contains(&real))
    }

    /// The path of the file itself, where links are in the way.
    pub(super) async fn real_path(&self, path: &str) -> Hosted<String> {
        let Ok(path) = self.run.workspace.normalise(path) else {
            return Ok(path.to_owned());
        };
        let leads = self.leads_of(&path).await?;
        Ok(leads.unwrap_or(path))
    }
}

/// Why a document can't be kept. It is no fault of the step: a person has to do something about it.
fn not_kept(document: &str, error: WorkspaceError) -> AttemptEnd {
    let code = match error.kind {
        WorkspaceErrorKind::Other(code) => code,
        _ => WorkspaceError::NOT_KEPT.to_owned(),
    };
    AttemptEnd::Failure(Failure {
        kind: FailureKind::Other(code),
        message: format!("its document `{document}` can't be kept: {}", error.message),
        retryable: false,
    })
}

/// How a document differs from the text that its file held.
fn difference(path: String, document: &Text, before: Option<&str>) -> KeptDocument {
    let mut kept = KeptDocument {
        document: document.name.clone(),
        path,
        is_new: before.is_none(),
        added: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
        more: 0,
        other: Default::default(),
    };
    let Some(before) = before else { return kept };
    let [before, now] = [before, document.value.as_str()].map(telling_lines);
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_slices(&before, &now);
    for op in diff.ops().iter().filter(|op| op.tag() != DiffTag::Equal) {
        note(&mut kept, op, &before, &now);
    }
    kept
}

fn note(kept: &mut KeptDocument, op: &DiffOp, before: &[&str], now: &[&str]) {
    let mut come: VecDeque<&str> = now[op.new_range()].iter().copied().collect();
    let shown = |line: &str| line.chars().take(MOST_OF_LINE).collect::<String>();
    let mut left_out = 0;
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for line in &before[op.old_range()] {
        let mut near = come.iter().take(MOST_APART);
        let Some(place) = near.position(|come| is_changed(line, come)) else {
            gone.push(*line);
            continue;
        };
        new.extend(come.drain(..place));
        let Some(come) = come.pop_front() else { break };
        match kept.changed.len() < MOST_LINES {
            true => kept.changed.push((shown(line), shown(come))),
            false => left_out += 1,
        }
    }
    new.extend(come);
    for (lines, all) in [(&mut kept.removed, &gone), (&mut kept.added, &new)] {
        let room = MOST_LINES.saturating_sub(lines.len());
        lines.extend(all.iter().take(room).map(|line| shown(line)));
        left_out += all.len().saturating_sub(room);
    }
    kept.more = kept.more.saturating_add(count(left_out));
}

/// Whether a line is another one that was changed: it has half of the words of the longer one, or more.
fn is_changed(gone: &str, come: &str) -> bool {
    let words = |line: &str| -> BTreeSet<String> {
        let words = line.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let (gone, come) = (words(gone), words(come));
    let most = gone.len().max(come.len());
    most > 0 && 2 * gone.intersection(&come).count() >= most
}

/// The lines of a text that say something, without the white space around each.
fn telling_lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(before: Option<&str>, now: &str) -> KeptDocument {
        difference("docs/a.md".into(), &Text::new("a", now), before)
    }

    #[test]
    fn lines_are_added_changed_and_removed() {
        let before = "# Report\n\n- FR-1 It reads.\n- FR-2 It writes.\n\n- FR-3 It ends.\n";
        let now = "# Report\n- FR-1 It reads.\n\n- FR-2 It writes CSV.\n- FR-3 It ends.\n- FR-4 It says why.\n";
        let kept = differs(Some(before), now);
        assert_eq!(kept.added, ["- FR-4 It says why."]);
        let changed = (
            "- FR-2 It writes.".to_owned(),
            "- FR-2 It writes CSV.".to_owned(),
        );
        assert_eq!(kept.changed, [changed]);
        assert!(kept.removed.is_empty() && !kept.is_new && kept.more == 0);
        let other = differs(
            Some("- FR-1 Colours are configurable.\n- FR-2 It writes.\n"),
            "- FR-2 It writes CSV.\n- FR-3 Export as PDF.\n",
        );
        assert_eq!(other.removed, ["- FR-1 Colours are configurable."]);
        assert_eq!(other.added, ["- FR-3 Export as PDF."]);
        assert_eq!(other.changed.len(), 1);
        let back = differs(Some(now), before);
        assert_eq!(back.removed, ["- FR-4 It says why."]);
    }

    #[test]
    fn what_is_new_or_the_same_has_no_differences() {
        for (before, is_new) in [(None, true), (Some("a\n"), false)] {
            let kept = differs(before, "a\n\n");
            assert_eq!((kept.is_new, kept.added.len()), (is_new, 0));
        }
    }

    #[test]
    fn many_lines_are_counted_and_long_ones_cut() {
        let now: String = (0..80)
            .map(|line| format!("{line}{}\n", "x".repeat(500)))
            .collect();
        let kept = differs(Some(""), &now);
        assert_eq!((kept.added.len(), kept.more), (MOST_LINES, 30));
        assert!(
            kept.added
                .iter()
                .all(|line| line.chars().count() == MOST_OF_LINE)
        );
    }
}
