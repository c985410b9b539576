//! The application interface: [`Engine`], with what takes long or is watched; the rest is the table in `operations.rs`.

use std::sync::Arc;

use stepwell_comparison::ComparisonOutcome;
use stepwell_contract::{
    ComparisonId, ExecutionKey, Name, RunId, StepPath, TextService, Undertaking,
};
use stepwell_llm::ModelInfo;
use stepwell_store::{
    CallGroup, CallRecord, CallTotals, ExecutionRecord, Freed, Notice, RunRecord,
};
use tokio::sync::broadcast;
use tokio::sync::watch;
use uuid::Uuid;

use super::Operations;
use super::following::Follow;
use crate::comparing::{Comparing, TakenUpComparison};
use crate::driving::TakenUp;
use crate::state::{EngineParts, House, Reach};
use crate::words::{
    CallDetail, CallView, DefinitionSource, DefinitionView, Drive, EngineError, GivenAnswer,
    Listed, Live, Logged, Person, ReprocessStep, RerunStep, ResumeComparison, ResumeRun,
    RunOutcome, RunView, Selection, TakeUp, Totals,
};
/// The application: start runs, take them further, and look at everything that is kept.
///
/// Cheap to clone; all clones share one house.
#[derive(Clone)]
pub struct Engine {
    operations: Operations,
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        let house = House::new(parts);
        Self {
            operations: Operations {
                house,
                reach: Reach::Anywhere,
            },
        }
    }

    /// The same engine, for whoever may name only some folders: definitions, plugins and workspaces that lie elsewhere are
    /// refused. What a run was begun with before stays its own.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        let house = Arc::clone(self.house());
        Self {
            operations: Operations { house, reach },
        }
    }

    pub(super) fn operations(&self) -> &Operations {
        &self.operations
    }

    pub(super) fn house(&self) -> &Arc<House> {
        &self.operations.house
    }

    pub(super) fn comparing(&self) -> Comparing {
        Comparing::within(self.house(), &self.operations.reach)
    }

    /// What fills templates and holds values against JSON Schemas.
    #[must_use]
    pub fn texts(&self) -> &dyn TextService {
        &*self.house().texts
    }

    /// The models of the registry, for a diagnosis.
    #[must_use]
    pub fn models(&self) -> Vec<ModelInfo> {
        self.house().models.list()
    }

    /// The published JSON Schema of a run.
    #[must_use]
    pub fn run_schema() -> serde_json::Value {
        schemars::schema_for!(RunView).to_value()
    }

    /// The definitions that lie in the project, by their files. A file that isn't one is passed over, and so is what
    /// .gitignore names.
    pub async fn definitions(&self) -> Vec<DefinitionView> {
        self.operations.definitions().await
    }

    /// The runs and comparisons that this process carries on.
    #[must_use]
    pub fn under_way(&self) -> Vec<Undertaking> {
        self.house().all_active()
    }

    /// Waits until nobody in this process carries it on.
    pub async fn until_let_go(&self, what: impl Into<Undertaking>) {
        self.house().until_let_go(what).await;
    }

    /// Tells of every new event from now on, by its cursor; a watcher that falls behind reads [`Engine::events`].
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        self.house().store.watch()
    }

    /// What is only worth seeing while it happens: tokens, waits, lines of the log before they are durable.
    #[must_use]
    pub fn live(&self) -> broadcast::Receiver<Live> {
        self.house().live.subscribe()
    }

    /// Follows a run or a comparison from the event after a cursor on; 0 is from the first.
    #[must_use]
    pub fn follow(&self, what: impl Into<Undertaking>, after: u64) -> Follow {
        self.operations.follow(what.into(), after)
    }
}

methods! {
    /// Removes the finished runs that the configuration doesn't keep, and nothing stands on; says how many.
    ///
    /// # Errors
    /// The store's.
    [operations] tidy_up() -> usize;
    /// Frees what nobody needs any more of texts and files; the store's file stays as large as it is.
    ///
    /// Nothing may be under way, and nothing may begin meanwhile: what is about to be needed would be freed, too. None where it isn't the
    /// moment, since somebody writes, or copies or checks the store.
    ///
    /// # Errors
    /// The store's: where a record can't be read nobody knows what it needs, and nothing is freed.
    [operations] free_unneeded() -> Option<Freed>;
    /// Calls, newest first, `skip` of them passed over.
    ///
    /// # Errors
    /// The store's.
    [operations] newest_calls(selection: &Selection, skip: usize, limit: usize) -> Listed<CallView>;
    /// What calls took together, by what a person adds them up by.
    ///
    /// # Errors
    /// The store's.
    [operations] totals_of_calls(selection: &Selection) -> Vec<(CallGroup, CallTotals)>;
    /// The newest calls of one execution, as a person names it, with their texts, newest first; and how many it made.
    ///
    /// # Errors
    /// The store's.
    [operations] calls_of_execution(run: RunId, step: &StepPath, execution: &str, most: usize) -> (Vec<CallDetail>, usize);
    /// Carries a comparison out: what is there already is not run again (rule E27). Once every cell has an outcome, the
    /// better version is made current if somebody wishes it.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` while it is under way, what [`Engine::promote`] says,
    /// or the store's; a cell that fails is no error but an outcome.
    [comparing] drive_comparison(id: ComparisonId, stop: Option<watch::Receiver<bool>>) -> ComparisonOutcome;
    /// Takes a comparison up: makes durable what a person changes in it. From then on it is under way.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` while it is under way, or the store's.
    [comparing] take_up_comparison(id: ComparisonId, request: ResumeComparison) -> TakenUpComparison;
    /// Takes a comparison further with what a person changes in it, if anything.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` while it is under way, or the store's.
    [comparing] resume_comparison(id: ComparisonId, request: ResumeComparison, stop: Option<watch::Receiver<bool>>) -> ComparisonOutcome;
    /// A definition that lies in the project, ready to be started.
    ///
    /// # Errors
    /// [`EngineError::NoSuchDefinition`] for a file that [`Engine::definitions`] doesn't list.
    [operations] definition(file: &str) -> DefinitionSource;
    /// Takes a run up: says what hinders it, and makes durable what is given with it. `person` answers its questions
    /// while it is driven; without one, a run that asks goes to sleep.
    ///
    /// # Errors
    /// `RunError::UnderWay`, or `RunError::Finished` and `RunError::Cancelled` where it shall be resumed;
    /// `RunError::NoSuchStep`, `RunError::NoSuchItem`, `RunError::UnknownPrompt`, `RunError::PromptMisfit`, [`EngineError::Plugin`], [`EngineError::Model`] or
    /// [`stepwell_store::StoreError::NoSuchVersion`](stepwell_store::StoreError::NoSuchVersion) for what doesn't fit; or the store's.
    [operations] take_up(run: RunId, what: TakeUp, person: Option<Arc<dyn Person>>) -> TakenUp;
    /// Drives a run until it ends or only a person can take it further.
    ///
    /// # Errors
    /// As [`Engine::take_up`], or the store's; a step that fails is no error but an outcome.
    [operations] drive(run: RunId, how: Drive) -> RunOutcome;
    /// Takes a run further: what is pending, failed or stale is carried out (rules E10, E18, E25).
    ///
    /// # Errors
    /// `RunError::Finished`, `RunError::Cancelled`; `RunError::UnknownDocument`, `RunError::MissingDocument` and
    /// `RunError::GivenForItems` for documents that don't fit; or the store's.
    [operations] resume(run: RunId, request: ResumeRun, how: Drive) -> RunOutcome;
    /// Runs one step of a run again, with what is current now, and its sub-steps. What depends on it becomes stale;
    /// [`Engine::resume`] runs that.
    ///
    /// # Errors
    /// As [`Engine::take_up`].
    [operations] rerun(run: RunId, step: &StepPath, request: RerunStep, how: Drive) -> RunOutcome;
    /// Carries one step of a run out again from the answers that it got, with a mended plugin for one: nothing is asked for
    /// anew, and nothing is paid. What depends on it becomes stale, its sub-steps too.
    ///
    /// # Errors
    /// As [`Engine::take_up`], and `RunError::NothingAnswered` for a step that wasn't carried out.
    [operations] reprocess(run: RunId, step: &StepPath, request: ReprocessStep, how: Drive) -> RunOutcome;
    /// Hands answers to a run that this process carries on, and the steps whose questions a person declines: whatever
    /// waits for them goes on at once. They are durable when this returns. False where nobody carries the run on: then
    /// it is to be resumed with them.
    ///
    /// # Errors
    /// `RunError::NoSuchStep` for an answer to a step that the run doesn't have, `RunError::NothingAsked` for a step that asks
    /// nothing and is declined, or the store's.
    [operations] answer(run: RunId, answers: &[GivenAnswer], declined: &[StepPath]) -> bool;
    /// Waits until nobody in this process carries a run on, and says where it is then.
    ///
    /// # Errors
    /// `RunError::NoSuchRun`, or the store's.
    [operations] at_rest(run: RunId) -> RunOutcome;
    /// Where a run is now.
    ///
    /// # Errors
    /// `RunError::NoSuchRun`, or the store's.
    [operations] outcome(run: RunId) -> RunOutcome;
    /// The runs that were under way when their process ended, as far as this one can go on with them: recorded answers
    /// and models don't stand in for each other.
    ///
    /// # Errors
    /// The store's.
    [operations] interrupted() -> Vec<RunId>;
    /// What a template would be refused for, and what is only worth a warning: for an editor, while typing.
    ///
    /// # Errors
    /// `VersionError::Template` where it can't be saved, or the store's.
    [operations] check_prompt(name: &Name, content: &str) -> Vec<String>;
    /// Everything that the store holds, in numbers.
    ///
    /// # Errors
    /// The store's.
    [operations] totals() -> Totals;
    /// The events of a run after a cursor (0 is from the first), at most `limit`, with what names their executions.
    ///
    /// # Errors
    /// The store's.
    [operations] logged(run: RunId, after: u64, limit: usize) -> Vec<Logged>;
    /// What is kept of a run, also of one of a comparison's cell; none where there is no such run.
    ///
    /// # Errors
    /// The store's.
    [operations] run_record(run: RunId) -> Option<RunRecord>;
    /// What is kept of an execution.
    ///
    /// # Errors
    /// The store's.
    [operations] execution_record(key: &ExecutionKey) -> Option<ExecutionRecord>;
    /// What is kept of a call, without the texts.
    ///
    /// # Errors
    /// The store's.
    [operations] call_record(id: Uuid) -> Option<CallRecord>;
    /// The model that answered a call, as its provider names it; none without an answer.
    ///
    /// # Errors
    /// The store's.
    [operations] model_that_answered(call: &CallRecord) -> Option<String>;
}
