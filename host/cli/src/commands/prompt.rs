//! `stepwell prompt`: the versions of prompts, read and changed.

use jiff::tz::TimeZone;
use stepwell_contract::{Name, Uses, amounts};
use stepwell_engine::{
    AddVersion, AddedVersion, MEASURES, PromptSummary, TakeIntrinsic, UseVersion, VersionSummary,
    VersionView,
};
use stepwell_store::Origin;

use super::{edit, improve, texts};
use crate::arguments::{PromptAddArguments, PromptCommand, PromptShowArguments, PromptText};
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
        PromptCommand::Show(arguments) => show(arguments, context).await?,
        PromptCommand::Add(arguments) => add(arguments, context).await?,
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

async fn show(arguments: PromptShowArguments, context: &Context) -> Result<(), CommandError> {
    let PromptShowArguments { name, number, .. } = arguments;
    let number = number.map(PromptText::number);
    let engine = context.application_to_look().await?;
    let screen = &context.screen;
    if let (Some(run), Some(number)) = (arguments.run, number) {
        let run = engine.find_run(&run).await?;
        let text = engine.prompt_of_run(run, &name, number).await;
        return Ok(screen.print_text(&text.map_err(|error| context.not_found(error))?)?);
    }
    let version = match arguments.latest {
        true => engine.latest_prompt_version(&name).await,
        false => engine.prompt_version(&name, number).await,
    };
    let version = version.map_err(|error| context.not_found(error))?;
    if arguments.json {
        return Ok(screen.print_json(&version)?);
    }
    if !version.summary.stored {
        not_stored(&version, screen);
    }
    if version.summary.number == PromptText::Intrinsic.number() {
        // Its note says whose it is.
        screen.note(&format!("{}\n", plain(&version.summary.note)));
    }
    Ok(screen.print_text(&version.content)?)
}

async fn add(arguments: PromptAddArguments, context: &Context) -> Result<(), CommandError> {
    let json = arguments.json;
    let by = context.environment.user();
    let added = match arguments.intrinsic {
        true => {
            let take = TakeIntrinsic {
                name: arguments.name,
                note: arguments.note,
                by,
            };
            let engine = context.wire(Need::Make).await?.engine;
            let taken = engine.take_intrinsic(take).await;
            taken.map_err(|error| context.not_found(error))?
        }
        false => add_text(arguments, by, context).await?,
    };
    match json {
        true => Ok(context.screen.print_json(&added)?),
        false => Ok(edit::tell_added(&context.screen, &added)?),
    }
}

async fn add_text(
    arguments: PromptAddArguments,
    by: String,
    context: &Context,
) -> Result<AddedVersion, CommandError> {
    let content = match (arguments.text, arguments.file) {
        (Some(text), _) => text,
        (None, Some(file)) => texts::file_or_input(&file, GivenFile::Template)?,
        (None, None) => String::new(),
    };
    let request = AddVersion {
        name: arguments.name,
        content,
        note: arguments.note,
        by,
        based_on: None,
        // A person names a file from where they are.
        plugin: arguments
            .plugin
            .map(|plugin| Uses::seen_from(&plugin, &context.start)),
    };
    let engine = context.wire(Need::Make).await?.engine;
    engine.add_prompt_version(request).await
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
    if let Some(own) = prompt.intrinsic.as_ref().filter(|own| own.is_offered()) {
        versions.row([
            "intrinsic".to_owned(),
            "offered".to_owned(),
            size(own.bytes),
            ago(own.declared_at, now, &zone),
            format!(
                "what {} brings along, which no version has",
                plain(&own.plugin)
            ),
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
    from: Option<PromptText>,
    to: Option<PromptText>,
    context: &Context,
) -> Result<(), CommandError> {
    let engine = context.application_to_look().await?;
    let prompt = engine.prompt(name).await;
    let prompt = prompt.map_err(|error| context.not_found(error))?;
    let current = prompt.current.map(PromptText::Version);
    let (from, to) = match (from, to) {
        // What a plugin brings along is what may come after the current one.
        (Some(PromptText::Intrinsic), None) => (current, Some(PromptText::Intrinsic)),
        (from, to) => (from, to.or(current)),
    };
    let Some(to) = to else {
        return Err(PromptError::NoCurrent { name: name.clone() }.into());
    };
    let before = || {
        let numbers = prompt.versions.iter().map(|version| version.number);
        let earlier = numbers.filter(|number| to.number() > *number);
        earlier.max().map(PromptText::Version)
    };
    let Some(from) = from.or_else(before) else {
        let (name, to) = (name.clone(), to.number());
        return Err(PromptError::NothingBefore { name, to }.into());
    };
    let diff = engine.prompt_diff(name, from.number(), to.number()).await;
    let diff = diff.map_err(|error| context.not_found(error))?;
    if diff.is_empty() {
        context
            .screen
            .note(&format!("{from} and {to} have the same text\n"));
    }
    Ok(context.screen.print_diff(&diff)?)
}
