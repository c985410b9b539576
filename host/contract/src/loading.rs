//! A component that can be a step, and why one can't.

use std::fmt;

use crate::amounts::{cut, ending};
use crate::{
    Anatomy, AttemptEnd, Description, Digest, FindingCode, Language, PluginFinding, PluginPlace,
    Remedy, most,
};

/// A component that is compiled and linked, and has said what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedPlugin {
    /// The digest of the component's bytes.
    pub digest: Digest,
    /// What `describe` gave.
    pub description: Description,
}

/// A component that was looked into, and whether it can be used as a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it is made of.
    pub anatomy: Anatomy,
    /// The step, or everything for which it can't be one; with the first that is told where it is used.
    pub loaded: Result<LoadedPlugin, Vec<LoadError>>,
}

/// How a component failed that should have described itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeFailed {
    /// How it ended.
    pub end: AttemptEnd,
    /// What it wrote to its standard output and error; may be empty.
    pub stderr: String,
    /// The language that it is written in, where that is known.
    pub language: Option<Language>,
}

impl DescribeFailed {
    /// It in a line, without what the guest wrote.
    fn line(&self) -> String {
        format!(
            "it failed while describing itself: {}",
            self.end.of_looking()
        )
    }
}

impl fmt::Display for DescribeFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())?;
        match self.stderr.trim() {
            "" => Ok(()),
            stderr => write!(
                f,
                "\nit wrote to its standard error:\n{}",
                ending(stderr, most::MESSAGE)
            ),
        }
    }
}

/// What is wrong with what a component says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDescription {
    /// What it says.
    pub description: Description,
    /// What was found, with at least one error.
    pub findings: Vec<PluginFinding>,
}

/// So many errors of a description are told in one line.
const MOST_TOLD: usize = 3;

impl fmt::Display for BadDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = || self.findings.iter().filter(|finding| finding.is_error());
        f.write_str("what it says of itself can't be used: ")?;
        for (at, finding) in errors().take(MOST_TOLD).enumerate() {
            let gap = if at == 0 { "" } else { "; " };
            write!(f, "{gap}{finding}")?;
        }
        match errors().count().saturating_sub(MOST_TOLD) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Why a component can't be used as a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes are neither a component nor a module.
    #[error("it is not a WebAssembly component: {reason}")]
    NotWasm {
        /// What the parser says.
        reason: String,
    },
    /// The bytes are a core module.
    #[error("it is a core WebAssembly module, not a component")]
    CoreModule {
        /// The language that it is written in, where that is known.
        language: Option<Language>,
    },
    /// It imports something that the host doesn't have.
    #[error("it imports `{import}`, which this host doesn't have")]
    UnknownImport {
        /// The interface or function.
        import: String,
        /// What to do about it.
        hint: String,
    },
    /// It lacks the exports of a step.
    #[error("it doesn't export `{export}`")]
    MissingExport {
        /// The interface or function.
        export: String,
        /// What to do about it.
        hint: String,
    },
    /// An import or export has another type than the contract says.
    #[error("it doesn't fit the contract: {reason}")]
    OtherContract {
        /// Where the types differ.
        reason: String,
    },
    /// Its functions are asynchronous, and the contract's are plain.
    #[error("{what}, and a step's functions are plain ones")]
    AsyncFunctions {
        /// What is asynchronous.
        what: String,
        /// The language that it is written in, where that is known.
        language: Option<Language>,
    },
    /// It broke while it described itself.
    #[error("{0}")]
    Describe(Box<DescribeFailed>),
    /// What it says of itself can't be used: a bad name, a schema that is none, a prompt that can't be filled.
    #[error("{0}")]
    BadDescription(Box<BadDescription>),
    /// It says more of itself than a plugin may.
    #[error("what it says of itself can't be used: {reason}")]
    TooMuchSaid {
        /// How much it says.
        reason: String,
    },
    /// It is a component, with more in it than the sandbox takes.
    #[error("it has more than the sandbox takes: {reason}")]
    TooMuch {
        /// Of what, and how much there may be.
        reason: String,
    },
    /// To compile it takes more time or memory than it may.
    #[error("it can't be compiled within the limits: {reason}")]
    TooCostly {
        /// Which one, and how much it may be.
        reason: String,
        /// The key of `stepwell.toml` that allows more.
        setting: &'static str,
    },
    /// The host itself failed.
    #[error("the sandbox failed: {reason}")]
    Host {
        /// What happened.
        reason: String,
    },
}

impl LoadError {
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::NotWasm { .. } => Remedy::BuildComponent {
                is_unknown: true,
                language: None,
            },
            Self::CoreModule { language } => Remedy::BuildComponent {
                is_unknown: false,
                language: language.clone(),
            },
            // The names and types in it are the plugin's.
            Self::UnknownImport { hint, .. } | Self::MissingExport { hint, .. } => {
                Remedy::said(hint)
            }
            Self::OtherContract { .. } => Remedy::BuildForContract,
            Self::AsyncFunctions { language, .. } => Remedy::BuildSynchronous {
                language: language.clone(),
            },
            Self::Describe(failed) => Remedy::MendDescription {
                is_missing: true,
                language: failed.language.clone(),
                mend: failed.end.mend(),
            },
            Self::BadDescription(_) | Self::TooMuchSaid { .. } => Remedy::MendDescription {
                is_missing: false,
                language: None,
                mend: None,
            },
            Self::TooMuch { .. } => Remedy::BuildSmaller,
            Self::TooCostly { setting, .. } => Remedy::AllowCostlyPlugin {
                setting: setting.to_string(),
            },
            Self::Host { .. } => Remedy::CheckSandbox,
        }
    }

    /// What is to be said of a plugin that is refused by it.
    #[must_use]
    pub fn findings(&self) -> Vec<PluginFinding> {
        let (code, place) = match self {
            Self::BadDescription(bad) => return bad.findings.clone(),
            Self::NotWasm { .. } => (FindingCode::NotAComponent, PluginPlace::component()),
            Self::CoreModule { .. } => (FindingCode::CoreModule, PluginPlace::component()),
            Self::UnknownImport { import, .. } => (
                FindingCode::UnknownImport,
                PluginPlace::of(["imports", import]),
            ),
            Self::MissingExport { export, .. } => (
                FindingCode::MissingExport,
                PluginPlace::of(["exports", export]),
            ),
            Self::OtherContract { .. } => (FindingCode::OtherContract, PluginPlace::component()),
            Self::AsyncFunctions { .. } => (FindingCode::AsyncFunctions, PluginPlace::component()),
            Self::Describe(_) => (FindingCode::Describe, PluginPlace::of(["describe"])),
            Self::TooMuchSaid { .. } => (FindingCode::TooMuchSaid, PluginPlace::of(["describe"])),
            Self::TooMuch { .. } => (FindingCode::TooMuch, PluginPlace::component()),
            Self::TooCostly { .. } => (FindingCode::TooCostly, PluginPlace::component()),
            Self::Host { .. } => (
                FindingCode::Other("sandbox".into()),
                PluginPlace::component(),
            ),
        };
        let message = match self {
            // What it wrote besides stands elsewhere.
            Self::Describe(failed) => failed.line(),
            error => error.to_string(),
        };
        vec![PluginFinding::error(code, place, message).with(self.remedy())]
    }

    /// The same with no text longer than [`most::MESSAGE`]: names and types in them are the plugin's own words.
    #[must_use]
    pub fn cut(self) -> Self {
        let text = |text: String| cut(text, most::MESSAGE);
        match self {
            Self::NotWasm { reason } => Self::NotWasm {
                reason: text(reason),
            },
            Self::UnknownImport { import, hint } => Self::UnknownImport {
                import: text(import),
                hint: text(hint),
            },
            Self::MissingExport { export, hint } => Self::MissingExport {
                export: text(export),
                hint: text(hint),
            },
            Self::OtherContract { reason } => Self::OtherContract {
                reason: text(reason),
            },
            Self::Describe(failed) => {
                let end = failed.end.cut();
                Self::Describe(Box::new(DescribeFailed { end, ..*failed }))
            }
            Self::TooMuchSaid { reason } => Self::TooMuchSaid {
                reason: text(reason),
            },
            Self::AsyncFunctions { what, language } => Self::AsyncFunctions {
                what: text(what),
                language,
            },
            Self::TooMuch { reason } => Self::TooMuch {
                reason: text(reason),
            },
            Self::Host { reason } => Self::Host {
                reason: text(reason),
            },
            // Findings are short by themselves.
            error
            @ (Self::CoreModule { .. } | Self::TooCostly { .. } | Self::BadDescription(_)) => error,
        }
    }
}
