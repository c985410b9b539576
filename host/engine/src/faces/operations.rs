//! The table of what every face can ask in one go: the engine has it as methods, a command asks it here or of the process
//! that holds the store, and the API answers it.
//!
//! What takes long, or is watched, stands beside it in `engine.rs`.

use std::path::Path;

use stepwell_comparison::{
    CellAnswer, CellDetail, ComparisonSummary, ComparisonView, PromptHistory,
};
use stepwell_contract::{ComparisonId, ImprovementId, Name, RunEstimate, RunId, Undertaking};

use crate::words::{
    AddVersion, AddedVersion, AdvanceImprovement, Ahead, BackedUp, BatchGivenUp, BranchView,
    CallDetail, CallView, CellAddress, CheckPlugin, CheckedDefinition, CheckedPlugin, CheckedStore,
    Cost, Costly, DefinitionSource, DocumentAddress, DocumentSummary, DocumentView, EngineError,
    EventView, ExplainSteps, ExplainedDefinition, FileFate, FileView, ImprovementStep,
    ImprovementSummary, ImprovementView, ListAnswers, ListRuns, Listed, LockPlugins, LockedPlugins,
    LookAhead, PluginView, ProjectPlugins, PromptSummary, RateCell, RemoveComparisons, RemoveRuns,
    RemovedComparisons, RemovedRuns, RestoredFile, RunAlone, RunStepAlone, RunSummary, RunView,
    Selection, StartComparison, StartImprovement, StartRun, TakeIntrinsic, Trial, UseVersion,
    VersionView, WantedCost,
};

/// Hands every operation to a macro, with what it is about, where it is answered, what it is given and what it gives.
///
/// Whoever makes something of all of them names the types that stand here.
#[macro_export]
macro_rules! operations {
    ($with:ident) => {
        $with! {
            /// Runs, newest first, all or those that fit; `before` reads on where an earlier listing ended.
            ///
            /// # Errors
            /// The store's.
            [operations] runs(wanted: &ListRuns) -> Listed<RunSummary>;
            /// The id of a run, from `last`, a whole id, or its last (or first) characters.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `RunError::Ambiguous`, or the store's.
            [operations] find_run(given: &str) -> RunId;
            /// A whole run with its state: its step tree, its executions, what they wrote, and the questions that wait.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, or the store's.
            [operations] run(run: RunId) -> RunView;
            /// The events of a run or a comparison after a cursor (0 is from the first), at most `limit`.
            ///
            /// # Errors
            /// The store's.
            [operations] events(of: Undertaking, after: u64, limit: usize) -> Vec<EventView>;
            /// Checks a definition as a run would, and changes nothing.
            ///
            /// # Errors
            /// [`EngineError::Definition`] with every problem.
            [operations] check(definition: &DefinitionSource) -> CheckedDefinition;
            /// Makes a run of a definition: checks everything, pins what it uses, and writes it down. [`Engine::drive`]
            /// carries it out.
            ///
            /// # Errors
            /// [`EngineError::Definition`] with every problem of the definition, `RunError::UnknownInput`,
            /// `RunError::MissingInputs` and their like for what doesn't fit it, [`EngineError::Workspace`], or the store's; `RunError::NotConfirmed` where it would probably take more than
            /// the operator's `confirm_above` and nobody said yes. Nothing is started then.
            [operations] start(request: StartRun) -> RunId;
            /// What a run that is to be started would probably take: sends nothing, and keeps nothing.
            ///
            /// # Errors
            /// As [`Engine::start`], but for a key that is missing.
            [operations] estimate(request: StartRun) -> RunEstimate;
            /// What work that is no whole run would probably take, and whether it needs a yes. Nothing is kept.
            ///
            /// # Errors
            /// As what starts it, but for `RunError::NotConfirmed`.
            [operations] estimate_work(work: Costly) -> RunEstimate;
            /// Runs one plugin alone: makes a workflow of that one step.
            ///
            /// # Errors
            /// As [`Engine::start`].
            [operations] start_alone(request: RunAlone) -> RunId;
            /// Runs one step of a definition alone, with the settings, grants, limits, model and prompts that it has there.
            ///
            /// # Errors
            /// As [`Engine::start`]; `RunError::MissingInputs` names what other steps would have given it.
            [operations] start_step_alone(request: RunStepAlone) -> RunId;
            /// What a step would ask a model first, with what is current now: nothing is sent, nothing is paid, and no version is
            /// added.
            ///
            /// # Errors
            /// As [`Engine::take_up`] for a step of a run and [`Engine::start`] for a plugin alone, and `RunError::NotReady` where
            /// what the step reads isn't there yet. That the step fails before it asks is no error but what is told.
            [operations] look_ahead(request: LookAhead) -> Ahead;
            /// What a trial would ask a model first: nothing is sent, and nothing is kept.
            ///
            /// # Errors
            /// As [`Engine::start_trial`]. That the step fails before it asks is no error but what is told.
            [operations] look_at_trial(trial: Trial) -> Ahead;
            /// Ends a run that nobody carries on; it can't be resumed.
            ///
            /// # Errors
            /// `RunError::UnderWay`, `RunError::Finished`, `RunError::Cancelled`, or the store's.
            [operations] cancel(run: RunId) -> ();
            /// Removes finished runs, by name or by rule, with all that is kept of them; what their calls took stays in the
            /// totals. Or says only which they would be.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `RunError::Unfinished`, `RunError::UnderWay`, `RunError::StoodOn` and
            /// `RunError::GoesWithComparison`; or the store's.
            [operations] remove_runs(request: RemoveRuns) -> RemovedRuns;
            /// Removes comparisons that nobody carries on, with the cells that they made and what only these used; what their
            /// calls took stays in the totals. Or says only what would go.
            ///
            /// # Errors
            /// `ComparisonError` for one that isn't there, is under way or whose cells another comparison uses; or the store's.
            [comparing] remove_comparisons(request: RemoveComparisons) -> RemovedComparisons;
            /// Holds every record and blob of the store against its digest; work goes on meanwhile.
            ///
            /// # Errors
            /// The store's, where it is damaged as a whole.
            [operations] check_store() -> CheckedStore;
            /// Copies the store as it is now into a folder, which is empty or isn't there; work goes on meanwhile.
            ///
            /// # Errors
            /// [`EngineError::OutOfReach`], or the store's.
            [operations] back_up(folder: &Path) -> BackedUp;
            /// Documents that aren't deleted, of one run or of all, of one step or of all.
            ///
            /// # Errors
            /// The store's.
            [operations] documents(selection: &Selection) -> Vec<DocumentSummary>;
            /// A document with its text; `revision` none is the one that counts.
            ///
            /// # Errors
            /// `RunError::NoSuchStep`, [`stepwell_store::StoreError::NoSuchDocument`], `RevisionError` for a revision that isn't there, or the store's.
            [operations] document(address: &DocumentAddress, revision: Option<u32>) -> DocumentView;
            /// Writes a new text of a document; what depends on it is stale from then on, and `resume` runs it again. The
            /// text that it has already changes nothing.
            ///
            /// # Errors
            /// `RunError::NoSuchStep`, [`stepwell_store::StoreError::NoSuchDocument`] where the step has not written it,
            /// `RunError::UnderWay`, or the store's.
            [operations] put_document(address: &DocumentAddress, text: String) -> DocumentSummary;
            /// Deletes a document; its texts stay readable by their revisions.
            ///
            /// # Errors
            /// As [`Engine::put_document`].
            [operations] remove_document(address: &DocumentAddress) -> ();
            /// The files that a run wrote or removed, in the order in which that became visible.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, or the store's.
            [operations] files(run: RunId, selection: &Selection) -> Vec<FileView>;
            /// What a run changed in the workspace's files, as unified diffs; `path` none is all of them. Of a selection it is what
            /// its executions changed, or would have changed if nobody had said no to it. `context` says how many lines stand around a change; none is
            /// three.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `FileError` for a path that the run didn't write, or the store's.
            [operations] file_diff(run: RunId, selection: &Selection, path: Option<&str>, context: Option<u32>, of: FileFate) -> String;
            /// Puts back what was there before the run wrote a file: also another person's text that it replaced. What a person
            /// wrote since is in no store, so it is only overwritten where that is said. Gives what was really done.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `FileError` for a path that the run didn't write, that somebody changed
            /// since or that can't be written, or the store's.
            [operations] restore_file(run: RunId, path: &str, overwrite: bool) -> RestoredFile;
            /// Puts one of the texts back that are kept of a file: another person's, the run's own, or what it found there; also one that a person
            /// said no to. `text` is its digest, or the beginning of that.
            ///
            /// # Errors
            /// As [`Engine::restore_file`], and `FileError::NoSuchText` where not one of them begins so.
            [operations] restore_text(run: RunId, path: &str, text: &str, overwrite: bool) -> RestoredFile;
            /// Makes the branch of a run again, with its commits, from what is kept of the run: for one that somebody deleted. One that is there is left
            /// as it is.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `FileError` for a run without a branch, a branch that somebody moved, or where the commit at which it began is
            /// gone, or the store's.
            [operations] remake_branch(run: RunId) -> BranchView;
            /// Calls, oldest first.
            ///
            /// # Errors
            /// The store's.
            [operations] calls(selection: &Selection) -> Listed<CallView>;
            /// One call with its texts. The id may be cut to its last characters.
            ///
            /// # Errors
            /// [`EngineError::NoSuchCall`] where no call, or more than one, has such an id; or the store's.
            [operations] call(id: &str) -> CallDetail;
            /// What models cost, by what a person adds it up by. Recorded answers, retries and what caches saved stand apart.
            ///
            /// # Errors
            /// The store's.
            [operations] cost(wanted: &WantedCost) -> Cost;
            /// Says of a call that what was sent of it and has no end was not paid: it counts in no budget then, and isn't in
            /// doubt any more.
            ///
            /// # Errors
            /// As [`Engine::call`]; [`RunError::UnderWay`] or [`ComparisonError::UnderWay`] while its run or comparison is, and
            /// [`EngineError::NothingToWriteOff`] where every attempt has an end.
            [operations] write_off_call(id: &str, by: &str) -> CallDetail;
            /// All prompts, sorted by name: those that are stored, and those that built-in steps declare. A prompt whose record
            /// can't be read is among them, with the reason.
            ///
            /// # Errors
            /// The store's.
            [operations] prompts() -> Vec<PromptSummary>;
            /// One prompt: as it is stored, or else as a built-in step declares it, or a step of a definition in the project.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::NoSuchPrompt`], or the store's.
            [operations] prompt(name: &Name) -> PromptSummary;
            /// One version of a prompt; none is the current one, and 0 is what its plugin brings along.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::NoSuchPrompt`], [`stepwell_store::StoreError::NoSuchVersion`], or the store's.
            [operations] prompt_version(name: &Name, number: Option<u32>) -> VersionView;
            /// The text of a version of a prompt as a run uses it, also where the version isn't kept any more.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, [`stepwell_store::StoreError::NoSuchVersion`] where no step of the run uses it, or the store's.
            [operations] prompt_of_run(run: RunId, name: &Name, number: u32) -> String;
            /// The latest version created, which need not be the current one.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::NoSuchPrompt`], or the store's.
            [operations] latest_prompt_version(name: &Name) -> VersionView;
            /// What differs between two versions, as a unified diff; 0 is what the plugin brings along.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::NoSuchPrompt`], [`stepwell_store::StoreError::NoSuchVersion`], or the store's.
            [operations] prompt_diff(name: &Name, from: u32, to: u32) -> String;
            /// How the versions of a prompt have done so far, from the newest comparisons that are kept and from all calls.
            ///
            /// # Errors
            /// The store's.
            [comparing] prompt_history(name: &Name) -> PromptHistory;
            /// Adds a version and makes it current; the fifth pushes the oldest out.
            ///
            /// # Errors
            /// `VersionError::Template` where the template doesn't fit the variables of its plugin,
            /// `VersionError::Outdated` where somebody added a version in the meantime, or the store's.
            [operations] add_prompt_version(add: AddVersion) -> AddedVersion;
            /// Makes what a plugin brings along for a prompt a version, which is current; where a kept version has that text, it is
            /// made current. The fifth pushes the oldest out.
            ///
            /// # Errors
            /// `VersionError::NoIntrinsic` where no plugin is known that uses the prompt, as [`Engine::add_prompt_version`], or the
            /// store's.
            [operations] take_intrinsic(take: TakeIntrinsic) -> AddedVersion;
            /// Makes a kept version current.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::NoSuchPrompt`], [`stepwell_store::StoreError::NoSuchVersion`], or the store's.
            [operations] use_prompt_version(request: UseVersion) -> PromptSummary;
            /// Deletes a kept version that isn't current.
            ///
            /// # Errors
            /// [`stepwell_store::StoreError::VersionIsCurrent`], [`stepwell_store::StoreError::NoSuchPrompt`], [`stepwell_store::StoreError::NoSuchVersion`], or the store's.
            [operations] remove_prompt_version(name: &Name, number: u32) -> PromptSummary;
            /// The built-in steps, by name; of those that are built apart, those that are there.
            ///
            /// # Errors
            /// [`EngineError::Plugin`] where one of them can't be loaded.
            [operations] builtin_plugins() -> Vec<PluginView>;
            /// The plugins that the operator gave names to, and those that somebody agreed to. No other machine is asked.
            ///
            /// # Errors
            /// [`LockError`](crate::LockError) for a lock that can't be read.
            [operations] project_plugins() -> ProjectPlugins;
            /// A plugin, named as in `uses`; a relative path starts at `folder`.
            ///
            /// # Errors
            /// [`EngineError::Plugin`] says why it can't be used.
            [operations] plugin(uses: &str, folder: &Path) -> PluginView;
            /// Everything that is to be said of a plugin before it is used: whether it can be, what it can reach, and what its
            /// `construct-prompt` gives. Nothing is kept.
            ///
            /// # Errors
            /// [`EngineError::Plugin`] where its file can't be read, or the sandbox failed. What is wrong with it is no error but what is told.
            [operations] check_plugin(request: &CheckPlugin) -> CheckedPlugin;
            /// What the steps of a definition may do, and where each permission comes from, also of one that a run would be refused for.
            /// Nothing is fetched, sent or kept.
            ///
            /// # Errors
            /// [`EngineError::Definition`] for one that can't be read; `RunError::NoSuchStep`; [`LockError`](crate::LockError) for a lock
            /// that can't be read.
            [operations] explain(request: &ExplainSteps) -> ExplainedDefinition;
            /// Holds plugins against `stepwell.lock`, and takes them into it where the request agrees to them: from then on nothing else is run
            /// in the project.
            ///
            /// # Errors
            /// [`LockError`](crate::LockError) for a lock that can't be read or written, for differences that nobody agreed to where the
            /// request wants none, and for others than those that were shown; what the plugins or the definition can't be used for.
            [operations] lock_plugins(request: LockPlugins) -> LockedPlugins;
            /// Comparisons, newest first; `before` reads on.
            ///
            /// # Errors
            /// The store's.
            [comparing] comparisons(before: Option<ComparisonId>, limit: Option<usize>) -> Listed<ComparisonSummary>;
            /// The id of a comparison, from `last`, a whole id, or its last (or first) characters.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison` for none or more than one, or the store's.
            [comparing] find_comparison(given: &str) -> ComparisonId;
            /// A whole comparison, as far as it is.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, or the store's.
            [comparing] comparison(id: ComparisonId) -> ComparisonView;
            /// One cell, with all its texts.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a cell that isn't there, or the store's.
            [comparing] comparison_cell(address: &CellAddress) -> CellDetail;
            /// What the cells of some cases were answered, each by the beginning of its text: what a matrix shows. A cell that
            /// has no text yet is left out.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a case or repeat that isn't there, or the store's.
            [comparing] comparison_answers(wanted: &ListAnswers) -> Vec<CellAnswer>;
            /// Makes a comparison: checks everything, pins what it uses, and writes it down. [`Engine::drive_comparison`]
            /// carries it out.
            ///
            /// # Errors
            /// What doesn't fit (`ComparisonError`, [`EngineError::Definition`], `RunError::NoSuchStep`,
            /// [`stepwell_store::StoreError::NoSuchVersion`]), or the store's. Nothing is written then.
            [comparing] start_comparison(request: StartComparison) -> ComparisonId;
            /// Makes a comparison of a text that isn't saved, on one case of a run or of one's own; the same trial is there already, where it was
            /// made before. [`Engine::drive_comparison`] sends it.
            ///
            /// # Errors
            /// `RunError::NoSuchRun`, `RunError::NoSuchStep`, `RunError::NoSuchItem`, `ComparisonError::TextMisfit` for a text that can't be filled,
            /// as [`Engine::start_comparison`], or the store's. Nothing is written then.
            [comparing] start_trial(trial: Trial) -> ComparisonId;
            /// Keeps what a person says of a cell.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a score out of range or a cell that isn't there,
            /// or the store's.
            [comparing] rate_cell(request: RateCell) -> ();
            /// Tells providers to give up the batches of a comparison that they haven't answered yet. What they have answered is
            /// fetched when it is carried on, and what they haven't is sent again then.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, or the store's. What kept a batch from being given up is told with it.
            [comparing] give_up_batches(id: ComparisonId) -> Vec<BatchGivenUp>;
            /// Makes a version of the compared prompt current, with the comparison as the reason.
            ///
            /// # Errors
            /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a version that wasn't compared,
            /// [`stepwell_store::StoreError::NoSuchVersion`] for one that is no longer kept, or the store's.
            [comparing] promote(id: ComparisonId, number: u32, by: String) -> PromptSummary;
            /// Writes an improvement of a prompt down: checks everything, parts the cases, and begins its first comparison.
            /// [`Engine::advance_improvement`] says which one is to be carried out.
            ///
            /// # Errors
            /// `ImprovementError` for cases that are too few or that nothing is checked of, as [`Engine::start_comparison`], or the
            /// store's. Nothing is written then.
            [comparing] start_improvement(request: StartImprovement) -> ImprovementId;
            /// Takes an improvement further: while its comparison isn't finished, that is to be carried out; afterwards what it came
            /// to is written down, and the next one begins. At the end of the last one a version that is better beyond chance is
            /// made current. Whoever asks twice begins nothing twice.
            ///
            /// # Errors
            /// `ImprovementError::NoSuchImprovement`, as [`Engine::start_comparison`], or the store's.
            [comparing] advance_improvement(id: ImprovementId, request: AdvanceImprovement) -> ImprovementStep;
            /// Improvements, newest first; `before` reads on.
            ///
            /// # Errors
            /// The store's.
            [comparing] improvements(before: Option<ImprovementId>, limit: Option<usize>) -> Listed<ImprovementSummary>;
            /// The id of an improvement, from `last`, a whole id, or its last (or first) characters.
            ///
            /// # Errors
            /// `ImprovementError::NoSuchImprovement` for none or more than one, or the store's.
            [comparing] find_improvement(given: &str) -> ImprovementId;
            /// A whole improvement, as far as it is: every proposal with its reason and its numbers.
            ///
            /// # Errors
            /// `ImprovementError::NoSuchImprovement`, or the store's.
            [comparing] improvement(id: ImprovementId) -> ImprovementView;
            /// Removes an improvement that nobody carries on; its comparisons stay.
            ///
            /// # Errors
            /// `ImprovementError::NoSuchImprovement`, `ComparisonError` while one of its comparisons is under way, or the store's.
            [comparing] remove_improvement(id: ImprovementId) -> ();
        }
    };
}

operations!(methods);
