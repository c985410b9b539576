//! A form as it is to be shown now: what stands where a yes to it puts something is looked at anew, whoever shows it (rule E34).
//!
//! Nothing is written here. Of a form that has no yes, or whose yes touches no file of the workspace, all stays as it was asked.

use bytes::Bytes;
use stepwell_contract::{Digest, Form};
use stepwell_store::{FileAtStake, PendingForm, StoreError};

use super::house::House;
use crate::workspace::{Workspace, unified_diff};

/// Bytes of the differences that are shown at most: a form has an end.
const MOST_SHOWN: usize = 64 << 10;

/// Bytes of a file whose lines are compared at most.
const LARGEST: usize = 1 << 20;

/// What stands at a path.
enum There {
    /// This text.
    Text(Bytes),
    /// What stood there when it was asked: nobody is told of that.
    Unchanged,
    /// No file.
    Nothing,
    /// Something that can't be read, such as a folder. It can't be replaced either: that is told with its reason by who tries.
    Unreadable,
}

/// A form as it is to be shown now.
pub(crate) struct FormNow {
    /// With what stands there now. It has no answers where that is something else than was shown: they were to that.
    pub(crate) pending: PendingForm,
    /// Where something else stands than was shown last.
    pub(crate) moved: Vec<String>,
    /// What stands at each of its files.
    there: Vec<There>,
}

impl FormNow {
    pub(crate) async fn of(pending: &PendingForm, workspace: &Workspace) -> Self {
        let mut now = Self {
            pending: pending.clone(),
            moved: Vec::new(),
            there: Vec::new(),
        };
        for file in &mut now.pending.stakes {
            let Ok(read) = workspace.read(&file.path, u64::MAX).await else {
                now.there.push(There::Unreadable);
                continue;
            };
            let (digest, text) = read.unzip();
            if digest != file.shown {
                file.shown = digest;
                now.moved.push(file.path.clone());
            }
            now.there.push(match text {
                _ if digest == file.first => There::Unchanged,
                Some(text) => There::Text(text),
                None => There::Nothing,
            });
        }
        if !now.moved.is_empty() {
            now.pending.answers.fill(None);
        }
        now
    }

    /// The form with what a yes does by now where that isn't what the step says of it.
    pub(crate) async fn shown(&self, house: &House) -> Result<Form, StoreError> {
        let mut form = self.pending.form.clone();
        let mut differs = Vec::new();
        for (file, there) in self.pending.stakes.iter().zip(&self.there) {
            if file.shown == file.first || matches!(there, There::Unchanged) {
                continue;
            }
            let after = house.blob_if_any(file.after).await?;
            differs.push(match there {
                There::Unchanged => continue,
                There::Text(text) => done_to(file, Some(text), after.as_deref()),
                There::Nothing => done_to(file, None, after.as_deref()),
                There::Unreadable => {
                    format!("`{}`: what stands there can't be read\n\n", file.path)
                }
            });
        }
        if !differs.is_empty() {
            let since = format!(
                "Since this was asked, somebody changed what a yes is about. What it does there now:\n\n{}",
                bounded(differs)
            );
            form.about = Some(beside(Some(&since), form.about.as_deref()));
        }
        Ok(form)
    }
}

/// Two texts that a form is about, one after the other.
pub(crate) fn beside(first: Option<&str>, second: Option<&str>) -> String {
    let both = [first, second].into_iter().flatten();
    let texts: Vec<&str> = both.filter(|text| !text.trim().is_empty()).collect();
    texts.join("\n\n---\n\n")
}

/// Parts of a text as far as there is room for them, and how many are left out.
fn bounded(parts: Vec<String>) -> String {
    let (mut text, mut left_out) = (String::new(), 0_usize);
    for part in parts {
        match text.len() + part.len() > MOST_SHOWN {
            true => left_out += 1,
            false => text.push_str(&part),
        }
    }
    if left_out > 0 {
        text.push_str(&format!(
            "{left_out} more, too much to show here; the differences of the run's files show them\n"
        ));
    }
    text.trim_end().to_owned()
}

/// What a yes does to a file, in Markdown.
fn done_to(file: &FileAtStake, there: Option<&[u8]>, after: Option<&[u8]>) -> String {
    let path = &file.path;
    if let (Some(document), None) = (&file.document, after) {
        let does = match there {
            Some(_) => "replaces what stands there",
            None => "is put there: there is no such file now",
        };
        return format!("`{path}`: the text of `{document}` {does}\n\n");
    }
    let does = match (there, after) {
        (there, after) if there == after => {
            return format!("`{path}`: nothing, it is that way already\n\n");
        }
        (Some(_), Some(_)) => "replaced",
        (None, _) => "made: there is no such file now",
        (_, None) => "removed",
    };
    format!("`{path}` ({does})\n\n{}", differing(there, after, path))
}

/// What of a file differs, in Markdown.
fn differing(there: Option<&[u8]>, after: Option<&[u8]>, path: &str) -> String {
    let is_long = |text: &Option<&[u8]>| text.is_some_and(|text| text.len() > LARGEST);
    if [there, after].iter().any(is_long) {
        return "It is too long to compare.\n\n".to_owned();
    }
    let diff = unified_diff(there, after, path);
    if diff.len() > MOST_SHOWN {
        return "There is too much of it to show here.\n\n".to_owned();
    }
    // Nothing in it ends its block.
    let mut ticks = 3;
    for run in diff.split(|letter| letter != '`') {
        ticks = ticks.max(run.len() + 1);
    }
    let fence = "`".repeat(ticks);
    let end = if diff.ends_with('\n') { "" } else { "\n" };
    format!("{fence}diff\n{diff}{end}{fence}\n\n")
}

/// What a yes does to the file in which it keeps a document, in Markdown: `there` is its text, `text` the document's as far as it is known
/// before.
pub(crate) fn kept_by_a_yes(
    (document, path): (&str, &str),
    there: Option<&[u8]>,
    text: Option<&[u8]>,
    is_on_branch: bool,
) -> String {
    let place = match is_on_branch {
        true => format!("`{path}` of the run's branch"),
        false => format!("`{path}`"),
    };
    let puts = format!("A yes also puts `{document}` into {place}");
    match (there, text) {
        (None, _) => format!("{puts}, which is new."),
        (Some(there), Some(text)) if there == text => format!("{puts}, where it stands already."),
        (Some(_), None) => format!("{puts}, in the place of what stands there."),
        (there, text) => {
            let differs = differing(there, text, path);
            format!(
                "{puts}, in the place of what stands there:\n\n{}",
                differs.trim_end()
            )
        }
    }
}

/// What names what a person was shown of the files at stake; empty where there are none.
pub(crate) fn shown_of(files: &[FileAtStake]) -> String {
    let shown = files.iter().map(|file| {
        let digest = file.shown.as_ref().map(Digest::to_string);
        format!("\n{}\n{}", file.path, digest.unwrap_or_default())
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(document: Option<&str>) -> FileAtStake {
        FileAtStake {
            path: "a.md".into(),
            first: None,
            shown: None,
            after: None,
            document: document.map(str::to_owned),
            other: Default::default(),
        }
    }

    #[test]
    fn what_a_yes_does_is_said_of_what_is_there() {
        let replaced = done_to(&file(None), Some(b"a\n```\n"), Some(b"b\n"));
        assert!(
            replaced.starts_with("`a.md` (replaced)\n\n````diff\n"),
            "{replaced}"
        );
        assert!(replaced.contains("-a\n") && replaced.contains("+b\n"));
        for (there, after, said) in [
            (Some(&b"a"[..]), None, "(removed)"),
            (None, Some(&b"a"[..]), "(made: there is no such file now)"),
            (Some(b"a"), Some(b"a"), ": nothing, it is that way already"),
        ] {
            assert!(done_to(&file(None), there, after).contains(said), "{said}");
        }
        let unknown = done_to(&file(Some("note")), Some(b"a"), None);
        assert!(unknown.contains("the text of `note` replaces what stands there"));
    }

    #[test]
    fn what_is_kept_is_named_with_what_it_replaces() {
        let said = |there, text| kept_by_a_yes(("document", "a.md"), there, text, false);
        assert!(said(None, Some(b"x")).ends_with("`a.md`, which is new."));
        assert!(said(Some(b"x"), Some(b"x")).ends_with("where it stands already."));
        assert!(said(Some(b"y\n"), Some(b"x\n")).contains("-y\n+x\n"));
        assert!(said(Some(b"y"), None).ends_with("in the place of what stands there."));
    }
}
