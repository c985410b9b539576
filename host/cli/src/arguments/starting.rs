//! Arguments of the commands that a new user gives first.

use std::path::PathBuf;

use clap::Args;

use crate::shipped::{Demonstration, Workflow};

/// `stepwell init`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell init\n  \
    stepwell init --workflow design\n  \
    stepwell init tools/coding --bare\n\n\
    What is there already is kept, and never written over.")]
pub(crate) struct InitArguments {
    /// Where; the working directory if left out
    #[arg(value_name = "DIRECTORY")]
    pub(crate) folder: Option<PathBuf>,
    /// The workflow to start from
    #[arg(long, value_enum, default_value_t = Workflow::AutomatedCoding, value_name = "NAME")]
    pub(crate) workflow: Workflow,
    /// Write the configuration alone, and no workflow
    #[arg(long, conflicts_with = "workflow")]
    pub(crate) bare: bool,
}

/// `stepwell demo`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    stepwell demo\n  \
    stepwell demo /tmp/demo --workflow untested_coding\n\n\
    It asks no model: it replays answers that were written by hand for it. It has a store and a configuration of its own in that\n\
    folder. Outside of it, only the cache of compiled steps grows.")]
pub(crate) struct DemoArguments {
    /// Where: a new or empty folder; one among the temporary files if left out
    #[arg(value_name = "DIRECTORY")]
    pub(crate) folder: Option<PathBuf>,
    /// The workflow to show [default: automated_coding, where the step `testing` is there]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) workflow: Option<Demonstration>,
}
