//! A plugin that a person names by its file, and no definition by `uses`.

use std::io;

use crate::errors::CommandError;
use crate::remedy::GivenFile;
use crate::wiring::Context;

/// Makes sure that there is a file, where one is named: what helps a definition is none here.
///
/// # Errors
/// That there is none.
pub(super) fn require_file(plugin: &str, context: &Context) -> Result<(), CommandError> {
    // A bare word may be meant for the name of a built-in step, which the engine knows.
    if plugin.starts_with("builtin:")
        || plugin.contains("://")
        || !plugin.contains(['/', '\\', '.'])
    {
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
