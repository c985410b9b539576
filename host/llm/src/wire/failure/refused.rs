//! What follows from a refusal besides its kind: that nothing was paid, that a model takes no tools, and which setting it is about.

use serde_json::Value;

use crate::wire::{About, Words};

/// Whether a server that answers with this status made no answer.
///
/// Who refuses a request, or is too busy to take it up, has done nothing for it. Behind another of a server's own failures (`500`), a gateway
/// that lost it (`502`, `504`) and a time that ran out, an answer may have been made that never arrived. So it may be where a gateway calls
/// it unavailable that a connection broke off.
pub(super) fn is_unpaid(status: u16, text: &str) -> bool {
    const TIME_RAN_OUT: u16 = 408;
    /// The second is what Anthropic says where it is overloaded.
    const BUSY: [u16; 2] = [503, 529];
    let lower = text.to_lowercase();
    let broke_off = [
        "reset",
        "disconnect",
        "terminat",
        "timeout",
        "timed out",
        "closed",
    ];
    let is_lost = broke_off.iter().any(|sign| lower.contains(sign));
    let is_refused = (400..500).contains(&status) && status != TIME_RAN_OUT;
    is_refused || (BUSY.contains(&status) && !is_lost)
}

/// Whether a refusal says that a model, or its server, takes no tools at all. What is said of a single tool, by its place in the list or of
/// its schema, isn't that.
pub(super) fn refuses_tools(status: u16, text: &str) -> bool {
    const TOOLS: [&str; 7] = [
        "tools",
        "tool_choice",
        "tool choice",
        "tool use",
        "tool calling",
        "function calling",
        "function_call",
    ];
    const REFUSED: [&str; 9] = [
        "not support",
        "unsupported",
        "that support",
        "n't support",
        "not available",
        "unknown parameter",
        "unrecognized request argument",
        "extra inputs",
        "requires --",
    ];
    if !matches!(status, 400 | 404 | 405 | 422 | 501) {
        return false;
    }
    let lower = text.to_lowercase();
    let of_one = |at: usize| {
        let behind = &lower[at..];
        let next = behind
            .strip_prefix(['.', '['])
            .and_then(|it| it.chars().next());
        next.is_some_and(|next| next.is_alphanumeric())
    };
    let mut places = lower.match_indices("tools");
    let names_one = places.any(|(at, found)| of_one(at + found.len()));
    let names = |any_of: &[&str]| any_of.iter().any(|sign| lower.contains(sign));
    names(&TOOLS) && names(&REFUSED) && !names_one && !names(&["schema", "parallel"])
}

/// The settings that wrote the field that a refusal is about: the one that it names as its parameter, or else the first in its text.
pub(super) fn refused_setting(error: Option<&Value>, said: &str, words: &Words) -> Option<About> {
    let parameter = error.and_then(|error| error.get("param")?.as_str());
    let parameter = parameter.map(str::to_lowercase);
    let is_named = |word: &str| {
        let parameter = parameter.as_deref()?;
        let inner = parameter.rsplit('.').next()?;
        (parameter == word || inner == word).then_some(0)
    };
    let said = said.to_lowercase();
    let first = |place: &dyn Fn(&str) -> Option<usize>| {
        let found = words
            .iter()
            .filter_map(|(word, settings)| Some((place(word)?, *settings)));
        found.min_by_key(|(at, _)| *at)
    };
    let (_, settings) = first(&is_named).or_else(|| first(&|word| place_of(word, &said)))?;
    Some(About::Setting(settings))
}

/// Where a field's name stands in a text as a word of its own. A field of something that is counted is another one, such as
/// `messages.1.content.0.thinking`.
fn place_of(word: &str, said: &str) -> Option<usize> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    let stands_alone = |at: &usize| {
        let before = &said[..*at];
        let is_counted = before
            .strip_suffix('.')
            .is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
        let behind = &said[*at + word.len()..];
        !is_counted && !before.ends_with(is_inner) && !behind.starts_with(is_inner)
    };
    said.match_indices(word)
        .map(|(at, _)| at)
        .find(stands_alone)
}
