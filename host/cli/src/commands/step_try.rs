//! `stepwell step try`: a text of a prompt that isn't saved, sent once, or looked at.

use stepwell_contract::ComparisonId;
use stepwell_engine::{CellAddress, CellDetail, CellStatus, ResumeComparison, Trial};

use super::carrying_on::carry_on;
use super::driving::{explained, prepared};
use super::step::place;
use super::{step_prompt, texts};
use crate::arguments::{StepTryArguments, replaying};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Screen, plain, remedied, spent, tail};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn trial(
    arguments: StepTryArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let models = replaying(arguments.replay.clone());
    let wired = context.wire_with(Need::There, &models, Tape::Stays).await?;
    let request = request(&arguments, &wired).await?;
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

async fn request(arguments: &StepTryArguments, wired: &Wired) -> Result<Trial, CommandError> {
    let run = wired.engine.find_run(&arguments.run).await?;
    let (step, items) = place(&arguments.step)?;
    let hint = "name the file that has the text with `--text FILE`";
    Ok(Trial {
        run,
        step,
        items,
        prompt: arguments.prompt.clone(),
        text: texts::file_or_input(&arguments.text, hint)?,
        model: arguments.model.clone(),
        time: arguments.time,
    })
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
        screen.say(&format!("the step failed: {}\n", plain(&problem.message)));
        if let Some(remedy) = problem.advice() {
            screen.hint(&remedied(&remedy));
        }
    }
    screen.note(&format!("spent: {}\n", spent(&cell.spent)));
    screen.note(&format!(
        "nothing was saved: no version was added, and the run is as it was; `stepwell comparison show {}` shows all of it again\n",
        tail(id)
    ));
    Ok(())
}
