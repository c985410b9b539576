//! What the operator says of models: providers, short names, prices, budgets.
//!
//! Keys are not here: a provider names the environment variable that holds its key, and only the room that
//! talks to providers ever reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amounts;
use crate::inference::Inference;
use crate::providers::ProviderSettings;
use crate::{Money, Pricing};

/// One model under its short name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSettings {
    /// The name of its provider.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// What the operator says of its price; none is what the list of the known providers says.
    pub prices: Option<Pricing>,
    /// The most tokens of an answer where a step gives none; also what a budget reserves.
    pub max_output_tokens: Option<u32>,
    /// Whether the server's chat template opens the thinking, so that an answer has only its end: `</think>`.
    pub thinking_prefilled: bool,
    /// Whether it can call tools. One that can't is never sent a request that offers some.
    pub tools: bool,
    /// Whether it takes a JSON Schema for its answer. One that doesn't is told of it in words.
    pub schemas: bool,
    /// How it is asked, where a step doesn't say otherwise.
    pub inference: Inference,
    /// The short names of the models that are asked instead where it can't answer, in this order.
    pub fallback: Vec<String>,
    /// For how long an answer is given to an equal question of another run, instead of asking again; none never is.
    pub reuse_answers: Option<Duration>,
}

impl ModelSettings {
    /// A model of which nothing more is said.
    #[must_use]
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
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
}

/// A cap on what may be spent. None is no cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// Tokens, input and output together.
    pub tokens: Option<u64>,
    /// Money.
    pub money: Option<Money>,
}

impl Budget {
    /// As a person reads it: `$5.00 or 20 000 tokens`.
    #[must_use]
    pub fn shown(self) -> String {
        let money = self.money.map(|money| money.to_string());
        let tokens = self.tokens;
        let tokens = tokens.map(|tokens| format!("{} tokens", amounts::tokens(tokens)));
        let caps: Vec<_> = money.into_iter().chain(tokens).collect();
        caps.join(" or ")
    }
}

/// Tokens and money together, as budgets count them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expense {
    /// Tokens, input and output together.
    pub tokens: u64,
    /// Money, as far as prices are known.
    pub money: Money,
}

impl Expense {
    /// Both together; never more than the largest number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_add(other.tokens),
            money: Money(self.money.0.saturating_add(other.money.0)),
        }
    }

    /// What is left; never less than nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_sub(other.tokens),
            money: Money(self.money.0.saturating_sub(other.money.0)),
        }
    }
}

/// All that the operator says of models.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelsSettings {
    /// Providers by name.
    pub providers: BTreeMap<String, ProviderSettings>,
    /// Models by short name.
    pub models: BTreeMap<String, ModelSettings>,
    /// The model of a step that names none.
    pub default_model: Option<String>,
}

/// What was spent on models.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// Calls.
    pub calls: u64,
    /// Attempts at them, those that failed included.
    pub attempts: u64,
    /// Input tokens of the attempts whose tokens are known; none where they are known of none.
    pub input_tokens: Option<u64>,
    /// Output tokens of the attempts whose tokens are known; none where they are known of none.
    pub output_tokens: Option<u64>,
    /// Money of the attempts whose money is known; none where it is known of none.
    pub money: Option<Money>,
    /// Attempts whose tokens are not known: the sums above lack them.
    pub unknown_tokens: u64,
    /// Attempts whose money is not known: its price is not known, or no tokens are known.
    pub unknown_money: u64,
}
