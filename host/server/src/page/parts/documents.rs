//! Documents that a step wrote.

use maud::{Markup, html};
use stepwell_rendering::{Room, cut, text};

use super::markdown::markdown;

/// A document: its text, and beside it what it looks like as Markdown, below so many levels of headings. One that is JSON
/// looks like nothing else. Of a long one it is the beginning, and where all of it is.
pub(crate) fn document(name: &str, under: usize, content: &str, room: Room, all: &str) -> Markup {
    let shown = room.shown(content);
    let begins = content.trim_start().starts_with(['{', '[']);
    if begins && serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok() {
        return html! { (text(&format!("{name} as text"), shown)) (cut(shown, content, all)) };
    }
    html! {
        div.beside {
            (text(&format!("{name} as text"), shown))
            (markdown(&format!("{name} rendered"), under, shown))
        }
        (cut(shown, content, all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &str) -> String {
        document("a", 1, content, Room::PAGE, "/all").into_string()
    }

    #[test]
    fn a_document_that_is_json_is_not_rendered() {
        assert!(!shown("[1, 2]").contains("rendered"));
        assert!(shown("[1, 2](x)").contains("rendered"));
    }

    #[test]
    fn a_long_document_is_shown_by_its_beginning() {
        for long in [
            "A *line* of tea.\n".repeat(400_000),
            format!("[{}1]", "1, ".repeat(2_000_000)),
        ] {
            let shown = shown(&long);
            assert!(shown.len() < 300 * 1024, "{}", shown.len());
            assert!(shown.contains("<a href=\"/all\">Show all</a>"), "{shown}");
        }
    }
}
