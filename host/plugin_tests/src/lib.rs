//! Tests of plugins: cases as data, carried out on the real engine, without a key, a network or anybody's store.
//!
//! A [`Bench`] carries each case out in a store and a workspace of its own, which are gone afterwards. The model's answers stand
//! in the case; what comes is held against what the case expects. With [`How::crash`] the execution is ended at each of
//! its commits, and has to come to the same when it is started again.
//!
//! Nothing here is printed, and nothing is read but the plugin: what a case names stands in it already. [`bless`] makes the text of a
//! file that expects what came; the caller writes it.

mod bench;
mod blessing;
mod came;
mod carrying;
mod crashing;
mod held;
mod results;
mod running;
mod scripted;
mod servers;
mod stage;
mod workflow;

pub use bench::{Bench, Parts};
pub use blessing::{Blessed, bless};
pub use came::{Call, Came, Ended};
pub use results::{CaseResult, Crashes, Differs, Mismatch, Of};
pub use running::How;
pub use scripted::check_cassette;
