//! What models cost, as CSV: a line for each part, and none of the whole, so that a column can be added up.
//!
//! Money is in dollars, exactly. What isn't known is empty, never 0, and how much of it isn't stands in a column of its own.

use stepwell_engine::{Cost, CostBy, CostFigures, CostOf};
use stepwell_rendering::{csv_line, csv_money, csv_text};

/// The columns behind those that say of what.
const FIGURES: [&str; 22] = [
    "calls",
    "failed_calls",
    "attempts",
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "unknown_tokens",
    "money",
    "unpriced_calls",
    "saved_by_cache",
    "batched_requests",
    "saved_by_batch",
    "reused_calls",
    "saved_by_reuse",
    "retried_attempts",
    "retried_tokens",
    "retried_money",
    "replayed_calls",
    "replayed_input_tokens",
    "replayed_output_tokens",
];

pub(super) fn csv(cost: &Cost) -> String {
    let heads = heads(cost.by).iter().chain(&FIGURES);
    let mut text = csv_line(heads.map(|head| (*head).to_owned()));
    for row in &cost.rows {
        let fields = of(&row.of).into_iter().chain(figures(&row.figures));
        text += &csv_line(fields);
    }
    text
}

/// The columns that say of what, which those of [`of`] are.
fn heads(by: CostBy) -> &'static [&'static str] {
    match by {
        CostBy::Run => &["of", "id", "workflow"],
        CostBy::Step => &["step"],
        CostBy::Item => &["run", "step", "items"],
        CostBy::Prompt => &["prompts"],
        CostBy::Model => &["model", "provider", "provider_model"],
        CostBy::Provider => &["provider"],
        CostBy::Day => &["day"],
    }
}

fn of(of: &CostOf) -> Vec<String> {
    let text = csv_text;
    match of {
        CostOf::Run { run, workflow } => vec![
            "run".into(),
            run.to_string(),
            text(workflow.as_deref().unwrap_or_default()),
        ],
        CostOf::Comparison { comparison } => {
            vec!["comparison".into(), comparison.to_string(), String::new()]
        }
        CostOf::Removed => vec!["removed".into(), String::new(), String::new()],
        CostOf::Item { run, step, items } => {
            let items: Vec<_> = items.iter().map(ToString::to_string).collect();
            vec![run.to_string(), text(step.as_str()), items.join(".")]
        }
        CostOf::Model {
            model,
            provider,
            provider_model,
        } => vec![text(model), text(provider), text(provider_model)],
        CostOf::Provider { provider } => vec![text(provider)],
        CostOf::Step { .. } | CostOf::Prompts { .. } | CostOf::Day { .. } => {
            vec![text(&of.named())]
        }
    }
}

fn figures(figures: &CostFigures) -> [String; 22] {
    let CostFigures {
        spent,
        retried,
        replayed,
        ..
    } = figures;
    let known = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    [
        spent.calls.to_string(),
        figures.failed.to_string(),
        spent.attempts.to_string(),
        known(spent.input_tokens),
        figures.cache_read_tokens.to_string(),
        figures.cache_write_tokens.to_string(),
        known(spent.output_tokens),
        figures.reasoning_tokens.to_string(),
        spent.unknown_tokens.to_string(),
        spent.money.map(csv_money).unwrap_or_default(),
        figures.unpriced_calls.to_string(),
        csv_money(figures.saved_by_cache),
        figures.batched.to_string(),
        csv_money(figures.saved_by_batch),
        figures.reused.to_string(),
        csv_money(figures.saved_by_reuse),
        retried.attempts.to_string(),
        retried.tokens.to_string(),
        csv_money(retried.money),
        replayed.calls.to_string(),
        known(replayed.input_tokens),
        known(replayed.output_tokens),
    ]
}
