//! One attempt at a call: sent by itself and read to its end, handed over to be sent in a batch, or taken out of one.
//!
//! What follows from it is next door, in `sending`.

use std::time::Duration;

use bytes::Bytes;
use stepwell_contract::{ChatError, ChatErrorKind, Expense, Halt};

use crate::access::Access;
use crate::batch::{self, BatchDesk, CameInBatch};
use crate::budget::{self, Reservation};
use crate::call::{AttemptIntent, Call, CallFailure, CallObserver, Queued};
use crate::circuit::{Down, Health, Pass};
use crate::provider::Provider;
use crate::queue::{Limit, Permit, Place};
use crate::saying;
use crate::sizes::{Sizes, room};
use crate::taking::check_tools;
use crate::transport::{Exchange, exchange};

/// What was done for one attempt.
pub(crate) struct Attempted {
    pub(crate) exchange: Exchange,
    pub(crate) reservation: Reservation,
    /// None where no turn was waited for.
    pub(crate) permit: Option<Permit>,
    pub(crate) is_down: bool,
    /// Whether somebody saw a piece of the answer.
    pub(crate) streamed: bool,
    /// How long its provider is left alone from now on, where its circuit has opened.
    pub(crate) pause: Option<Duration>,
}

/// The attempt that is next.
pub(crate) struct Next<'n, 'c> {
    pub(crate) provider: &'n Provider,
    pub(crate) call: &'n Call<'c>,
    pub(crate) number: u32,
    pub(crate) sent: &'n Bytes,
    pub(crate) observer: &'n dyn CallObserver,
}

impl Next<'_, '_> {
    /// Sends it by itself, when it may be, and reads its answer.
    pub(crate) async fn sent_alone(
        &self,
        sizes: &Sizes<'_>,
        access: &Access,
        place: &Place,
        has_other: &(dyn Fn() -> bool + Sync),
    ) -> Result<Attempted, CallFailure> {
        let (provider, call, observer) = (self.provider, self.call, self.observer);
        let most = sizes.most();
        let admitted = admitted(provider, place, most.tokens, has_other, observer).await;
        let (permit, pass) = admitted.map_err(|down| saying::down(&down, provider, call))?;
        // Others may have found out while it waited.
        check_tools(provider, call.model, call.request)?;
        let mut reservation = self.reserved(sizes).await?;
        let intent = self.intent(&reservation, sizes);
        reservation.send();
        if let Err(halt) = observer.before_send(&intent).await {
            reservation.settle(Expense::default());
            return Err(halt.into());
        }
        let mut streamed = false;
        let exchange = exchange(
            provider,
            access,
            self.sent.clone(),
            call.clock,
            &mut |text| {
                streamed |= !text.is_empty();
                observer.tokens(text);
            },
        )
        .await;
        Ok(Attempted {
            is_down: pass.ended(health(&exchange)),
            exchange,
            reservation,
            permit: Some(permit),
            streamed,
            pause: provider.circuit.pause(),
        })
    }

    /// Writes it down and hands it over, to be sent in a batch. What it may cost is held from then on. Nobody waits here: the call
    /// is made again when its answer is there.
    pub(crate) async fn handed_over(&self, desk: &dyn BatchDesk, sizes: &Sizes<'_>) -> CallFailure {
        let model = &self.call.model;
        let place = desk.place(&model.provider, &model.provider_model, self.sent.len());
        let mut reservation = match self.reserved(sizes).await {
            Ok(reservation) => reservation,
            Err(error) => return error.into(),
        };
        let intent = AttemptIntent {
            batch: Some(place.place()),
            // It is made when the answer comes: until then the provider keeps it.
            room: 0,
            ..self.intent(&reservation, sizes)
        };
        reservation.send();
        if let Err(halt) = self.observer.before_send(&intent).await {
            reservation.settle(Expense::default());
            return halt.into();
        }
        place.hand_over(self.sent.clone());
        Halt::Stopped.into()
    }

    /// Takes what came out of a batch for one that was sent.
    pub(crate) async fn fetched(
        &self,
        came: CameInBatch,
        sizes: &Sizes<'_>,
    ) -> Result<Attempted, CallFailure> {
        let since = self.call.clock.now().duration_since(came.started_at);
        let duration = Duration::try_from(since).unwrap_or_default();
        let reservation = budget::taken_up(&came.held_in, came.reserved, came.started_at);
        let exchange = batch::exchange(self.provider, came.answer, duration)?;
        let intent = AttemptIntent {
            batch: Some(came.place),
            is_there: true,
            ..self.intent(&reservation, sizes)
        };
        self.observer.before_send(&intent).await?;
        Ok(Attempted {
            exchange,
            reservation,
            permit: None,
            is_down: false,
            streamed: false,
            pause: None,
        })
    }

    async fn reserved(&self, sizes: &Sizes<'_>) -> Result<Reservation, ChatError> {
        let (model, clock) = (&self.call.model.name, self.call.clock);
        budget::reserve(self.call.budgets, sizes.most(), model, clock).await
    }

    fn intent(&self, reservation: &Reservation, sizes: &Sizes<'_>) -> AttemptIntent {
        AttemptIntent {
            number: self.number,
            sent: self.sent.clone(),
            started_at: reservation.at(),
            reserved: reservation.amount(),
            room: room(sizes.bound.tokens()),
            bound: sizes.bound,
            batch: None,
            is_there: false,
        }
    }
}

/// Waits until a request may be sent: for its provider to be up, and for its turn.
async fn admitted<'a>(
    provider: &'a Provider,
    place: &Place,
    tokens: u64,
    has_other: &(dyn Fn() -> bool + Sync),
    observer: &dyn CallObserver,
) -> Result<(Permit, Pass<'a>), Down> {
    let is_down = |down: &Down| {
        observer.waiting(down.wait, &saying::waits(down, provider));
        observer.queued(Queued {
            provider: &provider.name,
            limit: "circuit_pause",
            wait: down.wait,
        });
    };
    loop {
        let pass = provider.circuit.enter(has_other, is_down).await?;
        let waiting = |wait, limit: Limit| {
            observer.queued(Queued {
                provider: &provider.name,
                limit: limit.as_str(),
                wait,
            });
        };
        let permit = place.enter(tokens, waiting).await;
        // A provider may have gone down while others were asked.
        if pass.holds() {
            return Ok((permit, pass));
        }
    }
}

/// What an exchange says of its provider. Who refuses, or asks to wait, is there.
fn health(exchange: &Exchange) -> Health {
    match &exchange.outcome {
        Err(problem) if problem.may_pass => match problem.kind {
            ChatErrorKind::Network | ChatErrorKind::Overloaded | ChatErrorKind::Timeout => {
                Health::Down(problem.message.clone())
            }
            _ => Health::Answers,
        },
        _ => Health::Answers,
    }
}
