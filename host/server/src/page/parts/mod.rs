//! The parts that pages are made of.

mod against;
mod documents;
mod done;
mod finding;
mod hints;
mod layouts;
mod markdown;
mod moments;
mod states;
mod versions;

pub(crate) use against::{compare_with, differs};
pub(crate) use documents::document;
pub(crate) use done::{Done, done_notice, to_done};
pub(crate) use finding::{finding, wanted_runs};
pub(crate) use hints::{left_out, remedy, remedy_text, warned};
pub(crate) use layouts::{LAYOUT, laid_out, layout_choice, layout_form, layout_in_row};
pub(crate) use markdown::{guidance, markdown};
pub(crate) use moments::{age, clock, duration, moment};
pub(crate) use states::{run_name, run_state, run_word, step_mark, step_state, step_word};
pub(crate) use stepwell_contract::amounts::size as bytes;
pub(crate) use stepwell_rendering::{
    Layout, Room, Shown, between, bounded_prompt, bounded_text, cut, cut_with, milliseconds, money,
    prompt_text, said, sentence, spent_money, spent_tokens, text, tokens, unified, whole_text,
};
pub(crate) use versions::version_described;
