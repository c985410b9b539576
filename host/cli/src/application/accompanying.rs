//! A run that another process drives: this one waits for it, asks the person at its terminal, and hands answers over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{ComparisonId, Digest, RunId, Undertaking, WaitingFor};
use stepwell_engine::{
    ComparisonOutcome, ComparisonStatus, Drive, ErrorCode, Event, GivenAnswer, Happening, Person,
    PersonsAnswer, QuestionView, RunOutcome, RunStatus,
};
use stepwell_server::{Client, ClientError};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::errors::CommandError;

/// How long a run may lie before the next process that holds the store takes it up, and how often it is looked at.
const UNTIL_TAKEN_UP: Duration = Duration::from_secs(3);
const GLANCE: Duration = Duration::from_millis(50);

/// Waits until a run can't go further now. As where the run is driven here, the person is asked what it asks, and a
/// signal stops it. Where the process that drives it is killed, the next one is waited for.
pub(super) async fn accompany(
    client: &Client,
    run: RunId,
    how: Drive,
) -> Result<RunOutcome, CommandError> {
    let Drive { person, mut stop } = how;
    let mut asking = person.map(|person| Asking {
        client,
        run,
        person,
        asked: BTreeSet::new(),
    });
    let mut orphaned = None;
    loop {
        let ended = alongside(client, run, &mut asking, &mut stop).await;
        match ended {
            Ok(outcome)
                if is_waited_for(orphaned)
                    && matches!(outcome.status, RunStatus::Started | RunStatus::Interrupted) =>
            {
                tokio::time::sleep(GLANCE).await;
            }
            Err(CommandError::There(gone @ ClientError::Gone { .. })) => {
                orphaned = Some(Instant::now());
                next_holder(client, &mut stop, gone, run.into()).await?;
            }
            other => return other,
        }
    }
}

/// Whether what lost who drove it may still be taken up by the next one.
fn is_waited_for(orphaned: Option<Instant>) -> bool {
    orphaned.is_some_and(|since| since.elapsed() < UNTIL_TAKEN_UP)
}

/// As [`accompany`], while one process holds the store.
async fn alongside(
    client: &Client,
    run: RunId,
    asking: &mut Option<Asking<'_>>,
    stop: &mut Option<watch::Receiver<bool>>,
) -> Result<RunOutcome, CommandError> {
    let cursor = client.run(run).await?.cursor;
    let mut follow = client.follow(run, cursor);
    let mut follows = true;
    if let Some(asking) = asking {
        asking.ask().await?;
    }
    loop {
        let at_rest = client.at_rest(run);
        let mut at_rest = std::pin::pin!(at_rest);
        let outcome = loop {
            tokio::select! {
                outcome = &mut at_rest => break Some(outcome?),
                happening = follow.next(), if asking.is_some() && follows => match happening {
                    Ok(Some(Happening::Event(event))) => {
                        if let Some(asking) = asking
                            && matches!(event.event, Event::Question { .. })
                            && asking.ask().await?
                        {
                            // The run may have come to rest while the person thought, and goes on with the answer now.
                            break None;
                        }
                    }
                    Ok(Some(Happening::Live(_))) => {}
                    // What the run came to is told all the same.
                    Ok(None) | Err(_) => follows = false,
                },
                () = told_to(stop) => match client.stop(run).await {
                    // A run that another terminal carries on is that one's to stop: this one looks away.
                    Err(ClientError::Refused(problem)) if problem.code == ErrorCode::Busy => {
                        break Some(client.outcome(run).await?);
                    }
                    stopped => {
                        stopped?;
                    }
                }
            }
        };
        let Some(outcome) = outcome else { continue };
        let waits = outcome.status == RunStatus::Waiting
            && outcome.waiting_for == Some(WaitingFor::Answers);
        let answered = match asking {
            Some(asking) if waits => asking.ask().await?,
            _ => false,
        };
        if !answered {
            return Ok(outcome);
        }
    }
}

/// Waits for the next process that holds the store, until it is told to stop.
async fn next_holder(
    client: &Client,
    stop: &mut Option<watch::Receiver<bool>>,
    gone: ClientError,
    what: Undertaking,
) -> Result<(), CommandError> {
    let found = tokio::select! {
        found = client.reach_the_next() => found.is_ok(),
        () = told_to(stop) => false,
    };
    match found {
        true => Ok(()),
        false => Err(CommandError::CutOff { what, gone }),
    }
}

/// Waits until a comparison isn't under way any more; a signal stops it. Where the process that carries it out is killed,
/// the next one is waited for.
pub(super) async fn accompany_comparison(
    client: &Client,
    id: ComparisonId,
    mut stop: Option<watch::Receiver<bool>>,
) -> Result<ComparisonOutcome, CommandError> {
    let mut orphaned: Option<Instant> = None;
    loop {
        let ended = tokio::select! {
            outcome = client.comparison_at_rest(id) => outcome,
            () = told_to(&mut stop) => match client.stop_comparison(id).await {
                Ok(()) => continue,
                Err(error) => Err(error),
            },
        };
        match ended {
            Ok(outcome)
                if is_waited_for(orphaned) && outcome.status == ComparisonStatus::Interrupted =>
            {
                tokio::time::sleep(GLANCE).await;
            }
            Err(gone @ ClientError::Gone { .. }) => {
                orphaned = Some(Instant::now());
                next_holder(client, &mut stop, gone, id.into()).await?;
            }
            other => return Ok(other?),
        }
    }
}

/// Waits until it is told to stop, once.
async fn told_to(stop: &mut Option<watch::Receiver<bool>>) {
    let told = match stop {
        Some(told) => told.wait_for(|stop| *stop).await.is_ok(),
        None => false,
    };
    *stop = None;
    if !told {
        std::future::pending().await
    }
}

/// The person at this terminal, and what they were asked.
struct Asking<'a> {
    client: &'a Client,
    run: RunId,
    person: Arc<dyn Person>,
    /// A form, and the place of the question in it. One of which a yes would do something else by now is another form.
    asked: BTreeSet<(Digest, usize)>,
}

impl Asking<'_> {
    /// Asks every open question that was not asked yet. Says whether anything was answered.
    async fn ask(&mut self) -> Result<bool, CommandError> {
        loop {
            match self.ask_once().await {
                // What was asked about has changed while the person read: what there is now is asked.
                Err(CommandError::There(ClientError::Refused(problem)))
                    if problem.code == ErrorCode::Outdated => {}
                asked => return asked,
            }
        }
    }

    /// A form in which nothing is left that must be answered is handed over at once where nobody sits behind the run: so the answer
    /// that makes it so goes together with what may be answered besides.
    async fn ask_once(&mut self) -> Result<bool, CommandError> {
        let mut answered = false;
        for open in self.client.run(self.run).await?.questions {
            let mut answers = open.answers.clone();
            let mut said = Vec::new();
            for (index, question) in open.form.questions.iter().enumerate() {
                if answers[index].is_some() || !self.asked.insert((open.id, index)) {
                    continue;
                }
                let answer = self
                    .person
                    .answer(&open.step, &open.form, index, &answers)
                    .await;
                let text = match answer {
                    PersonsAnswer::Text(text) => text,
                    PersonsAnswer::Later => {
                        answered |= self.hand_over(&open, &mut said).await?;
                        return Ok(answered);
                    }
                    PersonsAnswer::Declined => {
                        self.client.decline(self.run, &open.path).await?;
                        said.clear();
                        answered = true;
                        break;
                    }
                };
                said.push((index, question.key.clone(), text.clone()));
                answers[index] = Some(text);
                let mut all = open.form.questions.iter().zip(&answers);
                if all.any(|(question, answer)| question.is_required() && answer.is_none()) {
                    answered |= self.hand_over(&open, &mut said).await?;
                }
            }
            answered |= self.hand_over(&open, &mut said).await?;
        }
        Ok(answered)
    }

    /// Hands over what was said of a form. Where it is refused, that is asked again.
    async fn hand_over(
        &mut self,
        open: &QuestionView,
        said: &mut Vec<(usize, String, String)>,
    ) -> Result<bool, CommandError> {
        if said.is_empty() {
            return Ok(false);
        }
        let places: Vec<usize> = said.iter().map(|(index, ..)| *index).collect();
        let given = said.drain(..).map(|(_, key, text)| GivenAnswer {
            step: Some(open.path.clone()),
            items: open.items.clone(),
            form: Some(open.id),
            key,
            text,
            by: self.person.name(),
        });
        let given: Vec<GivenAnswer> = given.collect();
        if let Err(refused) = self.client.answer(self.run, &given).await {
            for place in places {
                self.asked.remove(&(open.id, place));
            }
            return Err(refused.into());
        }
        Ok(true)
    }
}
