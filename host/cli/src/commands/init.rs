//! `stepwell init`: a configuration to start from.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::errors::CommandError;
use crate::exit::Exit;
use crate::project::{CONFIGURATION, shown};
use crate::wiring::Context;

const TEXT: &str = include_str!("stepwell.toml");

pub(super) fn init(directory: Option<&Path>, context: &Context) -> Result<Exit, CommandError> {
    let path = directory
        .map_or_else(
            || context.start.clone(),
            |folder| context.start.join(folder),
        )
        .join(CONFIGURATION);
    // Never over a file that is there.
    let written =
        std::fs::File::create_new(&path).and_then(|mut file| file.write_all(TEXT.as_bytes()));
    match written {
        Ok(()) => {
            context
                .screen
                .print(&format!("wrote {}\n", shown(&path, &context.start)))?;
            context
                .screen
                .hint("name your models in it, then `stepwell doctor` checks them");
            Ok(Exit::Success)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(CommandError::invalid(
            format!("{} is there already", shown(&path, &context.start)),
            "edit it; `stepwell schema configuration` describes what can stand in it",
        )),
        Err(source) => Err(CommandError::Write { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_writes_can_be_read() {
        let (configuration, diagnostics) =
            stepwell_definition::parse_configuration(TEXT, CONFIGURATION);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        let models = configuration.unwrap().models;
        assert_eq!(models.default_model.as_deref(), Some("writer"));
        assert!(models.models.contains_key("writer"));
        // What is commented out fits, too: whoever takes the marks away gets a file that works.
        let all: String = TEXT
            .lines()
            .map(|line| line.strip_prefix("#| ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let (_, diagnostics) = stepwell_definition::parse_configuration(&all, CONFIGURATION);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
}
