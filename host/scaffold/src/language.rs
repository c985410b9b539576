//! The languages that a project can be written in.

use std::path::Path;

use crate::PluginName;

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
    /// By Go's own compiler and wasm-tools.
    Go,
    /// By zig and wasm-tools.
    C,
}

impl Language {
    /// As it is written in a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Go => "Go",
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
            Self::Go | Self::C => None,
        }
    }

    /// The language of the project in a folder, by the file that its tools read; none where there is none of those, or of more
    /// than one.
    #[must_use]
    pub fn of_project(folder: &Path) -> Option<Self> {
        let is_there = |name: &&str| folder.join(name).is_file();
        let known = [
            (Self::Rust, &["Cargo.toml"][..]),
            (Self::Python, &["pyproject.toml", "src/app.py", "app.py"]),
            (Self::JavaScript, &["package.json"]),
            (Self::Go, &["go.mod"]),
            (Self::C, &["src/step.c", "step.c"]),
        ];
        let mut found = known
            .iter()
            .filter(|(_, files)| files.iter().any(&is_there));
        match (found.next(), found.next()) {
            (Some((language, _)), None) => Some(*language),
            _ => None,
        }
    }

    /// The component that a build makes, below the project's folder.
    pub(crate) fn component(self, name: &PluginName) -> String {
        match self {
            Self::Rust => format!("target/wasm32-wasip2/release/{name}.wasm"),
            Self::Python | Self::JavaScript | Self::Go | Self::C => format!("{name}.wasm"),
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn a_project_is_known_by_what_its_tools_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        assert_eq!(Language::of_project(at), None);
        std::fs::write(at.join("go.mod"), "").unwrap();
        assert_eq!(Language::of_project(at), Some(Language::Go));
        std::fs::write(at.join("package.json"), "").unwrap();
        assert_eq!(Language::of_project(at), None);
    }

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
