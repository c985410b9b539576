//! What a run does, on steps and a provider that are made here: each rule of an execution has its test.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on panics, and so does what it calls"
)]

mod ahead;
mod alone;
mod answers;
mod branches;
mod budgets;
mod calls;
mod charged;
mod clock;
mod commits;
mod common;
mod comparisons;
mod conditions;
mod copies;
mod costs;
mod declared;
mod files;
mod findings;
mod floors;
mod gates;
mod graph;
mod items;
mod judges;
mod keeping;
mod left_out;
mod let_go;
mod line_ends;
mod links;
mod listing;
mod lost_store;
mod meanwhile;
mod promoting;
mod publishing;
mod reprocessing;
mod restoring;
mod rounds;
mod rounds_again;
mod rounds_left;
mod rounds_used_up;
mod runs;
mod said_again;
mod searching;
mod slow_files;
mod under_way;
mod unreadable;
mod unstored;
