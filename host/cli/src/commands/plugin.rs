//! `stepwell plugin`: what plugins say of themselves.

use stepwell_contract::Field;
use stepwell_engine::PluginView;

use super::driving::prepared;
use crate::arguments::PluginCommand;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, plain, size};
use crate::wiring::{Context, Need};

pub(super) async fn plugin(
    command: PluginCommand,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let wired = context.wire(Need::IfThere).await?;
    match command {
        PluginCommand::List { json } => {
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
                    plain(&description.summary),
                ]);
            }
            screen.print(&table.text())?;
        }
        PluginCommand::Inspect { plugin, json } => {
            let looked_at = wired.engine.plugin(&plugin, &context.start);
            let plugin = prepared(context, &wired, looked_at).await?;
            match json {
                true => screen.print_json(&plugin)?,
                false => screen.print(&text(&plugin, screen.out_style()))?,
            }
        }
    }
    Ok(Exit::Success)
}

fn text(plugin: &PluginView, style: Style) -> String {
    let description = &plugin.description;
    let mut text = format!(
        "{} {}\n{}\n",
        style.strong(&description.name),
        description.version,
        plain(&description.summary)
    );
    text += &format!(
        "\nuses     {}\ndigest   {}\nsize     {}\n",
        plugin.uses,
        plugin.digest,
        size(plugin.bytes)
    );
    text += &fields("inputs", &description.inputs, style);
    text += &fields("documents", &description.documents, style);
    text += &fields("settings", &description.settings, style);
    if !description.grants.is_empty() {
        text += &format!("\n{}\n", style.strong("grants that it needs"));
        for grant in &description.grants {
            text += &format!(
                "  grants.{} = \"{}\"\n",
                plain(&grant.name),
                plain(&grant.value)
            );
        }
    }
    for prompt in &description.prompts {
        text += &fields(
            &format!("prompt {}: variables", prompt.name),
            &prompt.variables,
            style,
        );
    }
    text
}

fn fields(title: &str, fields: &[Field], style: Style) -> String {
    if fields.is_empty() {
        return String::new();
    }
    format!(
        "\n{}\n{}",
        style.strong(title),
        Table::of_fields(fields).text()
    )
}
