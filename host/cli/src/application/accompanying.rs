//! A run that another process drives: this one waits for it, asks the person at its terminal, and hands answers over.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use stepwell_contract::{ComparisonId, RunId};
use stepwell_engine::{
    ComparisonOutcome, Drive, Event, GivenAnswer, Happening, Person, PersonsAnswer, RunOutcome,
    RunStatus,
};
use stepwell_server::Client;
use tokio::sync::watch;

use crate::errors::CommandError;

/// Waits until a run can't go further now. As where the run is driven here, the person is asked what it asks, and a
/// signal stops it.
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
    let cursor = client.run(run).await?.cursor;
    let mut follow = client.follow(run, cursor);
    let mut follows = true;
    if let Some(asking) = &mut asking {
        asking.ask().await?;
    }
    loop {
        let at_rest = client.at_rest(run);
        let mut at_rest = std::pin::pin!(at_rest);
        let outcome = loop {
            tokio::select! {
                outcome = &mut at_rest => break outcome?,
                happening = follow.next(), if asking.is_some() && follows => match happening {
                    Ok(Some(Happening::Event(event))) => {
                        if let Some(asking) = &mut asking
                            && matches!(event.event, Event::Question { .. })
                        {
                            asking.ask().await?;
                        }
                    }
                    Ok(Some(Happening::Live(_))) => {}
                    // What the run came to is told all the same.
                    Ok(None) | Err(_) => follows = false,
                },
                () = told_to(&mut stop) => {
                    client.stop(run).await?;
                }
            }
        };
        let waits = outcome.status == RunStatus::Waiting
            && outcome.waiting_for.as_deref() == Some("answers");
        let answered = match &mut asking {
            Some(asking) if waits => asking.ask().await?,
            _ => false,
        };
        if !answered {
            return Ok(outcome);
        }
    }
}

/// Waits until a comparison isn't under way any more; a signal stops it.
pub(super) async fn accompany_comparison(
    client: &Client,
    id: ComparisonId,
    mut stop: Option<watch::Receiver<bool>>,
) -> Result<ComparisonOutcome, CommandError> {
    let mut at_rest = std::pin::pin!(client.comparison_at_rest(id));
    loop {
        tokio::select! {
            outcome = &mut at_rest => return Ok(outcome?),
            () = told_to(&mut stop) => client.stop_comparison(id).await?,
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
    /// A form by its step and the time at which it was opened, and the place of the question.
    asked: BTreeSet<(String, Timestamp, usize)>,
}

impl Asking<'_> {
    /// Asks every open question that was not asked yet. Says whether anything was answered.
    async fn ask(&mut self) -> Result<bool, CommandError> {
        let mut answered = false;
        for open in self.client.run(self.run).await?.questions {
            let mut answers = open.answers.clone();
            for (index, question) in open.form.questions.iter().enumerate() {
                let place = (open.step.clone(), open.asked_at, index);
                if answers[index].is_some() || !self.asked.insert(place) {
                    continue;
                }
                let answer = self
                    .person
                    .answer(&open.step, &open.form, index, &answers)
                    .await;
                let text = match answer {
                    PersonsAnswer::Text(text) => text,
                    PersonsAnswer::Later => return Ok(answered),
                    PersonsAnswer::Declined => {
                        self.client.decline(self.run, &open.path).await?;
                        answered = true;
                        break;
                    }
                };
                let given = GivenAnswer {
                    step: Some(open.path.clone()),
                    key: question.key.clone(),
                    text: text.clone(),
                };
                self.client.answer(self.run, &[given]).await?;
                answers[index] = Some(text);
                answered = true;
            }
        }
        Ok(answered)
    }
}
