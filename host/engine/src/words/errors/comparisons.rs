//! Why a comparison can't be started, carried on or looked at.

use stepwell_contract::{Choice, ComparisonId, ImprovementId, Remedy, RunId, StepPath, listed};

use super::{ErrorCode, LAST};

/// Why the application says no to something about a comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComparisonError {
    /// No comparison has such an id, or several have.
    #[error("{}", no_such_comparison(given))]
    NoSuchComparison {
        /// What was given.
        given: String,
    },
    /// It is under way in this process.
    #[error("comparison {comparison} is under way already")]
    UnderWay {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// Another one uses what it made.
    #[error("comparison {by} uses cells of comparison {comparison}")]
    StoodOn {
        /// The comparison.
        comparison: ComparisonId,
        /// The one that does.
        by: ComparisonId,
    },
    /// An improvement that hasn't ended goes on from it.
    #[error("improvement {improvement}, which hasn't ended, goes on from comparison {comparison}")]
    OfImprovement {
        /// The comparison.
        comparison: ComparisonId,
        /// The improvement.
        improvement: ImprovementId,
    },
    /// What is given is not the path of a step.
    #[error("`{given}` is not the path of a step")]
    StepName {
        /// What was given.
        given: String,
    },
    /// The step is a group.
    #[error("step `{step}` has no work of its own to compare")]
    NoOwnWork {
        /// The step.
        step: StepPath,
    },
    /// The step has no inputs in the run.
    #[error("step `{step}` has not begun in run {run}: it has no inputs there")]
    NotBegun {
        /// The step.
        step: StepPath,
        /// The run.
        run: RunId,
    },
    /// A model's provider takes no batches.
    #[error(
        "the model `{model}` is at the provider `{provider}`, which takes no batches as far as is known: nothing was sent"
    )]
    NoBatches {
        /// The model.
        model: String,
        /// Its provider.
        provider: String,
    },
    /// The step uses no prompt.
    #[error("step `{step}` uses no prompt whose versions could differ")]
    NoPrompt {
        /// The step.
        step: StepPath,
    },
    /// The step uses several, and none is named.
    #[error("step `{step}` uses several prompts")]
    SeveralPrompts {
        /// The step.
        step: StepPath,
        /// What it uses.
        known: Vec<String>,
    },
    /// A version can't be filled by the plugin.
    #[error("v{number} of prompt `{prompt}` doesn't fit the plugin: {reason}")]
    VersionMisfit {
        /// The prompt.
        prompt: String,
        /// The version.
        number: u32,
        /// Why.
        reason: String,
    },
    /// A text that is to be tried can't be filled by the plugin.
    #[error("the text can't be sent: {reason}")]
    TextMisfit {
        /// Why.
        reason: String,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// The baseline isn't compared.
    #[error("the baseline v{number} is not among the versions that are compared")]
    BaselineNotCompared {
        /// The version.
        number: u32,
        /// Those that are compared.
        compared: Vec<String>,
    },
    /// More cells than anybody can look at.
    #[error(
        "{cases} cases with {variants} variants and {repeats} repeats are {cells} cells; at most {most} are compared at once"
    )]
    TooManyCells {
        /// How many cases.
        cases: usize,
        /// How many variants.
        variants: usize,
        /// How many repeats.
        repeats: u32,
        /// How many cells that is.
        cells: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two cases have one id.
    #[error("two cases have the id `{case}`")]
    SameCase {
        /// The id.
        case: String,
    },
    /// A case can't be as it is.
    #[error("case `{case}`: {mistake}")]
    BadCase {
        /// The case.
        case: String,
        /// What is wrong.
        mistake: String,
        /// What helps.
        remedy: Box<Remedy>,
    },
    /// A case gives an input that the step doesn't have.
    #[error("case `{case}`: step `{step}` has no input `{input}`")]
    UnknownInput {
        /// The case.
        case: String,
        /// The step.
        step: StepPath,
        /// What was given.
        input: String,
        /// The inputs that there are.
        known: Vec<String>,
    },
    /// A case lacks inputs.
    #[error("case `{case}` needs a value for {}", listed(missing))]
    MissingInputs {
        /// The case.
        case: String,
        /// Their names.
        missing: Vec<String>,
    },
    /// A step is named as a judge that writes no verdict.
    #[error("`{uses}` is no judge: it doesn't write a document `verdict`")]
    NoJudge {
        /// The step, as the check names it.
        uses: String,
    },
    /// No empty folder can be made for the cells.
    #[error("no temporary folder can be made: {reason}")]
    NoTemporaryFolder {
        /// What the system says.
        reason: String,
    },
    /// A rating is out of range.
    #[error("a rating is a number from 1 (bad) to 5 (good)")]
    Rating,
    /// The cell was not carried out yet.
    #[error("that cell has no outcome yet")]
    NoOutcome {
        /// The comparison.
        comparison: ComparisonId,
    },
    /// There is no such cell.
    #[error("comparison {comparison} has no such cell")]
    NoSuchCell {
        /// The comparison.
        comparison: ComparisonId,
        /// How many cases it has.
        cases: u32,
        /// How many variants.
        variants: u32,
        /// How many repeats.
        repeats: u32,
    },
    /// The version wasn't compared.
    #[error("comparison {comparison} has no version v{number}")]
    NotCompared {
        /// The comparison.
        comparison: ComparisonId,
        /// The version.
        number: u32,
    },
}

impl ComparisonError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchComparison { .. } => ErrorCode::NoSuchComparison,
            Self::UnderWay { .. } | Self::StoodOn { .. } | Self::OfImprovement { .. } => {
                ErrorCode::WrongState
            }
            Self::StepName { .. } => ErrorCode::StepName,
            Self::NoOwnWork { .. } | Self::NotBegun { .. } | Self::NoPrompt { .. } => {
                ErrorCode::NothingToCompare
            }
            Self::SeveralPrompts { .. } => ErrorCode::SeveralPrompts,
            Self::VersionMisfit { .. } => ErrorCode::PromptMisfit,
            Self::TextMisfit { .. } => ErrorCode::Template,
            Self::BaselineNotCompared { .. } | Self::NotCompared { .. } => ErrorCode::NotCompared,
            Self::TooManyCells { .. } => ErrorCode::TooManyCells,
            Self::NoBatches { .. } => ErrorCode::NoBatches,
            Self::SameCase { .. } | Self::BadCase { .. } => ErrorCode::Case,
            Self::UnknownInput { .. } => ErrorCode::UnknownInput,
            Self::MissingInputs { .. } => ErrorCode::MissingInput,
            Self::NoJudge { .. } => ErrorCode::Judge,
            Self::NoTemporaryFolder { .. } => ErrorCode::File,
            Self::Rating => ErrorCode::Rating,
            Self::NoOutcome { .. } => ErrorCode::NoOutcome,
            Self::NoSuchCell { .. } => ErrorCode::NoSuchCell,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        let choose = |what, names: &[String]| Remedy::ChooseAmong {
            what,
            names: names.to_vec(),
        };
        match self {
            Self::NoSuchComparison { given } if given == LAST => Remedy::StartComparison,
            Self::NoSuchComparison { .. } => Remedy::ListComparisons,
            Self::UnderWay { .. } => Remedy::Wait,
            Self::StoodOn { by, .. } => Remedy::RemoveComparison { comparison: *by },
            Self::OfImprovement { improvement, .. } => Remedy::EndImprovement {
                improvement: *improvement,
            },
            Self::StepName { .. } => Remedy::NameStep,
            Self::NoOwnWork { .. } => Remedy::NameSubStep,
            Self::NotBegun { .. } => Remedy::NameOtherRun,
            Self::NoPrompt { .. } => Remedy::CompareModels,
            Self::SeveralPrompts { known, .. } => Remedy::NamePrompt {
                names: known.clone(),
            },
            Self::VersionMisfit { .. } => Remedy::LeaveOutVersion,
            Self::BaselineNotCompared { compared, .. } => choose(Choice::Versions, compared),
            Self::TooManyCells { .. } => Remedy::CompareLess,
            Self::NoBatches { provider, .. } => Remedy::LeaveOutBatch {
                provider: provider.clone(),
            },
            Self::SameCase { .. } => Remedy::GiveOwnIds,
            Self::TextMisfit { remedy, .. } | Self::BadCase { remedy, .. } => Remedy::clone(remedy),
            Self::UnknownInput { known, .. } => choose(Choice::Inputs, known),
            Self::MissingInputs { .. } => Remedy::GiveCaseInputs,
            Self::NoJudge { .. } => Remedy::NameJudge,
            Self::NoTemporaryFolder { .. } => Remedy::CheckTemporaryFolder,
            Self::Rating => Remedy::GiveRating,
            Self::NoOutcome { comparison } => Remedy::CarryOnFirst {
                comparison: *comparison,
            },
            Self::NoSuchCell {
                cases,
                variants,
                repeats,
                ..
            } => Remedy::NameCell {
                cases: *cases,
                variants: *variants,
                repeats: *repeats,
            },
            Self::NotCompared { .. } => Remedy::NameComparedVersion,
        }
    }
}

fn no_such_comparison(given: &str) -> String {
    if given == LAST {
        "there are no comparisons yet".into()
    } else {
        format!("`{given}` names no comparison, or more than one")
    }
}
