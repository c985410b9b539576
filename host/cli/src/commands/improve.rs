//! `stepwell prompt improve`, `stepwell improvement` and `stepwell improvements`: a model proposes versions of a prompt, and what is
//! better beyond chance is made current.

use std::sync::Arc;

use jiff::tz::TimeZone;
use stepwell_contract::{ImprovementId, Name};
use stepwell_engine::{
    AdvanceImprovement, CompareIn, ComparisonStatus, DEFAULT_CONCURRENCY, ImprovementView,
    ResumeComparison, StartImprovement,
};

use super::agreeing;
use super::carrying_on::{budget_of, driven, raised};
use super::cases::read_cases;
use super::compare::judge_of;
use super::driving::{explained, of_a_plugin, prepared};
use super::summary::tell_gaps;
use super::within::Named;
use crate::arguments::{ImproveArguments, ImprovementCommand, ListingArguments, replaying};
use crate::errors::{CommandError, PromptError};
use crate::exit::Exit;
use crate::terminal::{
    Interrupts, Screen, Table, ago, improvement_status, improvement_text, now, plain_line, tail,
    whole_proposal,
};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn improve(
    arguments: ImproveArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let models = replaying(arguments.replay.clone());
    let wired = context.wire_with(Need::Make, &models, Tape::Stays).await?;
    let json = arguments.json;
    let agreement = arguments.agreement.clone();
    let request = request(arguments, context, &wired).await?;
    let plugins = agreeing::of_compared(&request.step, &request.within);
    if !agreeing::may_begin(plugins, &agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let is_plugin = matches!(request.within, CompareIn::Plugin { .. });
    let id = prepared(context, &wired, wired.engine.start_improvement(request))
        .await
        .map_err(|error| explained(error, context, &wired))
        .map_err(|error| match is_plugin {
            true => of_a_plugin(error),
            false => error,
        })?;
    let begun = wired.engine.improvement(id).await?;
    context.screen.note(&format!(
        "improvement {}: {} cases for training, {} kept back for validation, at most {} proposals\n",
        tail(id),
        begun.training.len(),
        begun.validation.len(),
        begun.summary.rounds
    ));
    carry_on(id, AdvanceImprovement::default(), wired, json, context).await
}

async fn request(
    arguments: ImproveArguments,
    context: &Context,
    wired: &Wired,
) -> Result<StartImprovement, CommandError> {
    let step = match arguments.step {
        Some(step) => step,
        None => declaring(&arguments.name, wired).await?,
    };
    let named = Named {
        step: &step,
        run: arguments.run.as_deref(),
        definition: arguments.definition.as_deref(),
        settings: &arguments.settings,
        grant_workspace: arguments.grant_workspace,
    };
    let (step, within) = named.found(context, wired).await?;
    let cases = read_cases(&context.start.join(&arguments.cases), context, wired).await?;
    let judge = judge_of(arguments.judge, &cases, context);
    Ok(StartImprovement {
        prompt: arguments.name,
        step,
        within,
        cases,
        checks: judge.into_iter().collect(),
        repeats: arguments.repeat,
        rounds: arguments.rounds,
        seed: arguments.seed,
        model: arguments.model,
        budget: budget_of(&arguments.caps).unwrap_or_default(),
        concurrency: arguments.caps.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        by: context.environment.user(),
    })
}

/// The built-in step that declares a prompt.
async fn declaring(name: &Name, wired: &Wired) -> Result<String, CommandError> {
    let plugins = wired.engine.builtin_plugins().await?;
    let declares = plugins.into_iter().find(|plugin| {
        let mut prompts = plugin.description.prompts.iter();
        prompts.any(|prompt| prompt.name == name.as_str())
    });
    declares
        .map(|plugin| plugin.uses)
        .ok_or_else(|| PromptError::NotDeclared { name: name.clone() }.into())
}

/// Takes an improvement from comparison to comparison until it ends, and shows what came of it.
async fn carry_on(
    id: ImprovementId,
    mut request: AdvanceImprovement,
    wired: Wired,
    json: bool,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    if wired.asked.cassette.is_some() {
        screen.say("replaying recorded answers: no model is asked, and nothing is paid\n");
    }
    let interrupts = Interrupts::listen(Arc::clone(screen));
    let exit = loop {
        let step = wired
            .engine
            .advance_improvement(id, std::mem::take(&mut request));
        let step = prepared(context, &wired, step).await;
        let step = step.map_err(|error| explained(error, context, &wired))?;
        let Some(comparison) = step.comparison else {
            break Exit::Success;
        };
        if let Some(exit) = interrupts.exit() {
            break exit;
        }
        if let Some(told) = step.told() {
            screen.note(&format!("{}\n", plain_line(&told)));
        }
        let as_it_is = ResumeComparison::default();
        let outcome = driven(comparison, as_it_is, &wired, &interrupts, context).await?;
        match outcome.status {
            ComparisonStatus::Finished => {}
            ComparisonStatus::Stopped => break Exit::Failed,
            ComparisonStatus::Interrupted | ComparisonStatus::Running => {
                break interrupts.exit().unwrap_or(Exit::Interrupted);
            }
        }
    };
    let look = async |wired: &Wired| wired.engine.improvement(id).await;
    let (_, view) = context.after_work(wired, look).await?;
    show(&view, json, context)?;
    if view.summary.end.is_none() {
        hint_of_rest(&view, context);
    }
    Ok(exit)
}

fn hint_of_rest(view: &ImprovementView, context: &Context) {
    let resume = format!("stepwell improvement resume {}", tail(view.summary.id));
    context.screen.hint(&format!(
        "`{resume}` goes on; what is there is not asked again"
    ));
    let raised = raised(&view.budget).filter(|_| view.summary.status == ComparisonStatus::Stopped);
    if let Some(raised) = raised {
        context.screen.hint(&format!(
            "where a cap stopped it, `{resume} {raised}` goes on with twice as much"
        ));
    }
}

fn show(view: &ImprovementView, json: bool, context: &Context) -> Result<(), CommandError> {
    let screen = &context.screen;
    if json {
        return Ok(screen.print_json(view)?);
    }
    let id = tail(view.summary.id);
    let text = improvement_text(view, &id, screen.out_style(), screen.columns());
    Ok(screen.print(&text)?)
}

fn show_proposal(view: &ImprovementView, number: u32, screen: &Screen) -> Result<(), CommandError> {
    let mut proposals = view.proposals.iter();
    let proposal = proposals.find(|it| it.number == number);
    let proposal = proposal.ok_or_else(|| PromptError::NoProposal {
        improvement: tail(view.summary.id),
        number,
        proposals: view.proposals.len(),
    })?;
    let text = whole_proposal(proposal, screen.out_style(), screen.columns());
    Ok(screen.print(&text)?)
}

pub(super) async fn improvement(
    command: ImprovementCommand,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    match command {
        ImprovementCommand::Show {
            improvement,
            proposal,
            json,
        } => {
            let engine = context.application().await?;
            let id = engine.find_improvement(&improvement).await?;
            let view = engine.improvement(id).await?;
            match proposal {
                Some(number) => show_proposal(&view, number, screen)?,
                None => show(&view, json, context)?,
            }
        }
        ImprovementCommand::Resume {
            improvement,
            caps,
            replay,
            json,
        } => {
            let wired = context
                .wire_with(Need::There, &replaying(replay), Tape::Stays)
                .await?;
            let id = wired.engine.find_improvement(&improvement).await?;
            let mut budget = budget_of(&caps);
            if let Some(budget) = &mut budget {
                // Who raises one cap means to keep the other.
                let before = wired.engine.improvement(id).await?.budget;
                budget.tokens = budget.tokens.or(before.tokens);
                budget.money = budget.money.or(before.money);
            }
            let request = AdvanceImprovement {
                budget,
                concurrency: caps.concurrency,
            };
            return carry_on(id, request, wired, json, context).await;
        }
        ImprovementCommand::Rm { improvement } => {
            let engine = context.application().await?;
            let id = engine.find_improvement(&improvement).await?;
            engine.remove_improvement(id).await?;
            screen.print(&format!(
                "improvement {} is removed; its comparisons stay\n",
                tail(id)
            ))?;
        }
    }
    Ok(Exit::Success)
}

pub(super) async fn improvements(
    arguments: ListingArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.application().await?;
    let improvements = engine.improvements(None, Some(arguments.limit)).await?;
    let screen = &context.screen;
    tell_gaps(improvements.gaps("improvement"), arguments.json, screen);
    if arguments.json {
        screen.print_json(&improvements)?;
        return Ok(Exit::Success);
    }
    if improvements.is_empty() && improvements.unreadable == 0 {
        screen.note("there are no improvements yet\n");
        screen.hint("`stepwell prompt improve NAME --cases FILE` makes one");
        return Ok(Exit::Success);
    }
    let (now, zone, style) = (now(), TimeZone::system(), screen.out_style());
    let mut table = Table::new();
    for improvement in improvements {
        table.row([
            tail(improvement.id),
            improvement.prompt.to_string(),
            improvement.step.to_string(),
            match improvement.proposal_count {
                1 => "1 proposal".to_owned(),
                proposals => format!("{proposals} proposals"),
            },
            ago(improvement.created_at, now, &zone),
            improvement_status(&improvement, style),
        ]);
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}
