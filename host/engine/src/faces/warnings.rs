//! What a run is to be warned of, gathered from its executions.

use std::collections::BTreeSet;

use stepwell_contract::StepPath;
use stepwell_store::ExecutionRecord;

use crate::execution::met_text;
use crate::state::outcomes_of;
use crate::words::{StepView, WarningView};

/// What a run is to be warned of. What an earlier round warned of, a later one looked at again; but a text that was replaced stays so,
/// whichever round or take did it.
pub(super) fn warnings_of(
    steps: &[StepView],
    executions: &[ExecutionRecord],
    used_up: &BTreeSet<StepPath>,
) -> Vec<WarningView> {
    let mut warnings = Vec::new();
    said_by(steps, &mut warnings);
    without_rounds(steps, used_up, &mut warnings);
    let met_others = |execution: &&ExecutionRecord| {
        let mut files = execution.files.iter();
        files.any(|file| file.foreign.is_some())
    };
    let met_others = executions.iter().filter(met_others).cloned();
    for execution in outcomes_of(met_others.collect()) {
        let key = &execution.key;
        let files = execution.files.iter();
        let met = files.filter_map(|file| met_text(key.run, file));
        warnings.extend(met.map(|(message, remedy)| WarningView {
            execution: key.to_string(),
            step: key.path.clone(),
            message,
            remedy,
        }));
    }
    warnings
}

/// The steps that still ask for another round and get none, though the run went on. Where it failed with that, its problem says so.
fn without_rounds(
    steps: &[StepView],
    used_up: &BTreeSet<StepPath>,
    warnings: &mut Vec<WarningView>,
) {
    for step in steps {
        let rounds = step.rounds.iter().filter(|rounds| rounds.exhausted);
        let went_on = rounds.filter(|_| used_up.contains(&step.path));
        warnings.extend(went_on.map(|rounds| WarningView {
            execution: rounds.name.clone(),
            step: step.path.clone(),
            message: rounds.told(),
            remedy: None,
        }));
        without_rounds(&step.steps, used_up, warnings);
    }
}

/// What the steps said themselves.
fn said_by(steps: &[StepView], warnings: &mut Vec<WarningView>) {
    for step in steps {
        let executions = step.of_last_round();
        warnings.extend(executions.flat_map(|execution| {
            execution.warnings.iter().map(|message| WarningView {
                execution: execution.name.clone(),
                step: step.path.clone(),
                message: message.clone(),
                remedy: None,
            })
        }));
        said_by(&step.steps, warnings);
    }
}
