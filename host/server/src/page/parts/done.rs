//! What a form that was sent has done, said on the page that comes.

use axum::response::Response;
use maud::{Markup, html};
use strum::{EnumString, IntoStaticStr};

use crate::page::address::{Address, to};

/// What was done. It stands in the address, from which the page's scripts take it once it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum Done {
    /// A text was saved, and counts from now on.
    Saved,
    /// The text was there already.
    Unchanged,
    /// A version was made current.
    Current,
    /// A version or document was deleted.
    Deleted,
    /// A text that isn't saved was sent.
    Tried,
    /// A cell of a comparison was rated.
    Rated,
    /// A run or a comparison was started.
    Started,
    /// A question was answered.
    Answered,
    /// A question was declined.
    Declined,
    /// A run or a comparison goes on.
    GoesOn,
    /// A run or a comparison was stopped where it is.
    Stopped,
    /// A run was cancelled for good.
    Cancelled,
    /// A run, a comparison or an improvement was removed.
    Removed,
    /// A step of a run is carried out again.
    RunsAgain,
    /// A call that has no end counts as not paid.
    WrittenOff,
    /// What somebody else had in a file is there again.
    PutBack,
    /// A branch that somebody had deleted is there again.
    BranchIsThere,
}

impl Done {
    /// The name by which it stands in an address.
    pub(crate) const NAME: &str = "done";

    /// What an address says; what isn't known is nothing.
    pub(crate) fn of(given: Option<&str>) -> Option<Self> {
        given?.parse().ok()
    }

    /// Its word in an address.
    pub(crate) fn word(self) -> &'static str {
        self.into()
    }

    /// What is said of it on a page that shows by itself what came of it.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Saved => "Saved.",
            Self::Unchanged => "That is the text already.",
            Self::Current => "It is current: the next run uses it.",
            Self::Deleted => "Deleted. Its texts stay readable by their revisions.",
            Self::Tried => "Sent once.",
            Self::Rated => "The rating is kept.",
            Self::Started => "Started. What happens is shown here as it happens.",
            Self::Answered => "Your answer is taken.",
            Self::Declined => "Declined: the step is told that you don't answer.",
            Self::GoesOn => "It goes on.",
            Self::Stopped => "Stopped where it is. It can go on from there.",
            Self::Cancelled => "Cancelled. It can't go on any more.",
            Self::Removed => "Removed. What it cost still counts.",
            Self::RunsAgain => "The step is carried out again.",
            Self::PutBack => "Put back: the file is as somebody else had left it.",
            Self::BranchIsThere => "The branch is there again, where the run left it.",
            Self::WrittenOff => "Written off: no budget holds anything for it any more.",
        }
    }
}

/// Leads a browser on to a page that says what was done. What was typed counts as sent by that word alone, so every form that
/// was taken ends here.
pub(crate) fn to_done(address: Address, done: Done) -> Response {
    to(address.with(Done::NAME, Some(done.word())))
}

/// Says it: it gets the focus, so that a keyboard goes on from there and a screen reader reads it.
pub(crate) fn done_notice(sentence: &str) -> Markup {
    html! { p.notice.good #done role="status" tabindex="-1" { (sentence) } }
}
