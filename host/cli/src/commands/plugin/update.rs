//! `stepwell plugin update`: the plugins that the project agreed to, taken as they are now.

use stepwell_engine::{Agreement, DefinitionSource, Fetch, LockPlugins, LockedPlugins};

use crate::arguments::{ModelArguments, UpdateArguments};
use crate::commands::agreeing::{Purpose, held, of_definition, settled};
use crate::commands::texts;
use crate::errors::CommandError;
use crate::exit::Exit;
use crate::terminal::{Table, plain_line};
use crate::wiring::{Context, Need, Tape};

pub(super) async fn updated(
    arguments: UpdateArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let screen = &context.screen;
    // Definitions name models, which are held against those that there are.
    let models = ModelArguments::default();
    let wired = context
        .wire_with(Need::IfThere, &models, Tape::Stays)
        .await?;
    let requests = requests(&arguments.what, context)?;
    let mut last = None;
    for request in requests {
        if request.is_everything() {
            // There is nothing to update.
            let seen = held(&request, Agreement::Look, Fetch::Nothing, context, &wired).await?;
            if !seen.exists {
                held(
                    &request,
                    Agreement::Require,
                    Fetch::Nothing,
                    context,
                    &wired,
                )
                .await?;
            }
        }
        let settled = settled(
            &request,
            Purpose::Update,
            &arguments.agreement,
            context,
            &wired,
        );
        last = match settled.await? {
            Some(now) => Some(now),
            None => return Ok(Exit::Failed),
        };
    }
    let Some(now) = last else {
        return Ok(Exit::Success);
    };
    match arguments.json {
        true => screen.print_json(&now)?,
        false => screen.print(&text(&now))?,
    }
    Ok(Exit::Success)
}

/// What is to be looked at: definitions, which end in `.toml`, and plugins; nothing is all that the lock has.
fn requests(what: &[String], context: &Context) -> Result<Vec<LockPlugins>, CommandError> {
    let is_definition = |it: &&String| it.ends_with(".toml");
    let (definitions, plugins): (Vec<&String>, Vec<&String>) = what.iter().partition(is_definition);
    let mut requests = Vec::new();
    for file in definitions {
        let text = texts::definition(file.as_ref())?;
        let file = context.start.join(file).display().to_string();
        let file = Some(file);
        requests.push(LockPlugins {
            renew: true,
            ..of_definition(&DefinitionSource { text, file })
        });
    }
    if !plugins.is_empty() || what.is_empty() {
        requests.push(LockPlugins {
            plugins: plugins.into_iter().cloned().collect(),
            renew: true,
            folder: context.start.to_str().map(str::to_owned),
            ..LockPlugins::default()
        });
    }
    Ok(requests)
}

fn text(now: &LockedPlugins) -> String {
    let mut table = Table::new();
    if let Some(version) = &now.stepwell {
        table.row(["builtin:…", &format!("of Stepwell {version}"), ""]);
    }
    for (uses, plugin) in &now.plugins {
        let digest = format!("{:.12}", plugin.digest.hex());
        table.row([plain_line(uses), plain_line(&plugin.title()), digest]);
    }
    table.text()
}
