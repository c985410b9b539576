//! `stepwell step prompt`: what a step would ask a model first. Nothing is sent.

use std::path::Path;

use stepwell_contract::{Form, Role};
use stepwell_definition::parse_definition;
use stepwell_engine::{
    Ahead, AheadOf, LookAhead, PromptAhead, RerunStep, RunAlone, RunStepAlone, UnsentCall,
    UnsentMessage,
};

use super::driving::{explained, of_a_plugin, prepared};
use super::step::{may_run_again, only_prompt, place, rerun};
use super::step_alone::{is_a_plugin, run_alone, step_alone};
use super::{agreeing, answers};
use crate::arguments::{ChosenArguments, PromptChoice, StepPromptArguments, replaying};
use crate::errors::{CommandError, StepError};
use crate::exit::Exit;
use crate::terminal::{Screen, plain, plain_line, plain_paragraph};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn prompt(
    mut arguments: StepPromptArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let json = arguments.json;
    let run = arguments.run.take();
    if run.is_none() && arguments.within.is_none() {
        is_a_plugin("prompt", &arguments.step, context)?;
    }
    let need = match run {
        Some(_) => Need::There,
        None => Need::IfThere,
    };
    let wired = context
        .wire_with(need, &replaying(None), Tape::Stays)
        .await?;
    let agreement = arguments.agreement.clone();
    let request = request(arguments, run, &wired, context).await?;
    let may_look = match &request.of {
        AheadOf::Run { run, step } => {
            let given = request.with.plugin.as_deref();
            may_run_again(*run, step, given, &agreement, context, &wired).await?
        }
        AheadOf::Definition { alone } => {
            let plugins = agreeing::of_definition(&alone.definition);
            agreeing::may_begin(plugins, &agreement, context, &wired).await?
        }
        AheadOf::Plugin { alone } => {
            let plugins = agreeing::of_plugin(&alone.plugin, alone.folder.clone());
            agreeing::may_begin(plugins, &agreement, context, &wired).await?
        }
    };
    if !may_look {
        return Ok(Exit::Failed);
    }
    let is_alone = matches!(request.of, AheadOf::Plugin { .. });
    let ahead = prepared(context, &wired, wired.engine.look_ahead(request)).await;
    let ahead = ahead.map_err(|error| match explained(error, context, &wired) {
        error if is_alone => of_a_plugin(error),
        error => error,
    })?;
    told(&ahead, json, &context.screen)
}

/// Prints what a step would do first, and says how that ends.
pub(super) fn told(ahead: &Ahead, json: bool, screen: &Screen) -> Result<Exit, CommandError> {
    if json {
        screen.print_json(ahead)?;
    }
    if let Some(problem) = &ahead.problem {
        return Err(StepError::WouldFail {
            execution: ahead.execution.to_string(),
            message: problem.message.clone(),
            advice: problem.advice().map(Box::new),
        }
        .into());
    }
    if let Some(form) = &ahead.question {
        asks_a_person(form, screen);
        return Ok(Exit::Waiting);
    }
    if !json {
        show(ahead, screen)?;
    }
    Ok(Exit::Success)
}

async fn request(
    arguments: StepPromptArguments,
    run: Option<String>,
    wired: &Wired,
    context: &Context,
) -> Result<LookAhead, CommandError> {
    let person = arguments.person;
    let (of, with) = match run {
        Some(run) => {
            let run = wired.engine.find_run(&run).await?;
            let (step, items) = place(&arguments.step)?;
            let with = rerun(wired, run, &step, items, arguments.chosen, context).await?;
            (AheadOf::Run { run, step }, with)
        }
        None if arguments.within.is_some() => {
            let within = arguments.within.unwrap_or_default();
            let alone = RunStepAlone {
                intrinsic: arguments.chosen.intrinsic,
                ..step_alone(&arguments.step, &within, arguments.alone, context)?
            };
            let with = of_definition(wired, &alone, arguments.chosen).await?;
            let alone = Box::new(alone);
            (AheadOf::Definition { alone }, with)
        }
        None => {
            let alone = RunAlone {
                intrinsic: arguments.chosen.intrinsic,
                ..run_alone(&arguments.step, arguments.alone, context)?
            };
            let with = alone_with(wired, &alone, arguments.chosen).await?;
            let alone = Box::new(alone);
            (AheadOf::Plugin { alone }, with)
        }
    };
    Ok(LookAhead {
        of,
        with: RerunStep {
            answers: answers::given(&person.answers, context)?,
            no_questions: person.no_questions,
            ..with
        },
    })
}

/// What a plugin alone is carried out with.
async fn alone_with(
    wired: &Wired,
    alone: &RunAlone,
    chosen: ChosenArguments,
) -> Result<RerunStep, CommandError> {
    let folder = alone.folder.as_deref().unwrap_or(".");
    with_prompts(wired, &alone.plugin, Path::new(folder), chosen).await
}

/// What a step of a definition is carried out with.
async fn of_definition(
    wired: &Wired,
    alone: &RunStepAlone,
    chosen: ChosenArguments,
) -> Result<RerunStep, CommandError> {
    let file = alone.definition.file.as_deref().map(Path::new);
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("."));
    let (definition, _) = parse_definition(&alone.definition.text, "");
    let plugins = definition
        .iter()
        .flat_map(|definition| definition.plugins());
    let mut plugins = plugins.filter(|(path, _)| *path == alone.step);
    let uses = plugins.next().map(|(_, uses)| uses.value.clone());
    with_prompts(wired, &uses.unwrap_or_default(), folder, chosen).await
}

async fn with_prompts(
    wired: &Wired,
    uses: &str,
    folder: &Path,
    chosen: ChosenArguments,
) -> Result<RerunStep, CommandError> {
    let mut with = RerunStep {
        model: chosen.model,
        intrinsic: chosen.intrinsic,
        ..RerunStep::default()
    };
    if chosen.prompts.is_empty() {
        return Ok(with);
    }
    let plugin = wired.engine.plugin(uses, folder).await?;
    let declared: Vec<&str> = (plugin.description.prompts.iter())
        .map(|prompt| prompt.name.as_str())
        .collect();
    for PromptChoice { name, number } in chosen.prompts {
        let name = match name {
            Some(name) => name,
            None => only_prompt(&declared, &plugin.description.name)?,
        };
        with.prompts.insert(name, number);
    }
    Ok(with)
}

/// Prints the calls, and says of each what it is.
fn show(ahead: &Ahead, screen: &Screen) -> Result<(), CommandError> {
    if ahead.calls.is_empty() {
        screen.note(&format!("{} asks no model\n", ahead.execution));
        return Ok(());
    }
    let several = ahead.calls.len();
    for (number, call) in ahead.calls.iter().enumerate() {
        let which = match several {
            1 => String::new(),
            _ => format!("call {} of {several} that are sent at once: ", number + 1),
        };
        screen.note(&format!("{which}{}\n", about(call)));
        for UnsentMessage { role, text } in &call.messages {
            screen.print(&format!("--- {} ---\n", role_word(*role)))?;
            screen.print_text(text)?;
        }
    }
    screen.note("nothing was sent; what the step asks after that follows from the answer\n");
    Ok(())
}

/// A call in a line: whom it would ask, with which prompts, and how much.
fn about(call: &UnsentCall) -> String {
    let model = match (&call.model, &call.provider, &call.provider_model) {
        (Some(name), Some(provider), Some(model)) if name == model => {
            format!("{name} of {provider}")
        }
        (Some(name), Some(provider), Some(model)) => format!("{name} ({model} of {provider})"),
        (Some(name), ..) => format!("{name} (which isn't set up here)"),
        (None, ..) => "no model is set up".into(),
    };
    let prompts = call.prompts.iter().map(version);
    let tools = match call.tools.as_slice() {
        [] => None,
        tools => Some(format!("with the tools {}", tools.join(", "))),
    };
    let tokens = format!("{} tokens at most", call.estimated_tokens);
    let parts = std::iter::once(model)
        .chain(prompts)
        .chain([tokens])
        .chain(tools);
    plain(&parts.collect::<Vec<_>>().join(", "))
}

fn version(prompt: &PromptAhead) -> String {
    let PromptAhead {
        name,
        number,
        stored,
        unsaved,
    } = prompt;
    if *unsaved {
        return format!("{name} (the text that isn't saved)");
    }
    match (number, stored) {
        (0, _) => format!("{name} (its plugin's own)"),
        (_, true) => format!("{name} v{number}"),
        (_, false) => format!("{name} v{number} (its plugin's own, not stored yet)"),
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// What it asks a model follows from what a person answers.
fn asks_a_person(form: &Form, screen: &Screen) {
    screen.say(&format!(
        "the step asks a person first: {}\n",
        plain_line(&form.title)
    ));
    for question in &form.questions {
        let (key, text) = (plain_line(&question.key), plain_paragraph(&question.text));
        screen.say(&format!("  {key}: {text}\n"));
    }
    screen.hint(
        "`--answer KEY=TEXT` answers, and `--no-questions` says that nobody does: then what it asks a model is shown",
    );
}
