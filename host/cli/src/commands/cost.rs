//! `stepwell cost`: what models cost.

use jiff::ToSpan as _;
use jiff::civil::Date;
use stepwell_contract::day_of;
use stepwell_engine::{Cost, CostFigures, CostOf, WantedCost};

use super::cost_csv::csv;
use crate::arguments::{CostArguments, Since};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, now, plain, tail, tokens};
use crate::wiring::Context;

pub(super) async fn cost(
    arguments: CostArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let run = match &arguments.run {
        Some(given) => Some(engine.find_run(given).await?),
        None => None,
    };
    let wanted = WantedCost {
        by: arguments.by,
        since: arguments.since.map(day),
        run,
        workflow: arguments.workflow,
        step: arguments.step,
    };
    let cost = engine.cost(&wanted).await?;
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&cost)?;
        return Ok(Exit::Success);
    }
    if arguments.csv {
        screen.print_text(&csv(&cost))?;
        return Ok(Exit::Success);
    }
    if cost.rows.is_empty() {
        let is_all = WantedCost {
            by: wanted.by,
            ..WantedCost::default()
        } == wanted;
        if is_all {
            screen.note("nothing was asked of a model yet\n");
            screen
                .hint("`stepwell run FILE` starts a run, and `--estimate` says what it would take");
        } else {
            screen.note("no call fits that\n");
            screen.hint("`stepwell cost` shows all of it");
        }
        return Ok(Exit::Success);
    }
    screen.print(&shown(&cost))?;
    if let Some(day) = cost.prices_as_of.filter(|_| cost.whole.spent.calls > 0) {
        screen.note(&format!(
            "prices are yours where stepwell.toml has them, else those of the known providers as of {day}\n"
        ));
    }
    Ok(Exit::Success)
}

/// The day from which on, in UTC.
fn day(since: Since) -> Date {
    match since {
        Since::Day(day) => day,
        Since::DaysAgo(days) => day_of(now()).saturating_sub(i64::from(days).days()),
    }
}

/// The parts and their sum, and what is worth a word of them.
fn shown(cost: &Cost) -> String {
    let mut table = Table::new();
    for row in &cost.rows {
        table.row([named(&row.of)].into_iter().chain(cells(&row.figures)));
    }
    if cost.rows.len() > 1 {
        table.row(
            ["together".to_owned()]
                .into_iter()
                .chain(cells(&cost.whole)),
        );
    }
    let mut text = table.text();
    for remark in cost.remarks() {
        text += &format!("{}\n", plain(&remark));
    }
    text
}

fn named(of: &CostOf) -> String {
    match of {
        CostOf::Run { run, workflow } => {
            let workflow = workflow.as_deref().unwrap_or("(its record can't be read)");
            format!("{} {}", tail(run), plain(workflow))
        }
        CostOf::Comparison { comparison } => format!("{} comparison", tail(comparison)),
        CostOf::Item { run, .. } => format!("{} {}", tail(run), plain(&of.named())),
        CostOf::Removed
        | CostOf::Step { .. }
        | CostOf::Prompts { .. }
        | CostOf::Model { .. }
        | CostOf::Provider { .. }
        | CostOf::Day { .. } => plain(&of.named()),
    }
}

fn cells(figures: &CostFigures) -> [String; 4] {
    let CostFigures { spent, .. } = figures;
    if spent.calls == 0 && figures.replayed.calls > 0 {
        let recorded = format!("{} recorded", figures.replayed.calls);
        let money = figures.money_in_words();
        return [recorded, String::new(), String::new(), money];
    }
    let mut calls = match spent.calls {
        1 => "1 call".to_owned(),
        many => format!("{many} calls"),
    };
    if figures.failed > 0 {
        calls += &format!(", {} failed", figures.failed);
    }
    if figures.replayed.calls > 0 {
        calls += &format!(", {} recorded", figures.replayed.calls);
    }
    let least = if spent.unknown_tokens == 0 {
        ""
    } else {
        "≥ "
    };
    let side = |count: Option<u64>, direction: &str, of: u64, what: &str| {
        let Some(count) = count else {
            return format!("? {direction}");
        };
        let all = format!("{least}{} {direction}", tokens(count));
        match of {
            0 => all,
            of => format!("{all}, {} {what}", tokens(of)),
        }
    };
    [
        calls,
        side(
            spent.input_tokens,
            "in",
            figures.cache_read_tokens,
            "cached",
        ),
        side(
            spent.output_tokens,
            "out",
            figures.reasoning_tokens,
            "reasoning",
        ),
        figures.money_in_words(),
    ]
}
