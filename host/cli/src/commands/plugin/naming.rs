//! `stepwell plugin add` and `remove`: the operator's names for plugins.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stepwell_contract::{Name, Uses};
use stepwell_definition::PLUGIN_LOCK;
use stepwell_engine::{Agreement, Fetch, LockPlugins, PluginView};
use stepwell_registry::Source;

use super::named::require_file;
use crate::application::Application;
use crate::arguments::{AddArguments, RemovePluginArguments};
use crate::commands::agreeing::{Purpose, held, of_plugin, settled};
use crate::commands::driving::{explained, prepared};
use crate::errors::{CommandError, NamingError, RegistryError};
use crate::exit::Exit;
use crate::operators_file::{name_plugin, unname_plugin};
use crate::project::{CONFIGURATION, shown};
use crate::terminal::{plain, plain_line};
use crate::wiring::{Context, Need, Setting, Wired};

/// What has a name now, as a program reads it.
#[derive(Serialize)]
struct Added<'a> {
    name: &'a Name,
    /// As the operator's file says it.
    uses: &'a str,
    file: String,
    plugin: &'a PluginView,
}

/// What has none any more.
#[derive(Serialize)]
struct Removed<'a> {
    name: &'a Name,
    uses: &'a str,
    file: String,
    /// Whether the lock had it, and doesn't any more.
    unlocked: bool,
}

pub(super) async fn added(
    arguments: AddArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let setting = context.setting()?;
    let file = operators_file(&setting);
    let folder = file.parent().unwrap_or(Path::new("."));
    let uses = as_written(&arguments, folder, context)?;
    let seen = Uses::seen_from(&uses, folder);
    let name = &arguments.name;
    if let Some(taken) = setting.configuration.plugins.get(name.as_str())
        && *taken != seen
    {
        return Err(NamingError::Taken {
            name: name.clone(),
            uses: taken.clone(),
        }
        .into());
    }
    let wired = context.wire(Need::IfThere).await?;
    let Some(plugin) = agreed(&seen, &arguments, context, &wired).await? else {
        return Ok(Exit::Failed);
    };
    let unwritten = |error| NamingError::Unwritten {
        shown: shown(&file, &context.start),
        error,
    };
    name_plugin(&file, name, &uses).map_err(unwritten)?;
    let file = shown(&file, &context.start);
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&Added {
            name,
            uses: &uses,
            file,
            plugin: &plugin,
        })?;
    } else {
        let (uses, description) = (plain(&uses), &plugin.description);
        let title = plain_line(&format!("{} {}", description.name, description.version));
        screen.print(&format!(
            "{name} is {title}, from {uses} ({file}): `uses = \"{name}\"` names it\n"
        ))?;
    }
    tell_holder(&wired, context);
    Ok(Exit::Success)
}

/// The plugin, once it can be run in the project; none where somebody said no.
async fn agreed(
    uses: &str,
    arguments: &AddArguments,
    context: &Context,
    wired: &Wired,
) -> Result<Option<PluginView>, CommandError> {
    let plugins = LockPlugins {
        renew: true,
        ..of_plugin(uses, None)
    };
    let (purpose, how) = (Purpose::Begin, &arguments.agreement);
    if settled(&plugins, purpose, how, context, wired)
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let looked = wired.engine.plugin(uses, &wired.project);
    let looked = prepared(context, wired, looked).await;
    let looked = looked.map_err(|error| explained(error, context, wired))?;
    Ok(Some(looked))
}

pub(super) async fn removed(
    arguments: RemovePluginArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let setting = context.setting()?;
    let (file, name) = (operators_file(&setting), &arguments.name);
    let plugins = &setting.configuration.plugins;
    let Some(uses) = plugins.get(name.as_str()) else {
        return Err(NamingError::Unknown {
            name: name.clone(),
            known: plugins.keys().cloned().collect(),
        }
        .into());
    };
    let wired = context.wire(Need::IfThere).await?;
    let unwritten = |error| NamingError::Unwritten {
        shown: shown(&file, &context.start),
        error,
    };
    unname_plugin(&file, name).map_err(unwritten)?;
    let has_another_name = plugins
        .iter()
        .any(|(other, it)| it == uses && other != name.as_str());
    let unlocked = wired.project.join(PLUGIN_LOCK).exists() && !has_another_name && {
        let forget = LockPlugins {
            forget: vec![uses.clone()],
            ..LockPlugins::default()
        };
        let agreement = Agreement::All;
        let held = held(&forget, agreement, Fetch::Nothing, context, &wired).await?;
        !held.differences.is_empty()
    };
    let file = shown(&file, &context.start);
    let screen = &context.screen;
    if arguments.json {
        screen.print_json(&Removed {
            name,
            uses,
            file,
            unlocked,
        })?;
    } else {
        let also = match unlocked {
            true => format!("; {PLUGIN_LOCK} doesn't have it any more, and nothing runs it"),
            false => String::new(),
        };
        let uses = plain(uses);
        screen.print(&format!("{uses} isn't `{name}` any more ({file}){also}\n"))?;
    }
    tell_holder(&wired, context);
    Ok(Exit::Success)
}

/// Where names stand: the file that the operator has, or would have.
fn operators_file(setting: &Setting) -> PathBuf {
    let project = &setting.project;
    let named = project.configuration.clone();
    named.unwrap_or_else(|| project.folder.join(CONFIGURATION))
}

/// What is named, as a file in this folder says it: a path below it without it, and any other one from the root.
fn as_written(
    arguments: &AddArguments,
    folder: &Path,
    context: &Context,
) -> Result<String, CommandError> {
    let given = &arguments.plugin;
    match Uses::of(given) {
        Uses::Builtin(_) => Ok(given.clone()),
        Uses::Elsewhere(_) => {
            let source: Source = given.parse().map_err(RegistryError::Source)?;
            Ok(source.to_string())
        }
        Uses::File(path) if Name::new(path).is_ok() => Err(NamingError::OneWord {
            given: path.to_owned(),
        }
        .into()),
        Uses::File(path) => {
            require_file(path, context)?;
            let path = context.start.join(path);
            let path = path.canonicalize().unwrap_or(path);
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            let below = path.strip_prefix(&folder).unwrap_or(&path);
            let written = below.display().to_string();
            Ok(match Name::new(written.as_str()) {
                Ok(word) => format!("./{word}"),
                Err(_) => written,
            })
        }
    }
}

/// The process that holds the store read the operator's file when it began.
fn tell_holder(wired: &Wired, context: &Context) {
    if let Application::There(_) = wired.engine {
        context.screen.note(
            "the process that holds the store knows the names that it began with: start it again for this one\n",
        );
    }
}
