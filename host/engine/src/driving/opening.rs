//! From a run's records to a run that can be driven: its plan, its board, its budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use stepwell_contract::{Digest, ExecutionKey, RunId, SkipReason, StepPath, Uses};
use stepwell_definition::{Configuration, Plan};
use stepwell_store::{
    Change, ExecutionRecord, ExecutionState, Gaps, RunRecord, RunState, StoreError,
};

use super::locked_runs::Begun;
use super::options::{Amended, DriveOptions};
use super::prepared_again::prepare_pinned_by;
use super::spending::{Ledgers, ledgers};
use crate::state::{
    Board, CellState, Depending, Gates, House, Mailbox, PreparedRun, Published, RunContext, Unit,
    current_documents, definition_of_now, subtree, upstream,
};
use crate::words::{EngineError, Event};
use crate::workspace::Workspace;

/// The name under which a run keeps what the operator's configuration said.
const OPERATOR: &str = "operator";

/// Reads a run from the store and makes everything ready to drive it.
pub(super) async fn open(
    house: &Arc<House>,
    id: RunId,
    options: &DriveOptions,
    amended: Option<Amended>,
) -> Result<(Arc<RunContext>, BTreeSet<usize>), EngineError> {
    if options.comparison.is_none() {
        // What was paid for and not taken by a full disk is there before anything is asked again. A comparison does it for all
        // its cells.
        house.store.take_in_answers().await?;
    }
    let mut beginning = Beginning::of(house, id, amended).await?;
    let shared = options.comparison.as_ref();
    if shared.is_none() {
        house.require_home(&beginning.record).await?;
    }
    let of_now = match shared {
        Some(shared) => shared.files.definition(&beginning.record).await,
        None => definition_of_now(&beginning.record).await,
    };
    let prepared = prepare_pinned_by(house, &beginning.record, of_now).await?;
    let target = options.only.as_ref().or(beginning.record.until.as_ref());
    let target = target.and_then(|path| prepared.plan.index_of(path));
    let wanted = wanted(&prepared, target, options);
    // A comparison does it for all its cells.
    if shared.is_none() {
        let is_wanted = |path: &StepPath| {
            let step = prepared.plan.index_of(path);
            step.is_some_and(|step| wanted.contains(&step))
        };
        let begun = Begun::of_run(house, &beginning.record, is_wanted);
        house.hold_begun(&begun).await?;
    }
    beginning.begin_takes(&prepared.plan, &wanted);
    let policies = prepared.policy_changes.clone();
    let record = beginning.written(house, policies).await?;
    let run = context(house, record, &prepared, target, options).await?;
    Ok((Arc::new(run), wanted))
}

/// A run that is about to be driven, before that is written down.
struct Beginning {
    record: RunRecord,
    /// What is committed with it.
    changes: Vec<Change>,
    /// What was just written down to be driven is as opening it would leave it.
    as_it_is: bool,
}

impl Beginning {
    async fn of(house: &House, id: RunId, amended: Option<Amended>) -> Result<Self, EngineError> {
        let mut as_it_is = false;
        let (mut record, changes) = match amended {
            Some(Amended { record, changes }) => (record, changes),
            None => {
                let record = house.run_record(id).await?;
                as_it_is =
                    record.state == RunState::Started && record.updated_at == record.created_at;
                (record, Vec::new())
            }
        };
        if record.home.is_none() {
            record.home = house.home();
        }
        Ok(Self {
            record,
            changes,
            as_it_is,
        })
    }

    /// Begins a new take of each of these steps that no longer fits what it depends on.
    fn begin_takes(&mut self, plan: &Plan, wanted: &BTreeSet<usize>) {
        let is_wanted = |path: &&StepPath| {
            let mut wanted = wanted.iter();
            wanted.any(|step| plan.steps[*step].path == **path)
        };
        let again: Vec<StepPath> = self
            .record
            .stale
            .iter()
            .filter(is_wanted)
            .cloned()
            .collect();
        self.as_it_is &= again.is_empty();
        for path in again {
            self.record.begin_take(&path);
        }
    }

    /// Writes down that the run goes on, where anything is new.
    async fn written(
        mut self,
        house: &House,
        mut policies: Vec<String>,
    ) -> Result<RunRecord, EngineError> {
        let record = &mut self.record;
        policies.extend(note_operator(&house.configuration, record));
        if !self.as_it_is || !policies.is_empty() {
            record.state = RunState::Started;
            record.waiting_for = None;
            record.problem = None;
            record.ended_at = None;
            record.updated_at = house.now();
            self.changes.push(Change::Run(Box::new(record.clone())));
            let resumed = Event::RunResumed { changes: policies };
            self.changes.push(house.event(record.id, None, &resumed));
            house.store.commit(self.changes).await?;
        }
        Ok(self.record)
    }
}

/// The steps that are driven, where this one is the target.
fn wanted(
    prepared: &PreparedRun,
    target: Option<usize>,
    options: &DriveOptions,
) -> BTreeSet<usize> {
    match target {
        Some(step) if !options.these.is_empty() => BTreeSet::from([step]),
        Some(step) if options.only.is_some() => subtree(&prepared.plan, step),
        Some(step) => needed_for(prepared, step),
        None => (0..prepared.plan.steps.len()).collect(),
    }
}

/// Everything that a run has at hand while it is driven, from what the store has of it.
async fn context(
    house: &Arc<House>,
    record: RunRecord,
    prepared: &PreparedRun,
    target: Option<usize>,
    options: &DriveOptions,
) -> Result<RunContext, EngineError> {
    let plan = Arc::clone(&prepared.plan);
    let executions = house.store.executions(record.id, Gaps::Refuse).await?;
    let documents = match documents_of(house, &record).await? {
        Some(source) => current_documents(house, &plan, &source).await?,
        None => BTreeMap::new(),
    };
    let workspace = workspace_of(house, &record, options).await?;
    let mut board = board_of(&plan, &record, &executions);
    for path in &record.given {
        if let Some(step) = plan.index_of(path) {
            board.give(subtree(&plan, step));
        }
    }
    if let Some(step) = target.filter(|_| !options.items.is_empty()) {
        board.single_out(plan.steps[step].path.depth(), options.items.clone());
    }
    let mut published = Published::of(executions, record.branch.is_some());
    published.lay_over(own_files(&record));
    let Ledgers {
        run: run_ledger,
        steps: step_ledgers,
        day: day_ledger,
    } = ledgers(house, &record, &plan).await?;
    Ok(RunContext {
        calling: tokio::sync::watch::Sender::new(0),
        house: Arc::clone(house),
        id: record.id,
        plan,
        gates: Gates::of(&prepared.plan, &prepared.descriptions),
        descriptions: prepared.descriptions.clone(),
        workspace,
        pins: record.clone(),
        published: tokio::sync::RwLock::new(published),
        board: Mutex::new(board),
        documents: Mutex::new(documents),
        items: Mutex::default(),
        person: options.person.clone(),
        asking: Mutex::default(),
        run_ledger,
        step_ledgers,
        day_ledger,
        target,
        comparison: options.comparison.clone(),
        resend: options.resend,
        mailbox: Arc::new(Mailbox::new(record)),
        first_asked: options.looking.then(Mutex::default),
    })
}

/// The run whose documents are read: a comparison's cell reads those of the run that its case came from (rule E27).
async fn documents_of(house: &House, record: &RunRecord) -> Result<Option<RunRecord>, StoreError> {
    match record.scratch.as_ref().map(|scratch| scratch.documents_of) {
        None => Ok(Some(record.clone())),
        Some(None) => Ok(None),
        Some(Some(other)) => house.store.run(other).await,
    }
}

/// The files that a comparison's cell brings along.
fn own_files(record: &RunRecord) -> Option<&BTreeMap<String, Digest>> {
    let scratch = record.scratch.as_ref()?;
    scratch.files.as_ref()
}

async fn workspace_of(
    house: &House,
    record: &RunRecord,
    options: &DriveOptions,
) -> Result<Workspace, EngineError> {
    let closed = closed_paths(house, record);
    let own = PathBuf::from(&record.workspace);
    let Some(shared) = &options.comparison else {
        return Ok(Workspace::open(own, closed).await?);
    };
    let folder = match own_files(record) {
        Some(_) => shared.nowhere.path().to_owned(),
        None => own,
    };
    Ok(shared.files.workspace(folder, closed).await?)
}

/// Writes what the operator's configuration says now into a run's record, and gives what it said otherwise when the
/// run was last driven (rule E22).
pub(crate) fn note_operator(configuration: &Configuration, record: &mut RunRecord) -> Vec<String> {
    let now = serde_json::json!({
        "budgets": configuration.budgets,
        "limits": configuration.limits,
        "in_doubt": configuration.in_doubt,
        "providers": configuration.models.providers,
    });
    let before = record.settings.insert(OPERATOR.to_owned(), now.clone());
    let differs = |name: &&str| {
        before
            .as_ref()
            .is_some_and(|before| before.get(name) != now.get(name))
    };
    let names = ["budgets", "limits", "in_doubt", "providers"]
        .into_iter()
        .filter(differs);
    names
        .map(|name| format!("`{name}` of the configuration"))
        .collect()
}

/// What the store says of the executions that count.
fn board_of(plan: &Plan, record: &RunRecord, executions: &[ExecutionRecord]) -> Board {
    let mut board = Board::default();
    let unit_of = |key: &ExecutionKey| {
        let step = plan.index_of(&key.path)?;
        let at = key.at.clone();
        record.counts(key).then_some(Unit { step, at })
    };
    for execution in executions {
        if let Some(unit) = unit_of(&execution.key) {
            board.has_begun(unit);
        }
    }
    for execution in executions {
        let Some(unit) = unit_of(&execution.key) else {
            continue;
        };
        if let Some(SkipReason::Condition(_)) = execution.skipped {
            if let Some((_, parent_at)) = unit.at.split_last() {
                board.set_condition(unit.step, parent_at.to_vec(), false);
            }
            continue;
        }
        let conditional = |step: &usize| plan.steps[*step].when.is_some();
        for step in plan.lineage(unit.step).filter(conditional) {
            let above = plan.steps[step].path.depth() - 1;
            board.assume_met(step, unit.at[..above].to_vec());
        }
        let state = match execution.state {
            ExecutionState::Success => CellState::Success,
            ExecutionState::Skipped => CellState::Skipped,
            // The run went on without it: what came of it later rests on that.
            ExecutionState::Failure
                if plan.steps[unit.step].optional && is_over(plan, &board, &unit) =>
            {
                CellState::Failure
            }
            _ => continue,
        };
        board.set(unit, state);
    }
    board
}

/// Whether a later round than the one that a unit stands in has begun.
fn is_over(plan: &Plan, board: &Board, unit: &Unit) -> bool {
    plan.repeats_around(unit.step).into_iter().any(|step| {
        let mut at = unit.at[..plan.steps[step].path.depth()].to_vec();
        if let Some(position) = at.last_mut() {
            position.round += 1;
        }
        board.round_has_begun(plan, &Unit { step, at })
    })
}

/// What a step needs, the step, and its subtree (rule E25).
pub(super) fn needed_for(prepared: &PreparedRun, step: usize) -> BTreeSet<usize> {
    let own = subtree(&prepared.plan, step);
    let needed = own
        .iter()
        .flat_map(|index| upstream(&prepared.plan, *index, Depending::OnWhatIsWaitedFor))
        .collect::<Vec<_>>();
    own.into_iter().chain(needed).collect()
}

/// What belongs to the operator, the definition and its plugins, as far as they lie in the workspace: no step may
/// touch them (rule E6).
pub(super) fn closed_paths(house: &House, record: &RunRecord) -> Vec<PathBuf> {
    let mut closed = house.closed.clone();
    let Some(file) = record.definition_file.as_ref().map(PathBuf::from) else {
        return closed;
    };
    let folder = file.parent().map(PathBuf::from).unwrap_or_default();
    for plugin in record.plugins.values() {
        let named = house.named(&plugin.uses, &folder);
        if let Uses::File(path) = Uses::of(named.uses) {
            closed.push(named.folder.join(path));
        }
    }
    closed.push(file);
    closed
}
