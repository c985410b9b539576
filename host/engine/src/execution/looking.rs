//! What a step would ask first, without asking: its guest is carried out until it does.
//!
//! It is for a run in a sketch of the house: nothing that is written down on the way is kept, and nothing is published.

use std::ops::ControlFlow;
use std::sync::Arc;

use stepwell_contract::{AttemptEnd, Form, Halt, Problem, ProblemCode, Remedy, Whom};

use super::attempts::Execution;
use super::ending::ExecutionEnd;
use super::verdict::problem_of;
use crate::state::{RunContext, Unit, Unsent, lock};

/// What a step does first.
pub(crate) enum First {
    /// It asks its models these at once.
    Asks(Vec<Unsent>),
    /// It asks a person, and goes on from the answers.
    AsksPerson(Form),
    /// It is done without asking a model.
    AsksNothing,
    /// It fails before it asks.
    Fails(Problem),
}

/// Carries a unit out until it asks.
///
/// # Errors
/// [`ExecutionEnd::Store`], where the store fails.
pub(crate) async fn first_asked(run: Arc<RunContext>, unit: Unit) -> Result<First, ExecutionEnd> {
    let (execution, mut record) = match Execution::of(Arc::clone(&run), unit).await? {
        ControlFlow::Continue(ready) => ready,
        ControlFlow::Break(end) => return failed(end).map_err(|end| *end),
    };
    let services = execution.begin(&mut record).await?;
    let environment = match execution.surroundings(&record, &services).await? {
        ControlFlow::Continue(environment) => environment,
        ControlFlow::Break(end) => return failed(end).map_err(|end| *end),
    };
    let report = execution.call(&services, environment).await?;
    let end = match &report.outcome {
        Ok(_) => return Ok(First::AsksNothing),
        Err(end) => end,
    };
    let form = services.record.lock().await.form.clone();
    match (end, form) {
        (AttemptEnd::Halted(Halt::WouldAsk { whom: Whom::Model }), _) => {
            let asked = run.first_asked.as_ref();
            let asked = asked.map(|asked| lock(asked).clone());
            Ok(First::Asks(asked.unwrap_or_default()))
        }
        (AttemptEnd::Halted(halt @ Halt::WouldAsk { .. }), _) => {
            let problem = Problem::new(ProblemCode::WouldAsk, halt.to_string());
            Ok(First::Fails(problem.of(services.name())))
        }
        (AttemptEnd::Halted(Halt::Waiting), Some(form)) => Ok(First::AsksPerson(form.form)),
        (AttemptEnd::Halted(Halt::Store { reason }), _) => Err(ExecutionEnd::Store(reason.clone())),
        _ => Ok(First::Fails(problem_of(
            &run,
            &execution.unit,
            end,
            &report,
        ))),
    }
}

/// An execution that ended before its guest was called.
fn failed(end: ExecutionEnd) -> Result<First, Box<ExecutionEnd>> {
    match end {
        ExecutionEnd::Failed(problem) => Ok(First::Fails(problem)),
        ExecutionEnd::Store(_) => Err(Box::new(end)),
        // Nothing else is before a guest's work.
        _ => {
            let problem = Problem::new(ProblemCode::Sandbox, "the step could not begin");
            Ok(First::Fails(problem.with(Remedy::CheckSandbox)))
        }
    }
}
