//! What is at hand while something is under way: the house with its store and models, and one run with its board.

mod board;
mod budgets;
mod call_details;
mod context;
mod graph;
mod house;
mod kept;
mod letters;
mod lock;
mod parts;
mod plugins;
mod prepared;
mod prompts;
mod published;
mod reading;
mod shared_looks;
mod unit;
mod unreadable;
mod values;

pub(crate) use board::{Board, CellState};
pub(crate) use budgets::ledger;
pub(crate) use call_details::call_view;
pub(crate) use context::{OfComparison, RunContext};
pub(crate) use graph::{Depending, subtree, upstream};
pub(crate) use house::{Active, House};
pub(crate) use letters::Letters;
pub(crate) use lock::lock;
pub use parts::{BuiltinStep, BuiltinSteps, EngineParts, StepsApart};
pub(crate) use plugins::Plugin;
pub(crate) use prepared::{PreparedRun, pinned, require_step};
pub(crate) use published::{Published, outcomes_of};
pub(crate) use reading::current_documents;
pub(crate) use shared_looks::SharedLooks;
pub(crate) use unit::Unit;
pub(crate) use unreadable::{from_json, store_halt, unreadable};
pub(crate) use values::{SeenDocument, ValueError};
