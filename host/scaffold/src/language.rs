//! The languages that a project can be written in, and the commands by which each is built.

use crate::{PluginName, Sdk};

/// A language that a plugin can be written in.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    serde::Serialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Language {
    /// By cargo, for `wasm32-wasip2`.
    Rust,
    /// By componentize-py.
    Python,
    /// By componentize-qjs.
    JavaScript,
    /// By zig and wasm-tools.
    C,
}

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

impl Language {
    /// As it is written in a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::C => "C",
        }
    }

    /// The file by which a folder is known to hold the SDK in this language; none where there is no SDK.
    #[must_use]
    pub fn manifest_of_sdk(self) -> Option<&'static str> {
        match self {
            Self::Rust => Some("Cargo.toml"),
            Self::Python => Some("pyproject.toml"),
            Self::JavaScript => Some("package.json"),
            Self::C => None,
        }
    }

    /// The component that a build makes, below the project's folder.
    pub(crate) fn component(self, name: &PluginName) -> String {
        match self {
            Self::Rust => format!("target/wasm32-wasip2/release/{name}.wasm"),
            Self::Python | Self::JavaScript | Self::C => format!("{name}.wasm"),
        }
    }

    pub(crate) fn commands(self, name: &PluginName, sdk: &Sdk) -> Commands {
        let component = self.component(name);
        let lines = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        match self {
            Self::Rust => Commands {
                prepare: lines(&["rustup target add wasm32-wasip2"]),
                test: "cargo test".to_owned(),
                // Wherever this user's builds go otherwise.
                build: "cargo build --release --target wasm32-wasip2 --target-dir target"
                    .to_owned(),
            },
            Self::Python => {
                let mut prepare: Vec<String> = lines(&[
                    "python3 -m venv venv",
                    "venv/bin/pip install --quiet --requirement requirements.txt",
                ]);
                prepare.extend(sdk.fetched_by_pip());
                Commands {
                    prepare,
                    test: "PYTHONPATH=src:vendor venv/bin/python -m unittest discover tests"
                        .to_owned(),
                    build: format!(
                        "venv/bin/componentize-py --wit-path wit --world step componentize app --python-path src \
                         --python-path vendor --output {component}"
                    ),
                }
            }
            Self::JavaScript => Commands {
                prepare: match sdk {
                    // A link would lead out of the folder that the build looks into.
                    Sdk::At(_) => lines(&["npm install --install-links"]),
                    Sdk::Vendored | Sdk::Published => lines(&["npm install"]),
                },
                test: "npm test".to_owned(),
                build: "npm run build".to_owned(),
            },
            Self::C => Commands {
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

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn a_language_is_read_as_it_is_written() {
        for &language in Language::VARIANTS {
            assert_eq!(language.to_string().parse(), Ok(language));
            assert_eq!(language.to_string(), language.title().to_lowercase());
            let as_json = serde_json::to_string(&language).unwrap();
            assert_eq!(as_json, format!("\"{language}\""));
        }
    }
}
