//! What a run will probably take, before money is spent on it: a range in calls, tokens and money.
//!
//! Everything here is a function of what it is given: nothing reads a store, a file or a clock, and nothing is asked. The
//! engine hands in what it read: the steps, what they took before, and how long their texts are.

mod conditional;
mod confirming;
mod history;
mod material;
mod product;
mod sizes;
mod steps;
mod usual;

pub use conditional::prompt_bytes;
pub use confirming::confirmation;
pub use material::{Asked, Items, Material, Reads, StepMaterial, Took, When};
pub use steps::estimate;
pub use usual::{EXECUTIONS, RUNS};

#[cfg(test)]
mod tests;
