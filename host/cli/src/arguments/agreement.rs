//! What is to come of plugins that aren't those of `stepwell.lock`.

use clap::Args;

/// What is to come of plugins that aren't those of `stepwell.lock`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AgreementArguments {
    /// Agree to plugins that aren't those of stepwell.lock, and take them into it, without being asked
    #[arg(long, conflicts_with = "locked")]
    pub(crate) accept: bool,
    /// Use only what stepwell.lock has: end with 7 where a plugin is another one, or where there is no such file
    #[arg(long)]
    pub(crate) locked: bool,
}
