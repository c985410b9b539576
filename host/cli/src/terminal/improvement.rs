//! An improvement of a prompt as a person reads it in a terminal.

use stepwell_contract::{ImprovementEnd, ImprovementStage, ProposalState, RefusalKind, amounts};
use stepwell_engine::{
    ComparisonStatus, ImprovementStep, ImprovementSummary, ImprovementView, ProposalView,
};
use stepwell_store::{Refusal, Standing};

use super::style::{plain, plain_line};
use super::{Style, Table, remedied, spent, wrapped};

/// The whole improvement: where it is, and every proposal.
pub(crate) fn improvement_text(
    view: &ImprovementView,
    id: &str,
    style: Style,
    columns: usize,
) -> String {
    let summary = &view.summary;
    let mut text = format!(
        "improvement {id} of prompt {} in step {}: {}\n",
        summary.prompt,
        summary.step,
        status(summary, style)
    );
    if let Some(problem) = &view.problem {
        text += &format!(
            "  {} {}\n",
            style.bad("stopped:"),
            plain_line(&problem.message)
        );
        if let Some(remedy) = problem.advice() {
            let hint = plain_line(&remedied(&remedy));
            text += &format!("  {} {hint}\n", style.hint("hint:"));
        }
    }
    let began = match &view.standing {
        Some(standing) => format!("{} with v{}", standing_text(standing), view.baseline),
        None => format!("began from v{}", view.baseline),
    };
    text += &format!(
        "  {} cases for training, {} kept back for validation; {began}\n",
        view.training.len(),
        view.validation.len()
    );
    for proposal in &view.proposals {
        text.push('\n');
        text += &proposal_text(proposal, style, columns);
    }
    text += &format!("\nspent: {}\n", spent(&view.spent));
    text
}

/// Where an improvement is, or what it came to.
pub(crate) fn status(summary: &ImprovementSummary, style: Style) -> String {
    let Some(end) = &summary.end else {
        return match summary.status {
            ComparisonStatus::Running => "running".into(),
            ComparisonStatus::Interrupted | ComparisonStatus::Finished => {
                style.warning("interrupted")
            }
            ComparisonStatus::Stopped => style.bad("stopped"),
        };
    };
    match (end, summary.promoted) {
        (ImprovementEnd::Promoted, Some(number)) => {
            style.good(&format!("v{number} was made current"))
        }
        (ImprovementEnd::Promoted, None) => style.good("a version was made current"),
        (ImprovementEnd::NothingFailed, _) => "nothing fails on the training cases".into(),
        (ImprovementEnd::NothingBetter, _) => "no proposal was better on the training cases".into(),
        (ImprovementEnd::NotBeyondChance, _) => {
            "no proposal was better beyond chance on the validation cases".into()
        }
        (ImprovementEnd::Outdated, _) => {
            style.warning("a proposal was better, but another version has become current meanwhile")
        }
        (ImprovementEnd::Other(word), _) => plain_line(word),
    }
}

fn proposal_text(proposal: &ProposalView, style: Style, columns: usize) -> String {
    let made_from = match proposal.made_from {
        Some(number) => format!(", made from {number}"),
        None => String::new(),
    };
    let mut text = format!(
        "proposal {} (round {}{made_from}): {}\n",
        proposal.number,
        proposal.round,
        state(proposal, style)
    );
    if let Some(reason) = &proposal.reason {
        text += &wrapped(&plain_line(reason), columns, "  ", "  ");
    }
    let mut table = Table::indented(2);
    for (name, standing) in [
        ("training", &proposal.training),
        ("validation", &proposal.validation),
    ] {
        if let Some(standing) = standing {
            table.row([style.dim(name), standing_text(standing)]);
        }
    }
    text += &table.text();
    if let Some(sentence) = &proposal.sentence {
        text += &format!("  {}\n", plain_line(sentence));
    }
    text
}

fn state(proposal: &ProposalView, style: Style) -> String {
    match (&proposal.state, &proposal.refusal) {
        (ProposalState::Refused, Some(refusal)) => {
            style.warning(&format!("refused, {}", refused(refusal)))
        }
        (ProposalState::Refused, None) => style.warning("refused"),
        (ProposalState::Trying, _) => "is tried on the training cases".into(),
        (ProposalState::NoBetter, _) => "no better on the training cases".into(),
        (ProposalState::Kept, _) => "better on the training cases".into(),
        (ProposalState::LeftOut, _) => {
            "better on the training cases, and left out for others that were better still".into()
        }
        (ProposalState::NotBeyondChance, _) => {
            "not better beyond chance on the validation cases".into()
        }
        (ProposalState::Better, _) => "better beyond chance, and not current".into(),
        (ProposalState::Promoted, _) => style.good("better beyond chance, and made current"),
        (ProposalState::Other(word), _) => plain_line(word),
    }
}

fn refused(refusal: &Refusal) -> String {
    let message = plain_line(refusal.message.as_deref().unwrap_or("nobody knows why"));
    match (&refusal.kind, refusal.same_as) {
        (RefusalKind::Identical, Some(number)) => format!("it is the text of proposal {number}"),
        (RefusalKind::Identical, None) => "it is the text that it was made from".into(),
        (RefusalKind::Misfit, _) => format!("the template can't be filled: {message}"),
        (RefusalKind::Unusable, _) => format!("the step that proposes failed: {message}"),
        (RefusalKind::Other(word), _) => format!("{}: {message}", plain_line(word)),
    }
}

fn standing_text(standing: &Standing) -> String {
    let mut parts = Vec::new();
    if standing.checked > 0 {
        parts.push(format!("{} of {} pass", standing.passed, standing.checked));
    }
    if let Some(score) = standing.score {
        parts.push(format!("score {}", amounts::score(score)));
    }
    if let Some(p) = standing.p_value {
        parts.push(format!("p = {p:.3}"));
    }
    match parts.is_empty() {
        true => "nothing can be told".into(),
        false => parts.join(", "),
    }
}

/// One proposal with its text.
pub(crate) fn whole_proposal(proposal: &ProposalView, style: Style, columns: usize) -> String {
    let mut text = proposal_text(proposal, style, columns);
    if let Some(template) = &proposal.text {
        text += &format!("\n{}", plain(template));
    }
    text
}

/// What an improvement does now, as a line.
pub(crate) fn stage_line(step: &ImprovementStep) -> Option<String> {
    let proposal = step.proposal.unwrap_or_default();
    Some(match step.stage.as_ref()? {
        ImprovementStage::Beginning => "the current version, on the training cases".to_owned(),
        ImprovementStage::Asking => format!("a model is asked for proposal {proposal}"),
        ImprovementStage::Training => format!("proposal {proposal}, on the training cases"),
        ImprovementStage::Validating => {
            "the best ones and the current version, on the validation cases".to_owned()
        }
        ImprovementStage::Other(word) => plain_line(word),
    })
}
