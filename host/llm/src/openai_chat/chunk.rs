//! What servers write: a piece of a stream, or a whole answer, which has the same parts.
//!
//! Strict is only what the answer itself is made of: where that is something else, a part of it would be lost.

use serde::Deserialize;
use serde_json::{Map, Value};
use stepwell_contract::Usage;

use crate::wire::lenient;

/// One piece of a stream, or a whole answer.
#[derive(Deserialize)]
pub(super) struct Chunk {
    #[serde(default, deserialize_with = "lenient::text")]
    pub(super) model: Option<String>,
    #[serde(default, deserialize_with = "lenient::unless_plain")]
    pub(super) choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "lenient::anything")]
    pub(super) usage: Option<Value>,
    #[serde(default, deserialize_with = "lenient::anything")]
    pub(super) error: Option<Value>,
    #[serde(flatten)]
    pub(super) more: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "lenient::index")]
    pub(super) index: Option<u32>,
    /// In a stream.
    pub(super) delta: Option<Delta>,
    /// In a whole answer.
    pub(super) message: Option<Delta>,
    #[serde(default, deserialize_with = "lenient::word")]
    pub(super) finish_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::anything")]
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    /// A text, or a list of parts, or null.
    pub(super) content: Option<Value>,
    #[serde(default, deserialize_with = "lenient::some")]
    pub(super) tool_calls: Option<Vec<CallDelta>>,
    #[serde(default, deserialize_with = "lenient::said")]
    pub(super) refusal: Option<String>,
    #[serde(default, deserialize_with = "lenient::said")]
    pub(super) reasoning_content: Option<String>,
    /// Other servers' word for the same; some send both.
    #[serde(default, deserialize_with = "lenient::said")]
    pub(super) reasoning: Option<String>,
    /// What the provider wants back with the next request.
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) reasoning_details: Option<Vec<Value>>,
}

#[derive(Deserialize)]
pub(super) struct CallDelta {
    #[serde(default, deserialize_with = "lenient::index")]
    pub(super) index: Option<u32>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(super) id: Option<String>,
    pub(super) function: Option<FunctionDelta>,
}

#[derive(Deserialize)]
pub(super) struct FunctionDelta {
    pub(super) name: Option<String>,
    /// A piece of JSON text; from some servers the JSON itself.
    pub(super) arguments: Option<Value>,
}

/// The tokens that a server tells; what it tells in no readable way is not known.
pub(super) fn usage(told: &Value) -> Usage {
    let at = |path: &[&str]| {
        let found = path.iter().try_fold(told, |value, name| value.get(name));
        found.and_then(lenient::count)
    };
    Usage {
        input_tokens: at(&["prompt_tokens"]),
        output_tokens: at(&["completion_tokens"]),
        cache_read_tokens: at(&["prompt_tokens_details", "cached_tokens"])
            // Another server's word for it.
            .or_else(|| at(&["prompt_cache_hit_tokens"])),
        cache_write_tokens: at(&["prompt_tokens_details", "cache_write_tokens"]),
        reasoning_tokens: at(&["completion_tokens_details", "reasoning_tokens"]),
    }
}
