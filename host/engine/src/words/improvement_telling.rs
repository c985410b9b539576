//! What an improvement came to, and what became of a proposal, in words: the page says what the terminal does.

use stepwell_comparison::ComparisonStatus;
use stepwell_contract::{ImprovementEnd, ImprovementStage, ProposalState, RefusalKind, amounts};
use stepwell_store::{Refusal, Standing};

use super::{ImprovementStep, ImprovementSummary, ProposalView};

impl ImprovementSummary {
    /// Where it is, or what it came to.
    #[must_use]
    pub fn told(&self) -> String {
        let Some(end) = &self.end else {
            return match self.status {
                ComparisonStatus::Running => "running",
                ComparisonStatus::Interrupted | ComparisonStatus::Finished => "interrupted",
                ComparisonStatus::Stopped => "stopped",
            }
            .to_owned();
        };
        match (end, self.promoted) {
            (ImprovementEnd::Promoted, Some(number)) => format!("v{number} was made current"),
            (ImprovementEnd::Promoted, None) => "a version was made current".to_owned(),
            (ImprovementEnd::NothingFailed, _) => "nothing fails on the training cases".to_owned(),
            (ImprovementEnd::NothingBetter, _) => {
                "no proposal was better on the training cases".to_owned()
            }
            (ImprovementEnd::NotBeyondChance, _) => {
                "no proposal was better beyond chance on the validation cases".to_owned()
            }
            (ImprovementEnd::Outdated, _) => {
                "a proposal was better, but another version has become current meanwhile".to_owned()
            }
            (ImprovementEnd::Other(word), _) => word.clone(),
        }
    }
}

impl ProposalView {
    /// What became of it.
    #[must_use]
    pub fn told(&self) -> String {
        match (&self.state, &self.refusal) {
            (ProposalState::Refused, Some(refusal)) => format!("refused, {}", refused(refusal)),
            (ProposalState::Refused, None) => "refused".to_owned(),
            (ProposalState::Trying, _) => "is tried on the training cases".to_owned(),
            (ProposalState::NoBetter, _) => "no better on the training cases".to_owned(),
            (ProposalState::Kept, _) => "better on the training cases".to_owned(),
            (ProposalState::LeftOut, _) => {
                "better on the training cases, and left out for others that were better still"
                    .to_owned()
            }
            (ProposalState::NotBeyondChance, _) => {
                "not better beyond chance on the validation cases".to_owned()
            }
            (ProposalState::Better, _) => "better beyond chance, and not current".to_owned(),
            (ProposalState::Promoted, _) => "better beyond chance, and made current".to_owned(),
            (ProposalState::Other(word), _) => word.clone(),
        }
    }
}

fn refused(refusal: &Refusal) -> String {
    let message = refusal.message.as_deref().unwrap_or("nobody knows why");
    match (&refusal.kind, refusal.same_as) {
        (RefusalKind::Identical, Some(number)) => format!("it is the text of proposal {number}"),
        (RefusalKind::Identical, None) => "it is the text that it was made from".to_owned(),
        (RefusalKind::Misfit, _) => format!("the template can't be filled: {message}"),
        (RefusalKind::Unusable, _) => format!("the step that proposes failed: {message}"),
        (RefusalKind::Other(word), _) => format!("{word}: {message}"),
    }
}

/// How a text does on cases.
#[must_use]
pub fn standing_told(standing: &Standing) -> String {
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
        true => "nothing can be told".to_owned(),
        false => parts.join(", "),
    }
}

impl ImprovementStep {
    /// What the improvement does now; none where it has ended.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        let proposal = self.proposal.unwrap_or_default();
        Some(match self.stage.as_ref()? {
            ImprovementStage::Beginning => "the current version, on the training cases".to_owned(),
            ImprovementStage::Asking => format!("a model is asked for proposal {proposal}"),
            ImprovementStage::Training => format!("proposal {proposal}, on the training cases"),
            ImprovementStage::Validating => {
                "the best ones and the current version, on the validation cases".to_owned()
            }
            ImprovementStage::Other(word) => word.clone(),
        })
    }
}
