//! Everything that a person sees: the screen, progress, questions, tables, times.
//!
//! Nothing here asks the engine for more than it watches, and no text is written but through [`Screen`].

mod comparison;
mod doing;
mod interrupts;
mod keyboard;
mod lines;
mod names;
mod progress;
mod questions;
mod remedies;
mod screen;
mod style;
mod tables;
mod times;
mod tracing_lines;
mod tree;

pub(crate) use comparison::comparison_text;
pub(crate) use interrupts::Interrupts;
pub(crate) use lines::cut_off;
pub(crate) use names::{is_of_earlier_round, path_of, with_rounds};
pub(crate) use progress::{Progress, compiling_line};
pub(crate) use questions::TerminalPerson;
pub(crate) use remedies::remedied;
pub(crate) use screen::Screen;
pub(crate) use stepwell_contract::amounts::{duration, score, size, tokens};
pub(crate) use style::{Style, plain, run_word};
pub(crate) use tables::Table;
pub(crate) use times::{ago, between, clock, spent};
pub(crate) use tracing_lines::tracing_to;
