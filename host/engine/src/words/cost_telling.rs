//! How costs are said, wherever a person reads them: the terminal and the page say the same.

use stepwell_contract::Money;
use stepwell_contract::amounts::{counted, tokens};

use super::costs::{Cost, CostFigures, CostOf};
use super::prompt_views::PromptVersion;

/// Money of which some isn't known: `$1.20`, `$1.20 and 3 calls of unknown cost`, `unknown`.
fn partly_known(money: Option<Money>, unpriced: u64) -> String {
    let calls = match unpriced {
        1 => "1 call".to_owned(),
        many => format!("{many} calls"),
    };
    match (money, unpriced) {
        (Some(money), 0) => money.to_string(),
        (Some(money), _) => format!("{money} and {calls} of unknown cost"),
        (None, 0) => "unknown".to_owned(),
        (None, _) => format!("unknown ({calls})"),
    }
}

impl CostFigures {
    /// What it cost, and how much of it isn't known.
    #[must_use]
    pub fn money_in_words(&self) -> String {
        partly_known(self.spent.money, self.unpriced_calls)
    }

    fn retried(&self) -> Option<String> {
        let retried = self.retried;
        if retried.attempts == 0 {
            return None;
        }
        let money = match (retried.money, retried.unknown_money) {
            (Money(0), 0) => "and cost nothing".to_owned(),
            (Money(0), unknown) if unknown == retried.attempts => {
                "at a cost that isn't known".to_owned()
            }
            (money, 0) => format!("for {money}"),
            (money, unknown) => {
                format!("for {money}, and {unknown} of them at a cost that isn't known")
            }
        };
        let attempts = counted(retried.attempts, "attempt");
        Some(format!(
            "{attempts} gave no answer that could be used, {money}"
        ))
    }

    fn cached(&self) -> Option<String> {
        let saved = self.saved_by_cache;
        (saved > Money(0)).then(|| {
            format!(
                "reading {} tokens from providers' caches saved {saved}",
                tokens(self.cache_read_tokens)
            )
        })
    }

    fn in_batches(&self) -> Option<String> {
        let saved = match self.saved_by_batch {
            Money(0) => String::new(),
            saved => format!(", which saved {saved}"),
        };
        let were = match self.batched {
            0 => return None,
            1 => "was",
            _ => "were",
        };
        let requests = counted(self.batched, "request");
        Some(format!("{requests} {were} sent in batches{saved}"))
    }

    fn reused(&self) -> Option<String> {
        if self.reused == 0 {
            return None;
        }
        let saved = match self.saved_by_reuse {
            Money(0) => String::new(),
            saved => format!(", which had cost {saved}"),
        };
        let calls = counted(self.reused, "call");
        Some(format!(
            "{calls} got an answer that was given before{saved}"
        ))
    }

    fn replayed(&self) -> Option<String> {
        let replayed = self.replayed;
        if replayed.calls == 0 {
            return None;
        }
        let calls = counted(replayed.calls, "call");
        Some(match (replayed.input_tokens, replayed.output_tokens) {
            (None, None) => format!("recorded answers spared {calls}"),
            (input, output) => format!(
                "recorded answers spared {calls}, {} tokens",
                tokens(input.unwrap_or(0) + output.unwrap_or(0))
            ),
        })
    }
}

impl CostOf {
    /// As a person names it.
    #[must_use]
    pub fn named(&self) -> String {
        match self {
            Self::Run { run, .. } => run.to_string(),
            Self::Comparison { comparison } => format!("comparison {comparison}"),
            Self::Removed => "runs and comparisons that were removed".into(),
            Self::Step { step } => step.to_string(),
            Self::Item { step, items, .. } => {
                let items = items.iter().map(|item| format!("[{item}]"));
                format!("{step}{}", items.collect::<String>())
            }
            Self::Prompts { prompts } if prompts.is_empty() => "without a prompt".into(),
            Self::Prompts { prompts } => {
                let named: Vec<_> = prompts.iter().map(PromptVersion::named).collect();
                named.join(", ")
            }
            Self::Model {
                model,
                provider,
                provider_model,
            } if provider.is_empty() => format!("{model} ({provider_model})"),
            Self::Model {
                model,
                provider,
                provider_model,
            } => format!("{model} ({provider}/{provider_model})"),
            Self::Provider { provider } if provider.is_empty() => "not kept".into(),
            Self::Provider { provider } => provider.clone(),
            Self::Day { day } => day.to_string(),
        }
    }
}

impl Cost {
    /// What is worth a word beside the sums, a sentence each: what was lost, and what was saved.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let remarks = [
            self.whole.retried(),
            self.unused(),
            self.whole.cached(),
            self.whole.in_batches(),
            self.whole.reused(),
            self.whole.replayed(),
            self.shared(),
        ];
        remarks.into_iter().flatten().collect()
    }

    fn unused(&self) -> Option<String> {
        let unused = self.unused.filter(|unused| unused.calls > 0)?;
        let money = known(unused.money, unused.calls, unused.unpriced_calls);
        Some(format!(
            "{} gave answers that were not used in the end: {}, {} tokens",
            counted(unused.calls, "call"),
            partly_known(money, unused.unpriced_calls),
            tokens(unused.tokens)
        ))
    }

    fn shared(&self) -> Option<String> {
        let shared = self.shared.filter(|shared| shared.cells > 0)?;
        let money = match (shared.money, shared.unpriced_calls) {
            (Money(0), 1..) => "what they cost isn't known".to_owned(),
            (money, unpriced) => partly_known(Some(money), unpriced),
        };
        Some(format!(
            "comparisons took over {} from others: {money}, {} tokens",
            counted(shared.cells, "cell"),
            tokens(shared.tokens)
        ))
    }
}

/// Money that is known of some of so many calls; none where it is known of none.
fn known(money: Money, calls: u64, unpriced: u64) -> Option<Money> {
    (money > Money(0) || unpriced < calls).then_some(money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_stands_beside_what_is_and_is_never_zero() {
        for (money, unpriced, said) in [
            (Some(Money(1_200_000)), 0, "$1.20"),
            (
                Some(Money(1_200_000)),
                3,
                "$1.20 and 3 calls of unknown cost",
            ),
            (
                Some(Money(1_200_000)),
                1,
                "$1.20 and 1 call of unknown cost",
            ),
            (None, 2, "unknown (2 calls)"),
            (None, 0, "unknown"),
            (Some(Money(0)), 0, "$0.00"),
        ] {
            assert_eq!(partly_known(money, unpriced), said);
        }
        assert_eq!(known(Money(0), 2, 2), None);
        assert_eq!(known(Money(0), 2, 1), Some(Money(0)));
    }
}
