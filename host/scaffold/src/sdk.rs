//! Where a project has its SDK from.

use crate::Language;

/// Where a project has its SDK from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sdk {
    /// Out of this binary, as sources in the project's folder `vendor`. It needs nothing but the binary.
    Vendored,
    /// From the language's index of packages, in the version of this binary.
    Published,
    /// From a folder on this machine.
    At(String),
}

impl Sdk {
    /// What stands in the project's manifest, behind the SDK's name.
    pub(crate) fn dependency(&self, language: Language) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match (language, self) {
            (Language::Rust, Self::Vendored) => "{ path = \"vendor/stepwell-sdk\" }".to_owned(),
            (Language::Rust, Self::Published) => format!("\"{version}\""),
            (Language::Rust, Self::At(folder)) => format!("{{ path = {} }}", quoted(folder)),
            (Language::JavaScript, Self::Vendored) => "\"file:vendor/stepwell-sdk\"".to_owned(),
            (Language::JavaScript, Self::Published) => format!("\"^{version}\""),
            (Language::JavaScript, Self::At(folder)) => quoted(&format!("file:{folder}")),
            // One has it in its folder, whatever put it there; the others have none.
            (Language::Python | Language::Go | Language::C, _) => String::new(),
        }
    }

    /// The command that puts the SDK in Python where the build looks for it.
    pub(crate) fn fetched_by_pip(&self) -> Option<String> {
        let what = match self {
            Self::Vendored => return None,
            Self::Published => format!("stepwell-sdk=={}", env!("CARGO_PKG_VERSION")),
            Self::At(folder) => format!("'{}'", folder.replace('\'', r"'\''")),
        };
        Some(format!(
            "venv/bin/pip install --quiet --no-deps --upgrade --target vendor {what}"
        ))
    }
}

/// A text as JSON and TOML have it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
