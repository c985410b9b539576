//! The form of a comparison: versions, models, cases, repeats.

use maud::{Markup, html};
use stepwell_engine::{DEFAULT_ROUNDS, ErrorCode};

use super::compared::{Compared, Source};
use super::given::{case_file, input_fields};
use crate::page::address::{Address, Pairs};
use crate::page::parts;
use crate::page::problem::alert;
use crate::{App, ProblemDetails};

/// The form, with what was given before; what is wrong with it, where it was sent.
pub(super) fn filled(
    app: &App,
    compared: &Compared,
    pairs: &Pairs,
    problem: Option<&ProblemDetails>,
) -> Markup {
    let (kind, value, shown) = match &compared.source {
        Source::Run(run) => (
            "run",
            run.summary.id.to_string(),
            format!("as in a run of {}", run.summary.workflow),
        ),
        Source::Definition(definition) => (
            "definition",
            definition.file.clone(),
            format!("as in {}", definition.file),
        ),
    };
    let here = Address::at("/comparisons/new")
        .with(kind, Some(&value))
        .with("step", Some(&compared.step))
        .with("prompt", pairs.get("prompt"));
    html! {
        @if let Some(problem) = problem { (alert(problem)) }
        form.stack.narrow method="post" action="/comparisons" data-draft=(format!("compare/{kind}/{value}/{}", compared.step))
            data-newer=[problem.map(|_| "typed")] data-at=(here) {
            input type="hidden" name=(kind) value=(value);
            input type="hidden" name="step" value=(compared.step);
            p.lead { strong { (compared.step) } " " span.quiet { (shown) } " · " a href="/comparisons/new" { "another step" } }
            (versions(compared, pairs))
            (models(app, pairs))
            (case_fields(compared, pairs))
            (judge(compared, pairs))
            div.row {
                div.field {
                    label for="repeats" { "Repeats" }
                    input #repeats name="repeats" type="number" min="1" max="20" value=(pairs.get("repeats").unwrap_or("1")) aria-describedby="repeats-hint";
                    span.hint #repeats-hint { "How often each case is run with each version." }
                }
                div.field {
                    label for="tokens" { "At most so many tokens" }
                    input #tokens name="tokens" type="number" min="1" value=(pairs.get("tokens").unwrap_or_default()) placeholder="no limit" aria-describedby="tokens-hint";
                    span.hint #tokens-hint { "For the whole comparison." }
                }
                div.field {
                    label for="money" { "At most so much money" }
                    input #money name="money" inputmode="decimal" value=(pairs.get("money").unwrap_or_default()) placeholder="no limit" aria-describedby="money-hint";
                    span.hint #money-hint { "As far as the prices of its models are known." }
                }
            }
            @if !compared.prompts.is_empty() {
                label.check {
                    input type="checkbox" name="promote" value="on" checked[pairs.get("promote").is_some()];
                    span { "Make the better version current when it ends, if one is better beyond chance" }
                }
            }
            label.check {
                input type="checkbox" name="batch" value="on" checked[pairs.get("batch").is_some()];
                span { "Send the calls in batches of their providers: for about half the price, and answered within a day" }
            }
            div.actions {
                @if problem.is_some_and(|problem| problem.code == ErrorCode::NotConfirmed) {
                    button.first name="confirmed" value="yes" { "Start all the same" }
                } @else {
                    button.first { "Compare" }
                }
            }
            (improving(app, compared, pairs))
        }
    }
}

fn versions(compared: &Compared, pairs: &Pairs) -> Markup {
    let wanted = pairs.get("prompt");
    let prompt = compared
        .prompts
        .iter()
        .find(|prompt| wanted.is_none_or(|name| prompt.name == name));
    let Some(prompt) = prompt.or(compared.prompts.first()) else {
        return html! { p.quiet { "This step uses no prompt whose versions could differ: compare models." } };
    };
    // The oldest, as at the terminal: what came later is held against it.
    let mut readable = prompt.versions.iter().filter(|it| it.unreadable.is_none());
    let oldest = readable.next().map(|version| version.number);
    let baseline = pairs.number("baseline").or(oldest).unwrap_or_default();
    let newest_first = || prompt.versions.iter().rev();
    // What was picked, or else all of them.
    let mut others = pairs.numbers("version");
    if !pairs.0.iter().any(|(name, _)| name == "version") {
        let readable = newest_first().filter(|version| version.unreadable.is_none());
        others = readable.map(|version| version.number).collect();
    }
    others.retain(|number| *number != baseline);
    html! {
        input type="hidden" name="prompt" value=(prompt.name);
        fieldset.stack {
            legend { "Versions of " (prompt.name) }
            div.field {
                label for="baseline" { "Baseline" }
                select #baseline name="baseline" aria-describedby="baseline-hint" {
                    @for version in newest_first() {
                        option value=(version.number) selected[version.number == baseline] { (parts::version_described(version)) }
                    }
                }
                span.hint #baseline-hint { "The one that the others are held against." }
            }
            @for place in 0..prompt.versions.len().saturating_sub(1) {
                @let id = format!("version-{}", place + 1);
                @let picked = others.get(place).copied();
                div.field {
                    label for=(id) { @if place == 0 { "Against it" } @else { "And" } }
                    select id=(id) name="version" {
                        option value="" selected[picked.is_none()] { "no other" }
                        @for version in newest_first() {
                            option value=(version.number) selected[picked == Some(version.number)] { (parts::version_described(version)) }
                        }
                    }
                }
            }
        }
    }
}

fn models(app: &App, pairs: &Pairs) -> Markup {
    let models = app.engine.models();
    let chosen = pairs.all("model").collect::<Vec<_>>();
    html! {
        @if models.len() > 1 {
            fieldset.stack.tight {
                legend { "Models" }
                @for model in &models {
                    label.check {
                        input type="checkbox" name="model" value=(model.name) checked[chosen.contains(&&*model.name)];
                        span { (model.name) " " span.quiet { (model.model) } }
                    }
                }
                span.hint.small.quiet { "None is the step's own." }
            }
        }
    }
}

/// What the same cases are good for besides: a model proposes versions.
fn improving(app: &App, compared: &Compared, pairs: &Pairs) -> Markup {
    let models = app.engine.models();
    let chosen = pairs.get("proposer");
    let rounds = pairs.get("rounds").map(str::to_owned);
    let rounds = rounds.unwrap_or_else(|| DEFAULT_ROUNDS.to_string());
    html! {
        @if !compared.prompts.is_empty() {
            details.more open[chosen.is_some()] {
                summary { "Let a model improve it instead" }
                div.stack {
                    p.quiet {
                        "A model proposes versions from what fails. They are tried on some of the cases, the best are held against the \
                         current version on the others, and one that is better beyond chance is made current. It takes at least 8 cases, \
                         each with a check or a judge; the versions and models above are not looked at."
                    }
                    div.row {
                        div.field {
                            label for="rounds" { "At most so many proposals" }
                            input #rounds name="rounds" type="number" min="1" max="50" value=(rounds);
                        }
                        @if models.len() > 1 {
                            div.field {
                                label for="proposer" { "The model that proposes" }
                                select #proposer name="proposer" {
                                    option value="" selected[chosen.is_none()] { "the default one" }
                                    @for model in &models {
                                        option value=(model.name) selected[chosen == Some(&*model.name)] { (model.name) }
                                    }
                                }
                            }
                        }
                    }
                    div.actions { button formaction="/comparisons/improve" { "Let a model improve it" } }
                }
            }
        }
    }
}

fn judge(compared: &Compared, pairs: &Pairs) -> Markup {
    let chosen = pairs.get("judge");
    html! {
        @if !compared.judges.is_empty() {
            fieldset.stack {
                legend { "Judge" }
                div.field {
                    label for="judge" { "Who judges every outcome" }
                    select #judge name="judge" aria-describedby="judge-hint" {
                        option value="" selected[chosen.is_none()] { "nobody" }
                        @for judge in &compared.judges {
                            option value=(judge.uses) selected[chosen == Some(judge.uses.as_str())] { (judge.description.name) }
                        }
                    }
                    span.hint #judge-hint { "A judge asks a model about each outcome, which costs tokens." }
                }
                div.field {
                    label for="criteria" { "What it looks for" }
                    textarea #criteria name="criteria" rows="3" { "\n" (pairs.get("criteria").unwrap_or_default()) }
                }
            }
        }
    }
}

fn case_fields(compared: &Compared, pairs: &Pairs) -> Markup {
    let from_run = matches!(compared.source, Source::Run(_));
    let inputs = compared
        .plugin
        .iter()
        .flat_map(|plugin| &plugin.description.inputs);
    html! {
        fieldset.stack {
            legend { "Cases" }
            @if from_run { p.quiet { "Leave all of it empty to run the case that the run gave." } }
            details.more open[!from_run] {
                summary { "One case, typed in" }
                (input_fields(inputs, pairs))
            }
            details.more open[pairs.get("cases").is_some()] {
                summary { "Several cases, with checks" }
                (case_file(pairs))
            }
        }
    }
}
