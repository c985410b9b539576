//! From a run's records to a run that can be driven: its plan, its board, its budgets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use stepwell_contract::{ExecutionKey, RunId, SkipReason, StepPath};
use stepwell_definition::{Configuration, Plan};
use stepwell_llm::Ledger;
use stepwell_store::{
    Change, ExecutionRecord, ExecutionState, Gaps, RunRecord, RunState, Scope, StoreError,
};

use super::options::{Amended, DriveOptions};
use super::prepared_again::prepare_pinned_by;
use crate::state::{
    Board, CellState, Depending, Gates, House, Mailbox, PreparedRun, Published, RunContext, Unit,
    current_documents, definition_of_now, ledger, subtree, upstream,
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
    // What was just written down to be driven is as opening it would leave it.
    let mut as_it_is = false;
    let (mut record, mut changes) = match amended {
        Some(Amended { record, changes }) => (record, changes),
        None => {
            let record = house.run_record(id).await?;
            as_it_is = record.state == RunState::Started && record.updated_at == record.created_at;
            (record, Vec::new())
        }
    };
    if record.home.is_none() {
        record.home = house.home();
    }
    let shared = options.comparison.as_ref();
    if shared.is_none() {
        house.require_home(&record).await?;
    }
    let of_now = match shared {
        Some(shared) => shared.files.definition(&record).await,
        None => definition_of_now(&record).await,
    };
    let prepared = prepare_pinned_by(house, &record, of_now).await?;
    let plan = Arc::clone(&prepared.plan);
    let target = options.only.as_ref().or(record.until.as_ref());
    let target = target.and_then(|path| plan.index_of(path));
    let wanted: BTreeSet<usize> = match target {
        Some(step) if !options.these.is_empty() => BTreeSet::from([step]),
        Some(step) if options.only.is_some() => subtree(&plan, step),
        Some(step) => needed_for(&prepared, step),
        None => (0..plan.steps.len()).collect(),
    };
    let again: Vec<StepPath> = record
        .stale
        .iter()
        .filter(|path| wanted.iter().any(|step| plan.steps[*step].path == **path))
        .cloned()
        .collect();
    as_it_is &= again.is_empty();
    for path in again {
        record.begin_take(&path);
    }
    let mut policies = prepared.policy_changes.clone();
    policies.extend(note_operator(&house.configuration, &mut record));
    if !as_it_is || !policies.is_empty() {
        record.state = RunState::Started;
        record.waiting_for = None;
        record.problem = None;
        record.ended_at = None;
        record.updated_at = house.now();
        changes.push(Change::Run(Box::new(record.clone())));
        let resumed = Event::RunResumed { changes: policies };
        changes.push(house.event(id, None, &resumed));
        house.store.commit(changes).await?;
    }

    let executions = house.store.executions(id, Gaps::Refuse).await?;
    // A comparison's cell reads the documents of the run that its case came from (rule E27).
    let documents_of = record.scratch.as_ref().map(|scratch| scratch.documents_of);
    let source = match documents_of {
        None => Some(record.clone()),
        Some(None) => None,
        Some(Some(other)) => house.store.run(other).await?,
    };
    let documents = match source {
        Some(source) => current_documents(house, &plan, &source).await?,
        None => BTreeMap::new(),
    };
    let own_files = record
        .scratch
        .as_ref()
        .and_then(|scratch| scratch.files.as_ref());
    let folder = match (shared, own_files) {
        (Some(shared), Some(_)) => shared.nowhere.path().to_owned(),
        _ => PathBuf::from(&record.workspace),
    };
    let closed = closed_paths(house, &record);
    let workspace = match shared {
        Some(shared) => shared.files.workspace(folder, closed).await,
        None => Workspace::open(folder, closed).await,
    }?;
    let mut published = Published::of(executions.clone(), record.branch.is_some());
    published.lay_over(own_files);
    let (run_ledger, step_ledgers, day_ledger) = ledgers(house, &record).await?;
    let mut board = board_of(&plan, &record, &executions);
    for path in &record.given {
        if let Some(step) = plan.index_of(path) {
            board.give(subtree(&plan, step));
        }
    }
    if let Some(step) = target.filter(|_| !options.items.is_empty()) {
        board.single_out(plan.steps[step].path.depth(), options.items.clone());
    }
    let run = RunContext {
        calling: tokio::sync::watch::Sender::new(0),
        house: Arc::clone(house),
        id,
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
    };
    Ok((Arc::new(run), wanted))
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
    let plugins = record
        .plugins
        .values()
        .filter(|plugin| !plugin.uses.starts_with("builtin:"));
    closed.extend(plugins.map(|plugin| folder.join(&plugin.uses)));
    closed.push(file);
    closed
}

type Ledgers = (
    Arc<Ledger>,
    BTreeMap<StepPath, Arc<Ledger>>,
    Option<Arc<Ledger>>,
);

/// The budgets, with what was spent before this process.
async fn ledgers(house: &House, record: &RunRecord) -> Result<Ledgers, StoreError> {
    let budgets = &house.configuration.budgets;
    let calls = house
        .store
        .calls(Scope::of_run(record.id, Gaps::Refuse))
        .await?;
    let run = ledger("run budget", "budgets.run.", budgets.run, &calls);
    let mut steps = BTreeMap::new();
    if budgets.step != stepwell_contract::Budget::default() {
        for path in record.plugins.keys() {
            let own = calls.iter().filter(|call| call.execution.path == *path);
            let ledger = ledger("step budget", "budgets.step.", budgets.step, own);
            steps.insert(path.clone(), ledger);
        }
    }
    Ok((run, steps, house.day_ledger().await?))
}
