//! A project to begin with: which files it has, and which commands come next.

use crate::commands::Commands;
use crate::embedded::{self, Files};
use crate::filling::Filling;
use crate::{Language, PluginName, Sdk};

/// How the file is called among the templates that git is to read in a project alone.
const GITIGNORE: &str = "gitignore";

/// A file of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Below the project's folder, with `/` between its parts.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// The project of a new plugin, before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scaffold {
    name: PluginName,
    language: Language,
    sdk: Sdk,
}

/// The contract's files.
#[must_use]
pub fn contract() -> Vec<File> {
    below("", embedded::CONTRACT)
}

impl Scaffold {
    /// A project of this name in a language.
    #[must_use]
    pub fn new(name: PluginName, language: Language, sdk: Sdk) -> Self {
        Self {
            name,
            language,
            sdk,
        }
    }

    /// Every file of the project.
    #[must_use]
    pub fn files(&self) -> Vec<File> {
        let filling = Filling::new(&self.name, self.language, &self.sdk);
        let of_language = match self.language {
            Language::Rust => embedded::RUST,
            Language::Python => embedded::PYTHON,
            Language::JavaScript => embedded::JAVASCRIPT,
            Language::Go => embedded::GO,
            Language::C => embedded::C,
        };
        let mut files: Vec<File> = embedded::COMMON
            .iter()
            .chain(of_language)
            .map(|&(path, template)| File {
                path: match path {
                    GITIGNORE => format!(".{GITIGNORE}"),
                    path => path.to_owned(),
                },
                text: filling.fill(template),
            })
            .collect();
        files.extend(below("wit/", embedded::CONTRACT));
        files.extend(self.brought_along());
        files
    }

    /// What isn't the author's to change.
    fn brought_along(&self) -> Vec<File> {
        let (folder, licensed, sdk) = match (self.language, &self.sdk) {
            (Language::C, _) => return below("bindings/", embedded::C_BINDINGS),
            // A part of them isn't generated: it is handed on as an SDK is.
            (Language::Go, _) => ("bindings/", "", embedded::GO_BINDINGS),
            (_, Sdk::Published | Sdk::At(_)) => return Vec::new(),
            (Language::Rust, Sdk::Vendored) => ("vendor/stepwell-sdk/", "", embedded::SDK_RUST),
            // The folder of a package has the name under which it is imported.
            (Language::Python, Sdk::Vendored) => ("vendor/", "stepwell_sdk/", embedded::SDK_PYTHON),
            (Language::JavaScript, Sdk::Vendored) => {
                ("vendor/stepwell-sdk/", "", embedded::SDK_JAVASCRIPT)
            }
        };
        let mut files = below(folder, sdk);
        files.push(File {
            path: format!("{folder}{licensed}LICENSE"),
            text: embedded::LICENCE.to_owned(),
        });
        files
    }

    /// The component that a build makes, below the project's folder.
    #[must_use]
    pub fn component(&self) -> String {
        self.language.component(&self.name)
    }

    fn commands(&self) -> Commands {
        Commands::of(self.language, &self.name, &self.sdk)
    }

    /// The one command that builds the component.
    #[must_use]
    pub fn build(&self) -> String {
        self.commands().build
    }

    /// The commands that come next, in the project's folder: what makes it ready, tests it, builds it, looks at what was built, and
    /// runs it by recorded answers.
    #[must_use]
    pub fn next(&self) -> Vec<String> {
        let commands = self.commands();
        let mut next = commands.prepare;
        next.extend([
            commands.test,
            commands.build,
            format!("stepwell plugin check {}", self.component()),
            RUN.to_owned(),
        ]);
        next
    }
}

/// Runs the workflow of a project by its recorded answers.
const RUN: &str =
    "stepwell run workflow.toml --input changes=\"faster reading\" --replay workflow.cassette";

fn below(folder: &str, files: Files) -> Vec<File> {
    files
        .iter()
        .map(|(path, text)| File {
            path: format!("{folder}{path}"),
            text: (*text).to_owned(),
        })
        .collect()
}
