//! A plugin that a person names by its file, and no definition by `uses`.

use std::io;

use stepwell_contract::Uses;
use stepwell_registry::Source;

use crate::errors::{CommandError, RegistryError};
use crate::remedy::GivenFile;
use crate::wiring::Context;

/// Makes sure that there is a file, where one is named: what helps a definition is none here.
///
/// # Errors
/// That there is none, or that nothing is named that can be one.
pub(super) fn require_file(plugin: &str, context: &Context) -> Result<(), CommandError> {
    let nothing = |message: &str| CommandError::Usage {
        message: message.to_owned(),
        usage: "name the component's file, or a built-in step: `builtin:NAME`".to_owned(),
    };
    if plugin.trim().is_empty() {
        return Err(nothing("no plugin is named: its name is empty"));
    }
    if plugin == "-" {
        return Err(nothing("a plugin isn't read from standard input"));
    }
    // One word may be a name of the operator's, or meant for that of a built-in step: the engine tells.
    let path = match Uses::of(plugin) {
        Uses::File(path) if Uses::of(path).is_path() => context.start.join(path),
        _ => return Ok(()),
    };
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CommandError::unread(&path, Some(GivenFile::Plugin))(error))
        }
        _ => Ok(()),
    }
}

/// The same for what is done without the project's store: what a name of the operator's stands for, and what lies on another machine as a
/// file of this one.
///
/// # Errors
/// It can't be fetched, or there is no such file.
pub(super) async fn at_hand(plugin: &str, context: &Context) -> Result<String, CommandError> {
    let names = context.setting()?.configuration.plugins;
    let uses = names.get(plugin).map_or(plugin, String::as_str);
    let Uses::Elsewhere(source) = Uses::of(uses) else {
        require_file(uses, context)?;
        return Ok(uses.to_owned());
    };
    let source: Source = source.parse().map_err(RegistryError::Source)?;
    let fetched = context.registry()?.fetch(&source).await;
    let fetched = fetched.map_err(RegistryError::Fetch)?;
    // Its copy here doesn't tell from where it came.
    context.signer_of(&fetched).await?;
    Ok(fetched.path.display().to_string())
}
