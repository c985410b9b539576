//! `stepwell comparison` and `stepwell comparisons`: comparisons looked at, rated, carried on, and acted on.

use jiff::tz::TimeZone;
use stepwell_engine::{CellAddress, ComparisonStatus, ComparisonView, RateCell, ResumeComparison};

use super::agreeing;
use super::carrying_on::{budget_of, carry_on, promote, tell_promotion};
use super::given::{check_output, show, show_answers, show_case};
use super::removing;
use super::summary::tell_gaps;
use crate::arguments::{
    ComparisonCommand, LATEST, ListingArguments, RateArguments, ResumeComparisonArguments,
    ShowComparisonArguments, VersionChoice, replaying,
};
use crate::errors::{CommandError, ComparedError};
use crate::exit::Exit;
use crate::terminal::{Table, ago, batch_named, now, plain, tail};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn comparisons(
    arguments: ListingArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let comparisons = engine.comparisons(None, Some(arguments.limit)).await?;
    let screen = &context.screen;
    tell_gaps(comparisons.gaps("comparison"), arguments.json, screen);
    if arguments.json {
        screen.print_json(&comparisons)?;
        return Ok(Exit::Success);
    }
    if comparisons.is_empty() && comparisons.unreadable == 0 {
        screen.note("there are no comparisons yet\n");
        screen.hint("`stepwell compare STEP` makes one");
        return Ok(Exit::Success);
    }
    let (now, zone) = (now(), TimeZone::system());
    let mut table = Table::new();
    for comparison in comparisons {
        let status = serde_json::to_value(comparison.status).unwrap_or_default();
        table.row([
            tail(comparison.id),
            comparison.step.to_string(),
            comparison.prompt.unwrap_or_default(),
            comparison.labels.join(" "),
            match comparison.case_count {
                1 => "1 case".to_owned(),
                cases => format!("{cases} cases"),
            },
            status.as_str().unwrap_or_default().to_owned(),
            ago(comparison.created_at, now, &zone),
        ]);
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}

pub(super) async fn comparison(
    command: ComparisonCommand,
    context: &Context,
) -> Result<Exit, CommandError> {
    match command {
        ComparisonCommand::Show(arguments) => shown(arguments, context).await?,
        ComparisonCommand::Rm(going) => return removing::comparisons(going, context).await,
        ComparisonCommand::Resume(arguments) => return resumed(arguments, context).await,
        ComparisonCommand::Stop { comparison } => return stopped(&comparison, context).await,
        ComparisonCommand::Rate(arguments) => rated(arguments, context).await?,
        ComparisonCommand::Promote { comparison, number } => {
            let wired = context.wire(Need::There).await?;
            let id = wired.engine.find_comparison(&comparison).await?;
            let version = match number {
                VersionChoice::Number(version) => version,
                VersionChoice::Latest => latest(&wired.engine.comparison(id).await?)?,
            };
            promote(id, version, &wired, context).await?;
        }
    }
    Ok(Exit::Success)
}

async fn shown(arguments: ShowComparisonArguments, context: &Context) -> Result<(), CommandError> {
    let output = arguments.output;
    let wired = context.wire(Need::There).await?;
    let id = wired.engine.find_comparison(&arguments.comparison).await?;
    let view = wired.engine.comparison(id).await?;
    match arguments.case {
        Some(case) => {
            let place = case_place(&view, &case)?;
            show_case(&view, place, &output, &wired, context).await
        }
        None if arguments.answers => show_answers(&view, &output, &wired, context).await,
        None => show(&view, &output, &wired, context).await,
    }
}

async fn resumed(
    arguments: ResumeComparisonArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let ResumeComparisonArguments { caps, output, .. } = arguments;
    check_output(&output, context)?;
    let wired = context
        .wire_with(Need::There, &replaying(arguments.replay), Tape::Stays)
        .await?;
    let id = wired.engine.find_comparison(&arguments.comparison).await?;
    let plugins = agreeing::of_comparison(id);
    if !agreeing::may_begin(plugins, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let before = wired.engine.comparison(id).await?;
    let mut budget = budget_of(&caps);
    if let Some(budget) = &mut budget {
        // Who raises one cap means to keep the other.
        budget.tokens = budget.tokens.or(before.budget.tokens);
        budget.money = budget.money.or(before.budget.money);
    }
    let request = ResumeComparison {
        budget,
        concurrency: caps.concurrency,
        promote: arguments.promote,
        by: context.environment.user(),
    };
    let exit = carry_on(id, request, &wired, context).await?;
    let look = async |wired: &Wired| wired.engine.comparison(id).await;
    let (wired, view) = context.after_work(wired, look).await?;
    show(&view, &output, &wired, context).await?;
    if (arguments.promote || before.promotes) && exit == Exit::Success {
        tell_promotion(&view, &wired, context).await?;
    }
    Ok(exit)
}

/// Stops a comparison, and has its batches given up at the providers of its models.
async fn stopped(comparison: &str, context: &Context) -> Result<Exit, CommandError> {
    let wired = context
        .wire_with(Need::There, &replaying(None), Tape::Stays)
        .await?;
    let id = wired.engine.find_comparison(comparison).await?;
    wired.engine.stop_comparison(id).await?;
    let mut exit = Exit::Success;
    for batch in wired.engine.give_up_batches(id).await? {
        let name = batch_named(batch.batch.as_deref(), &batch.provider);
        match batch.problem {
            None => context.screen.print(&format!(
                "the {name} is cancelled: what it has answered is fetched by `stepwell comparison resume {}`\n",
                tail(id)
            ))?,
            Some(problem) => {
                context.screen.warn(&format!("the {name} could not be cancelled: {}", plain(&problem)));
                exit = Exit::Failed;
            }
        }
    }
    if wired.engine.comparison(id).await?.summary.status != ComparisonStatus::Finished {
        context
            .screen
            .print(&format!("comparison {id} is stopped\n"))?;
    }
    Ok(exit)
}

async fn rated(arguments: RateArguments, context: &Context) -> Result<(), CommandError> {
    let engine = context.application().await?;
    let id = engine.find_comparison(&arguments.comparison).await?;
    let view = engine.comparison(id).await?;
    let cell = CellAddress {
        comparison: id,
        case: case_place(&view, &arguments.case)?,
        variant: variant_place(&view, &arguments.variant)?,
        repeat: arguments.repeat,
    };
    let rate = RateCell {
        cell,
        score: (arguments.score > 0).then_some(arguments.score),
        comment: arguments.comment,
        by: context.environment.user(),
    };
    engine.rate_cell(rate).await
}

/// The latest version of the prompt, where it is one of those that were compared.
fn latest(view: &ComparisonView) -> Result<u32, ComparedError> {
    let mut variants = view.variants.iter();
    let latest = variants.find(|variant| variant.latest);
    latest
        .and_then(|latest| latest.version)
        .ok_or_else(|| ComparedError::LatestNotCompared {
            compared: labels(view),
        })
}

fn case_place(view: &ComparisonView, id: &str) -> Result<u32, ComparedError> {
    let place = view.cases.iter().position(|case| case.id == id);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.ok_or_else(|| {
        let cases = view.cases.iter().take(20);
        ComparedError::NoCase {
            id: id.to_owned(),
            cases: cases.map(|case| case.id.clone()).collect(),
        }
    })
}

/// What is compared, as a person names it.
fn labels(view: &ComparisonView) -> Vec<String> {
    let labels = view.variants.iter().map(|variant| variant.label.clone());
    labels.collect()
}

/// A variant by its label, or by its version where only one has it.
fn variant_place(view: &ComparisonView, given: &str) -> Result<u32, ComparedError> {
    let number: Option<u32> = given.strip_prefix('v').unwrap_or(given).parse().ok();
    let mut variants = view.variants.iter();
    let by_label = variants.position(|variant| variant.label == given);
    let by_version = || {
        let mut fitting = view.variants.iter().enumerate().filter(|(_, variant)| {
            let latest = given == LATEST && variant.latest;
            latest || (number.is_some() && variant.version == number)
        });
        match (fitting.next(), fitting.next()) {
            (Some((place, _)), None) => Some(place),
            _ => None,
        }
    };
    let place = by_label
        .or_else(by_version)
        .and_then(|place| u32::try_from(place).ok());
    if place.is_none() && given == LATEST {
        latest(view)?;
    }
    place.ok_or_else(|| ComparedError::NoVariant {
        given: given.to_owned(),
        compared: labels(view),
    })
}
