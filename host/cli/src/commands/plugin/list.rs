//! `stepwell plugin list`: the built-in steps, and the plugins of the project.

use serde::Serialize;
use stepwell_contract::{Description, Digest};
use stepwell_definition::LockedPlugin;
use stepwell_engine::{KnownPlugin, PluginView};

use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, plain_line};
use crate::wiring::{Context, Need};

/// A plugin in the list, as a program reads it: a built-in one has no name and is agreed to with Stepwell's version.
#[derive(Serialize)]
struct Listed {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    uses: String,
    /// What follows is of the component that is there, and missing where another machine would have to be asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    /// As it was agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    agreed: Option<LockedPlugin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub(super) async fn listed(json: bool, context: &Context) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    let wired = context.wire(Need::IfThere).await?;
    let builtin = wired.engine.builtin_plugins().await?;
    let of_project = wired.engine.project_plugins().await?;
    let mut table = Table::new();
    for PluginView {
        uses, description, ..
    } in &builtin
    {
        let summary = plain_line(&description.summary);
        table.row([uses, &plain_line(&description.version), "", &summary]);
    }
    for known in &of_project.plugins {
        let (title, summary) = says(known);
        let named = known.name.as_deref().unwrap_or(&known.uses);
        let state = state(known, of_project.locked);
        table.row([
            &plain_line(named),
            &plain_line(&title),
            state,
            &plain_line(&summary),
        ]);
    }
    if !json {
        screen.print(&table.text())?;
        return Ok(Exit::Success);
    }
    let builtin = builtin.into_iter().map(|plugin| Listed {
        name: None,
        agreed: None,
        problem: None,
        uses: plugin.uses,
        digest: Some(plugin.digest),
        bytes: Some(plugin.bytes),
        description: Some(plugin.description),
    });
    let of_project = of_project.plugins.into_iter().map(|known| {
        let of_plugin = known.plugin.as_ref();
        Listed {
            digest: of_plugin.map(|plugin| plugin.digest),
            bytes: of_plugin.map(|plugin| plugin.bytes),
            description: known.plugin.map(|plugin| plugin.description),
            name: known.name,
            uses: known.uses,
            agreed: known.agreed,
            problem: known.problem,
        }
    });
    screen.print_json(&builtin.chain(of_project).collect::<Vec<_>>())?;
    Ok(Exit::Success)
}

/// What it is, and a sentence about it: what it says now, else what was agreed to.
fn says(known: &KnownPlugin) -> (String, String) {
    let where_it_is = match known.name {
        Some(_) => known.uses.clone(),
        None => String::new(),
    };
    let about = |text: &str| match (text.is_empty(), where_it_is.is_empty()) {
        (false, false) => format!("{text} ({where_it_is})"),
        (true, _) => where_it_is.clone(),
        (false, true) => text.to_owned(),
    };
    match (&known.plugin, &known.agreed, &known.problem) {
        (Some(PluginView { description, .. }), _, _) => (
            format!("{} {}", description.name, description.version),
            about(&description.summary),
        ),
        (None, agreed, Some(problem)) => {
            let title = agreed.as_ref().map(LockedPlugin::title);
            (title.unwrap_or_default(), problem.clone())
        }
        (None, Some(agreed), None) => (agreed.title(), about("")),
        (None, None, None) => (String::new(), about("")),
    }
}

/// How it stands with the lock.
fn state(known: &KnownPlugin, locked: bool) -> &'static str {
    match (&known.agreed, &known.plugin) {
        (Some(agreed), Some(plugin)) if agreed.digest != plugin.digest => "changed",
        (Some(_), _) => "agreed to",
        (None, _) if locked => "not agreed to",
        (None, _) => "",
    }
}
