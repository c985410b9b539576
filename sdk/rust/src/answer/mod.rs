//! Reading what models really send: prose around the answer, fences inside fences, Windows line ends, a last
//! block that breaks off.
//!
//! Everything here is pure and takes any text without panicking; none of it talks to the host.

mod diagram;
mod edits;
mod fences;
mod files;
mod format;
mod headings;
mod json;
mod lines;
mod open_points;
mod outline;
mod questions;
mod thoughts;
mod wrapping;

pub use diagram::{check_diagram, diagram};
pub use edits::{Edit, apply};
pub use fences::{Block, blocks, fenced, without_blocks};
pub use files::{
    Change, Content, File, Given, changes, check_path, file_list, files, holds_files,
    marked_changes, marked_summary, nameless, render_file, summary,
};
pub(crate) use files::{is_change, left_out};
pub use format::DocumentFormat;
pub use json::{json, json_of};
pub(crate) use lines::words;
pub use open_points::{OPEN_POINTS, open_points};
pub use outline::{Outline, Report};
pub use questions::questions;
