//! A comparison as a person reads it in a browser, on the page or in a file that is handed on, and as a spreadsheet does.
//!
//! Everything here is a function of what it is given. What only the page has, links, forms and buttons, it hands in as
//! an [`Around`]; a report has nothing of it. Everything from outside is text: the macro `html!` escapes it.

mod amounts;
mod around;
mod beside;
mod cases;
mod charts;
mod csv;
mod difference;
mod history;
mod in_order;
mod matrix;
mod measured;
mod report;
mod room;
mod summary;
mod texts;
mod variants;

#[cfg(test)]
mod made_up;

pub use amounts::{milliseconds, money, spent_money, spent_tokens, tokens};
pub use around::{Around, Whole};
pub use beside::Texts;
pub use cases::{Side, given, sides};
pub use csv::{csv, csv_line, csv_money, csv_text};
pub use difference::{Further, Layout, Shown, between, difference, unified};
pub use history::history;
pub use in_order::page_in_order;
pub use matrix::{matrix, order};
pub use report::html;
pub use room::Room;
pub use stepwell_comparison::TextOf;
pub use summary::{columns, facts, sentences, state, stopped};
pub use texts::{
    bounded_prompt, bounded_text, cut, cut_with, prompt_text, said, sentence, text, whole_text,
};
pub use variants::{templates, variants};

/// The style of everything that the page and a report have in common, from the choices of colours and distances to the
/// parts that they are made of.
pub const STYLE: &str = concat!(
    include_str!("../assets/tokens.css"),
    include_str!("../assets/base.css"),
    include_str!("../assets/parts.css"),
    include_str!("../assets/comparisons.css"),
);
