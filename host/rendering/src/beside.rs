//! The texts of cells: whole, or as what differs from the baseline's, as far as there is room.

use maud::{Markup, html};
use stepwell_comparison::differences;
use stepwell_contract::visible;

use crate::difference::{Layout, Shown, changes, counted};
use crate::room::{Room, said_of};
use crate::texts::{cut, folded, text};

/// How texts are shown.
#[derive(Clone, Copy)]
pub struct Texts {
    /// Where they are shown.
    place: ShownIn,
    /// Whether they are shown whole, and not as what differs from the baseline.
    whole: bool,
    /// How what differs is shown.
    pub(crate) shown: Shown<'static>,
    /// How much of each there is room for.
    room: Room,
}

/// Where texts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShownIn {
    /// On a page, which has the rest behind links.
    Page,
    /// In a file, whose texts open by a click, or by a key.
    File,
}

impl Texts {
    /// As the page shows them.
    #[must_use]
    pub fn open(whole: bool, layout: Layout) -> Self {
        Self {
            place: ShownIn::Page,
            whole,
            shown: Shown::one_of_many(layout),
            room: Room::CELL,
        }
    }

    /// As a file holds them, of so many cells.
    #[must_use]
    pub(crate) fn folded(cells: usize) -> Self {
        Self {
            place: ShownIn::File,
            whole: false,
            shown: Shown::in_a_file(),
            room: Room::for_cells(cells),
        }
    }

    /// Whether what differs takes the whole width: both sides stand in it.
    pub(crate) fn is_across(self) -> bool {
        self.shown.layout == Layout::Beside && !self.whole
    }
}

/// A text of a cell.
pub(crate) struct Told<'t> {
    /// Its name.
    pub(crate) name: &'t str,
    /// The text.
    pub(crate) own: &'t str,
    /// The one that it is held against.
    pub(crate) other: Option<&'t str>,
    /// Where it is shown whole.
    pub(crate) all: Option<&'t str>,
    /// What tells its fold from others of the page, so that it stays as it is when the page changes.
    pub(crate) fold: &'t str,
    /// Whether it is folded at first, on a page, too.
    pub(crate) is_aside: bool,
}

/// A text of a cell: whole, or as what differs from the one that it is held against. One that is the same is not told again.
pub(crate) fn beside(told: &Told, texts: Texts) -> Markup {
    let Told { name, own, .. } = told;
    let Some(other) = told.other.filter(|_| !texts.whole) else {
        return opened("the text", told, &bounded(told, texts.room), texts);
    };
    if other == *own {
        return as_elsewhere("as with the baseline");
    }
    // In a file texts that are shown in part differ in what is shown, or it is said that they do.
    let (of_own, of_other) = match texts.place {
        ShownIn::Page => (*own, other),
        ShownIn::File => (texts.room.shown(own), texts.room.shown(other)),
    };
    let difference = differences(of_other, of_own);
    let whole = bounded(told, texts.room);
    let label = format!("{name}: what differs");
    let shown = Shown {
        whole: told.all,
        ..texts.shown
    };
    html! {
        @if difference.is_none() { (opened("differs after its beginning", told, &whole, texts)) }
        @else {
            (opened(&counted(&difference), told, &changes(&label, &difference, of_other, shown), texts))
            (folded("the whole text", &whole))
        }
    }
}

/// A text that is there no more.
pub(crate) fn gone(told: &Told, texts: Texts) -> Markup {
    folded("removed, or no text", &bounded(told, texts.room))
}

/// A text that stands in another place already.
pub(crate) fn as_elsewhere(place: &str) -> Markup {
    html! { p.small.quiet { (visible(place)) } }
}

fn opened(name: &str, told: &Told, content: &Markup, texts: Texts) -> Markup {
    match texts.place {
        ShownIn::File => folded(name, content),
        ShownIn::Page => html! {
            details.more open[!told.is_aside] id=(told.fold) { summary.small { (visible(name)) } (content) }
        },
    }
}

/// As much of a text as there is room for.
fn bounded(told: &Told, room: Room) -> Markup {
    let shown = room.shown(told.own);
    html! {
        @if told.own.is_empty() { p.quiet { "empty" } } @else { (text(told.name, shown)) }
        @if shown.len() < told.own.len() {
            @match told.all {
                Some(all) => (cut(shown, told.own, all)),
                None => p.quiet.small {
                    (said_of(shown, told.own.len() as u64)) " Stepwell has the rest: "
                    code { "stepwell comparison show" } ", with " code { "--case" } "."
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(own: &str, other: Option<&str>, texts: Texts) -> String {
        let told = Told {
            name: "document",
            own,
            other,
            all: Some("/all"),
            fold: "fold",
            is_aside: false,
        };
        beside(&told, texts).into_string()
    }

    #[test]
    fn a_text_that_is_the_same_is_not_told_again() {
        let told = |own, whole| told(own, Some("tea\n"), Texts::open(whole, Layout::Below));
        assert!(!told("tea\n", false).contains("tea"));
        assert!(told("tea\n", true).contains("tea"));
        let differs = told("a tea\n", false);
        assert!(differs.contains("<b>a </b>tea</ins>"), "{differs}");
    }

    #[test]
    fn of_many_cells_each_text_is_told_by_its_beginning() {
        let long = "A line of tea.\n".repeat(2_000);
        let shown = |own: &str, other, cells| {
            let told = Told {
                name: "document",
                own,
                other,
                all: None,
                fold: "fold",
                is_aside: false,
            };
            beside(&told, Texts::folded(cells)).into_string()
        };
        assert_eq!(shown(&long, None, 20).matches("tea").count(), 2_000);
        let many = shown(&long, None, 2_000);
        assert!(many.len() < 4 * 1024, "{}", many.len());
        assert!(many.contains("of 29.3 KiB"), "{many}");
        assert!(many.contains("A line of tea.\n</pre>"), "{many}");

        // What lies beyond the beginning is not called the same.
        let (one, other) = (format!("{long}x"), format!("{long}y"));
        let differs = shown(&one, Some(&other), 2_000);
        assert!(differs.contains("differs after its beginning"));
    }

    #[test]
    fn on_a_page_the_rest_of_a_long_text_is_a_link() {
        let long = "A line of tea.\n".repeat(400_000);
        let whole = told(&long, None, Texts::open(false, Layout::Below));
        assert!(whole.len() < 20 * 1024, "{}", whole.len());
        assert!(whole.contains("<a href=\"/all\">Show all</a>"), "{whole}");
        // What differs far from the beginning is told.
        let differs = told(
            &format!("{long}x"),
            Some(&long),
            Texts::open(false, Layout::Beside),
        );
        assert!(differs.len() < 40 * 1024, "{}", differs.len());
        assert!(differs.contains("1 line added"), "{differs}");
    }
}
