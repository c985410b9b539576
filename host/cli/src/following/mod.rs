//! What a person sees of work that is under way: it is followed event by event, and shown on the screen.

mod cells;
mod progress;

pub(crate) use cells::follow_cells;
pub(crate) use progress::{Progress, compiling_line};
