//! An improvement of a prompt as a person reads it in a terminal.

use stepwell_contract::{ImprovementEnd, ProposalState};
use stepwell_engine::{
    ComparisonStatus, ImprovementSummary, ImprovementView, ProposalView, standing_told,
};

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
        Some(standing) => format!("{} with v{}", standing_told(standing), view.baseline),
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
    let told = plain_line(&summary.told());
    match (&summary.end, summary.status) {
        (Some(ImprovementEnd::Promoted), _) => style.good(&told),
        (Some(ImprovementEnd::Outdated), _) => style.warning(&told),
        (Some(_), _) | (None, ComparisonStatus::Running) => told,
        (None, ComparisonStatus::Stopped) => style.bad(&told),
        (None, ComparisonStatus::Interrupted | ComparisonStatus::Finished) => style.warning(&told),
    }
}

fn proposal_text(proposal: &ProposalView, style: Style, columns: usize) -> String {
    let made_from = match proposal.made_from {
        Some(number) => format!(", made from {number}"),
        None => String::new(),
    };
    let told = plain_line(&proposal.told());
    let told = match proposal.state {
        ProposalState::Refused => style.warning(&told),
        ProposalState::Promoted => style.good(&told),
        _ => told,
    };
    let mut text = format!(
        "proposal {} (round {}{made_from}): {told}\n",
        proposal.number, proposal.round
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
            table.row([style.dim(name), standing_told(standing)]);
        }
    }
    text += &table.text();
    if let Some(sentence) = &proposal.sentence {
        text += &format!("  {}\n", plain_line(sentence));
    }
    text
}

/// One proposal with its text.
pub(crate) fn whole_proposal(proposal: &ProposalView, style: Style, columns: usize) -> String {
    let mut text = proposal_text(proposal, style, columns);
    if let Some(template) = &proposal.text {
        text += &format!("\n{}", plain(template));
    }
    text
}
