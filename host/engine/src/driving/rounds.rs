//! Rounds: when all of a repeated step is done, its document says whether there is another one.
//!
//! How many rounds there were follows from the documents, which are in the store: whoever resumes a run comes to the same rounds again. All that
//! is kept is for listings: after which steps a run went on though they still asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_contract::{ExecutionKey, Problem, ProblemCode, Remedy};
use stepwell_store::StoreError;

use super::tally::Tally;
use crate::state::{RunContext, Unit, lock};
use crate::words::Event;

/// Begins the next round, or ends the rounds, of each repeated step that is done. Gives whether there was one.
pub(super) async fn judge_rounds(
    run: &Arc<RunContext>,
    wanted: &BTreeSet<usize>,
    tally: &mut Tally,
) -> Result<bool, StoreError> {
    let rounds = lock(&run.board).rounds_to_judge(&run.plan, wanted);
    let found = !rounds.is_empty();
    for round in rounds {
        judge(run, round, tally).await?;
    }
    Ok(found)
}

async fn judge(run: &RunContext, round: Unit, tally: &mut Tally) -> Result<(), StoreError> {
    let step = run.step(round.step);
    tally.rounds.entry(step.path.clone()).or_default();
    let (Some(repeat), Some(position)) = (&step.repeat, round.at.last()) else {
        return Ok(());
    };
    let said = run.said_by_round(&round, &repeat.document).await?;
    let asked = said
        .as_ref()
        .and_then(|(writer, text)| Some((writer, repeat.asked_by(text)?)));
    let Some((writer, word)) = asked else {
        lock(&run.board).end_rounds(&round);
        return Ok(());
    };
    let document = repeat.document.name();
    let most = run.most_rounds(round.step);
    if position.round >= most {
        let message = format!(
            "`{document}` is still `{word}` after {most} rounds of step `{}`, the most that it may have",
            step.path
        );
        if run.goes_on_without_rounds(round.step) {
            let message = format!("{message}: the run goes on with what the last one left");
            tell_once(run, writer, Event::warning(message)).await?;
            tally.rounds.insert(step.path.clone(), true);
            lock(&run.board).end_rounds(&round);
        } else {
            let problem = Problem::new(ProblemCode::Rounds, message)
                .with(Remedy::MoreRounds { run: run.id })
                .of(&step.path);
            tally.failed.get_or_insert(problem);
            lock(&run.board).use_up_rounds(&round);
        }
        return Ok(());
    }
    let mut next = round.clone();
    if let Some(position) = next.at.last_mut() {
        position.round += 1;
    }
    let has_begun = lock(&run.board).round_has_begun(&run.plan, &next);
    if !may_go_on(run, round.step, has_begun) {
        lock(&run.board).hold_rounds(&round);
        return Ok(());
    }
    if !has_begun {
        let event = Event::AnotherRound {
            of: step.path.clone(),
            round: position.round + 1,
            most,
            document,
            said: word.to_owned(),
        };
        tell_once(run, writer, event).await?;
    }
    lock(&run.board).begin_round_after(&round);
    Ok(())
}

/// Whether this drive may go on to the next round. One that ends with a step inside of the repeated one doesn't begin
/// it, and nobody goes on from a round of which a part is stale.
fn may_go_on(run: &RunContext, repeated: usize, has_begun: bool) -> bool {
    let path = &run.step(repeated).path;
    let is_stale = run.pins.stale.iter().any(|stale| stale.is_within(path));
    let ends_inside = run
        .target
        .is_some_and(|target| target != repeated && run.step(target).path.is_within(path));
    !is_stale && (!ends_inside || has_begun)
}

/// Writes an event down, unless an earlier process did.
async fn tell_once(
    run: &RunContext,
    execution: &ExecutionKey,
    event: Event,
) -> Result<(), StoreError> {
    let body = serde_json::to_value(&event).unwrap_or_default();
    let events = run.house.store.events(run.id, 0, usize::MAX).await?;
    let told = events
        .iter()
        .any(|told| told.execution.as_ref() == Some(execution) && told.body == body);
    if !told {
        let change = run.event(Some(execution), event);
        run.house.store.commit(vec![change]).await?;
    }
    Ok(())
}
