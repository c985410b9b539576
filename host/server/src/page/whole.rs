//! A text that is too long for the page that it belongs to: whole, on a page of its own, and as a file.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::address::{Address, Pairs};
use super::frame::{Section, frame, head};
use super::parts;
use crate::App;

/// A text, and where it belongs.
pub(crate) struct Whole<'w> {
    pub(crate) section: Section,
    /// The name of the page that it is a part of, and its address.
    pub(crate) back: (&'w str, String),
    /// What it is.
    pub(crate) name: String,
    pub(crate) text: &'w str,
    /// Where this page is; none where it answers a form, and has no address.
    pub(crate) here: Option<Address>,
}

impl Whole<'_> {
    /// The name after the `?` that asks for a file.
    const FILE: &'static str = "file";

    /// The page; the file, where the address asks for it.
    pub(crate) fn answer(self, app: &App, pairs: &Pairs) -> Response {
        match pairs.get(Self::FILE) {
            Some(_) => self.file(),
            None => self.page(app),
        }
    }

    fn page(self, app: &App) -> Response {
        let file = self.here.map(|here| here.with(Self::FILE, Some("yes")));
        let size = parts::bytes(self.text.len() as u64);
        let content = html! {
            (head(Some((self.back.0, &self.back.1)), &html! { (self.name) }, &html! {
                div.actions { span.quiet { (size) } @if let Some(file) = &file { a.button href=(file) download { "Download" } } }
            }))
            (parts::whole_text(&self.name, self.text))
        };
        frame(&app.about, self.section, &self.name, &content).into_response()
    }

    /// As it is stored: nothing of it is named, and no browser shows it.
    fn file(self) -> Response {
        let kept = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let name = self.name.chars().take(80);
        let name: String = name
            .map(|letter| if kept(letter) { letter } else { '_' })
            .collect();
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            ),
            (
                header::CONTENT_DISPOSITION,
                HeaderValue::from_str(&format!("attachment; filename=\"{name}.txt\""))
                    .unwrap_or(HeaderValue::from_static("attachment")),
            ),
        ];
        (headers, self.text.to_owned()).into_response()
    }
}
