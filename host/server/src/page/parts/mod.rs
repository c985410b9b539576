//! The parts that pages are made of.

mod amounts;
mod difference;
mod hints;
mod markdown;
mod moments;
mod states;
mod texts;
mod versions;

pub(crate) use amounts::{bytes, duration, milliseconds, money, spent_money, spent_tokens, tokens};
pub(crate) use difference::{between, unified};
pub(crate) use hints::{hint, remedy};
pub(crate) use markdown::guidance;
use markdown::markdown;
pub(crate) use moments::{age, clock, moment};
pub(crate) use states::{run_state, run_word, step_mark, step_state, step_word};
pub(crate) use texts::{document, prompt_text, said, sentence, text};
pub(crate) use versions::version_described;
