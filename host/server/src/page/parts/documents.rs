//! Documents that a step wrote.

use maud::{Markup, html};
use stepwell_rendering::text;

use super::markdown::markdown;

/// A document: its text, and beside it what it looks like as Markdown, below so many levels of headings. One that is JSON
/// looks like nothing else.
pub(crate) fn document(name: &str, under: usize, content: &str) -> Markup {
    let begins = content.trim_start().starts_with(['{', '[']);
    if begins && serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok() {
        return text(&format!("{name} as text"), content);
    }
    html! {
        div.beside {
            (text(&format!("{name} as text"), content))
            (markdown(&format!("{name} rendered"), under, content))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_json_is_not_rendered() {
        assert!(
            !document("a", 1, "[1, 2]")
                .into_string()
                .contains("rendered")
        );
        assert!(
            document("a", 1, "[1, 2](x)")
                .into_string()
                .contains("rendered")
        );
    }
}
