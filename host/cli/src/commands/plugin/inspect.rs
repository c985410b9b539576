//! `stepwell plugin inspect`: what a plugin says of itself.

use stepwell_contract::{Field, Text};
use stepwell_engine::PluginView;

use super::named::require_file;
use crate::arguments::InspectArguments;
use crate::commands::driving::prepared;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Style, Table, plain_line, size};
use crate::wiring::{Context, Need};

pub(super) async fn inspected(
    arguments: InspectArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    require_file(&arguments.plugin, context)?;
    let wired = context.wire(Need::IfThere).await?;
    let looked_at = wired.engine.plugin(&arguments.plugin, &context.start);
    let plugin = prepared(context, &wired, looked_at).await?;
    match arguments.json {
        true => screen.print_json(&plugin)?,
        false => screen.print(&text(&plugin, screen.out_style()))?,
    }
    Ok(Exit::Success)
}

fn text(plugin: &PluginView, style: Style) -> String {
    let description = &plugin.description;
    let mut text = format!(
        "{} {}\n{}\n",
        style.strong(&plain_line(&description.name)),
        plain_line(&description.version),
        plain_line(&description.summary)
    );
    text += &format!(
        "\nuses     {}\ndigest   {}\nsize     {}\n",
        plain_line(&plugin.uses),
        plugin.digest,
        size(plugin.bytes)
    );
    if let Some(key) = &plugin.signed_by {
        text += &format!("signed by {key}\n");
    }
    text += &fields("inputs", &description.inputs, style);
    text += &fields("documents", &description.documents, style);
    text += &fields("settings", &description.settings, style);
    text += &grants("grants that it needs", &description.grants, style);
    let optional = description.optional_grants();
    text += &grants("grants that it uses if given", &optional, style);
    if let Ok(Some(gate)) = description.gate() {
        let words: Vec<_> = gate
            .is
            .iter()
            .map(|word| format!("`{}`", plain_line(word)))
            .collect();
        text += &format!(
            "\n{}\n  what the steps before it write stays out of the workspace until `{}` says {}\n",
            style.strong("gate"),
            plain_line(&gate.document),
            words.join(" or ")
        );
    }
    for prompt in &description.prompts {
        text += &fields(
            &format!("prompt {}: variables", plain_line(&prompt.name)),
            &prompt.variables,
            style,
        );
    }
    text
}

fn grants(title: &str, grants: &[Text], style: Style) -> String {
    if grants.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{}\n", style.strong(title));
    for grant in grants {
        let (name, value) = (plain_line(&grant.name), plain_line(&grant.value));
        text += &format!("  grants.{name} = \"{value}\"\n");
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
