//! What a run would probably take: said before it begins, shown step by step, and asked about where it is much.

use stepwell_contract::{Confirmation, RunEstimate};
use stepwell_engine::{Costly, StartRun, ToStart};

use super::driving::{explained, prepared};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, plain, says_yes};
use crate::wiring::{Context, Wired};

/// What the run of a request would take.
pub(super) async fn of(
    request: &StartRun,
    context: &Context,
    wired: &Wired,
) -> Result<RunEstimate, CommandError> {
    let estimated = wired.engine.estimate(request.clone());
    let estimated = prepared(context, wired, estimated).await;
    estimated.map_err(|error| explained(error, context, wired))
}

/// Whether work that is no whole run is to be started, and whether it has a yes then: whoever is at the terminal is asked. None is
/// that it isn't.
pub(super) async fn of_work(
    what: ToStart,
    work: Costly,
    is_confirmed: bool,
    context: &Context,
    wired: &Wired,
) -> Result<Option<bool>, CommandError> {
    // Recorded answers cost nothing.
    if wired.asked.cassette.is_some() {
        return Ok(Some(is_confirmed));
    }
    let estimated = prepared(context, wired, wired.engine.estimate_work(work)).await;
    let estimated = estimated.map_err(|error| explained(error, context, wired))?;
    Ok(
        match agreed(what, &estimated, is_confirmed, context).await {
            Agreed::AsItIs => Some(is_confirmed),
            Agreed::Yes => Some(true),
            Agreed::No => None,
        },
    )
}

/// What a person said to what is to be started.
pub(super) enum Agreed {
    /// Nobody was asked: it needs no yes, has one already, or nobody is there.
    AsItIs,
    /// Yes.
    Yes,
    /// No: nothing is to be started.
    No,
}

/// Says what something will take, and asks whoever is at the terminal where that needs a yes.
pub(super) async fn agreed(
    what: ToStart,
    estimated: &RunEstimate,
    is_confirmed: bool,
    context: &Context,
) -> Agreed {
    let screen = &context.screen;
    let total = &estimated.total;
    if !total.asks() {
        return Agreed::AsItIs;
    }
    let told = plain(&format!("the {} will probably take {total}", what.word()));
    let above = match estimated.confirmation {
        Confirmation::Needed { above } if !is_confirmed && screen.can_ask() => above,
        _ => {
            let told = format!("{told}\n");
            match needs_a_look(estimated) {
                true => screen.say(&told),
                false => screen.note(&told),
            }
            return Agreed::AsItIs;
        }
    };
    // Also a quiet person has to know what they say yes to.
    let question = format!(
        "{told}\nThat may be more than {}, above which `confirm_above` in stepwell.toml wants a yes. Start it?",
        above.shown()
    );
    match says_yes(screen, &question).await {
        true => Agreed::Yes,
        false => {
            screen.say("nothing was started, and nothing is paid\n");
            Agreed::No
        }
    }
}

/// Whether there is more to an estimate than figures: it is above what the operator wants to be asked about, or lacks the price of
/// a model. Also a quiet person has to know that.
fn needs_a_look(estimated: &RunEstimate) -> bool {
    !estimated.total.unpriced.is_empty() || estimated.confirmation != Confirmation::NotNeeded
}

/// Prints what a run would take, step by step.
pub(super) fn show(
    estimated: &RunEstimate,
    as_json: bool,
    context: &Context,
) -> Result<Exit, CommandError> {
    if as_json {
        context.screen.print_json(estimated)?;
        return Ok(Exit::Success);
    }
    context.screen.print(&text(estimated))?;
    if let Confirmation::Needed { above } = estimated.confirmation {
        context.screen.advise(&format!(
            "that may be more than {}: `confirm_above` in stepwell.toml wants a yes before it is started",
            above.shown()
        ));
    }
    Ok(Exit::Success)
}

fn text(estimated: &RunEstimate) -> String {
    let mut steps = Table::new();
    for step in &estimated.steps {
        steps.row([
            step.step.to_string(),
            step.model.clone().unwrap_or_default(),
            plain(&step.takes.to_string()),
        ]);
        let unsure = step.unsure.iter().map(ToString::to_string);
        let why: Vec<_> = std::iter::once(step.basis.to_string())
            .chain(unsure)
            .collect();
        steps.line(format!("  {}", plain(&why.join("; "))));
    }
    let total = plain(&estimated.total.to_string());
    match estimated.steps.is_empty() {
        true => format!("{total}\n"),
        false => format!("{}\nin all: {total}\n", steps.text()),
    }
}
