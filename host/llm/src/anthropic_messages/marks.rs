//! Cache marks: up to which blocks the provider keeps what it read, and for how long.
//!
//! A mark is the option `cache_control` of a message, a tool or the request. What the provider refuses of them is refused here, with
//! the mend, before anything is sent.

use serde_json::{Map, Value, json};
use stepwell_contract::{Caching, ChatError, Text};

use super::conversation::is;
use crate::wire::request::{invalid, json_of};

const MARK: &str = "cache_control";

/// So many a request may have.
const MOST: usize = 4;

/// Sets the mark of a message on the last of its blocks that can have one.
pub(super) fn set(blocks: &mut [Value], options: &[Text]) -> Result<(), ChatError> {
    for option in options {
        if option.name != MARK {
            let name = &option.name;
            return Err(invalid(format!(
                "the Messages API takes no option `{name}` with a message, only `{MARK}`"
            )));
        }
        let mark = json_of(&format!("option `{MARK}`"), &option.value)?;
        let thinks = |block: &Value| is(block, "thinking") || is(block, "redacted_thinking");
        match blocks.iter_mut().rfind(|block| !thinks(block)) {
            Some(block) => block[MARK] = mark,
            None => {
                return Err(invalid(format!(
                    "a message with the option `{MARK}` holds nothing that can be marked"
                )));
            }
        }
    }
    Ok(())
}

/// Marks what repeats, unless the step marks something itself: the first `repeats` bytes of what the user says first, since other calls
/// begin with them, and, where there are tools, all of it, since the conversation will go on from there.
pub(super) fn by_itself(
    fields: &mut Map<String, Value>,
    caching: Option<Caching>,
    repeats: Option<usize>,
) {
    let mark = match caching {
        Some(Caching::Off) => return,
        Some(Caching::Hour) => json!({ "type": "ephemeral", "ttl": "1h" }),
        None | Some(Caching::FiveMinutes) => json!({ "type": "ephemeral" }),
    };
    if fields.values().any(has_some) || fields.contains_key(MARK) {
        return;
    }
    if fields.contains_key("tools") {
        fields.insert(MARK.into(), mark.clone());
    }
    let first = fields
        .get_mut("messages")
        .and_then(|messages| messages.get_mut(0)?.get_mut("content")?.as_array_mut());
    if let (Some(blocks), Some(repeats)) = (first, repeats) {
        mark_beginning(blocks, repeats, mark);
    }
}

/// Sets a mark behind so many bytes of the first block, which becomes two.
fn mark_beginning(blocks: &mut Vec<Value>, bytes: usize, mark: Value) {
    let text = blocks.first().and_then(|block| block.get("text")?.as_str());
    let Some((beginning, rest)) = text.and_then(|text| text.split_at_checked(bytes)) else {
        return;
    };
    // A block of nothing but space is refused.
    if beginning.trim().is_empty() || rest.trim().is_empty() {
        return;
    }
    let beginning = json!({ "type": "text", "text": beginning, MARK: mark });
    let rest = json!({ "type": "text", "text": rest });
    blocks.splice(..1, [beginning, rest]);
}

/// Whether there is a mark anywhere but in what somebody says.
fn has_some(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key(MARK) || fields.values().any(has_some),
        Value::Array(values) => values.iter().any(has_some),
        _ => false,
    }
}

/// How long what is marked is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    FiveMinutes,
    Hour,
}

/// Holds all marks of a request against the provider's rules.
pub(super) fn check(fields: &Map<String, Value>) -> Result<(), ChatError> {
    let list = |name: &str| fields.get(name).and_then(Value::as_array).into_iter();
    let said = list("messages").flatten();
    let said = said.filter_map(|message| message.get("content").and_then(Value::as_array));
    let blocks = list("tools").chain(list("system")).chain(said).flatten();
    let on_blocks = blocks.filter_map(|block| block.get(MARK));
    // One on the request itself is the provider's to set, on the last block.
    let marks = on_blocks.chain(fields.get(MARK));
    let (mut count, mut is_short) = (0, false);
    for mark in marks.filter(|mark| !mark.is_null()) {
        count += 1;
        match time(mark)? {
            Time::FiveMinutes => is_short = true,
            Time::Hour if is_short => {
                return Err(invalid(format!(
                    "a `{MARK}` of an hour stands behind one of five minutes: those of an hour come first, in tools, system text and messages"
                )));
            }
            Time::Hour => {}
        }
    }
    match count {
        0..=MOST => Ok(()),
        _ => Err(invalid(format!(
            "the request has {count} marks `{MARK}`, and {MOST} are the most: leave the first ones out"
        ))),
    }
}

fn time(mark: &Value) -> Result<Time, ChatError> {
    let ttl = mark.get("ttl").map(Value::as_str);
    match (is(mark, "ephemeral"), ttl) {
        (true, None | Some(Some("5m"))) => Ok(Time::FiveMinutes),
        (true, Some(Some("1h"))) => Ok(Time::Hour),
        _ => Err(invalid(format!(
            "`{MARK}` is `{mark}`: write {{\"type\":\"ephemeral\"}}, which is five minutes, or {{\"type\":\"ephemeral\",\"ttl\":\"1h\"}}"
        ))),
    }
}
