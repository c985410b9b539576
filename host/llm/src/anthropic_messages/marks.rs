//! Cache marks: up to which blocks the provider keeps what it read, and for how long.
//!
//! A mark is the option `cache_control` of a message, a tool or the request. What the provider refuses of them is refused here, with
//! the mend, before anything is sent.

use serde_json::{Map, Value};
use stepwell_contract::{ChatError, Text};

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
