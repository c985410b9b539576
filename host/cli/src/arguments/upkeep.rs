//! Arguments of the commands that look after what is stored.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use stepwell_engine::RunStatus;

use super::ListingArguments;
use super::values::{bytes, run_status};

/// `stepwell runs`
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  stepwell runs\n  stepwell runs --status failure --search \"dark mode\"\n  stepwell runs rm 5c01d2e4\n  \
    stepwell runs rm --older-than 90 --dry-run\n  stepwell runs rm --keep 100"
)]
pub(crate) struct RunsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) listing: ListingArguments,
    #[command(flatten)]
    pub(crate) fitting: FittingArguments,
}

/// Which runs are listed.
#[derive(Debug, Args)]
pub(crate) struct FittingArguments {
    /// Only those that are there
    #[arg(long, value_name = "STATE", value_parser = run_status())]
    pub(crate) status: Option<RunStatus>,
    /// Only those of this workflow
    #[arg(long, value_name = "NAME")]
    pub(crate) workflow: Option<String>,
    /// Only those in whose label, workflow, id, inputs or problem each of these words stands
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
}

/// `stepwell runs …`
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Remove finished runs for good, with what only they used; what they cost stays in the totals
    Rm(RemoveArguments),
}

/// Which runs go.
#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// The runs: `last`, an id, or the last characters of one
    #[arg(value_name = "RUN", required_unless_present = "rule")]
    pub(crate) runs: Vec<String>,
    /// Those that ended more than so many days ago; with 0 all that have ended
    #[arg(long, value_name = "DAYS", group = "rule")]
    pub(crate) older_than: Option<u32>,
    /// All finished ones but so many, the newest
    #[arg(long, value_name = "N", group = "rule")]
    pub(crate) keep: Option<u32>,
    /// The oldest ones, until all that is stored takes less than this, such as `5GB`
    #[arg(long, value_name = "SIZE", group = "rule", value_parser = bytes)]
    pub(crate) below: Option<u64>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print what went as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell comparison rm`
#[derive(Debug, Args)]
pub(crate) struct RemoveComparisonArguments {
    /// The comparisons: `last`, an id, or the last characters of one
    #[arg(value_name = "COMPARISON", required = true)]
    pub(crate) comparisons: Vec<String>,
    /// Say what would go, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print what went as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `stepwell store …`
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Hold every page, record and file against its digest, and list what can't be read
    Check {
        /// Print the problems as JSON
        #[arg(long)]
        json: bool,
    },
    /// Free what nothing needs any more, such as the texts of dropped prompt versions, and make the file smaller
    Compact {
        /// Say what would be freed, and free nothing
        #[arg(long)]
        dry_run: bool,
        /// Print what was freed as JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a new store of what can be read of one that can't be opened, and say what is lost; that one stays as it is
    #[command(after_help = "Example:\n  stepwell store salvage ../salvaged")]
    Salvage {
        /// A folder that is empty, or isn't there; `--store DIR` uses it as a store
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print what was salvaged as JSON
        #[arg(long)]
        json: bool,
    },
    /// Copy the store as it is now, also while a server or a run uses it
    #[command(after_help = "Example:\n  stepwell store backup ../backups/monday")]
    Backup {
        /// A folder that is empty, or isn't there; `--store DIR` uses it as a store
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print what was written as JSON
        #[arg(long)]
        json: bool,
    },
}
