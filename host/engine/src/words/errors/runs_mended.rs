//! The sort of each problem of a run, and what helps with it.

use stepwell_contract::{Choice, FolderProblem, GoOn, Remedy};
use stepwell_store::StandsOn;

use super::runs::{RunError, Wanted, item_name};
use super::{ErrorCode, LAST};

/// How many items are named as those that there are.
const SHOWN_ITEMS: usize = 5;

impl RunError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchRun { .. } => ErrorCode::NoSuchRun,
            Self::Ambiguous { .. } => ErrorCode::AmbiguousRun,
            Self::NoSuchStep { .. } | Self::NoOwnWork { .. } | Self::NoSuchItem { .. } => {
                ErrorCode::NoSuchStep
            }
            Self::UnknownInput { .. } => ErrorCode::UnknownInput,
            Self::MissingInputs { .. } | Self::InputFile { .. } => ErrorCode::MissingInput,
            Self::NotConfirmed { .. } => ErrorCode::NotConfirmed,
            Self::Setting(_) => ErrorCode::Setting,
            Self::UnderWay { .. }
            | Self::Finished { .. }
            | Self::Cancelled { .. }
            | Self::NothingAnswered { .. }
            | Self::NotReady { .. }
            | Self::LeftOut { .. }
            | Self::Unfinished { .. }
            | Self::StoodOn { .. }
            | Self::RoundsLeft { .. }
            | Self::GoesWithComparison { .. }
            | Self::IsCell { .. } => ErrorCode::WrongState,
            Self::NothingAsked { .. } => ErrorCode::NothingAsked,
            Self::FormGone { .. } => ErrorCode::Outdated,
            Self::NoItemAsks { .. } => ErrorCode::NothingAsked,
            Self::SeveralAsk { .. } => ErrorCode::SeveralAsk,
            Self::GivenForItems { .. } | Self::GivenForRounds { .. } | Self::UnfitInput { .. } => {
                ErrorCode::CannotBeGiven
            }
            Self::UnknownDocument { .. } => ErrorCode::UnknownDocument,
            Self::MissingDocument { .. } => ErrorCode::MissingDocument,
            Self::UnknownPrompt { .. } => ErrorCode::UnknownPrompt,
            Self::PromptMisfit { .. } => ErrorCode::PromptMisfit,
            Self::WorkspaceName { .. } | Self::OfAnotherProject { .. } | Self::KeptFile { .. } => {
                ErrorCode::Workspace
            }
            Self::SizesUnknown { .. } => ErrorCode::Store,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        let choose = |what, names: &[String]| Remedy::ChooseAmong {
            what,
            names: names.to_vec(),
        };
        match self {
            Self::NoSuchRun { given } if given == LAST => Remedy::StartRun,
            Self::NoSuchRun { .. } => Remedy::ListRuns,
            Self::Ambiguous { fitting, .. } => Remedy::GiveMoreOfId {
                ids: fitting.iter().take(5).map(ToString::to_string).collect(),
            },
            Self::NoSuchStep { steps, .. } => choose(Choice::Steps, steps),
            Self::NoOwnWork { .. } => Remedy::NameSubStep,
            Self::NotReady { run, .. } => Remedy::GoOnFirst { run: *run },
            Self::NoSuchItem { step, known, .. } => {
                let shown = known.iter().take(SHOWN_ITEMS);
                let names: Vec<_> = shown.map(|items| item_name(step, items)).collect();
                choose(Choice::Items, &names)
            }
            Self::UnknownInput { known, .. } => choose(Choice::Inputs, known),
            Self::MissingInputs { missing, .. } => Remedy::GiveInputs {
                names: missing.iter().map(|(name, _)| name.clone()).collect(),
            },
            Self::InputFile { input, .. } | Self::UnfitInput { input, .. } => Remedy::GiveInputs {
                names: vec![input.clone()],
            },
            Self::KeptFile { step, .. } => Remedy::KeepElsewhere { step: step.clone() },
            Self::NotConfirmed { .. } => Remedy::ConfirmRun,
            Self::Setting(_) => Remedy::LeaveOutSetting,
            Self::UnderWay { .. } => Remedy::WaitOrStop,
            Self::Finished { wanted, .. } => match wanted {
                Wanted::Resume => Remedy::RerunOrCorrect,
                Wanted::Cancel => Remedy::NothingLeft,
            },
            Self::Cancelled { wanted, .. } => match wanted {
                Wanted::Resume => Remedy::StartRun,
                Wanted::Cancel => Remedy::NothingLeft,
            },
            Self::Unfinished { run } => Remedy::CancelRun { run: *run },
            Self::StoodOn { by, .. } => match by {
                StandsOn::Comparison(comparison) => Remedy::RemoveComparison {
                    comparison: *comparison,
                },
                StandsOn::Run(_) | StandsOn::Unreadable(_) => Remedy::LeaveRun,
            },
            Self::IsCell { .. } => Remedy::CompareAgain,
            Self::GoesWithComparison { comparison, .. } => Remedy::RemoveComparison {
                comparison: *comparison,
            },
            Self::NothingAsked { .. } => Remedy::DeclineWhatIsOpen,
            Self::FormGone { run, .. } | Self::NoItemAsks { run, .. } => Remedy::AnswerAgain {
                then: GoOn::Run(*run),
            },
            Self::SeveralAsk { key, forms } => Remedy::NameForm {
                place: forms
                    .first()
                    .map_or_else(|| key.clone(), |form| format!("{form}/{key}")),
            },
            Self::RoundsLeft { .. } | Self::LeftOut { .. } => Remedy::RerunOrCorrect,
            Self::NothingAnswered { run, step } => Remedy::RunStep {
                run: *run,
                step: step.clone(),
            },
            Self::GivenForItems { .. } => Remedy::GiveListInstead,
            Self::GivenForRounds { step, .. } => Remedy::CorrectInRound { step: step.clone() },
            Self::UnknownDocument { known, .. } => choose(Choice::Documents, known),
            Self::MissingDocument { step, document } => Remedy::GiveDocument {
                step: step.clone(),
                name: document.clone(),
            },
            Self::UnknownPrompt { known, .. } => choose(Choice::Prompts, known),
            Self::PromptMisfit {
                prompt, declared, ..
            } => Remedy::FitPrompt {
                name: prompt.clone(),
                declared: declared.clone(),
            },
            Self::OfAnotherProject { .. } => Remedy::StartRun,
            Self::SizesUnknown { .. } => Remedy::ListUnreadable,
            Self::WorkspaceName { .. } => Remedy::ChooseWorkspace {
                problem: FolderProblem::Name,
            },
        }
    }
}
