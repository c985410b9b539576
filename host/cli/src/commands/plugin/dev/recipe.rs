//! How a plugin's project is built, as `stepwell-plugin.toml` in its folder or the command line says it.
//!
//! Nothing is built here.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use stepwell_workers::{LARGEST_CONFIGURATION, read_given_text};

use crate::arguments::DevArguments;
use crate::errors::{CommandError, DevelopError};

/// The file of a plugin's project.
pub(super) const FILE: &str = "stepwell-plugin.toml";

/// How a project is built. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recipe {
    /// Where its commands are given.
    pub(super) folder: PathBuf,
    /// The command that builds it, for a shell.
    pub(super) build: String,
    /// The component that this makes.
    pub(super) component: PathBuf,
    /// A command that has to succeed before the component is taken.
    pub(super) check: Option<String>,
    /// What is watched.
    pub(super) watch: Vec<PathBuf>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    build: Option<String>,
    component: Option<PathBuf>,
    check: Option<String>,
    #[serde(default)]
    watch: Vec<PathBuf>,
}

impl Recipe {
    /// The file that says it, or may.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What holds for the project of a folder: the command line goes before the file.
    pub(super) fn of(arguments: &DevArguments, start: &Path) -> Result<Self, CommandError> {
        let folder = start.join(&arguments.folder);
        if !folder.is_dir() {
            let shown = arguments.folder.display().to_string();
            return Err(DevelopError::NoFolder { shown }.into());
        }
        let file = folder.join(FILE);
        let written = match file.symlink_metadata().is_ok() {
            true => written(&file)?,
            false => Written::default(),
        };
        let build = arguments.build.clone().or(written.build);
        let component = match &arguments.component {
            // A person names a file from where they are.
            Some(component) => Some(start.join(component)),
            None => written.component.map(|component| folder.join(component)),
        };
        let (Some(build), Some(component)) = (build, component) else {
            return Err(DevelopError::NoRecipe { file }.into());
        };
        if build.trim().is_empty() {
            let key = "build";
            return Err(DevelopError::Empty { key, file }.into());
        }
        if component.file_name().is_none() || component == folder {
            let key = "component";
            return Err(DevelopError::Empty { key, file }.into());
        }
        if let Some(missing) = written
            .watch
            .iter()
            .find(|path| !folder.join(path).exists())
        {
            let reason = format!("`watch` names {}, which isn't there", missing.display());
            return Err(DevelopError::Recipe { file, reason }.into());
        }
        let watch = match written.watch.as_slice() {
            [] => vec![folder.clone()],
            named => named.iter().map(|path| folder.join(path)).collect(),
        };
        Ok(Self {
            folder,
            build,
            component,
            check: written.check,
            watch,
        })
    }
}

fn written(file: &Path) -> Result<Written, CommandError> {
    let text =
        read_given_text(file, LARGEST_CONFIGURATION).map_err(CommandError::unread(file, None))?;
    toml::from_str(&text).map_err(|error| {
        DevelopError::Recipe {
            file: file.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        }
        .into()
    })
}
