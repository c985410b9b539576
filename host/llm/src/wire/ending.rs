//! Why an answer ended, in the words of all servers.
//!
//! A word that stands here for nothing is handed on as it is: it isn't taken for the end of a whole answer.

use stepwell_contract::FinishReason;

/// What the word for an end says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The model came to an end: its own, or one that was set for it.
    Reached(FinishReason),
    /// The server gave the answer up. The word is its own.
    GivenUp(String),
}

impl Ending {
    /// Reads a word, however it is cased. Gateways hand on those of the server behind them: besides OpenAI's they are
    /// Anthropic's (`end_turn`), Gemini's (`MAX_TOKENS`), Mistral's (`model_length`), Cohere's (`COMPLETE`), those of
    /// text-generation-inference (`eos_token`), vLLM (`abort`), OpenRouter (`error`) and DeepSeek.
    pub(crate) fn of(word: String) -> Self {
        let reached = match word.to_lowercase().as_str() {
            "stop" | "end_turn" | "stop_sequence" | "eos_token" | "complete" => FinishReason::Stop,
            "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => FinishReason::Length,
            "content_filter" | "safety" | "recitation" | "refusal" | "blocklist"
            | "prohibited_content" => FinishReason::ContentFilter,
            "abort"
            | "cancelled"
            | "error"
            | "network_error"
            | "insufficient_system_resource"
            | "malformed_function_call" => return Self::GivenUp(word),
            _ => FinishReason::Other(word),
        };
        Self::Reached(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_many_servers_are_known_and_others_are_kept_as_they_are() {
        for (word, reason) in [
            ("stop", FinishReason::Stop),
            ("STOP", FinishReason::Stop),
            ("eos_token", FinishReason::Stop),
            ("MAX_TOKENS", FinishReason::Length),
            ("model_length", FinishReason::Length),
            ("SAFETY", FinishReason::ContentFilter),
            ("tool_use", FinishReason::ToolCalls),
            // No limit that is set: no other one helps.
            (
                FinishReason::TOO_LONG,
                FinishReason::Other(FinishReason::TOO_LONG.into()),
            ),
            ("Stopped_Early", FinishReason::Other("Stopped_Early".into())),
        ] {
            assert_eq!(Ending::of(word.into()), Ending::Reached(reason), "{word}");
        }
        for word in ["abort", "error", "MALFORMED_FUNCTION_CALL"] {
            assert_eq!(Ending::of(word.into()), Ending::GivenUp(word.into()));
        }
    }
}
