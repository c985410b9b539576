//! `stepwell plugin list`: the built-in steps.

use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, plain_line};
use crate::wiring::{Context, Need};

pub(super) async fn listed(json: bool, context: &Context) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let wired = context.wire(Need::IfThere).await?;
    let plugins = wired.engine.builtin_plugins().await?;
    if json {
        screen.print_json(&plugins)?;
        return Ok(Exit::Success);
    }
    let mut table = Table::new();
    for plugin in plugins {
        let description = plugin.description;
        table.row([
            plugin.uses,
            description.version,
            plain_line(&description.summary),
        ]);
    }
    screen.print(&table.text())?;
    Ok(Exit::Success)
}
