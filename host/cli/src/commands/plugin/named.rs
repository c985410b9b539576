//! A plugin that a person names by its file, and no definition by `uses`.

use std::io;

use crate::errors::CommandError;
use crate::remedy::GivenFile;
use crate::wiring::{Context, is_builtin};

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
    // A built-in step that was named without `builtin:` is told by the engine.
    if plugin.starts_with("builtin:") || plugin.contains("://") || is_builtin(plugin) {
        return Ok(());
    }
    let path = context.start.join(plugin);
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CommandError::unread(&path, Some(GivenFile::Plugin))(error))
        }
        _ => Ok(()),
    }
}
