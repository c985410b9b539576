//! What follows from a refusal besides its kind: that nothing was paid, and that a model takes no tools.

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
