//! What the steps of a definition may do, told of what it asks for, and of what the operator forbids of that.
//!
//! Nothing is fetched, no model is asked, and nothing is kept. A definition that a run would be refused for is explained all the same,
//! as long as it can be read.

mod bounds;
mod models;
mod permissions;
mod plugins;

use std::path::Path;

use stepwell_contract::StepPath;
use stepwell_definition::{Definition, Span, StepDefinition, parse_definition};
use stepwell_workers::off_the_workers;

use self::permissions::Permitted;
use self::plugins::Looked;
use super::asking::Asking;
use super::locking::Locks;
use super::preparing::{folder_of, prepare, shown};
use crate::state::{House, Reach};
use crate::words::{
    DefinitionSource, EngineError, ExplainSteps, ExplainedDefinition, ExplainedStep, RunError,
    SaidAt, SaidIn,
};

/// Explains the steps of a definition.
///
/// # Errors
/// [`EngineError::Definition`] for one that can't be read; `RunError::NoSuchStep`; [`EngineError::OutOfReach`]; [`EngineError::Lock`] for
/// a lock that can't be read.
pub(crate) async fn explain(
    house: &House,
    reach: &Reach,
    request: &ExplainSteps,
) -> Result<ExplainedDefinition, EngineError> {
    let source = &request.definition;
    if let Some(file) = &source.file {
        reach.require(file).await?;
    }
    let definition = read(source).await?;
    let wanted = request.step.as_ref();
    if let Some(missing) = wanted.filter(|path| definition.step(path).is_none()) {
        let steps = definition.plugins().into_iter();
        return Err(RunError::NoSuchStep {
            given: missing.to_string(),
            workflow: definition.name.to_string(),
            steps: steps.map(|(path, _)| path.to_string()).collect(),
        }
        .into());
    }
    let explaining = Explaining {
        house,
        reach,
        folder: folder_of(house, source),
        locks: Locks::of(house, reach, folder_of(house, source)).await?,
        definition: &definition,
        file: source.file.as_deref(),
    };
    let mut steps = Vec::new();
    let mut all_are_known = true;
    for (path, uses) in definition.plugins() {
        let plugin = explaining.plugin(uses).await?;
        all_are_known &= plugin.told.problem.is_none();
        let is_wanted = wanted.is_none_or(|wanted| path == *wanted || path.is_within(wanted));
        if let Some(step) = definition.step(&path).filter(|_| is_wanted) {
            steps.push(explaining.of_step(path, step, plugin).await);
        }
    }
    let mut explained = ExplainedDefinition {
        workflow: definition.name.clone(),
        file: source.file.clone(),
        steps,
        problems: Vec::new(),
        refused: None,
    };
    // To look at more of one that isn't known might ask another machine.
    if all_are_known {
        explaining.verdict(source, &mut explained).await;
    }
    Ok(explained)
}

/// A definition that can be read.
async fn read(source: &DefinitionSource) -> Result<Definition, EngineError> {
    let file = source.file.clone();
    let file = file.unwrap_or_else(|| "definition.toml".to_owned());
    let text = source.text.clone();
    let parsed = off_the_workers(move || parse_definition(&text, &file));
    let (definition, diagnostics) = parsed.await;
    match definition {
        Some(definition) if !diagnostics.iter().any(|found| found.is_error()) => Ok(definition),
        _ => Err(EngineError::Definition {
            diagnostics,
            source_text: shown(&source.text),
        }),
    }
}

/// A definition that is explained.
struct Explaining<'a> {
    house: &'a House,
    reach: &'a Reach,
    /// The folder that the paths of its plugins start at.
    folder: &'a Path,
    locks: Locks<'a>,
    definition: &'a Definition,
    file: Option<&'a str>,
}

impl Explaining<'_> {
    async fn of_step(
        &self,
        path: StepPath,
        step: &StepDefinition,
        plugin: Looked,
    ) -> ExplainedStep {
        let lent = permissions::not_lent(self.house, self.file, step).await;
        let permitted = Permitted {
            house: self.house,
            definition: self.definition,
            step,
            ceiling: &plugin.ceiling,
            can: plugin.can.as_ref(),
            not_lent: &lent,
        };
        let ceiling = &plugin.ceiling;
        ExplainedStep {
            path,
            permissions: permitted.explained(),
            budgets: bounds::budgets(self.house, step, ceiling),
            limits: bounds::limits(self.house, self.definition, step),
            plugin: plugin.told,
        }
    }

    /// What a run would be refused for and warned of.
    async fn verdict(&self, source: &DefinitionSource, explained: &mut ExplainedDefinition) {
        match prepare(self.house, self.reach, source, None, Asking::Later).await {
            Ok(prepared) => explained.problems = prepared.warnings,
            Err(EngineError::Definition { diagnostics, .. }) => explained.problems = diagnostics,
            Err(error) => explained.refused = Some(error.to_string()),
        }
    }
}

/// A line of the definition.
fn in_definition(span: Span) -> SaidAt {
    SaidAt {
        file: SaidIn::Definition,
        line: Some(span.start_line),
    }
}

/// A line of the operator's.
fn by_operator(line: Option<usize>) -> SaidAt {
    SaidAt {
        file: SaidIn::Operator,
        line,
    }
}
