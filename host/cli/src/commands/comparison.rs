//! `stepwell comparison` and `stepwell comparisons`: comparisons looked at, rated, carried on, and acted on.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use stepwell_contract::ComparisonId;
use stepwell_engine::{
    CellAddress, CellDetail, ComparisonView, RateCell, ResumeComparison, named_diff,
};

use super::compare::{budget_of, carry_on};
use super::summary::tail;
use crate::arguments::{
    ComparisonCommand, ComparisonsArguments, Format, LATEST, OutputArguments, VersionChoice,
    replaying,
};
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{
    Style, Table, ago, comparison_text, duration, plain, remedied, score, tokens,
};
use crate::wiring::{Context, House, Need, Tape};

pub(super) async fn comparisons(
    arguments: ComparisonsArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let engine = context.house(Need::There).await?.engine;
    let comparisons = engine.comparisons(None, Some(arguments.limit)).await?;
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&comparisons)?;
        return Ok(Exit::Success);
    }
    if comparisons.is_empty() {
        screen.note("there are no comparisons yet\n");
        screen.hint("`stepwell compare STEP` makes one");
        return Ok(Exit::Success);
    }
    let (now, zone) = (Timestamp::now(), TimeZone::system());
    let mut table = Table::new();
    for comparison in comparisons {
        let status = serde_json::to_value(comparison.status).unwrap_or_default();
        table.row([
            tail(&comparison.id.to_string()),
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
        ComparisonCommand::Show {
            comparison,
            case,
            output,
        } => {
            let house = context.house(Need::There).await?;
            let id = house.engine.find_comparison(&comparison).await?;
            let view = house.engine.comparison(id).await?;
            match case {
                Some(case) => show_case(&view, &case, &output, &house, context).await?,
                None => show(&view, &output, &house, context).await?,
            }
        }
        ComparisonCommand::Resume {
            comparison,
            caps,
            promote,
            replay,
            output,
        } => {
            check_output(&output, context)?;
            let house = context
                .house_with(Need::There, &replaying(replay), Tape::Stays)
                .await?;
            let id = house.engine.find_comparison(&comparison).await?;
            let before = house.engine.comparison(id).await?;
            let mut budget = budget_of(&caps);
            if let Some(budget) = &mut budget {
                // Who raises one cap means to keep the other.
                budget.tokens = budget.tokens.or(before.budget.tokens);
                budget.money = budget.money.or(before.budget.money);
            }
            let request = ResumeComparison {
                budget,
                concurrency: caps.concurrency,
                promote,
                by: context.environment.user(),
            };
            let exit = carry_on(id, request, &house, context).await?;
            let house = context.after_work(house).await?;
            let view = house.engine.comparison(id).await?;
            show(&view, &output, &house, context).await?;
            if (promote || before.promotes) && exit == Exit::Success {
                tell_promotion(&view, &house, context).await?;
            }
            return Ok(exit);
        }
        ComparisonCommand::Rate {
            comparison,
            case,
            variant,
            score,
            comment,
            repeat,
        } => {
            let engine = context.house(Need::There).await?.engine;
            let id = engine.find_comparison(&comparison).await?;
            let view = engine.comparison(id).await?;
            let cell = CellAddress {
                comparison: id,
                case: case_place(&view, &case)?,
                variant: variant_place(&view, &variant)?,
                repeat,
            };
            let rate = RateCell {
                cell,
                score: (score > 0).then_some(score),
                comment,
                by: context.environment.user(),
            };
            engine.rate_cell(rate).await?;
        }
        ComparisonCommand::Promote { comparison, number } => {
            let house = context.house(Need::There).await?;
            let id = house.engine.find_comparison(&comparison).await?;
            let version = match number {
                VersionChoice::Number(version) => version,
                VersionChoice::Latest => latest(&house.engine.comparison(id).await?)?,
            };
            promote(id, version, &house, context).await?;
        }
    }
    Ok(Exit::Success)
}

/// The latest version of the prompt, where it is one of those that were compared.
fn latest(view: &ComparisonView) -> Result<u32, CommandError> {
    let mut variants = view.variants.iter();
    let latest = variants.find(|variant| variant.latest);
    latest.and_then(|latest| latest.version).ok_or_else(|| {
        let compared = view.variants.iter().map(|variant| variant.label.as_str());
        CommandError::invalid(
            "the latest version is none of those that were compared",
            format!("name one of {}", compared.collect::<Vec<_>>().join(", ")),
        )
    })
}

/// Makes a compared version current, and says so.
pub(super) async fn promote(
    id: ComparisonId,
    version: u32,
    house: &House,
    context: &Context,
) -> Result<(), CommandError> {
    let by = context.environment.user();
    let prompt = house.engine.promote(id, version, by).await?;
    tell_current(version, &prompt.name, context);
    Ok(())
}

/// Says what became of the wish that the better version is made current when a comparison ends.
pub(super) async fn tell_promotion(
    view: &ComparisonView,
    house: &House,
    context: &Context,
) -> Result<(), CommandError> {
    let winner = view.winner().and_then(|winner| winner.version);
    match (view.promoted, winner) {
        (Some(promoted), Some(version)) if promoted == version => {
            let prompt = view.summary.prompt.as_deref().unwrap_or_default();
            tell_current(version, prompt, context);
        }
        // Another process had it under way, and didn't know of the wish; or what kept it from it is told now.
        (_, Some(version)) => promote(view.summary.id, version, house, context).await?,
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

/// Shows a comparison as was asked for.
pub(super) async fn show(
    view: &ComparisonView,
    output: &OutputArguments,
    house: &House,
    context: &Context,
) -> Result<(), CommandError> {
    let text = match format_of(output) {
        Format::Json => json(view)?,
        Format::Csv => stepwell_rendering::csv(view),
        Format::Html => {
            let mut details = Vec::new();
            for cell in view.cells.iter().filter(|cell| cell.run.is_some()) {
                let address = CellAddress {
                    comparison: view.summary.id,
                    case: cell.case,
                    variant: cell.variant,
                    repeat: cell.repeat,
                };
                details.push(house.engine.comparison_cell(&address).await?);
            }
            stepwell_rendering::html(view, &details, &remedied)
        }
        Format::Table => {
            let id = tail(&view.summary.id.to_string());
            comparison_text(view, &id, style(output, context))
        }
    };
    give(&text, output, context)
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
        .map_err(|source| CommandError::Write {
            path: file.clone(),
            source,
        })?;
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
        return context.screen.print(text);
    };
    std::fs::write(context.start.join(file), text).map_err(|source| CommandError::Write {
        path: file.clone(),
        source,
    })
}

/// One case with all its texts: for each variant what was sent, what came, and what differs from the baseline.
async fn show_case(
    view: &ComparisonView,
    case: &str,
    output: &OutputArguments,
    house: &House,
    context: &Context,
) -> Result<(), CommandError> {
    let place = case_place(view, case)?;
    if matches!(format_of(output), Format::Csv | Format::Html) {
        return Err(CommandError::invalid(
            "one case is shown as a table or as JSON",
            "leave `--case` out: CSV and HTML hold all cases",
        ));
    }
    let mut details = Vec::new();
    for variant in 0..view.variants.len() {
        for repeat in 1..=view.summary.repeats {
            let address = CellAddress {
                comparison: view.summary.id,
                case: place,
                variant: u32::try_from(variant).unwrap_or(u32::MAX),
                repeat,
            };
            details.push(house.engine.comparison_cell(&address).await?);
        }
    }
    let text = match format_of(output) {
        Format::Json => json(&details)?,
        _ => {
            let style = style(output, context);
            let baseline = details
                .iter()
                .find(|detail| detail.cell.variant == view.baseline && detail.cell.repeat == 1);
            let texts = details
                .iter()
                .map(|detail| cell_text(view, detail, baseline, style));
            texts.collect::<Vec<_>>().join("\n")
        }
    };
    give(&text, output, context)
}

fn cell_text(
    view: &ComparisonView,
    detail: &CellDetail,
    baseline: Option<&CellDetail>,
    style: Style,
) -> String {
    let cell = &detail.cell;
    let label = |place: u32| {
        let variant = view.variants.get(place as usize);
        variant.map_or_else(String::new, |variant| variant.label.clone())
    };
    let own = label(cell.variant);
    let repeat = match view.summary.repeats {
        1 => String::new(),
        _ => format!(" repeat {}", cell.repeat),
    };
    let mut text = style.strong(&format!("=== {own}{repeat} ===\n"));
    let mut facts = Vec::new();
    facts.extend(cell.tokens.map(|count| format!("{} tokens", tokens(count))));
    facts.extend(cell.money.map(|money| money.to_string()));
    facts.extend(cell.duration_ms.map(duration));
    facts.extend(
        cell.first_token_ms
            .map(|first| format!("first token after {}", duration(first))),
    );
    facts.extend(
        cell.run
            .map(|run| format!("run {}", tail(&run.to_string()))),
    );
    text += &format!("{}\n", style.dim(&facts.join(", ")));
    if let Some(problem) = &cell.problem {
        text += &format!("{} {}\n", style.bad("failed:"), plain(&problem.message));
    }
    for check in &cell.checks {
        let mark = match check.found.passed {
            None if check.found.score.is_some() => "judged".into(),
            Some(true) => style.good("passed"),
            Some(false) => style.bad("failed"),
            None => style.dim("not judged"),
        };
        let detail = check
            .found
            .detail
            .as_ref()
            .map(|detail| format!(" ({})", plain(detail)));
        let given = check
            .found
            .score
            .map(|given| format!(", score {}", score(given)));
        text += &format!(
            "{mark}: {}{}{}\n",
            plain(&check.what),
            given.unwrap_or_default(),
            detail.unwrap_or_default()
        );
    }
    let differs = baseline.filter(|baseline| {
        baseline.cell.variant != cell.variant || baseline.cell.repeat != cell.repeat
    });
    let mut section = |name: &str, own_text: Option<&str>, before: Option<&str>| {
        let Some(own_text) = own_text else { return };
        text += &format!("\n{}\n", style.strong(name));
        match before {
            Some(before) if before == own_text => text += &style.dim("as with the baseline\n"),
            Some(before) => {
                let names = (label(view.baseline), own.clone());
                let diff = named_diff(
                    Some(before.as_bytes()),
                    Some(own_text.as_bytes()),
                    &names.0,
                    &names.1,
                );
                text += &style.diff(&diff);
            }
            None => {
                text += &plain(own_text);
                if !own_text.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
    };
    for (place, prompt) in detail.prompts.iter().enumerate() {
        let before = differs.and_then(|baseline| baseline.prompts.get(place));
        section(
            &format!("prompt {}", place + 1),
            Some(prompt),
            before.map(String::as_str),
        );
        let before = differs.and_then(|baseline| baseline.answers.get(place));
        let answer = detail.answers.get(place).map(String::as_str);
        section(
            &format!("answer {}", place + 1),
            answer,
            before.map(String::as_str),
        );
    }
    for (name, document) in &detail.documents {
        let before = differs.and_then(|baseline| baseline.documents.get(name));
        section(
            &format!("document {name}"),
            Some(document),
            before.map(String::as_str),
        );
    }
    for file in &detail.files {
        let of_path = |baseline: &CellDetail| {
            let mut files = baseline.files.iter();
            files
                .find(|other| other.path == file.path)
                .and_then(|other| other.after.clone())
        };
        let before = differs.and_then(of_path);
        section(
            &format!("file {}", file.path),
            file.after.as_deref(),
            before.as_deref(),
        );
    }
    text
}

fn case_place(view: &ComparisonView, id: &str) -> Result<u32, CommandError> {
    let place = view.cases.iter().position(|case| case.id == id);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.ok_or_else(|| {
        let ids: Vec<&str> = view
            .cases
            .iter()
            .take(20)
            .map(|case| case.id.as_str())
            .collect();
        CommandError::invalid(
            format!("the comparison has no case `{id}`"),
            format!("its cases are {}", ids.join(", ")),
        )
    })
}

/// A variant by its label, or by its version where only one has it.
fn variant_place(view: &ComparisonView, given: &str) -> Result<u32, CommandError> {
    let labels = || view.variants.iter().map(|variant| variant.label.as_str());
    let number: Option<u32> = given.strip_prefix('v').unwrap_or(given).parse().ok();
    let by_label = labels().position(|label| label == given);
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
    place.ok_or_else(|| {
        CommandError::invalid(
            format!("the comparison has no `{given}`, or several"),
            format!("it compares {}", labels().collect::<Vec<_>>().join(", ")),
        )
    })
}
