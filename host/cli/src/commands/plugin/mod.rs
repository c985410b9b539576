//! `stepwell plugin`: what plugins say of themselves, whether they can be used and do what they should, what a new one begins
//! with, and how they come from registries and go there; who signed them.

mod check;
mod dev;
mod explain;
mod explained;
mod inspect;
mod keys;
mod list;
mod login;
mod named;
mod naming;
mod new;
mod placing;
mod pull;
mod push;
mod sign;
mod test;
mod test_sources;
mod update;
mod verify;
mod wit;

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
        PluginCommand::Explain(arguments) => explain::told(arguments, context).await,
        PluginCommand::New(arguments) => new::begun(arguments, context),
        PluginCommand::Add(arguments) => naming::added(arguments, context).await,
        PluginCommand::Remove(arguments) => naming::removed(arguments, context).await,
        PluginCommand::Update(arguments) => update::updated(arguments, context).await,
        PluginCommand::Wit(arguments) => wit::written(&arguments, context),
        PluginCommand::Pull(arguments) => pull::pulled(arguments, context).await,
        PluginCommand::Push(arguments) => push::pushed(arguments, context).await,
        PluginCommand::Login(arguments) => login::logged_in(arguments, context).await,
        PluginCommand::Logout(arguments) => login::logged_out(&arguments, context).await,
        PluginCommand::Key(command) => keys::keys(command, context).await,
        PluginCommand::Sign(arguments) => sign::signed(arguments, context).await,
        PluginCommand::Verify(arguments) => verify::verified(arguments, context).await,
        PluginCommand::Test(arguments) => test::tested(arguments, context).await,
    }
}
