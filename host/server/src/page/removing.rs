//! What goes for good, shown before it does: a page of its own, so that a slip of the hand removes nothing.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::frame::{Section, frame, head};
use super::parts;
use super::problem::{Page, alert, is_mendable};
use crate::{App, ProblemDetails};

/// What is about to go.
pub(super) struct Going<'g> {
    pub(super) section: Section,
    /// What it is, such as `this comparison`.
    pub(super) what: &'static str,
    /// Its page, and the name of that.
    pub(super) back: (&'g str, String),
    /// What goes along with it.
    pub(super) with: String,
    /// What stays all the same.
    pub(super) stays: &'static str,
    /// The bytes of texts and records that only it needed.
    pub(super) bytes: u64,
    /// Where the yes is sent to.
    pub(super) action: String,
}

/// The page of what may not go, which says why: something stands on it, or it is under way.
///
/// # Errors
/// The problem itself, where it is another one.
pub(super) fn may_not_go(
    app: &App,
    section: Section,
    what: &str,
    back: &str,
    problem: ProblemDetails,
) -> Page {
    if !is_mendable(&problem) {
        return Err(problem);
    }
    let title = format!("Remove {what}?");
    let content = html! {
        (head(Some(("Back", back)), &html! { (title) }, &html! {}))
        (alert(&problem))
    };
    Ok(frame(&app.about, section, &title, &content).into_response())
}

impl Going<'_> {
    /// The page that asks.
    pub(super) fn page(&self, app: &App) -> Response {
        let title = format!("Remove {}?", self.what);
        let page = frame(&app.about, self.section, &title, &self.content(&title));
        page.into_response()
    }

    fn content(&self, title: &str) -> Markup {
        let (name, there) = &self.back;
        html! {
            (head(Some((name, there)), &html! { (title) }, &html! {}))
            div.stack {
                p { (self.with) " Nothing brings it back." }
                p.quiet { "That frees " (parts::bytes(self.bytes)) ", once nothing is under way. " (self.stays) }
                form.row method="post" action=(self.action) {
                    button.away { "Remove it" }
                    a.button href=(there) { "Keep it" }
                }
            }
        }
    }
}
