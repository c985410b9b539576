#![doc = include_str!("../README.md")]

pub mod answer;
mod attempt;
#[doc(hidden)]
pub mod bindings;
pub mod chat;
pub mod clarifying;
pub mod context;
mod description;
pub mod dialogue;
pub mod documents;
mod failure;
#[doc(hidden)]
pub mod guest;
pub mod host;
pub mod progress;
pub mod prompts;
pub mod requirements;
mod step;
mod surveyed;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod tools;
pub mod workspace;

pub use bindings::stepwell::plugin::types::Text;
pub use description::{Description, Field, Prompt};
pub use failure::{Failure, FailureKind};
pub use step::{Documents, Inputs, Step};
