//! A model behind a short name, with all that is said of it.

use std::time::Duration;

use stepwell_contract::{ChatError, ChatErrorKind, ChatRequest, Inference, Price};

/// A model behind a short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedModel {
    /// The short name.
    pub name: String,
    /// The name of its provider in the settings, or `replay`.
    pub provider: String,
    /// The model's name at the provider; in a replay the short name.
    pub provider_model: String,
    /// What it costs, where that is known, and who says so.
    pub prices: Option<Price>,
    /// The most tokens of an answer where a request gives none.
    pub max_output_tokens: Option<u32>,
    /// Whether the server's chat template opens the thinking, so that an answer has only its end.
    pub thinking_prefilled: bool,
    /// Whether it can call tools, as far as the operator says.
    pub tools: bool,
    /// Whether it takes a JSON Schema for its answer, as far as the operator says.
    pub schemas: bool,
    /// How it is asked, where neither definition nor step say otherwise.
    pub inference: Inference,
    /// The short names of the models that are asked instead where it can't answer, in this order.
    pub fallback: Vec<String>,
    /// For how long an answer is given to an equal question of another run; none never is.
    pub reuse_answers: Option<Duration>,
}

impl ResolvedModel {
    /// A model of which nothing more is said.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        provider: impl Into<String>,
        provider_model: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            provider: provider.into(),
            provider_model: provider_model.into(),
            prices: None,
            max_output_tokens: None,
            thinking_prefilled: false,
            tools: true,
            schemas: true,
            inference: Inference::default(),
            fallback: Vec::new(),
            reuse_answers: None,
        }
    }

    /// Refuses a request that offers tools to a model that has none. Nothing is sent for it.
    ///
    /// # Errors
    /// [`ChatErrorKind::Other`] with the code that the contract has for it.
    pub(crate) fn check_tools(&self, request: &ChatRequest) -> Result<(), ChatError> {
        if self.tools || request.tools.is_empty() {
            return Ok(());
        }
        Err(ChatError::new(
            ChatErrorKind::Other(ChatError::NO_TOOLS.into()),
            format!(
                "the model `{}` takes no tools, as `tools = false` in stepwell.toml says",
                self.name
            ),
        ))
    }
}
