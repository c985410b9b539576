//! What models cost, cut by what a person adds it up by.
//!
//! How a figure is written stands in `cost_telling.rs`; where the figures come from is not known here.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Money, REPLAY, RunId, Spent, StepPath};
use stepwell_store::{CallTotals, RunTotals};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::prompt_views::PromptVersion;

/// By what costs are added up.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CostBy {
    /// Each run and each comparison.
    Run,
    /// Each step, in whichever run.
    Step,
    /// Each item of each step of each run; a step without a list is one.
    Item,
    /// The prompts and versions that stood in what was asked.
    Prompt,
    /// Each model.
    #[default]
    Model,
    /// Each provider.
    Provider,
    /// Each day in UTC; a call counts in the day in which it began.
    Day,
}

impl CostBy {
    /// The word for it, in addresses and arguments.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Which costs, and by what they are added up. All that it names must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WantedCost {
    /// By what they are added up; by model where nothing is said.
    #[serde(default)]
    pub by: CostBy,
    /// Only of calls that began on this day in UTC, or later.
    #[serde(default)]
    pub since: Option<Date>,
    /// Only of this run.
    #[serde(default)]
    pub run: Option<RunId>,
    /// Only of runs of the workflow that gives itself this name.
    #[serde(default)]
    pub workflow: Option<String>,
    /// Only of this step.
    #[serde(default)]
    pub step: Option<StepPath>,
}

impl WantedCost {
    /// Whether it is of everything that was ever spent.
    pub(crate) fn is_of_all(&self) -> bool {
        let names_runs = self.run.is_some() || self.workflow.is_some();
        self.since.is_none() && self.step.is_none() && !names_runs
    }
}

/// What models cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// By what it is added up.
    pub by: CostBy,
    /// All of it together.
    pub whole: CostFigures,
    /// Each part, the dearest first; days and runs newest first.
    pub rows: Vec<CostRow>,
    /// What was spent on answers that were not used; none where it isn't counted, which it is for one run alone.
    pub unused: Option<Unused>,
    /// What comparisons didn't spend, since other comparisons had it already; none where only some costs are looked at.
    pub shared: Option<SharedCells>,
    /// The day of the list of prices that comes with the program.
    pub prices_as_of: Option<Date>,
}

/// One part of what models cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CostRow {
    /// Of what.
    #[serde(flatten)]
    pub of: CostOf,
    /// What it cost.
    #[serde(flatten)]
    pub figures: CostFigures,
}

/// Of what something is the cost.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum CostOf {
    /// A run.
    Run {
        /// The run.
        run: RunId,
        /// The name of its workflow; none where its record can't be read.
        workflow: Option<String>,
    },
    /// A comparison, with its judges.
    Comparison {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// The runs and comparisons that were removed.
    Removed,
    /// A step.
    Step {
        /// The step.
        step: StepPath,
    },
    /// An item of a step of a run.
    Item {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// Which items, from 0, one for each level that has a list.
        items: Vec<u32>,
    },
    /// Prompts and versions that stood together in what was asked; none of them where nothing was rendered.
    Prompts {
        /// The prompts and versions.
        prompts: Vec<PromptVersion>,
    },
    /// A model.
    Model {
        /// The short name.
        model: String,
        /// The name of its provider; empty where it isn't known.
        provider: String,
        /// The model's name at the provider.
        provider_model: String,
    },
    /// A provider.
    Provider {
        /// Its name, or `replay`; empty where it isn't known.
        provider: String,
    },
    /// A day in UTC.
    Day {
        /// The day.
        day: Date,
    },
}

/// What some calls cost. Recorded answers cost nothing, and are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CostFigures {
    /// What was spent on calls that were sent.
    #[serde(flatten)]
    pub spent: Spent,
    /// Calls that failed for good.
    pub failed: u64,
    /// Calls with an attempt whose money is not known.
    pub unpriced_calls: u64,
    /// Of the input tokens: those that were read from providers' caches.
    pub cache_read_tokens: u64,
    /// Of the input tokens: those that were written to providers' caches.
    pub cache_write_tokens: u64,
    /// Of the output tokens: those of reasoning.
    pub reasoning_tokens: u64,
    /// What reading from providers' caches saved, in micro-dollars, as far as it is known. What writing to them cost more is in
    /// `money`.
    pub saved_by_cache: Money,
    /// Attempts that were sent in batches and ended.
    #[serde(default)]
    pub batched: u64,
    /// What sending in batches saved, in micro-dollars, as far as it is known.
    #[serde(default)]
    pub saved_by_batch: Money,
    /// Calls that were not sent, since an answer to an equal question was given again.
    pub reused: u64,
    /// What those answers had cost, in micro-dollars, as far as it is known.
    pub saved_by_reuse: Money,
    /// Of it all: what attempts took that gave no answer that could be used, and were tried again or given up.
    pub retried: Retried,
    /// What recorded answers spared.
    pub replayed: Replayed,
}

/// What attempts took that gave no answer that could be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retried {
    /// Attempts.
    pub attempts: u64,
    /// Tokens, input and output together, as far as they are known.
    pub tokens: u64,
    /// Micro-dollars, as far as they are known.
    pub money: Money,
    /// Attempts whose money is not known.
    pub unknown_money: u64,
}

/// What recorded answers spared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// Calls that they answered.
    pub calls: u64,
    /// Input tokens that were not sent, as far as they were recorded; none where they were recorded of none.
    pub input_tokens: Option<u64>,
    /// Output tokens that were not sent, as far as they were recorded; none where they were recorded of none.
    pub output_tokens: Option<u64>,
}

/// What was spent on answers that were not used: of steps that failed, and of steps that were run again since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unused {
    /// Calls.
    pub calls: u64,
    /// Tokens, input and output together, as far as they are known.
    pub tokens: u64,
    /// Micro-dollars, as far as they are known.
    pub money: Money,
    /// Calls whose money is not known.
    pub unpriced_calls: u64,
}

/// What comparisons didn't spend, since the cells were there that other comparisons had made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SharedCells {
    /// How often a cell was taken over.
    pub cells: u64,
    /// Tokens, input and output together, that these had taken, as far as they are known.
    pub tokens: u64,
    /// Micro-dollars that these had cost, as far as they are known.
    pub money: Money,
    /// Calls of them whose money is not known.
    pub unpriced_calls: u64,
}

/// Totals that become figures: those of all calls, and of recorded answers among them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums(RunTotals);

impl Sums {
    /// Adds the totals of calls of one provider.
    pub(crate) fn add_of(&mut self, provider: &str, totals: &CallTotals) {
        self.0.all.add(totals);
        if provider == REPLAY {
            self.0.replayed.add(totals);
        }
    }

    /// Adds the totals of a run.
    pub(crate) fn add(&mut self, totals: &RunTotals) {
        self.0.all.add(&totals.all);
        self.0.replayed.add(&totals.replayed);
    }

    /// What is in these and not in those.
    pub(crate) fn without(mut self, others: &Self) -> Self {
        self.0.all.take_away(&others.0.all);
        self.0.replayed.take_away(&others.0.replayed);
        self
    }

    pub(crate) fn add_all(&mut self, others: &Self) {
        self.add(&others.0);
    }

    /// Whether there is no call in them.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.all.calls == 0 && self.0.all.attempts == 0
    }

    pub(crate) fn figures(&self) -> CostFigures {
        let RunTotals { mut all, replayed } = self.0.clone();
        all.take_away(&replayed);
        let lost = all.unanswered;
        let spared = replayed.spent();
        let spent = all.spent();
        CostFigures {
            spent: Spent {
                calls: spent.calls.saturating_sub(all.reused),
                ..spent
            },
            reused: all.reused,
            saved_by_reuse: all.spared,
            failed: all.failed,
            unpriced_calls: all.unpriced_calls,
            cache_read_tokens: all.cache_read_tokens,
            cache_write_tokens: all.cache_write_tokens,
            reasoning_tokens: all.reasoning_tokens,
            saved_by_cache: all.saved,
            batched: all.batched,
            saved_by_batch: all.saved_by_batch,
            retried: Retried {
                attempts: lost.attempts,
                tokens: lost.tokens,
                money: lost.money,
                unknown_money: lost.unknown_money,
            },
            replayed: Replayed {
                calls: spared.calls,
                input_tokens: spared.input_tokens.filter(|_| spared.calls > 0),
                output_tokens: spared.output_tokens.filter(|_| spared.calls > 0),
            },
        }
    }
}
