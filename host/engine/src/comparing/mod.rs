//! Versions of a prompt, and models, side by side on the same cases (rule E27).
//!
//! A comparison is a matrix: cases, by variants, by repeats. Each cell is an ordinary execution of one step, in a run of
//! its own that publishes nothing.

mod answering;
mod base;
mod batching;
mod carrying;
mod cases;
mod cells;
mod deciding;
mod estimating;
mod findings;
mod improving;
mod judging;
mod matrix;
mod outcomes;
mod paying;
mod recounting;
mod removing;
mod taking_up;
mod trying;
mod viewing;
mod wishing;

use std::sync::Arc;

pub use taking_up::TakenUpComparison;
pub(crate) use taking_up::begun_of;
pub(crate) use trying::TrialAhead;

use crate::state::{House, Reach};

/// Comparisons of one house. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Comparing {
    house: Arc<House>,
    /// What a request may name.
    reach: Reach,
}

impl Comparing {
    pub(crate) fn within(house: &Arc<House>, reach: &Reach) -> Self {
        Self {
            house: Arc::clone(house),
            reach: reach.clone(),
        }
    }
}
