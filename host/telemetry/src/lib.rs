//! Traces and metrics of runs, for an OpenTelemetry collector: off, unless the usual variables name one.
//!
//! A face like the page: it follows what is committed, and makes spans of records when something ends, with the names
//! of the conventions for generative AI. Ids follow from the names of runs, executions, attempts and calls, so that a
//! run which two processes carried on is one trace.
//!
//! It knows nothing of how runs are carried out, and they don't know that they are followed: a collector that is slow
//! or gone slows nothing. No text of a prompt, an answer, a document or an error leaves by it, and no key. The
//! messages are those of OpenTelemetry's own crate; its SDK isn't used, since that measures code as it runs, with ids
//! and settings of its own.

mod attributes;
mod ended;
mod following;
mod ids;
mod measures;
mod posting;
mod resource;
mod sending;
mod settings;
mod spans;
mod telemetry;

pub use settings::{Settings, SettingsError};
pub use telemetry::Telemetry;
