//! Providers that are known by name: where each is, the usual variable with its key, and the format that it speaks.
//!
//! These are facts of others, as their own pages told them when they were looked up, on 2026-11-30. Each row names its page. Where
//! one changes, a section of `stepwell.toml` says otherwise until the row is mended. Nothing here is asked of anybody.

use stepwell_contract::KnownAddress::{At, Own};
use stepwell_contract::{KnownProvider, ProviderKind, TokenLimit};

/// What rows say where they say nothing else: chat completions, with a key that is sent as the format says.
const USUAL: KnownProvider = KnownProvider {
    name: "",
    title: "",
    also: &[],
    kind: ProviderKind::OpenaiChat,
    address: Own(""),
    key_variable: None,
    key_header: None,
    token_limit: TokenLimit::MaxTokens,
    batch_percent: None,
};

/// The providers, those with a key first, in the order in which they are listed.
static KNOWN: [KnownProvider; 16] = [
    // https://developers.openai.com/api/reference: `max_tokens` is deprecated, and refused by models that reason. Batches:
    // https://developers.openai.com/api/docs/guides/batch
    KnownProvider {
        name: "openai",
        title: "OpenAI",
        also: &["gpt", "chatgpt"],
        address: At("https://api.openai.com/v1"),
        key_variable: Some("OPENAI_API_KEY"),
        token_limit: TokenLimit::MaxCompletionTokens,
        batch_percent: Some(50),
        ..USUAL
    },
    // https://platform.claude.com/docs/en/api. Batches: https://platform.claude.com/docs/en/build-with-claude/batch-processing
    KnownProvider {
        name: "anthropic",
        title: "Anthropic",
        also: &["claude"],
        kind: ProviderKind::AnthropicMessages,
        address: At("https://api.anthropic.com/v1"),
        key_variable: Some("ANTHROPIC_API_KEY"),
        batch_percent: Some(50),
        ..USUAL
    },
    // https://ai.google.dev/gemini-api/docs
    KnownProvider {
        name: "google",
        title: "Google Gemini",
        also: &["gemini", "google-ai", "google-gemini"],
        kind: ProviderKind::GeminiInteractions,
        address: At("https://generativelanguage.googleapis.com/v1beta"),
        key_variable: Some("GEMINI_API_KEY"),
        ..USUAL
    },
    // https://openrouter.ai/docs/quickstart
    KnownProvider {
        name: "openrouter",
        title: "OpenRouter",
        also: &["open-router"],
        address: At("https://openrouter.ai/api/v1"),
        key_variable: Some("OPENROUTER_API_KEY"),
        ..USUAL
    },
    // https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle: its v1 API needs no `api-version`.
    KnownProvider {
        name: "azure",
        title: "Azure OpenAI",
        also: &[
            "azure-openai",
            "azureopenai",
            "azure_openai",
            "foundry",
            "microsoft",
        ],
        address: Own("https://RESOURCE.openai.azure.com/openai/v1"),
        key_variable: Some("AZURE_OPENAI_API_KEY"),
        key_header: Some("api-key"),
        token_limit: TokenLimit::MaxCompletionTokens,
        ..USUAL
    },
    // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html: a key of Bedrock's own, no signature.
    KnownProvider {
        name: "bedrock",
        title: "Amazon Bedrock",
        also: &["aws", "amazon", "aws-bedrock", "amazon-bedrock"],
        address: Own("https://bedrock-runtime.REGION.amazonaws.com/openai/v1"),
        key_variable: Some("AWS_BEARER_TOKEN_BEDROCK"),
        ..USUAL
    },
    // https://docs.mistral.ai/api
    KnownProvider {
        name: "mistral",
        title: "Mistral AI",
        also: &["mistralai", "mistral-ai"],
        address: At("https://api.mistral.ai/v1"),
        key_variable: Some("MISTRAL_API_KEY"),
        ..USUAL
    },
    // https://api-docs.deepseek.com
    KnownProvider {
        name: "deepseek",
        title: "DeepSeek",
        also: &["deep-seek"],
        address: At("https://api.deepseek.com"),
        key_variable: Some("DEEPSEEK_API_KEY"),
        ..USUAL
    },
    // https://console.groq.com/docs/openai, https://console.groq.com/docs/api-reference: `max_tokens` is deprecated.
    KnownProvider {
        name: "groq",
        title: "Groq",
        address: At("https://api.groq.com/openai/v1"),
        key_variable: Some("GROQ_API_KEY"),
        token_limit: TokenLimit::MaxCompletionTokens,
        ..USUAL
    },
    // https://docs.x.ai/developers/model-capabilities/text/comparison: chat completions are deprecated there.
    KnownProvider {
        name: "xai",
        title: "xAI",
        also: &["x-ai", "x", "grok"],
        kind: ProviderKind::OpenaiResponses,
        address: At("https://api.x.ai/v1"),
        key_variable: Some("XAI_API_KEY"),
        ..USUAL
    },
    // https://docs.together.ai/docs/inference/openai-compatibility
    KnownProvider {
        name: "together",
        title: "Together AI",
        also: &["togetherai", "together-ai", "together_ai"],
        address: At("https://api.together.ai/v1"),
        key_variable: Some("TOGETHER_API_KEY"),
        ..USUAL
    },
    // https://platform.moonshot.ai/docs/api/chat
    KnownProvider {
        name: "moonshot",
        title: "Moonshot AI",
        also: &["moonshotai", "moonshot-ai", "kimi"],
        address: At("https://api.moonshot.ai/v1"),
        key_variable: Some("MOONSHOT_API_KEY"),
        ..USUAL
    },
    // https://inference-docs.cerebras.ai/api-reference/chat-completions: `max_completion_tokens` bounds an answer.
    KnownProvider {
        name: "cerebras",
        title: "Cerebras",
        also: &["cerebras-ai", "cerebrasai"],
        address: At("https://api.cerebras.ai/v1"),
        key_variable: Some("CEREBRAS_API_KEY"),
        token_limit: TokenLimit::MaxCompletionTokens,
        ..USUAL
    },
    // https://docs.ollama.com/openai
    KnownProvider {
        name: "ollama",
        title: "Ollama",
        address: At("http://localhost:11434/v1"),
        ..USUAL
    },
    // https://lmstudio.ai/docs/developer
    KnownProvider {
        name: "lmstudio",
        title: "LM Studio",
        also: &["lm-studio", "lm_studio"],
        address: At("http://localhost:1234/v1"),
        ..USUAL
    },
    // https://docs.vllm.ai/en/stable/serving/openai_compatible_server: it wants a key only where it was started with one.
    KnownProvider {
        name: "vllm",
        title: "vLLM",
        address: At("http://localhost:8000/v1"),
        ..USUAL
    },
];

/// The providers that are known by name.
#[must_use]
pub fn known_providers() -> &'static [KnownProvider] {
    &KNOWN
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::base_url;

    #[test]
    fn each_row_can_be_used_and_no_name_stands_for_two() {
        let mut names = BTreeSet::new();
        for provider in known_providers() {
            for name in std::iter::once(&provider.name).chain(provider.also) {
                assert!(names.insert(*name), "{name}");
                assert_eq!(name.to_lowercase(), *name);
            }
            assert!(!provider.title.is_empty());
            let (At(url) | Own(url)) = provider.address;
            // As it is shown, and as it is used: no slash at its end.
            assert_eq!(
                base_url(url)
                    .unwrap()
                    .as_str()
                    .to_lowercase()
                    .trim_end_matches('/'),
                url.to_lowercase()
            );
            let is_own = url.contains(|c: char| c.is_ascii_uppercase());
            assert_eq!(matches!(provider.address, Own(_)), is_own, "{url}");
            // What goes over the network is encrypted, and what wants no key stays on the machine.
            assert_eq!(
                provider.key_variable.is_some(),
                url.starts_with("https://"),
                "{url}"
            );
        }
    }

    /// What a person reads of them is what holds.
    #[test]
    fn the_guide_has_a_row_for_each() {
        let page = include_str!("../../../docs/guides/models.md");
        for provider in known_providers() {
            let named = format!("`{}`", provider.name);
            let rows = page.lines().filter(|line| line.starts_with('|'));
            let mut rows =
                rows.filter(|row| row.contains(&named) && row.contains(provider.kind.as_str()));
            let row = rows.next().unwrap_or_else(|| panic!("{named}"));
            let tells = |told: &str| assert!(row.contains(told), "{told}: {row}");
            provider.key_variable.into_iter().for_each(tells);
            provider.key_header.into_iter().for_each(tells);
        }
    }
}
