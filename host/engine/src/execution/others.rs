//! Texts that somebody else put where an outcome is published: told from those that the execution knows, and said (rule E15).

use stepwell_contract::{Digest, Remedy, RunId};
use stepwell_store::{FileChange, ForeignText};

use crate::words::Event;
use crate::workspace::Taken;

/// When it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noticed {
    /// When the outcome was committed.
    WhileItRan,
    /// In the moment in which the text was replaced.
    WhenReplaced,
}

/// Writes down with a change what was taken out of its path. Whether it is a text, or the lack of one, that somebody else
/// brought about: it is `foreign` then, and its text has to be kept. `expected` says of what else than the execution saw that
/// the run knows why it is there.
pub(crate) fn note_taken(
    change: &mut FileChange,
    taken: &Taken,
    expected: impl Fn(Option<Digest>) -> bool,
) -> bool {
    let digest = taken.text.as_ref().map(|(digest, _)| *digest);
    if digest == change.after {
        return false;
    }
    change.mode = change.mode.or(taken.mode.map(|mode| mode.0));
    let known = change.foreign.as_ref().map(|other| other.digest);
    // That a file was gone for a while is no reason to forget a text that was kept.
    if digest == change.before
        || expected(digest)
        || known == Some(digest)
        || (digest.is_none() && known.is_some())
    {
        return false;
    }
    change.foreign = Some(foreign(digest));
    true
}

/// What somebody else had put at a path; none is that they removed it.
pub(crate) fn foreign(digest: Option<Digest>) -> ForeignText {
    ForeignText {
        digest,
        other: Default::default(),
    }
}

/// The warning of a change whose `foreign` says what was found.
pub(crate) fn other_text(run: RunId, change: &FileChange, noticed: Noticed) -> Event {
    let other = change.foreign.as_ref().and_then(|other| other.digest);
    let did = match other {
        Some(_) => "changed",
        None => "removed",
    };
    let when = match noticed {
        Noticed::WhileItRan => "while the step ran",
        Noticed::WhenReplaced => "before the step's outcome was published",
    };
    let becomes = match (other, change.after) {
        (Some(_), Some(_)) => "the step's text replaces it, the other text is kept",
        (Some(_), None) => "the step removes it, the other text is kept",
        (None, _) => "the step's text is there again",
    };
    let path = &change.path;
    Event::Warning {
        message: format!("`{path}` was {did} by somebody else {when}; {becomes}"),
        remedy: Some(Remedy::RestoreFile {
            run,
            path: path.clone(),
        }),
    }
}
