//! `stepwell compare`: versions of a prompt, and models, side by side on the same cases.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::{ComparisonId, amounts};
use stepwell_definition::{Case, CaseSources, Check, Judge, Rule, Target, parse_cases};
use stepwell_engine::{
    CompareIn, DEFAULT_CONCURRENCY, DefinitionSource, ResumeComparison, StartComparison,
};
use stepwell_workers::{LARGEST_TEXT, read_text};

use super::carrying_on::{budget_of, carry_on, tell_promotion};
use super::driving::{explained, of_a_plugin, prepared};
use super::given::{check_output, show};
use super::texts;
use crate::application::Application;
use crate::arguments::{CompareArguments, replaying};
use crate::errors::{CommandError, Given};
use crate::exit::Exit;
use crate::terminal::{Screen, tail};
use crate::wiring::{Context, Need, Tape, Wired};

pub(super) async fn compare(
    arguments: CompareArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    check_output(&arguments.output, context)?;
    let models = replaying(arguments.replay.clone());
    let wired = context.wire_with(Need::Make, &models, Tape::Stays).await?;
    let (promote, output) = (arguments.promote, arguments.output.clone());
    let request = request(arguments, context, &wired).await?;
    let is_plugin = matches!(request.within, CompareIn::Plugin { .. });
    let id = prepared(context, &wired, wired.engine.start_comparison(request))
        .await
        .map_err(|error| explained(error, context, &wired))
        .map_err(|error| match is_plugin {
            true => of_a_plugin(error),
            false => error,
        })?;
    let exit = carry_on(id, ResumeComparison::default(), &wired, context).await?;
    let look = async |wired: &Wired| wired.engine.comparison(id).await;
    let (wired, view) = context.after_work(wired, look).await?;
    show(&view, &output, &wired, context)
        .await
        .inspect_err(|_| hint_of_result(id, context))?;
    if promote && exit == Exit::Success {
        tell_promotion(&view, &wired, context).await?;
    }
    Ok(exit)
}

/// What was paid for is there still, although it could not be shown.
fn hint_of_result(id: ComparisonId, context: &Context) {
    context.screen.hint(&format!(
        "nothing is lost: `stepwell comparison show {} --format … -o …` gives the result again",
        tail(id)
    ));
}

/// Tells which inputs of the case file are replaced by those that were given.
fn tell_replaced(cases: &[Case], inputs: &BTreeMap<String, String>, screen: &Screen) {
    let replaced: Vec<&str> = inputs
        .iter()
        .filter(|(name, text)| {
            let differs = |case: &Case| case.inputs.get(*name).is_some_and(|own| own != *text);
            cases.iter().any(differs)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if !replaced.is_empty() {
        screen.note(&format!(
            "`--input` replaces what the case file has for {}\n",
            crate::terminal::plain(&replaced.join(", "))
        ));
    }
}

/// Whether a judge of a case is told nothing to look for.
fn has_aimless_judge(case: &Case) -> bool {
    case.checks
        .iter()
        .any(|check| matches!(&check.rule, Rule::Judge(judge) if judge.criteria.trim().is_empty()))
}

async fn request(
    arguments: CompareArguments,
    context: &Context,
    wired: &Wired,
) -> Result<StartComparison, CommandError> {
    let within = within(&arguments, context, wired).await?;
    let step = match &within {
        CompareIn::Plugin { .. } if !arguments.step.starts_with("builtin:") => {
            context.start.join(&arguments.step).display().to_string()
        }
        _ => arguments.step.clone(),
    };
    let mut cases = match &arguments.cases {
        Some(file) => read_cases(&context.start.join(file), context, wired).await?,
        None => Vec::new(),
    };
    let inputs = texts::inputs(arguments.inputs)?;
    let answers: BTreeMap<String, String> = arguments
        .answers
        .into_iter()
        .map(|answer| (answer.key, answer.text))
        .collect();
    if cases.is_empty() && (!inputs.is_empty() || !answers.is_empty()) {
        cases.push(Case {
            id: "given".into(),
            ..Case::default()
        });
    }
    tell_replaced(&cases, &inputs, &context.screen);
    for case in &mut cases {
        for (name, text) in &inputs {
            case.inputs.insert(name.clone(), text.clone());
        }
        for (key, text) in &answers {
            case.answers.insert(key.clone(), text.clone());
        }
    }
    let aimless = arguments.judge.is_some() && arguments.criteria.is_empty();
    if aimless || cases.iter().any(has_aimless_judge) {
        context.screen.note(
            "warning: a judge has no criteria, and nothing to judge by but its own taste: give `--criteria TEXT`, or \
             `criteria` in the case file\n",
        );
    }
    let judge = arguments.judge.map(|uses| Check {
        target: Target::default(),
        not: false,
        rule: Rule::Judge(Judge {
            uses: match uses.starts_with("builtin:") {
                true => uses,
                false => context.start.join(uses).display().to_string(),
            },
            criteria: arguments.criteria,
            at_least: None,
            model: arguments.judge_model,
        }),
    });
    Ok(StartComparison {
        prompt: arguments.prompt,
        versions: arguments.versions,
        models: arguments.models,
        cases,
        checks: judge.into_iter().collect(),
        repeats: arguments.repeat,
        baseline: arguments.baseline,
        budget: budget_of(&arguments.caps).unwrap_or_default(),
        concurrency: arguments.caps.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        promote: arguments.promote,
        by: context.environment.user(),
        ..StartComparison::new(step, within)
    })
}

/// Where the step comes from: what is named, or a plugin where it looks like one, or the last run.
async fn within(
    arguments: &CompareArguments,
    context: &Context,
    wired: &Wired,
) -> Result<CompareIn, CommandError> {
    if let Some(run) = &arguments.run {
        let run = wired.engine.find_run(run).await?;
        return Ok(CompareIn::Run { run });
    }
    if let Some(file) = &arguments.definition {
        let path = context.start.join(file);
        let text = texts::definition(
            &path,
            "name a workflow's definition with `--definition FILE`",
        )?;
        let definition = DefinitionSource {
            text,
            file: Some(path.display().to_string()),
        };
        return Ok(CompareIn::Definition { definition });
    }
    let step = &arguments.step;
    let is_file = Path::new(step).extension().is_some_and(|end| end == "wasm");
    if step.starts_with("builtin:") || is_file {
        let settings = arguments.settings.iter();
        return Ok(CompareIn::Plugin {
            folder: Some(context.start.display().to_string()),
            settings: settings
                .map(|setting| (setting.key.clone(), setting.value.clone()))
                .collect(),
            grant_workspace: arguments
                .grant_workspace
                .map(|access| access.word().to_owned()),
        });
    }
    match wired.engine.find_run("last").await {
        Ok(run) => Ok(CompareIn::Run { run }),
        Err(_) => Err(CommandError::invalid(
            format!("there is no run that step `{step}` could belong to"),
            format!(
                "run the workflow first, name its definition with `--definition FILE`, or name a plugin: \
                 `builtin:{}`",
                step.rsplit('/').next().unwrap_or(step)
            ),
        )),
    }
}

/// Files beside the case file.
struct Beside<'p>(&'p Path);

impl CaseSources for Beside<'_> {
    fn text(&self, path: &str) -> Result<String, String> {
        read_text(&self.0.join(path), LARGEST_TEXT).map_err(|error| error.to_string())
    }

    fn folder(&self, path: &str) -> Result<BTreeMap<String, String>, String> {
        let mut files = Collected::default();
        collect(&self.0.join(path), "", &mut files)?;
        Ok(files.by_path)
    }
}

/// The most files of a case's workspace.
const MOST_FILES: usize = 10_000;
/// The most bytes of all of them.
const MOST_FILE_BYTES: usize = 64 << 20;

/// The files of a case's workspace, as far as they were read.
#[derive(Default)]
struct Collected {
    by_path: BTreeMap<String, String>,
    bytes: usize,
}

impl Collected {
    fn add(&mut self, path: String, text: String) -> Result<(), String> {
        self.bytes += text.len();
        if self.by_path.len() == MOST_FILES || self.bytes > MOST_FILE_BYTES {
            let bytes = amounts::size(MOST_FILE_BYTES as u64);
            return Err(format!(
                "a case's workspace has at most {MOST_FILES} text files and {bytes} of them, and there are more"
            ));
        }
        self.by_path.insert(path, text);
        Ok(())
    }
}

/// The text files below a folder. Links are not followed: a case holds what lies in its folder.
fn collect(folder: &Path, prefix: &str, files: &mut Collected) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && name != ".git" {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = read_text(&entry.path(), LARGEST_TEXT)
        {
            files.add(path, text)?;
        }
    }
    Ok(())
}

async fn read_cases(
    file: &Path,
    context: &Context,
    wired: &Wired,
) -> Result<Vec<Case>, CommandError> {
    let text = texts::file(
        file,
        "name a case file with `--cases FILE`; it is TOML or JSON",
    )?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let name = crate::project::shown(file, &context.start);
    let elsewhere;
    let service = match &wired.engine {
        Application::Here(engine) => engine.texts(),
        Application::There(_) => {
            elsewhere = context.texts(&wired.folder);
            &*elsewhere
        }
    };
    match parse_cases(&text, &name, &Beside(folder), service).await {
        (Some(mut cases), warnings) => {
            for warning in warnings {
                context.screen.note(&warning.render(&text));
            }
            for check in cases.iter_mut().flat_map(|case| &mut case.checks) {
                if let Rule::Judge(judge) = &mut check.rule
                    && !judge.uses.starts_with("builtin:")
                {
                    judge.uses = folder.join(&judge.uses).display().to_string();
                }
            }
            Ok(cases)
        }
        (None, diagnostics) => Err(Given::Cases.with(diagnostics, text)),
    }
}
