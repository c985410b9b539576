//! What a form that was sent has done, said on the page that comes.

use maud::{Markup, html};
use strum::{EnumString, IntoStaticStr};

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
}

/// Says it: it gets the focus, so that a keyboard goes on from there and a screen reader reads it.
pub(crate) fn done_notice(sentence: &str) -> Markup {
    html! { p.notice.good #done role="status" tabindex="-1" { (sentence) } }
}
