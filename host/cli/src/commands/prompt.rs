//! `stepwell prompt`: the versions of prompts, read and changed.

use jiff::tz::TimeZone;
use stepwell_contract::{Name, amounts};
use stepwell_engine::{
    AddVersion, MEASURES, PromptSummary, UseVersion, VersionSummary, VersionView,
};
use stepwell_store::Origin;

use super::{edit, improve, texts};
use crate::arguments::PromptCommand;
use crate::errors::{CommandError, PromptError};
use crate::exit::Exit;
use crate::remedy::GivenFile;
use crate::terminal::{Screen, Table, ago, now, plain, size, spent, tail};
use crate::wiring::{Context, Need};

pub(super) async fn prompt(
    command: PromptCommand,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    match command {
        PromptCommand::List { name, json } => list(name, json, context).await?,
        PromptCommand::Show {
            name,
            number,
            latest,
            run,
            json,
        } => {
            let engine = context.application_to_look().await?;
            if let (Some(run), Some(number)) = (run, number) {
                let run = engine.find_run(&run).await?;
                let text = engine.prompt_of_run(run, &name, number).await;
                screen.print_text(&text.map_err(|error| context.not_found(error))?)?;
                return Ok(Exit::Success);
            }
            let version = match latest {
                true => engine.latest_prompt_version(&name).await,
                false => engine.prompt_version(&name, number).await,
            };
            let version = version.map_err(|error| context.not_found(error))?;
            match json {
                true => screen.print_json(&version)?,
                false => {
                    if !version.summary.stored {
                        not_stored(&version, screen);
                    }
                    screen.print_text(&version.content)?;
                }
            }
        }
        PromptCommand::Add {
            name,
            file,
            text,
            note,
            json,
        } => {
            let content = match (text, file) {
                (Some(text), _) => text,
                (None, Some(file)) => texts::file_or_input(&file, GivenFile::Template)?,
                (None, None) => String::new(),
            };
            let engine = context.wire(Need::Make).await?.engine;
            let added = engine
                .add_prompt_version(AddVersion {
                    name,
                    content,
                    note,
                    by: context.environment.user(),
                    based_on: None,
                })
                .await?;
            match json {
                true => screen.print_json(&added)?,
                false => edit::tell_added(screen, &added)?,
            }
        }
        PromptCommand::Edit { name, from, note } => {
            return edit::edit(&name, from, note, context).await;
        }
        PromptCommand::Improve(arguments) => {
            return improve::improve(*arguments, context).await;
        }
        PromptCommand::Use {
            name,
            number,
            reason,
        } => {
            let request = UseVersion {
                name: name.clone(),
                number,
                by: context.environment.user(),
                reason,
                comparison: None,
            };
            let engine = context.application().await?;
            engine.use_prompt_version(request).await?;
            screen.print(&format!(
                "v{number} of prompt {name} is current; runs that begin from now on use it\n"
            ))?;
        }
        PromptCommand::Log { name, json } => log(&name, json, context).await?,
        PromptCommand::History { name, json } => history(&name, json, context).await?,
        PromptCommand::Rm { name, number } => {
            context
                .application()
                .await?
                .remove_prompt_version(&name, number)
                .await?;
            screen.print(&format!(
                "v{number} of prompt {name} is deleted; runs that used it keep its text\n"
            ))?;
        }
        PromptCommand::Diff { name, from, to } => diff(&name, from, to, context).await?,
    }
    Ok(Exit::Success)
}

async fn list(name: Option<Name>, json: bool, context: &Context) -> Result<(), CommandError> {
    let engine = context.application_to_look().await?;
    let screen = &context.screen;
    let prompts = match &name {
        Some(name) => {
            let prompt = engine.prompt(name).await;
            vec![prompt.map_err(|error| context.not_found(error))?]
        }
        None => engine.prompts().await?,
    };
    if json {
        return Ok(screen.print_json(&prompts)?);
    }
    if prompts.is_empty() {
        screen.note("there are no prompts yet\n");
        screen.hint("`stepwell prompt add` makes one");
        return Ok(());
    }
    let mut text = String::new();
    for prompt in &prompts {
        text += &shown(prompt, name.is_some(), screen);
    }
    Ok(screen.print(&text)?)
}

fn shown(prompt: &PromptSummary, in_full: bool, screen: &Screen) -> String {
    let style = screen.out_style();
    let mut text = format!("{}\n", style.strong(&prompt.name));
    if let Some(reason) = &prompt.unreadable {
        return format!("{text}  {} {reason}\n", style.bad("error:"));
    }
    let mut versions = Table::indented(2);
    let (now, zone) = (now(), TimeZone::system());
    for version in prompt.versions.iter().rev() {
        let state = match (version.current, version.latest) {
            (true, true) => style.good("current, latest"),
            (true, false) => style.good("current"),
            (false, true) => "latest".into(),
            (false, false) => String::new(),
        };
        let about = match &version.unreadable {
            Some(reason) => format!("{} {}", style.bad("can't be read:"), plain(reason)),
            None => about(version),
        };
        versions.row([
            format!("v{}", version.number),
            state,
            size(version.bytes),
            match version.stored {
                true => ago(version.created_at, now, &zone),
                false => "not stored yet".into(),
            },
            about,
        ]);
    }
    text += &versions.text();
    if in_full && let Some(variables) = &prompt.variables {
        text += &format!("variables\n{}", Table::of_fields(variables).text());
    }
    text
}

/// Says where a text comes from that the store doesn't have.
fn not_stored(version: &VersionView, screen: &Screen) {
    let VersionView { name, summary, .. } = version;
    screen.note(&format!(
        "v{} of prompt {name} is its plugin's own, and isn't stored yet: a run that uses it stores it, and so does `stepwell prompt edit {name}`\n",
        summary.number
    ));
}

fn about(version: &VersionSummary) -> String {
    // The store's own notes say where a version comes from.
    let origin = match version.origin {
        Origin::Person => "",
        Origin::Intrinsic => "intrinsic",
        Origin::Step => "written by a step",
    };
    let note = plain(&version.note);
    if note.is_empty() {
        origin.to_owned()
    } else {
        note
    }
}

/// How the versions have done so far, newest first.
async fn history(name: &Name, json: bool, context: &Context) -> Result<(), CommandError> {
    let engine = context.application().await?;
    let prompt = engine.prompt(name).await;
    prompt.map_err(|error| context.not_found(error))?;
    let history = engine.prompt_history(name).await?;
    let screen = &context.screen;
    if json {
        return Ok(screen.print_json(&history)?);
    }
    let mut table = Table::new();
    let (now, zone) = (now(), TimeZone::system());
    for version in &history.versions {
        let numbers = &version.numbers;
        let passed = numbers.pass_interval.map(|interval| {
            let range = amounts::percents(interval.low, interval.high);
            let (passed, of) = (numbers.passed_cases, numbers.checked_cases);
            format!("{passed} of {of} cases passed ({range})")
        });
        let measures = MEASURES.iter().filter_map(|measure| {
            let value = (measure.of)(numbers)?;
            let figure = format!("{} {}", measure.name, (measure.written)(value));
            Some(match measure.range(numbers) {
                Some(range) => format!("{figure} ({range})"),
                None => figure,
            })
        });
        table.row([
            format!("v{}", version.number),
            version
                .saved_at
                .map_or_else(String::new, |saved| ago(saved, now, &zone)),
            passed.unwrap_or_default(),
            measures.collect::<Vec<_>>().join(", "),
            format!("calls: {}", spent(&version.spent)),
        ]);
    }
    screen.print(&table.text())?;
    let read = history.comparisons;
    screen.note(&format!(
        "of the newest {read} comparisons{}, and all calls; versions may have met different cases: `stepwell compare` holds them against \
         each other\n",
        if history.older { " (there are older ones)" } else { "" }
    ));
    Ok(())
}

async fn log(name: &Name, json: bool, context: &Context) -> Result<(), CommandError> {
    let prompt = context.application().await?.prompt(name).await?;
    let screen = &context.screen;
    if json {
        return Ok(screen.print_json(&prompt.promotions)?);
    }
    let mut table = Table::new();
    let (now, zone) = (now(), TimeZone::system());
    for promotion in prompt.promotions.iter().rev() {
        let comparison = promotion
            .comparison
            .map(|comparison| format!("comparison {}", tail(comparison)));
        let reason = plain(&promotion.reason);
        let why = [Some(reason).filter(|reason| !reason.is_empty()), comparison];
        table.row([
            format!("v{}", promotion.number),
            ago(promotion.at, now, &zone),
            plain(&promotion.by),
            why.into_iter().flatten().collect::<Vec<_>>().join("; "),
        ]);
    }
    Ok(screen.print(&table.text())?)
}

async fn diff(
    name: &Name,
    from: Option<u32>,
    to: Option<u32>,
    context: &Context,
) -> Result<(), CommandError> {
    let engine = context.application_to_look().await?;
    let prompt = engine.prompt(name).await;
    let prompt = prompt.map_err(|error| context.not_found(error))?;
    let to = match to.or(prompt.current) {
        Some(to) => to,
        None => {
            return Err(PromptError::NoCurrent { name: name.clone() }.into());
        }
    };
    let before = || {
        prompt
            .versions
            .iter()
            .map(|version| version.number)
            .filter(|number| *number < to)
            .max()
    };
    let Some(from) = from.or_else(before) else {
        let name = name.clone();
        return Err(PromptError::NothingBefore { name, to }.into());
    };
    let diff = engine.prompt_diff(name, from, to).await?;
    if diff.is_empty() {
        context
            .screen
            .note(&format!("v{from} and v{to} have the same text\n"));
    }
    Ok(context.screen.print_diff(&diff)?)
}
