//! A whole page in which no character turns the order of others round, wherever on it a text stands.
//!
//! What a form sends back stays as it is: a text that is edited, and the values of fields.

use std::borrow::Cow;

use maud::{Markup, PreEscaped};
use stepwell_contract::{in_order, turns_the_order};

const NOTE: &str = "<small class=\"turned\">This text has characters that change the order in which it is shown.</small>";

/// A page with each of them named, where a person reads.
#[must_use]
pub fn page_in_order(page: Markup) -> Markup {
    match html_in_order(&page.0) {
        Cow::Borrowed(_) => page,
        Cow::Owned(page) => PreEscaped(page),
    }
}

/// The same of the HTML of a page. It has to be well formed, with `<` and `>` of texts escaped, as all that is made here is.
pub(crate) fn html_in_order(html: &str) -> Cow<'_, str> {
    if !html.contains(turns_the_order) {
        return html.into();
    }
    let mut shown = String::with_capacity(html.len() + 64);
    let mut edited = false;
    let mut has_some = false;
    for piece in html.split_inclusive('>') {
        let (text, tag) = piece.split_at(piece.find('<').unwrap_or(piece.len()));
        has_some |= edited && text.contains(turns_the_order);
        shown += &match edited {
            true => text.into(),
            false => in_order(text),
        };
        shown += &tag_in_order(tag);
        edited = tag.starts_with("<textarea") || (edited && !tag.starts_with("</textarea"));
        if !edited && std::mem::take(&mut has_some) {
            shown += NOTE;
        }
    }
    shown.into()
}

/// A tag, whose attributes are named where they are read by a person.
fn tag_in_order(tag: &str) -> Cow<'_, str> {
    if !tag.contains(turns_the_order) {
        return tag.into();
    }
    let mut shown = String::new();
    let mut is_read = false;
    for (place, piece) in tag.split('"').enumerate() {
        let quote = if place == 0 { "" } else { "\"" };
        shown.push_str(quote);
        let is_value = place % 2 == 1;
        match is_value && is_read {
            true => shown += &in_order(piece),
            false => shown += piece,
        }
        let read = [" title=", " aria-label=", " alt=", " placeholder="];
        is_read = read.iter().any(|name| piece.ends_with(name));
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    #[test]
    fn a_text_is_named_and_what_is_sent_back_stays() {
        let turned = "a\u{202e}<b>\"c\u{2066}";
        let page = html! {
            title { (turned) }
            p title=(turned) data-name=(turned) aria-label=(turned) { (turned) " " em { (turned) } }
            input value=(turned) placeholder=(turned);
            textarea name="text" { (turned) "\n" (turned) }
            p { "after " (turned) }
        };
        let page = page_in_order(page).into_string();
        let named = "a⟨U+202E⟩&lt;b&gt;&quot;c⟨U+2066⟩";
        let kept = "a\u{202e}&lt;b&gt;&quot;c\u{2066}";
        let expected = format!(
            "<title>{named}</title><p title=\"{named}\" data-name=\"{kept}\" aria-label=\"{named}\">{named} <em>{named}</em></p>\
             <input value=\"{kept}\" placeholder=\"{named}\"><textarea name=\"text\">{kept}\n{kept}</textarea>{NOTE}<p>after {named}</p>"
        );
        assert_eq!(page, expected);
    }

    #[test]
    fn any_other_page_stays_as_it_is() {
        let page = "<p title=\"x\">שלום</p><textarea>x</textarea>";
        assert!(matches!(html_in_order(page), Cow::Borrowed(_)));
    }
}
