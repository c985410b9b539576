//! Why a plugin can't be used.

use std::path::PathBuf;

use stepwell_contract::{Digest, LoadError, Name, Remedy};
use stepwell_signing::Unproven;
use stepwell_workers::{LARGEST_COMPONENT, NoRoom};

/// Why a plugin isn't had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct NotFetched {
    /// What names it.
    pub source_named: String,
    /// A sentence for a person.
    pub reason: String,
    /// Whether nothing such is named at all, whatever the network does.
    pub is_no_source: bool,
}

/// Why a plugin can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// No step of this name rides inside the binary.
    #[error("there is no built-in step `{name}`; there are {}", known.join(", "))]
    NoSuchBuiltin {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It is a built-in step that is built by a command of its own, which nobody ran yet.
    #[error(
        "the built-in step `{name}` isn't built yet: there is no `{name}.wasm` in {}",
        shown(folders)
    )]
    NotBuilt {
        /// The name.
        name: String,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
        /// The command.
        build: String,
    },
    /// It is the bare name of a built-in step, and there is no such file.
    #[error("there is no file `{name}`")]
    BareName {
        /// The name.
        name: String,
    },
    /// It lies where whoever asks may name nothing.
    #[error("`{path}` doesn't lie below the project, where links lead to")]
    OutOfReach {
        /// The file.
        path: String,
    },
    /// It lies on another machine, and whoever asks may name only what was agreed to.
    #[error(
        "`{source_named}` isn't fetched for whoever asks over the network: nobody here agreed to it yet"
    )]
    NotForOthers {
        /// What names it.
        source_named: String,
    },
    /// It lies on another machine, nobody agreed to it yet, and nobody wished that this machine is asked for it.
    #[error("nobody agreed to it yet, and it isn't fetched before somebody says so")]
    NotAgreed,
    /// Its address has a name and a password in it.
    #[error(
        "`{source_named}` has a name or password before its host, which would be kept and shown with it"
    )]
    PasswordInSource {
        /// What names it, without them.
        source_named: String,
    },
    /// Its address has something behind a `?`.
    #[error(
        "`{source_named}` has something behind a `?`, which is a key more often than not, and would be kept and shown with it"
    )]
    QueryInSource {
        /// What names it, without that.
        source_named: String,
    },
    /// It isn't had from where it is said to be.
    #[error(transparent)]
    NotFetched(#[from] NotFetched),
    /// One word, which is neither a name of the operator's nor a file.
    #[error("no plugin of this project has the name `{name}`, and there is no file {path}")]
    NoSuchName {
        /// The word.
        name: Name,
        /// The file that it would be.
        path: String,
    },
    /// None of those signed it whom the operator demands.
    #[error(
        "`[sources.{source_named}]` demands that it is signed by {}, and {why}",
        signers(keys)
    )]
    Unsigned {
        /// What names it.
        plugin: String,
        /// The source by which it is demanded, as the configuration calls it.
        source_named: String,
        /// The fingerprints of the keys.
        keys: Vec<Digest>,
        /// What shows of it.
        why: Box<Unproven>,
    },
    /// A key of those whom the operator demands can't be used.
    #[error("the key {} of `[sources.{source_named}]` can't be used: {reason}", file.display())]
    Key {
        /// The source, as the configuration calls it.
        source_named: String,
        /// The key's file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There is no such file.
    #[error("{path} can't be read: {reason}")]
    NoFile {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// Its file can't be read, or isn't one.
    #[error("{path} can't be read: {reason}")]
    File {
        /// The file.
        path: String,
        /// What the operating system says.
        reason: String,
    },
    /// Somebody put another component in its place while it was looked at.
    #[error("it was changed while it was looked at")]
    ChangedMeanwhile,
    /// There is no room to read it now.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The component is not one that can be a step.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl PluginError {
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::NoSuchBuiltin { .. } => Remedy::ListPlugins,
            Self::NotBuilt { build, .. } => Remedy::BuildStep {
                command: build.clone(),
            },
            Self::BareName { name } => Remedy::NameBuiltin { name: name.clone() },
            Self::OutOfReach { .. } => Remedy::AllowFolder,
            Self::NotForOthers { .. } | Self::NotAgreed => Remedy::AgreeToPlugins { named: None },
            Self::PasswordInSource { .. } => Remedy::KeepPasswordOut,
            Self::QueryInSource { .. } => Remedy::PullIntoFile,
            Self::NotFetched(error) if error.is_no_source => Remedy::NameSource,
            Self::NotFetched(error) => Remedy::FetchPlugin {
                source: error.source_named.clone(),
            },
            Self::NoSuchName { name, .. } => Remedy::NamePlugin { name: name.clone() },
            Self::Unsigned {
                plugin,
                source_named,
                ..
            } => Remedy::HaveSigned {
                plugin: plugin.clone(),
                source: source_named.clone(),
            },
            Self::Key { source_named, .. } => Remedy::NameKey {
                source: source_named.clone(),
            },
            Self::NoFile { .. } => Remedy::StartAtDefinition,
            Self::File { .. } => Remedy::NameReadableFile {
                most: LARGEST_COMPONENT,
            },
            Self::NoRoom(_) | Self::ChangedMeanwhile => Remedy::Patience,
            Self::Load(error) => error.remedy(),
        }
    }
}

/// Keys as a person reads them.
fn signers(keys: &[Digest]) -> String {
    match keys {
        [key] => format!("the key {key}"),
        keys => {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            format!("one of the keys {}", keys.join(", "))
        }
    }
}

/// Folders as a person reads them: `a` or `b`.
fn shown(folders: &[PathBuf]) -> String {
    let names: Vec<String> = folders
        .iter()
        .map(|folder| format!("`{}`", folder.display()))
        .collect();
    names.join(" or ")
}
