//! A comparison given as was asked for: as a table, or in a format for others; printed, or into a file.

use stepwell_contract::amounts;
use stepwell_engine::{CellAddress, CellDetail, CellView, ComparisonView, ListAnswers};

use crate::arguments::{Format, OutputArguments};
use crate::errors::{CommandError, ComparedError};
use crate::terminal::{Style, answers_text, case_text, comparison_text, remedied, tail};
use crate::wiring::{Context, Wired};

/// Shows a comparison as was asked for.
pub(super) async fn show(
    view: &ComparisonView,
    output: &OutputArguments,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    let text = match format_of(output) {
        Format::Json => json(view)?,
        Format::Csv => stepwell_rendering::csv(view),
        Format::Html => {
            let details = details(view, |cell| cell.run.is_some(), wired).await?;
            stepwell_rendering::html(view, &details, &remedied)
        }
        Format::Table => {
            let id = tail(view.summary.id);
            comparison_text(view, &id, style(output, context))
        }
    };
    give(&text, output, context)
}

/// Cells with all their texts.
async fn details(
    view: &ComparisonView,
    wanted: impl Fn(&CellView) -> bool,
    wired: &Wired,
) -> Result<Vec<CellDetail>, CommandError> {
    let mut details = Vec::new();
    for cell in view.cells.iter().filter(|cell| wanted(cell)) {
        let address = CellAddress {
            comparison: view.summary.id,
            case: cell.case,
            variant: cell.variant,
            repeat: cell.repeat,
        };
        details.push(wired.engine.comparison_cell(&address).await?);
    }
    Ok(details)
}

fn format_of(output: &OutputArguments) -> Format {
    match output.json {
        true => Format::Json,
        false => output.format,
    }
}

/// No colours in a file.
fn style(output: &OutputArguments, context: &Context) -> Style {
    match output.output {
        Some(_) => Style::new(false),
        None => context.screen.out_style(),
    }
}

/// Finds out that the file for the result can't be written, before anything is paid for it.
pub(super) fn check_output(
    output: &OutputArguments,
    context: &Context,
) -> Result<(), CommandError> {
    let Some(file) = &output.output else {
        return Ok(());
    };
    let path = context.start.join(file);
    let is_new = !path.exists();
    // What stands there stays until there is something to put in its place.
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(CommandError::unwritten(file))?;
    if is_new {
        // An empty file would look like a result. That it can't be removed harms nothing.
        let _ = std::fs::remove_file(&path);
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, CommandError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|source| CommandError::Json { source })?;
    Ok(text + "\n")
}

/// Prints a result, or writes it into the file that was named.
fn give(text: &str, output: &OutputArguments, context: &Context) -> Result<(), CommandError> {
    let Some(file) = &output.output else {
        return Ok(context.screen.print(text)?);
    };
    let written = std::fs::write(context.start.join(file), text);
    written.map_err(CommandError::unwritten(file))
}

/// How many cases are asked for at once.
const CASES: usize = 100;

/// What each case was answered with each variant: the beginning of each text.
pub(super) async fn show_answers(
    view: &ComparisonView,
    output: &OutputArguments,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    let is_json = match format_of(output) {
        Format::Json => true,
        Format::Table => false,
        Format::Csv | Format::Html => {
            return Err(ComparedError::FormatOfAnswers.into());
        }
    };
    let cases: Vec<u32> = (0..amounts::count(view.cases.len())).collect();
    let mut answers = Vec::new();
    for cases in cases.chunks(CASES) {
        let wanted = ListAnswers {
            comparison: view.summary.id,
            cases: cases.to_vec(),
            repeat: None,
        };
        answers.extend(wired.engine.comparison_answers(&wanted).await?);
    }
    let text = match is_json {
        true => json(&answers)?,
        false => answers_text(view, &answers, style(output, context)),
    };
    give(&text, output, context)
}

/// One case with all its texts: for each variant what was sent, what came, and what differs from the baseline.
pub(super) async fn show_case(
    view: &ComparisonView,
    place: u32,
    output: &OutputArguments,
    wired: &Wired,
    context: &Context,
) -> Result<(), CommandError> {
    if matches!(format_of(output), Format::Csv | Format::Html) {
        return Err(ComparedError::FormatOfCase.into());
    }
    let details = details(view, |cell| cell.case == place, wired).await?;
    let text = match format_of(output) {
        Format::Json => json(&details)?,
        _ => {
            let style = style(output, context);
            let baseline = details
                .iter()
                .find(|detail| detail.cell.variant == view.baseline && detail.cell.repeat == 1);
            let texts = details
                .iter()
                .map(|detail| case_text(view, detail, baseline, style));
            texts.collect::<Vec<_>>().join("\n")
        }
    };
    give(&text, output, context)
}
