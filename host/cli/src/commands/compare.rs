//! `stepwell compare`: versions of a prompt, and models, side by side on the same cases.

use std::collections::BTreeMap;

use stepwell_contract::{ComparisonId, Uses};
use stepwell_definition::{Case, Check, Judge, Rule, Target};
use stepwell_engine::{
    CompareIn, Costly, DEFAULT_CONCURRENCY, ResumeComparison, StartComparison, ToStart,
};

use super::agreeing;
use super::carrying_on::{budget_of, carry_on, tell_promotion};
use super::cases::read_cases;
use super::driving::{explained, of_a_plugin, prepared};
use super::estimates;
use super::given::{check_output, show};
use super::texts;
use super::within::Named;
use crate::arguments::{AnswerValue, CompareArguments, JudgeArguments, replaying};
use crate::errors::CommandError;
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
    let agreement = arguments.agreement.clone();
    let mut request = request(arguments, context, &wired).await?;
    let plugins = agreeing::of_compared(&request.step, &request.within);
    if !agreeing::may_begin(plugins, &agreement, context, &wired).await? {
        return Ok(Exit::Failed);
    }
    let is_plugin = matches!(request.within, CompareIn::Plugin { .. });
    let of_what_it_is = |error| match is_plugin {
        true => of_a_plugin(error),
        false => error,
    };
    let comparison = Box::new(request.clone());
    let work = Costly::Comparison { comparison };
    let of_work = estimates::of_work(
        ToStart::Comparison,
        work,
        request.confirmed,
        context,
        &wired,
    );
    match of_work.await.map_err(of_what_it_is)? {
        Some(confirmed) => request.confirmed = confirmed,
        None => return Ok(Exit::Failed),
    }
    let id = prepared(context, &wired, wired.engine.start_comparison(request))
        .await
        .map_err(|error| explained(error, context, &wired))
        .map_err(of_what_it_is)?;
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

/// The check that asks a judge, where one is named. Tells where one has nothing to look for.
pub(super) fn judge_of(
    arguments: JudgeArguments,
    cases: &[Case],
    context: &Context,
) -> Option<Check> {
    let aimless = arguments.judge.is_some() && arguments.criteria.is_empty();
    if aimless || cases.iter().any(has_aimless_judge) {
        context.screen.note(
            "warning: a judge has no criteria, and nothing to judge by but its own taste: give `--criteria TEXT`, or \
             `criteria` in the case file\n",
        );
    }
    arguments.judge.map(|uses| Check {
        target: Target::default(),
        not: false,
        rule: Rule::Judge(Judge {
            uses: Uses::seen_from(&uses, &context.start),
            criteria: arguments.criteria,
            at_least: None,
            model: arguments.judge_model,
        }),
    })
}

async fn request(
    arguments: CompareArguments,
    context: &Context,
    wired: &Wired,
) -> Result<StartComparison, CommandError> {
    let named = Named {
        step: &arguments.step,
        run: arguments.run.as_deref(),
        definition: arguments.definition.as_deref(),
        settings: &arguments.settings,
        grant_workspace: arguments.grant_workspace,
    };
    let (step, within) = named.found(context, wired).await?;
    let mut cases = match &arguments.cases {
        Some(file) => read_cases(&context.start.join(file), context, wired).await?,
        None => Vec::new(),
    };
    let inputs = texts::inputs(arguments.inputs)?;
    let mut answers = BTreeMap::new();
    for AnswerValue { key, text, .. } in arguments.answers {
        let text = texts::answer(&key, text)?;
        answers.insert(key, text);
    }
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
    let judge = judge_of(arguments.judge, &cases, context);
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
        batch: arguments.batch,
        promote: arguments.promote,
        by: context.environment.user(),
        confirmed: arguments.yes,
        ..StartComparison::new(step, within)
    })
}
