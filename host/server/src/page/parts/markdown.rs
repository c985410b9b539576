//! Documents as Markdown. They are hostile texts: their HTML is shown as text, and no address of theirs is ever loaded
//! or followed.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

/// Nesting beyond which a text is no longer rendered: a browser has its limits too.
const DEEPEST: usize = 100;

const TOO_DEEP: &str = "This text is nested too deeply to be rendered.";

/// A document, rendered. Its headings begin below those of the page, of which `under` levels stand above it, and leave
/// out none.
pub(crate) fn markdown(label: &str, under: usize, text: &str) -> Markup {
    match rendered(under, text) {
        Some(rendered) => {
            html! { div.rendered tabindex="0" role="region" aria-label=(label) { (rendered) } }
        }
        None => html! { div.rendered { (TOO_DEEP) } },
    }
}

/// What a step says to the person, rendered within what stands around it.
pub(crate) fn guidance(under: usize, text: &str) -> Markup {
    html! { div.rendered.guidance { (rendered(under, text).unwrap_or_else(|| html! { (TOO_DEEP) })) } }
}

/// The text as HTML; none for one that is nested too deeply.
fn rendered(under: usize, text: &str) -> Option<Markup> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut depth = 0_usize;
    let mut last = under;
    let mut kept = Vec::new();
    for event in Parser::new_ext(text, options) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return None;
        }
        if let Event::Start(Tag::Heading { level, .. }) = &event {
            last = (under + *level as usize).min(last + 1).min(6);
        }
        kept.push(harmless(event, last));
    }
    let mut rendered = String::with_capacity(text.len() * 2);
    pulldown_cmark::html::push_html(&mut rendered, kept.into_iter());
    Some(PreEscaped(rendered))
}

/// What is left of an event when it may load, follow or run nothing. What becomes HTML here is written here: no text of
/// the document is in it.
fn harmless(event: Event<'_>, heading: usize) -> Event<'_> {
    let ours = |html: String| Event::Html(CowStr::from(html));
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // An id of a document could stand in for one of the page, and a class could look like it.
        Event::Start(Tag::Heading { .. }) => ours(format!("<h{heading}>")),
        Event::End(TagEnd::Heading(_)) => ours(format!("</h{heading}>\n")),
        // Reached by keyboard, to scroll it.
        Event::Start(Tag::CodeBlock(_)) => ours("<pre tabindex=\"0\"><code>".to_owned()),
        Event::End(TagEnd::CodeBlock) => ours("</code></pre>\n".to_owned()),
        Event::Start(Tag::Link { dest_url, .. }) => named("↗\u{a0}", &dest_url),
        Event::Start(Tag::Image { dest_url, .. }) => named("image ", &dest_url),
        Event::End(TagEnd::Link | TagEnd::Image) => Event::Text(CowStr::from("]")),
        // As text: a box that can't be ticked is only in the way of the keyboard.
        Event::TaskListMarker(done) => {
            Event::Text(CowStr::from(if done { "☑ " } else { "☐ " }))
        }
        other => other,
    }
}

fn named<'t>(what: &str, address: &str) -> Event<'t> {
    Event::Text(CowStr::from(format!("[{what}{address}: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        markdown("Document", 1, text).into_string()
    }

    #[test]
    fn html_in_a_document_is_shown_as_text() {
        let shown = rendered("# A <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n");
        assert!(
            !shown.contains("<script") && !shown.contains("<img"),
            "{shown}"
        );
        assert!(
            shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
            "{shown}"
        );
    }

    #[test]
    fn headings_stand_below_those_of_the_page() {
        let shown = rendered("# One\n### Two\n## Three\n");
        assert!(
            shown.contains("<h2>One</h2>\n<h3>Two</h3>\n<h3>Three</h3>"),
            "{shown}"
        );
    }

    #[test]
    fn nothing_is_loaded_or_followed() {
        let shown = rendered("![a](http://x/y.png) [b](javascript:alert(1)) <http://z>");
        assert!(
            !shown.contains("src=") && !shown.contains("href"),
            "{shown}"
        );
        assert!(shown.contains("[image http://x/y.png: a]"), "{shown}");
    }

    #[test]
    fn a_diagram_stays_text_and_a_table_becomes_one() {
        let shown =
            rendered("```plantuml\n@startuml\nA -> B\n@enduml\n```\n\n|a|b|\n|-|-|\n|1|2|\n");
        assert!(shown.contains("A -&gt; B"), "{shown}");
        assert!(shown.contains("<table>"), "{shown}");
    }

    #[test]
    fn a_bottomless_text_is_not_rendered() {
        assert!(rendered(&"> ".repeat(5_000)).contains("too deeply"));
    }
}
