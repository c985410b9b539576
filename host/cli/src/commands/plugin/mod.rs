//! `stepwell plugin`: what plugins say of themselves, and whether they can be used.

mod check;
mod dev;
mod inspect;
mod list;

use crate::arguments::PluginCommand;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::wiring::Context;

pub(super) async fn plugin(
    command: PluginCommand,
    context: &Context,
) -> Result<Exit, CommandError> {
    match command {
        PluginCommand::List { json } => list::listed(json, context).await,
        PluginCommand::Dev(arguments) => dev::developed(*arguments, context).await,
        PluginCommand::Inspect(arguments) => inspect::inspected(arguments, context).await,
        PluginCommand::Check(arguments) => check::checked(arguments, context).await,
    }
}
