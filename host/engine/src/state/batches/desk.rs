//! Where a cell's calls are handed over, and given their places in batches.

use std::sync::Arc;

use bytes::Bytes;
use stepwell_contract::RunId;
use stepwell_llm::{
    BatchDesk, BatchPlace, BatchRequest, MOST_BATCH_BYTES, MOST_BATCH_REQUESTS, PlaceInBatch,
};
use tokio::time::Instant;

use super::super::lock::lock;
use super::{Parked, Round, Shared};

/// What stands around a request in a batch has fewer bytes.
const AROUND: usize = 256;

/// The desk of one cell.
#[derive(Debug)]
pub(crate) struct Desk {
    shared: Arc<Shared>,
    run: RunId,
}

impl Desk {
    pub(super) fn of(shared: &Arc<Shared>, run: RunId) -> Self {
        let shared = Arc::clone(shared);
        Self { shared, run }
    }
}

impl BatchDesk for Desk {
    fn place(&self, provider: &str, model: &str, bytes: usize) -> Box<dyn BatchPlace> {
        let bytes = bytes + AROUND;
        let mut state = lock(&self.shared.state);
        for round in &mut state.rounds {
            let is_its = round.provider == provider && round.model == model;
            let is_full = round.bytes + bytes > MOST_BATCH_BYTES
                || round.next as usize >= MOST_BATCH_REQUESTS;
            round.closed |= is_its && is_full;
        }
        self.shared.send_closed(&mut state);
        let is_open =
            |round: &Round| !round.closed && round.provider == provider && round.model == model;
        let at = match state.rounds.iter().position(is_open) {
            Some(at) => at,
            None => {
                state.rounds.push(Round {
                    batch: self.shared.house.store.next_id().as_u128(),
                    provider: provider.to_owned(),
                    model: model.to_owned(),
                    next: 0,
                    bytes: 0,
                    awaited: 0,
                    requests: Vec::new(),
                    closed: false,
                });
                state.rounds.len() - 1
            }
        };
        let round = &mut state.rounds[at];
        let place = PlaceInBatch {
            batch: round.batch,
            request: round.next,
        };
        round.next += 1;
        round.bytes += bytes;
        round.awaited += 1;
        Box::new(Place {
            shared: Arc::clone(&self.shared),
            run: self.run,
            place,
            body: None,
        })
    }
}

/// A place in a batch that is gathered.
struct Place {
    shared: Arc<Shared>,
    run: RunId,
    place: PlaceInBatch,
    /// What was handed over.
    body: Option<Bytes>,
}

impl BatchPlace for Place {
    fn place(&self) -> PlaceInBatch {
        self.place
    }

    fn hand_over(mut self: Box<Self>, body: Bytes) {
        self.body = Some(body);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        let PlaceInBatch { batch, request } = self.place;
        // Where everything was stopped, nothing is sent.
        let Some(round) = state.rounds.iter_mut().find(|round| round.batch == batch) else {
            return;
        };
        round.awaited -= 1;
        if let Some(body) = self.body.take() {
            round.requests.push(BatchRequest { request, body });
            let parked = Parked {
                run: self.run,
                came: None,
            };
            state.parked.insert(self.place, parked);
            state.news = Some(Instant::now());
        }
        self.shared.send_closed(&mut state);
    }
}
