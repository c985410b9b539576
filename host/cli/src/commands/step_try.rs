//! `stepwell step try`: a text of a prompt that isn't saved, sent once, or looked at.

use stepwell_contract::ComparisonId;
use stepwell_definition::Case;
use stepwell_engine::{CellAddress, CellDetail, CellStatus, ResumeComparison, Trial};

use super::carrying_on::carry_on;
use super::cases::read_cases;
use super::driving::{explained, prepared};
use super::step::place;
use super::within::{Named, is_plugin};
use super::{agreeing, step_prompt, texts};
use crate::arguments::{StepTryArguments, replaying};
use crate::errors::{CommandError, ComparedError};
use crate::exit::Exit;
use crate::remedy::GivenFile;
use crate::terminal::{Screen, plain_paragraph, remedied, spent, tail};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn trial(
    arguments: StepTryArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let models = replaying(arguments.replay.clone());
    // What needs no run needs no project that has one.
    let need = match arguments.within.is_some() || is_plugin(&arguments.step) {
        true => Need::Make,
        false => Need::There,
    };
    let wired = context.wire_with(need, &models, Tape::Stays).await?;
    let request = request(&arguments, context, &wired).await?;
    let plugins = agreeing::of_compared(&request.step, &request.within);
    if !agreeing::may_begin(plugins, &arguments.agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    if arguments.look {
        let ahead = prepared(context, &wired, wired.engine.look_at_trial(request)).await;
        let ahead = ahead.map_err(|error| explained(error, context, &wired))?;
        return step_prompt::told(&ahead, arguments.json, &context.screen);
    }
    let id = prepared(context, &wired, wired.engine.start_trial(request)).await;
    let id = id.map_err(|error| explained(error, context, &wired))?;
    let exit = carry_on(id, ResumeComparison::default(), &wired, context).await?;
    let look = async |wired: &Wired| wired.engine.comparison_cell(&only_cell(id)).await;
    let (_, detail) = context.after_work(wired, look).await?;
    show(id, &detail, arguments.json, &context.screen)?;
    Ok(match (exit, detail.cell.status) {
        (Exit::Success, CellStatus::Failure) => Exit::Failed,
        (exit, _) => exit,
    })
}

async fn request(
    arguments: &StepTryArguments,
    context: &Context,
    wired: &Wired,
) -> Result<Trial, CommandError> {
    let named = Named {
        step: &arguments.step,
        run: arguments.run.as_deref(),
        definition: arguments.within.as_deref(),
        settings: &[],
        grant_workspace: None,
    };
    let (step, within) = named.found(context, wired).await?;
    let (step, items) = match within.run() {
        Some(_) => {
            let (step, items) = place(&step)?;
            (step.to_string(), items)
        }
        None => (step, Vec::new()),
    };
    Ok(Trial {
        step,
        within,
        case: case(arguments, context, wired).await?,
        items,
        prompt: arguments.prompt.clone(),
        text: texts::file_or_input(&arguments.text, GivenFile::Trial)?,
        model: arguments.model.clone(),
        time: arguments.time,
    })
}

/// What it is tried on: a case of a file, inputs that were given, or both, the inputs over the case; none is what a run gave.
async fn case(
    arguments: &StepTryArguments,
    context: &Context,
    wired: &Wired,
) -> Result<Option<Case>, CommandError> {
    let inputs = texts::inputs(arguments.inputs.clone())?;
    let mut case = match &arguments.cases {
        Some(file) => {
            let cases = read_cases(&context.start.join(file), context, wired).await?;
            chosen(cases, arguments.case.as_deref())?
        }
        None if inputs.is_empty() => return Ok(None),
        None => Case {
            id: "given".into(),
            ..Case::default()
        },
    };
    case.inputs.extend(inputs);
    // Nothing is held against checks here: an answer is looked at.
    case.checks.clear();
    Ok(Some(case))
}

fn chosen(mut cases: Vec<Case>, id: Option<&str>) -> Result<Case, ComparedError> {
    let place = match id {
        Some(id) => cases.iter().position(|case| case.id == id),
        None => (cases.len() == 1).then_some(0),
    };
    let Some(place) = place else {
        let cases = cases.into_iter().map(|case| case.id).collect();
        return Err(match id {
            Some(id) => ComparedError::NoCaseInFile {
                id: id.to_owned(),
                cases,
            },
            None => ComparedError::SeveralCases { cases },
        });
    };
    Ok(cases.swap_remove(place))
}

/// A trial is a comparison of one text on one case.
fn only_cell(comparison: ComparisonId) -> CellAddress {
    CellAddress {
        comparison,
        case: 0,
        variant: 0,
        repeat: 1,
    }
}

/// Prints the documents, or the answer where the step could not read it, and says why.
fn show(
    id: ComparisonId,
    detail: &CellDetail,
    json: bool,
    screen: &Screen,
) -> Result<(), CommandError> {
    let cell = &detail.cell;
    if json {
        screen.print_json(&serde_json::json!({ "comparison": id, "cell": detail }))?;
    } else if cell.status == CellStatus::Success {
        for (name, text) in &detail.documents {
            if detail.documents.len() > 1 {
                screen.print(&format!("=== {name} ===\n"))?;
            }
            screen.print_text(text)?;
        }
    } else if let Some(answer) = detail.answers.last() {
        screen.print_text(answer)?;
    }
    if let Some(problem) = &cell.problem {
        screen.say(&format!(
            "the step failed: {}\n",
            plain_paragraph(&problem.message)
        ));
        if let Some(remedy) = problem.advice() {
            screen.hint(&remedied(&remedy));
        }
    }
    screen.note(&format!("spent: {}\n", spent(&cell.spent)));
    screen.note(&format!(
        "nothing was saved: no version was added, and no run was changed; `stepwell comparison show {}` shows all of it again\n",
        tail(id)
    ));
    Ok(())
}
