//! Texts that somebody else put where an outcome is published: told from those that the execution knows, and said (rule E15).
//!
//! That one is there is known when the outcome is committed; that it was replaced is said once it was, which a gate may put off for
//! days.

use stepwell_contract::{Digest, Remedy, RunId};
use stepwell_store::{FileChange, ForeignText};

use crate::words::Event;
use crate::workspace::Taken;

/// When somebody else's text was noticed that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noticed {
    /// When the outcome was committed.
    WhileItRan,
    /// In the moment in which the text was replaced.
    WhenReplaced,
}

/// Writes down with a change what was taken out of its path. Says when it was noticed where it is a text, or the lack of one, that
/// somebody else brought about: it is `foreign` then, and its text has to be kept. `expected` says of what else than the execution saw
/// that the run knows why it is there.
pub(crate) fn note_taken(
    change: &mut FileChange,
    taken: &Taken,
    expected: impl Fn(Option<Digest>) -> bool,
) -> Option<Noticed> {
    let digest = taken.text.as_ref().map(|(digest, _)| *digest);
    if digest == change.after {
        return None;
    }
    change.mode = change.mode.or(taken.mode.map(|mode| mode.0));
    if digest == change.before || expected(digest) {
        return None;
    }
    match &mut change.foreign {
        Some(known) if known.digest == digest => {
            let was_there = std::mem::take(&mut known.stands);
            return was_there.then_some(Noticed::WhileItRan);
        }
        // That a file was gone for a while is no reason to forget a text that was kept.
        Some(_) if digest.is_none() => return None,
        _ => {}
    }
    change.foreign = Some(foreign(digest));
    Some(Noticed::WhenReplaced)
}

/// What somebody else had put at a path, and the run replaced; none is that they removed it.
pub(crate) fn foreign(digest: Option<Digest>) -> ForeignText {
    ForeignText {
        digest,
        stands: false,
        other: Default::default(),
    }
}

/// The same of what is there still.
pub(crate) fn still_there(digest: Option<Digest>) -> ForeignText {
    ForeignText {
        stands: true,
        ..foreign(digest)
    }
}

/// The warning of a change whose `foreign` says what was replaced.
pub(crate) fn other_text(run: RunId, change: &FileChange, noticed: Noticed) -> Event {
    let when = match noticed {
        Noticed::WhileItRan => "while the step ran",
        Noticed::WhenReplaced => "before the step's outcome was published",
    };
    let other = change.foreign.as_ref().and_then(|other| other.digest);
    let becomes = match (other, change.after) {
        (Some(_), Some(_)) => "the step's text replaces it, the other text is kept",
        (Some(_), None) => "the step removes it, the other text is kept",
        (None, _) => "the step's text is there again",
    };
    let (path, did) = (&change.path, did(other));
    Event::Warning {
        message: format!("`{path}` was {did} by somebody else {when}; {becomes}"),
        remedy: Some(restored(run, path, other)),
    }
}

/// What there is to be told of somebody else's text at the path of a change, for as long as the run is there; and what brings it back
/// where it was replaced.
pub(crate) fn met_text(run: RunId, change: &FileChange) -> Option<(String, Option<Remedy>)> {
    let met = change.foreign.as_ref()?;
    let (path, other, did) = (&change.path, met.digest, did(met.digest));
    if met.stands {
        // Whatever is there when it is published is told then.
        let will = match (other, change.after) {
            (Some(_), Some(_)) => "once it is published, the step's text replaces that",
            (Some(_), None) => "once that is published, the step removes it",
            (None, _) => "once it is published, the step's text is there again",
        };
        let message = format!("`{path}` was {did} by somebody else; {will}");
        return (!change.published).then_some((message, None));
    }
    let has = match (other, change.after) {
        (Some(_), Some(_)) => "the step's text has replaced it, the other text is kept",
        (Some(_), None) => "the step has removed it, the other text is kept",
        (None, _) => "the step's text is there again",
    };
    let message = format!("`{path}` was {did} by somebody else; {has}");
    Some((message, Some(restored(run, path, other))))
}

fn did(other: Option<Digest>) -> &'static str {
    match other {
        Some(_) => "changed",
        None => "removed",
    }
}

fn restored(run: RunId, path: &str, text: Option<Digest>) -> Remedy {
    Remedy::RestoreFile {
        run,
        path: path.to_owned(),
        text,
    }
}
