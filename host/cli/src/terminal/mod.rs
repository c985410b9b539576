//! Everything that a person sees: the screen, questions, tables, times, and how a run and a comparison look.
//!
//! Nothing here asks the engine for anything, and no text is written but through [`Screen`].

mod case;
mod commanded;
mod comparison;
mod credentials;
mod doing;
mod improvement;
mod interrupts;
mod keyboard;
mod lines;
mod logged;
mod names;
mod questions;
mod remedies;
mod screen;
mod shell;
mod style;
mod tables;
mod tested;
mod times;
mod tracing_lines;
mod transfer;
mod tree;
mod wrapping;
mod yes;

pub(crate) use case::{answers_text, case_text};
pub(crate) use commanded::helped;
pub(crate) use comparison::comparison_text;
pub(crate) use credentials::{asked_for, asked_in_secret};
pub(crate) use improvement::{improvement_text, status as improvement_status, whole_proposal};
pub(crate) use interrupts::Interrupts;
pub(crate) use lines::{level_of, line_of, stands_out};
pub(crate) use names::{batch_named, path_of, tail, with_rounds};
pub(crate) use questions::{Room, TerminalPerson};
pub(crate) use remedies::remedied;
pub(crate) use screen::{Screen, Unprinted};
pub(crate) use shell::quoted;
pub(crate) use stepwell_contract::amounts::{duration, score, size, tokens};
pub(crate) use style::{Style, plain, plain_line, plain_paragraph};
pub(crate) use tables::Table;
pub(crate) use tested::{case_result, case_results};
pub(crate) use times::{ago, between, clock, now, spent};
pub(crate) use tracing_lines::tracing_to;
pub(crate) use transfer::Transfer;
pub(crate) use tree::Tree;
pub(crate) use wrapping::wrapped;
pub(crate) use yes::says_yes;
