//! The parts that pages are made of.

mod documents;
mod done;
mod hints;
mod markdown;
mod moments;
mod states;
mod versions;

pub(crate) use documents::document;
pub(crate) use done::{Done, done_notice};
pub(crate) use hints::{remedy, remedy_text};
pub(crate) use markdown::{guidance, markdown};
pub(crate) use moments::{age, clock, duration, moment};
pub(crate) use states::{run_name, run_state, run_word, step_mark, step_state, step_word};
pub(crate) use stepwell_contract::amounts::size as bytes;
pub(crate) use stepwell_rendering::{
    between, milliseconds, money, prompt_text, said, sentence, spent_money, spent_tokens, text,
    tokens, unified,
};
pub(crate) use versions::version_described;
