//! What a step says while it works.

use crate::host::call;

pub use crate::bindings::stepwell::plugin::progress::Level;

/// A line for the log.
pub fn log(level: Level, message: impl AsRef<str>) {
    call(|host| host.log(level, message.as_ref()));
}

/// A line for a person who follows the run.
pub fn info(message: impl AsRef<str>) {
    log(Level::Info, message);
}

/// A line about something that the person should look at.
pub fn warn(message: impl AsRef<str>) {
    log(Level::Warn, message);
}

/// How far the step is, such as 3 of 7 with the label `writing parser.py`.
pub fn advance(done: u32, total: u32, label: impl AsRef<str>) {
    call(|host| host.advance(done, total, label.as_ref()));
}
