//! The commands by which a project is made ready, tested and built, each by its language's own tools.

use crate::{Language, PluginName, Sdk};

/// What makes, tests and builds a project, each a line for a shell in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commands {
    /// What is needed before, once.
    pub(crate) prepare: Vec<String>,
    /// Runs its tests.
    pub(crate) test: String,
    /// Builds the component.
    pub(crate) build: String,
}

impl Commands {
    /// Those of a project.
    pub(crate) fn of(language: Language, name: &PluginName, sdk: &Sdk) -> Self {
        let component = language.component(name);
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        match language {
            Language::Rust => Self {
                prepare: lines(&["rustup target add wasm32-wasip2"]),
                test: "cargo test".to_owned(),
                // Wherever this user's builds go otherwise.
                build: "cargo build --release --target wasm32-wasip2 --target-dir target"
                    .to_owned(),
            },
            Language::Python => {
                let mut prepare: Vec<String> = lines(&[
                    "python3 -m venv venv",
                    "venv/bin/pip install --quiet --requirement requirements.txt",
                ]);
                prepare.extend(sdk.fetched_by_pip());
                Self {
                    prepare,
                    test: "PYTHONPATH=src:vendor venv/bin/python -m unittest discover tests"
                        .to_owned(),
                    build: format!(
                        "venv/bin/componentize-py --wit-path wit --world step componentize app --python-path src \
                         --python-path vendor --output {component}"
                    ),
                }
            }
            Language::JavaScript => Self {
                prepare: match sdk {
                    // A link would lead out of the folder that the build looks into.
                    Sdk::At(_) => lines(&["npm install --install-links"]),
                    Sdk::Vendored | Sdk::Published => lines(&["npm install"]),
                },
                test: "npm test".to_owned(),
                build: "npm run build".to_owned(),
            },
            // Both by make, and by tools that come from PyPI.
            Language::Go | Language::C => Self {
                prepare: lines(&[
                    "python3 -m venv venv",
                    "venv/bin/pip install --quiet --requirement requirements.txt",
                ]),
                test: "make test".to_owned(),
                build: "make".to_owned(),
            },
        }
    }
}
