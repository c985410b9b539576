//! What tokens cost, and who says so.
//!
//! Nothing here is multiplied: what a call cost is worked out where calls are made.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Money;

/// The name under which recorded answers appear where a provider is named. They cost nothing.
pub const REPLAY: &str = "replay";

/// What tokens of each kind cost, in micro-dollars for a million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rates {
    /// A million input tokens.
    pub input: Money,
    /// A million output tokens.
    pub output: Money,
    /// A million input tokens that were read from the provider's cache; as `input` where it isn't given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<Money>,
    /// A million input tokens that were written to the provider's cache; as `input` where it isn't given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Money>,
    /// A million input tokens that were written to the provider's cache for an hour; as `cache_write` where it isn't given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_hour: Option<Money>,
}

impl Rates {
    /// Rates without a cache.
    #[must_use]
    pub fn of(input: Money, output: Money) -> Self {
        Self {
            input,
            output,
            cache_read: None,
            cache_write: None,
            cache_write_hour: None,
        }
    }

    /// All that a million input tokens may cost, whatever the cache does with them.
    pub fn of_input(&self) -> impl Iterator<Item = Money> {
        let cached = [self.cache_read, self.cache_write, self.cache_write_hour];
        std::iter::once(self.input).chain(cached.into_iter().flatten())
    }
}

/// The rates of a request with much input: they hold for all of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LongRates {
    /// They hold where the request has more input tokens than this.
    pub above: u32,
    /// The rates.
    #[serde(flatten)]
    pub rates: Rates,
}

/// What tokens cost, in micro-dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Prices {
    /// What they cost in an ordinary request.
    pub rates: Rates,
    /// What they cost in a request with much input, where that is another price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<LongRates>,
}

impl From<Rates> for Prices {
    fn from(rates: Rates) -> Self {
        Self { rates, long: None }
    }
}

impl Prices {
    /// The rates of a request with so many input tokens.
    #[must_use]
    pub fn rates_for(&self, input_tokens: u64) -> Rates {
        let long = self
            .long
            .filter(|long| input_tokens > u64::from(long.above));
        long.map_or(self.rates, |long| long.rates)
    }
}

/// What the operator says of a model's price. Where they say nothing, the list of the known providers holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pricing {
    /// Nobody knows it, whatever the list says.
    Unknown,
    /// It is this.
    Given(Prices),
}

/// Who says what a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum PriceSource {
    /// The operator, in `stepwell.toml`.
    You,
    /// The list that comes with the program.
    List {
        /// The day of the list.
        as_of: Date,
    },
}

impl fmt::Display for PriceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::You => f.write_str("your price"),
            Self::List { as_of } => write!(f, "list of {as_of}"),
        }
    }
}

/// What a model costs, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// What it costs.
    pub prices: Prices,
    /// Who says so.
    pub source: PriceSource,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rates { input, output, .. } = self.prices.rates;
        write!(f, "{input} in and {output} out for a million tokens")?;
        if let Some(long) = &self.prices.long {
            write!(f, ", more above {} of input", long.above)?;
        }
        write!(f, ": {}", self.source)
    }
}
