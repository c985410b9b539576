//! What an answer cost, in the provider's numbers.

use serde_json::{Map, Value};
use stepwell_contract::Usage;

use crate::wire::lenient;

/// The numbers so far. Those of a stream count up, so that the greatest is the last one, also where a server repeats zeros.
#[derive(Default)]
pub(super) struct Told {
    input: Option<u32>,
    cache_write: Option<u32>,
    cache_read: Option<u32>,
    output: Option<u32>,
    thinking: Option<u32>,
    /// What nothing is decided by, such as for how long was written to the cache.
    pub(super) more: Map<String, Value>,
}

impl Told {
    pub(super) fn add(&mut self, told: Value) {
        let Value::Object(mut fields) = told else {
            return;
        };
        for (name, number) in [
            ("input_tokens", &mut self.input),
            ("cache_creation_input_tokens", &mut self.cache_write),
            ("cache_read_input_tokens", &mut self.cache_read),
            ("output_tokens", &mut self.output),
        ] {
            let told = fields.remove(name);
            *number = (*number).max(told.as_ref().and_then(lenient::count));
        }
        let details = fields.remove("output_tokens_details");
        let thinking = details.as_ref().and_then(|it| it.get("thinking_tokens"));
        self.thinking = self.thinking.max(thinking.and_then(lenient::count));
        fields.retain(|_, value| !value.is_null());
        self.more.extend(fields);
    }

    /// Of what was written to the cache: what is kept for an hour, as the provider counts it beside the sum.
    pub(super) fn hour_writes(&self) -> Option<u32> {
        let written = self.more.get("cache_creation")?;
        lenient::count(written.get("ephemeral_1h_input_tokens")?)
    }

    /// The provider counts what was read from the cache and written to it beside the rest of the input.
    pub(super) fn usage(&self) -> Usage {
        let cached = self
            .cache_read
            .unwrap_or(0)
            .saturating_add(self.cache_write.unwrap_or(0));
        Usage {
            input_tokens: self.input.map(|input| input.saturating_add(cached)),
            output_tokens: self.output,
            cache_read_tokens: self.cache_read,
            cache_write_tokens: self.cache_write,
            reasoning_tokens: self.thinking,
        }
    }
}
