//! What a run will probably take, as a range: said before it is started, and kept beside what it took.
//!
//! How the figures come about isn't said here.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Budget, Money, StepPath, amounts};

/// From a low figure to a high one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// The low one.
    pub low: u64,
    /// The high one; never less.
    pub high: u64,
}

impl Spread {
    /// Between two figures, in whatever order.
    #[must_use]
    pub fn between(one: u64, other: u64) -> Self {
        Self {
            low: one.min(other),
            high: one.max(other),
        }
    }

    /// A figure that is known.
    #[must_use]
    pub fn exactly(figure: u64) -> Self {
        Self::between(figure, figure)
    }

    /// Both together; never more than the largest number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            low: self.low.saturating_add(other.low),
            high: self.high.saturating_add(other.high),
        }
    }

    /// So many times, low by low and high by high.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self {
            low: self.low.saturating_mul(other.low),
            high: self.high.saturating_mul(other.high),
        }
    }

    /// As a person reads it, where nobody reads more than two digits: `1 200 to 3 500`. It holds what is between the two.
    #[must_use]
    pub fn shown(self) -> String {
        let (low, high) = (rounded_down(self.low), rounded_up(self.high));
        match self.low == self.high {
            true => amounts::tokens(self.low),
            false => format!("{} to {}", amounts::tokens(low), amounts::tokens(high)),
        }
    }
}

/// The unit of the second digit.
fn second_digit(figure: u64) -> u64 {
    let digits = figure.checked_ilog10().unwrap_or(0);
    10_u64.pow(digits.saturating_sub(1))
}

fn rounded_down(figure: u64) -> u64 {
    figure - figure % second_digit(figure)
}

fn rounded_up(figure: u64) -> u64 {
    let unit = second_digit(figure);
    figure.checked_next_multiple_of(unit).unwrap_or(figure)
}

/// Money from a low amount to a high one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MoneySpread {
    /// The low one.
    pub low: Money,
    /// The high one; never less.
    pub high: Money,
}

impl fmt::Display for MoneySpread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.low == self.high {
            true => write!(f, "{}", self.high),
            false => write!(f, "{} to {}", self.low, self.high),
        }
    }
}

impl MoneySpread {
    /// Both together; never more than the largest amount.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |one: Money, other: Money| Money(one.0.saturating_add(other.0));
        Self {
            low: sum(self.low, other.low),
            high: sum(self.high, other.high),
        }
    }
}

/// What a run, or a step of it, will probably take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Calls to models.
    pub calls: Spread,
    /// Tokens that are sent.
    pub input_tokens: Spread,
    /// Tokens that are received.
    pub output_tokens: Spread,
    /// Money, of the models whose price is known; none where it is known of none.
    #[serde(default)]
    pub money: Option<MoneySpread>,
    /// The models whose price isn't known: the money lacks them.
    #[serde(default)]
    pub unpriced: Vec<String>,
}

impl Estimate {
    /// Whether a model may be asked at all.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.calls.high > 0
    }

    /// Tokens that are sent and received, as budgets count them.
    #[must_use]
    pub fn tokens(&self) -> Spread {
        self.input_tokens.plus(self.output_tokens)
    }

    /// Adds what something else takes.
    pub fn add(&mut self, other: &Self) {
        self.calls = self.calls.plus(other.calls);
        self.input_tokens = self.input_tokens.plus(other.input_tokens);
        self.output_tokens = self.output_tokens.plus(other.output_tokens);
        self.money = match (self.money, other.money) {
            (Some(own), Some(other)) => Some(own.plus(other)),
            (own, other) => own.or(other),
        };
        for model in &other.unpriced {
            if !self.unpriced.contains(model) {
                self.unpriced.push(model.clone());
            }
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.asks() {
            return f.write_str("no calls to models");
        }
        write!(
            f,
            "{} {}, {} tokens in, {} out",
            self.calls.shown(),
            if self.calls.high == 1 {
                "call"
            } else {
                "calls"
            },
            self.input_tokens.shown(),
            self.output_tokens.shown()
        )?;
        match self.money {
            None => f.write_str(", cost unknown"),
            Some(money) => {
                let at_least = if self.unpriced.is_empty() {
                    ""
                } else {
                    "at least "
                };
                write!(f, ", {at_least}{money}")
            }
        }
    }
}

/// What one step of a run will probably take, all its items and rounds together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepEstimate {
    /// The step.
    pub step: StepPath,
    /// The short name of its model.
    pub model: Option<String>,
    /// By what it is estimated.
    pub basis: EstimateBasis,
    /// What can't be known before, and makes the range wide.
    pub unsure: Vec<Unsure>,
    /// What it takes.
    #[serde(flatten)]
    pub takes: Estimate,
}

/// By what a step is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EstimateBasis {
    /// By what it took in earlier runs of the workflow.
    EarlierRuns {
        /// How many of them.
        runs: u32,
    },
    /// By what the same plugin took with the same prompts elsewhere.
    SameElsewhere {
        /// In how many executions.
        executions: u32,
    },
    /// By the sizes of its prompts and of what it is given.
    Sizes,
}

impl fmt::Display for EstimateBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EarlierRuns { runs: 1 } => f.write_str("by the last run"),
            Self::EarlierRuns { runs } => write!(f, "by the last {runs} runs"),
            Self::SameElsewhere { executions: 1 } => f.write_str("by one like it elsewhere"),
            Self::SameElsewhere { executions } => write!(f, "by {executions} like it elsewhere"),
            Self::Sizes => f.write_str("by the sizes of its texts"),
        }
    }
}

/// Why what a step takes can't be known better.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Unsure {
    /// How long an answer is: none was seen yet.
    Answers,
    /// How long the documents are that it reads: these steps write them in the run.
    Documents {
        /// The steps.
        steps: Vec<StepPath>,
    },
    /// How many items it runs for.
    Items,
    /// How many rounds it runs in.
    Rounds {
        /// At most.
        most: u32,
    },
    /// Whether it is carried out at all.
    Condition,
    /// What of the workspace it reads, and how often it asks until it has.
    Workspace,
    /// What its model takes: earlier ones were others.
    OtherModel,
    /// What its prompts of now take: earlier ones were others.
    OtherPrompts,
    /// What inputs take that are larger than earlier ones.
    LargerInputs,
    /// What it takes where its model can't answer: this one is asked instead then, which isn't counted.
    Instead {
        /// The short name of the other model.
        model: String,
        /// What the step would take if that one answered all of it; none where its price isn't known.
        money: Option<MoneySpread>,
    },
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers => f.write_str("no answer to it was seen yet"),
            Self::Documents { steps } => {
                let steps: Vec<_> = steps.iter().map(StepPath::as_str).collect();
                write!(f, "it reads what {} will write", steps.join(", "))
            }
            Self::Items => f.write_str("how many items there will be isn't known"),
            Self::Rounds { most } => write!(f, "it may take up to {most} rounds"),
            Self::Condition => f.write_str("it may be left out"),
            Self::Workspace => f.write_str("its model may look further into the workspace"),
            Self::OtherModel => f.write_str("another model was asked before"),
            Self::OtherPrompts => f.write_str("its prompts were changed since"),
            Self::LargerInputs => f.write_str("it was never given so much"),
            Self::Instead {
                model,
                money: Some(money),
            } => write!(
                f,
                "not counted is {model}, which is asked where its model can't answer, and would take {money}"
            ),
            Self::Instead { model, money: None } => write!(
                f,
                "not counted is {model}, which is asked where its model can't answer, and whose price isn't known"
            ),
        }
    }
}

/// What a run that is to be started would probably take, and whether a person has to say yes to that first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunEstimate {
    /// All steps together.
    #[serde(flatten)]
    pub total: Estimate,
    /// The steps that ask a model, in the order of the definition.
    pub steps: Vec<StepEstimate>,
    /// Whether it needs a person's yes.
    pub confirmation: Confirmation,
}

/// Whether a run needs a person's yes, as the operator's `confirm_above` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Confirmation {
    /// It needs none.
    NotNeeded,
    /// Its high end is above this.
    Needed {
        /// What the operator says.
        above: Budget,
    },
    /// Nobody can say: the operator gave money alone, and the price of a model isn't known. None is needed.
    PriceUnknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_shown_in_two_digits_that_hold_it() {
        for ((low, high), expected) in [
            ((0, 0), "0"),
            ((7, 7), "7"),
            ((3, 17), "3 to 17"),
            ((1234, 5678), "1\u{202f}200 to 5\u{202f}700"),
            ((99_100, 99_100), "99\u{202f}100"),
        ] {
            assert_eq!(Spread::between(high, low).shown(), expected);
        }
        let _ = Spread::between(0, u64::MAX).shown();
    }

    #[test]
    fn an_estimate_says_what_it_does_not_know() {
        let mut estimate = Estimate {
            calls: Spread::between(1, 2),
            input_tokens: Spread::between(100, 200),
            output_tokens: Spread::exactly(30),
            money: None,
            unpriced: vec!["writer".into()],
        };
        assert_eq!(
            estimate.to_string(),
            "1 to 2 calls, 100 to 200 tokens in, 30 out, cost unknown"
        );
        estimate.add(&Estimate {
            money: Some(MoneySpread {
                low: Money(20_000),
                high: Money(50_000),
            }),
            ..Estimate::default()
        });
        assert!(estimate.to_string().ends_with(", at least $0.02 to $0.05"));
        assert_eq!(Estimate::default().to_string(), "no calls to models");
    }
}
