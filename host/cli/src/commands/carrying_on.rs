//! A comparison carried on to its end, and what is done with its better version: for those who begin one and those who
//! take one up.

use std::sync::Arc;

use stepwell_contract::amounts::counted;
use stepwell_contract::{Budget, ComparisonId, Money};
use stepwell_engine::{ComparisonOutcome, ComparisonStatus, ComparisonView, ResumeComparison};
use tokio::sync::oneshot;

use super::driving::explained;
use crate::arguments::CapArguments;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::following::follow_cells;
use crate::terminal::{Interrupts, batch_named, tail};
use crate::wiring::{Context, Wired};

/// The caps, where one is given.
pub(super) fn budget_of(caps: &CapArguments) -> Option<Budget> {
    let budget = Budget {
        tokens: caps.max_tokens,
        money: caps.max_money,
    };
    (budget != Budget::default()).then_some(budget)
}

/// Carries a comparison on to its end while the person watches.
pub(super) async fn carry_on(
    id: ComparisonId,
    request: ResumeComparison,
    wired: &Wired,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    if wired.asked.cassette.is_some() {
        screen.say("replaying recorded answers: no model is asked, and nothing is paid\n");
    }
    let interrupts = Interrupts::listen(Arc::clone(screen));
    let outcome = driven(id, request, wired, &interrupts, context).await?;
    ended(&outcome, wired, &interrupts, context).await
}

/// Drives a comparison while the person watches, and gives what it came to.
pub(super) async fn driven(
    id: ComparisonId,
    request: ResumeComparison,
    wired: &Wired,
    interrupts: &Interrupts,
    context: &Context,
) -> Result<ComparisonOutcome, CommandError> {
    let screen = &context.screen;
    let (finish, finished) = oneshot::channel();
    let follower = tokio::spawn(follow_cells(
        wired.engine.clone(),
        id,
        Arc::clone(screen),
        finished,
    ));
    context.telling.begin(wired);
    let door = wired.open_door();
    let outcome = wired
        .engine
        .resume_comparison(id, request, Some(interrupts.stop()))
        .await;
    if let Some(door) = door {
        door.close().await;
    }
    let _ = finish.send(());
    let _ = follower.await;
    screen.clear();
    outcome.map_err(|error| explained(error, context, wired))
}

async fn ended(
    outcome: &ComparisonOutcome,
    wired: &Wired,
    interrupts: &Interrupts,
    context: &Context,
) -> Result<Exit, CommandError> {
    if outcome.status == ComparisonStatus::Finished {
        return Ok(Exit::Success);
    }
    let resume = format!("stepwell comparison resume {}", tail(outcome.comparison));
    context.screen.hint(&format!(
        "`{resume}` goes on; what is there is not asked again"
    ));
    tell_open_batches(outcome.comparison, wired, context).await?;
    if outcome.status != ComparisonStatus::Stopped {
        return Ok(interrupts.exit().unwrap_or(Exit::Interrupted));
    }
    let caps = wired.engine.comparison(outcome.comparison).await?.budget;
    if let Some(raised) = raised(&caps) {
        context.screen.hint(&format!(
            "where a cap stopped it, `{resume} {raised}` goes on with twice as much"
        ));
    }
    Ok(Exit::Failed)
}

/// Says which batches stay at their providers, which will want to be paid for what they answer.
async fn tell_open_batches(
    id: ComparisonId,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    let view = wired.engine.comparison(id).await?;
    let Some(batches) = view.batches else {
        return Ok(());
    };
    let mut open = batches.open().peekable();
    if open.peek().is_none() {
        return Ok(());
    }
    for batch in open {
        let name = batch_named(batch.batch.as_deref(), &batch.provider);
        let requests = counted(batch.requests.into(), "request");
        context
            .screen
            .note(&format!("the {name} stays there, with {requests}\n"));
    }
    context.screen.hint(&format!(
        "`stepwell comparison stop {}` cancels what isn't answered yet",
        tail(id)
    ));
    Ok(())
}

/// The options that double the caps, as a person would type them; none for a cap of nothing, of which twice is nothing.
pub(super) fn raised(caps: &Budget) -> Option<String> {
    let tokens = caps
        .tokens
        .filter(|tokens| *tokens > 0)
        .map(|tokens| format!("--max-tokens {}", tokens.saturating_mul(2)));
    let money = caps.money.filter(|money| money.0 > 0).map(|money| {
        let doubled = Money(money.0.saturating_mul(2)).to_string();
        format!("--max-money {}", doubled.trim_start_matches('$'))
    });
    let options: Vec<String> = tokens.into_iter().chain(money).collect();
    (!options.is_empty()).then(|| options.join(" "))
}

/// Makes a compared version current, and says so.
pub(super) async fn promote(
    id: ComparisonId,
    version: u32,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    let by = context.environment.user();
    let prompt = wired.engine.promote(id, version, by).await?;
    tell_current(version, &prompt.name, context);
    Ok(())
}

/// Says what became of the wish that the better version is made current when a comparison ends.
pub(super) async fn tell_promotion(
    view: &ComparisonView,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    let winner = view.winner().and_then(|winner| winner.version);
    match (view.promoted, winner) {
        (Some(promoted), Some(version)) if promoted == version => {
            let prompt = view.summary.prompt.as_deref().unwrap_or_default();
            tell_current(version, prompt, context);
        }
        // Another process had it under way, and didn't know of the wish; or what kept it from it is told now.
        (_, Some(version)) => promote(view.summary.id, version, wired, context).await?,
        (_, None) => context
            .screen
            .note("nothing is better than the baseline beyond chance: nothing is promoted\n"),
    }
    Ok(())
}

fn tell_current(version: u32, prompt: &str, context: &Context) {
    context.screen.note(&format!(
        "v{version} of prompt {prompt} is current; runs that begin from now on use it\n"
    ));
}
