//! Long sweeps over many moments or many mistakes, of which the ordinary tests try a tenth.

use std::fmt::Debug;

/// How much of a long sweep is tried.
///
/// A tenth that is always the same, so that what is green for one is green for all; all of it with `STEPWELL_SWEEP=whole`, as
/// `.ci/sweep` sets it. `STEPWELL_SWEEP_SEED` picks another tenth.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    whole: bool,
    seed: u64,
}

impl Sweep {
    /// As the environment says.
    #[must_use]
    pub fn from_environment() -> Self {
        let seed = std::env::var("STEPWELL_SWEEP_SEED").ok();
        Self {
            whole: std::env::var_os("STEPWELL_SWEEP").is_some_and(|how| how == "whole"),
            seed: seed.map_or(1, |seed| {
                seed.parse().expect("STEPWELL_SWEEP_SEED is a number")
            }),
        }
    }

    /// What is tried of all that could be, in an order that follows from the seed.
    #[must_use]
    pub fn of<T: Debug>(self, all: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut all: Vec<T> = all.into_iter().collect();
        fastrand::Rng::with_seed(self.seed).shuffle(&mut all);
        if !self.whole {
            all.truncate(all.len().div_ceil(10));
        }
        eprintln!("{} of the sweep, by seed {}: {all:?}", all.len(), self.seed);
        all
    }
}
