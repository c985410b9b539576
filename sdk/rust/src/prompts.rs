//! The versioned prompts of the host's store.

use crate::bindings::stepwell::plugin::types::Text;
use crate::host::call;

pub use crate::bindings::stepwell::plugin::prompts::{PromptError, PromptErrorKind, Version};

/// Fills the version of a prompt that this execution uses.
///
/// # Errors
/// The prompt, or a variable that it names, isn't there.
pub fn render(prompt: &str, variables: &[Text]) -> Result<String, PromptError> {
    call(|host| host.render_prompt(prompt, variables))
}

/// The same as [`render`], with variables written as pairs.
///
/// # Errors
/// The prompt, or a variable that it names, isn't there.
pub fn fill<V: AsRef<str>>(prompt: &str, variables: &[(&str, V)]) -> Result<String, PromptError> {
    let variables: Vec<Text> = variables
        .iter()
        .map(|(name, value)| Text::new(*name, value.as_ref()))
        .collect();
    render(prompt, &variables)
}

/// The version that this execution uses.
///
/// # Errors
/// There is none, or the store can't be reached.
pub fn active(prompt: &str) -> Result<Version, PromptError> {
    call(|host| host.active_prompt(prompt))
}

/// The latest version created.
///
/// # Errors
/// There is none, or the store can't be reached.
pub fn latest(prompt: &str) -> Result<Version, PromptError> {
    call(|host| host.latest_prompt(prompt))
}

/// A kept version.
///
/// # Errors
/// It isn't kept, or the store can't be reached.
pub fn version(prompt: &str, number: u32) -> Result<Version, PromptError> {
    call(|host| host.prompt_version(prompt, number))
}

/// All kept versions, oldest first.
///
/// # Errors
/// There are none, or the store can't be reached.
pub fn versions(prompt: &str) -> Result<Vec<Version>, PromptError> {
    call(|host| host.prompt_versions(prompt))
}

/// Adds a version, which becomes current when the execution succeeds. Needs the grant `prompts = "write"`.
///
/// # Errors
/// It isn't granted, or the template is no template.
pub fn add(prompt: &str, content: &str, note: &str) -> Result<(), PromptError> {
    call(|host| host.add_prompt(prompt, content, note))
}

/// Makes a kept version current when the execution succeeds. Needs the grant `prompts = "write"`.
///
/// # Errors
/// It isn't granted, or there is no such version.
pub fn make_current(prompt: &str, number: u32) -> Result<(), PromptError> {
    call(|host| host.make_prompt_current(prompt, number))
}
