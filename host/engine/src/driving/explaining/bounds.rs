//! What bounds a step: its budgets, and the limits that aren't the built-in ones.

use stepwell_contract::{Budget, Limits};
use stepwell_definition::{Ceiling, Definition, Span, StepDefinition};

use super::plugins::source_of;
use super::{by_operator, in_definition};
use crate::state::House;
use crate::words::{BudgetOf, ExplainedBudget, ExplainedLimit, SaidAt};

/// What caps what a step spends.
pub(super) fn budgets(
    house: &House,
    step: &StepDefinition,
    ceiling: &Ceiling,
) -> Vec<ExplainedBudget> {
    let operator = &house.configuration.budgets;
    let lines = &house.configuration.lines;
    let own = step.budget_place().map(in_definition);
    let own = own.map(|said| (BudgetOf::ThisStep, step.budget, said));
    let of_operator = [
        (BudgetOf::EachStep, operator.step, lines.step_budget),
        (BudgetOf::Run, operator.run, lines.run_budget),
        (BudgetOf::Day, operator.day, lines.day_budget),
    ];
    let of_operator = of_operator.map(|(of, most, line)| (of, most, by_operator(line)));
    let of_sources = ceiling.budgets.iter().map(|budget| {
        let said = source_of(house, &budget.source).said;
        (BudgetOf::Source(budget.source.clone()), budget.most, said)
    });
    let all = own.into_iter().chain(of_sources).chain(of_operator);
    let capped = all.filter(|(_, most, _)| *most != Budget::default());
    capped
        .map(|(of, most, said)| ExplainedBudget { of, most, said })
        .collect()
}

/// The limits that somebody set.
pub(super) fn limits(
    house: &House,
    definition: &Definition,
    step: &StepDefinition,
) -> Vec<ExplainedLimit> {
    let defaults = &definition.defaults;
    let operator = by_operator(house.configuration.lines.limits);
    let said_at = |place: Option<Span>| -> Option<SaidAt> { place.map(in_definition) };
    let effective = step.limits.or(&defaults.limits);
    let effective = effective.over(&house.configuration.limits).each();
    let built_in = Limits::default().each();
    let both = effective.into_iter().zip(built_in);
    let other = both.filter(|((_, amount), (_, built_in))| amount != built_in);
    let told = other.map(|((limit, amount), (_, built_in))| {
        let of_step = said_at(step.limits_place()).filter(|_| step.limits.says(limit));
        let of_defaults = said_at(defaults.limits_place).filter(|_| defaults.limits.says(limit));
        ExplainedLimit {
            limit,
            amount,
            built_in,
            said: of_step.or(of_defaults).unwrap_or(operator),
        }
    });
    told.collect()
}
