//! Why a run can't be started, taken further or looked at.

use std::path::PathBuf;

use stepwell_contract::{
    Budget, ComparisonId, Estimate, Name, RunId, SkipReason, StepPath, listed,
};
use stepwell_store::StandsOn;

use super::LAST;
use crate::words::ToStart;

/// What was to be done with a run that its state doesn't allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Take it further.
    Resume,
    /// End it for good.
    Cancel,
}

/// Why the application says no to something about a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// No run has such an id.
    #[error("{}", no_such_run(given))]
    NoSuchRun {
        /// What was given.
        given: String,
    },
    /// A step is to be carried out from its answers, and was not carried out before.
    #[error("step `{step}` was not carried out in this run: there is no answer to read again")]
    NothingAnswered {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
    },
    /// A step is to be looked at or run by itself, and what it reads isn't there yet.
    #[error("step `{step}` can't begin yet: it waits for {}", listed(waits_for.iter().map(StepPath::as_str)))]
    NotReady {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
        /// The steps that it waits for.
        waits_for: Vec<StepPath>,
    },
    /// A step is to be run again that its run left out.
    #[error(
        "step `{step}` is left out in this run: {}",
        super::super::telling::why_skipped(reason)
    )]
    LeftOut {
        /// The step.
        step: StepPath,
        /// Why it, or what it lies below, is left out.
        reason: SkipReason,
    },
    /// The file that an input comes from can't be read.
    #[error("the file `{path}` of the input `{input}` can't be read: {reason}")]
    InputFile {
        /// The input.
        input: String,
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A document can't be kept where the definition says.
    #[error("a document of step `{step}` can't be kept in `{path}`: {reason}")]
    KeptFile {
        /// The step.
        step: StepPath,
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A group is to be run alone.
    #[error("step `{step}` has no work of its own: it groups its sub-steps")]
    NoOwnWork {
        /// The step.
        step: StepPath,
    },
    /// A step has no such item.
    #[error("{}", no_such_item(step, items, known))]
    NoSuchItem {
        /// The step.
        step: StepPath,
        /// What was given.
        items: Vec<u32>,
        /// Those that there are.
        known: Vec<Vec<u32>>,
    },
    /// Several runs fit.
    #[error("`{given}` fits {} runs", fitting.len())]
    Ambiguous {
        /// What was given.
        given: String,
        /// The runs.
        fitting: Vec<RunId>,
    },
    /// The run has no such step.
    #[error("there is no step `{given}` in workflow `{workflow}`")]
    NoSuchStep {
        /// What was given.
        given: String,
        /// The workflow.
        workflow: String,
        /// The steps that there are.
        steps: Vec<String>,
    },
    /// The workflow, or the step alone, has no such input.
    #[error("{of} has no input `{input}`")]
    UnknownInput {
        /// What takes the inputs, as a person is told: ``workflow `NAME` ``.
        of: InputsOf,
        /// What was given.
        input: String,
        /// The inputs that there are.
        known: Vec<String>,
    },
    /// A text that was given for an input doesn't fit its schema.
    #[error("the text that is given for the input `{input}` of {of} doesn't fit: {reason}")]
    UnfitInput {
        /// What takes the inputs.
        of: InputsOf,
        /// The input.
        input: String,
        /// Why.
        reason: String,
    },
    /// The workflow needs inputs that are not given.
    #[error("workflow `{workflow}` needs a value for {}", described(missing))]
    MissingInputs {
        /// The workflow.
        workflow: String,
        /// Names, and what to give.
        missing: Vec<(String, String)>,
    },
    /// It would probably take more than the operator wants to be started without a yes.
    #[error("{}", not_confirmed(*what, estimate, *above))]
    NotConfirmed {
        /// What would be started.
        what: ToStart,
        /// What it would take.
        estimate: Box<Estimate>,
        /// What the operator says.
        above: Budget,
    },
    /// A setting has a value that no definition can hold.
    #[error(transparent)]
    Setting(stepwell_definition::UnwritableSetting),
    /// It is under way in this process.
    #[error("run {run} is under way")]
    UnderWay {
        /// The run.
        run: RunId,
    },
    /// It is done.
    #[error("run {run} is finished")]
    Finished {
        /// The run.
        run: RunId,
        /// What was wanted.
        wanted: Wanted,
    },
    /// A person ended it.
    #[error("run {run} was cancelled{}", if *wanted == Wanted::Cancel { " already" } else { "" })]
    Cancelled {
        /// The run.
        run: RunId,
        /// What was wanted.
        wanted: Wanted,
    },
    /// It isn't finished, and would be lost.
    #[error("run {run} isn't finished")]
    Unfinished {
        /// The run.
        run: RunId,
    },
    /// Something else needs it.
    #[error("{by} stands on run {run}")]
    StoodOn {
        /// The run.
        run: RunId,
        /// What does.
        by: StandsOn,
    },
    /// Runs should go until all takes less, and nobody knows what each takes.
    #[error("no run is removed for its size: {problem}, so it isn't known what a run takes")]
    SizesUnknown {
        /// What can't be read.
        problem: String,
    },
    /// It is a cell of a comparison, and goes with that.
    #[error("run {run} is a cell of comparison {comparison}, and goes with it")]
    GoesWithComparison {
        /// The run.
        run: RunId,
        /// The comparison.
        comparison: ComparisonId,
    },
    /// It is a cell of a comparison, and stays as it is.
    #[error("run {run} is a cell of comparison {comparison}")]
    IsCell {
        /// The run.
        run: RunId,
        /// The comparison.
        comparison: ComparisonId,
    },
    /// A form is declined that isn't open.
    #[error("step `{step}` asks nothing now")]
    NothingAsked {
        /// The step.
        step: StepPath,
    },
    /// An answer is to a form that isn't open any more, or no longer fits what it asked about.
    #[error("{}: nothing was answered", form_gone(step.as_ref(), changed))]
    FormGone {
        /// The run.
        run: RunId,
        /// The step, where it is known.
        step: Option<StepPath>,
        /// The files that somebody changed since, where that is why.
        changed: Vec<String>,
    },
    /// An answer may be to one of several forms.
    #[error("`{key}` is asked for by several at once: {}", forms.join(", "))]
    SeveralAsk {
        /// The question's key.
        key: String,
        /// Those that ask, as a person names them.
        forms: Vec<String>,
    },
    /// An answer is to an item that asks nothing.
    #[error("nothing that waits asks for `{key}` for these items")]
    NoItemAsks {
        /// The question's key.
        key: String,
        /// The run.
        run: RunId,
    },
    /// More rounds are given, and no step has used up its own.
    #[error("no step of run {run} has used up its rounds")]
    RoundsLeft {
        /// The run.
        run: RunId,
    },
    /// A document is given for a step that runs once for each item.
    #[error("a document of step `{step}` can't be given: the step runs once for each item")]
    GivenForItems {
        /// The step.
        step: StepPath,
    },
    /// A document is given for a step that runs anew in each round.
    #[error(
        "a document of step `{step}` can't be given: it is written anew in each round of step `{repeated}`"
    )]
    GivenForRounds {
        /// The step.
        step: StepPath,
        /// The repeated step around it.
        repeated: StepPath,
    },
    /// A document is given that the step doesn't write.
    #[error("step `{step}` writes no document `{document}`")]
    UnknownDocument {
        /// The step.
        step: StepPath,
        /// What was given.
        document: String,
        /// What it writes.
        known: Vec<String>,
    },
    /// Not all documents of a step are given.
    #[error("step `{step}` also writes the document `{document}`, which isn't given")]
    MissingDocument {
        /// The step.
        step: StepPath,
        /// The document.
        document: String,
    },
    /// The step uses no such prompt.
    #[error("step `{step}` uses no prompt `{prompt}`")]
    UnknownPrompt {
        /// The step.
        step: StepPath,
        /// What was given.
        prompt: String,
        /// What it uses.
        known: Vec<String>,
    },
    /// The current version of a prompt can't be filled by the plugin that uses it.
    #[error("v{number} of prompt `{prompt}` doesn't fit the plugin of step `{step}`: {reason}")]
    PromptMisfit {
        /// The name under which the versions are kept.
        prompt: Name,
        /// The version.
        number: u32,
        /// The step.
        step: StepPath,
        /// The name that the plugin declares.
        declared: String,
        /// Why.
        reason: String,
    },
    /// It was begun in another project, of which this store is a copy, and its files didn't come along.
    #[error(
        "run {run} belongs to the project {}: its workspace {} is none of this project",
        project.display(),
        workspace.display()
    )]
    OfAnotherProject {
        /// The run.
        run: RunId,
        /// The project's folder.
        project: PathBuf,
        /// The run's workspace.
        workspace: PathBuf,
    },
    /// The path of the workspace can't be written down.
    #[error("the workspace {} has a name that is not UTF-8", path.display())]
    WorkspaceName {
        /// The workspace.
        path: PathBuf,
    },
}

fn form_gone(step: Option<&StepPath>, changed: &[String]) -> String {
    let step = step.map_or_else(|| "the step".to_owned(), |step| format!("step `{step}`"));
    let since = format!("what {step} asked about has changed since it asked");
    match changed {
        [] => format!("{since}, or it asks something else by now"),
        changed => format!("{since} (`{}`)", changed.join("`, `")),
    }
}

/// What takes inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputsOf {
    /// A workflow, by its name.
    Workflow(String),
    /// A step, by the name of its plugin.
    Step(String),
}

impl std::fmt::Display for InputsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Workflow(name) => write!(f, "workflow `{name}`"),
            Self::Step(name) => write!(f, "step `{name}`"),
        }
    }
}

/// An item of a step, as a person names it.
pub(super) fn item_name(step: &StepPath, items: &[u32]) -> String {
    let items: String = items.iter().map(|item| format!("[{item}]")).collect();
    format!("{step}{items}")
}

fn no_such_item(step: &StepPath, items: &[u32], known: &[Vec<u32>]) -> String {
    if known.iter().all(Vec::is_empty) {
        return format!("step `{step}` has no items: it runs once");
    }
    let (given, count) = (item_name(step, items), known.len());
    format!("there is no item `{given}`: the step has {count} in this run, and the first is 0")
}

fn no_such_run(given: &str) -> String {
    if given == LAST {
        "there are no runs yet".into()
    } else {
        format!("there is no run `{given}`")
    }
}

fn not_confirmed(what: ToStart, estimate: &Estimate, above: Budget) -> String {
    let what = what.word();
    format!(
        "the {what} would probably take {estimate}: that may be more than {}, above which `confirm_above` wants a yes",
        above.shown()
    )
}

fn described(missing: &[(String, String)]) -> String {
    let described = |(name, description): &(String, String)| match description.is_empty() {
        true => listed([name]),
        false => format!("`{name}` ({description})"),
    };
    missing.iter().map(described).collect::<Vec<_>>().join(", ")
}
