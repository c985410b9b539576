//! The name of a new plugin, which becomes the name of its step, its prompt, its package and its file.

use std::fmt;
use std::str::FromStr;

use stepwell_contract::{Name, UnfitName};

/// Names that a package can't have: keywords of Rust, its own crates, what a build writes beside, and what Go takes for a folder of
/// other modules.
const TAKEN: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "node_modules",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "stepwell_sdk",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "vendor",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name that a plugin can have in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginName(Name);

/// Why a plugin can't have a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPluginName {
    /// It is no name at all.
    #[error(transparent)]
    Unfit(#[from] UnfitName),
    /// It means something else to the tools that build.
    #[error("`{name}` means something else to the tools that build a plugin: choose another name")]
    Taken {
        /// The name.
        name: Name,
    },
}

impl FromStr for PluginName {
    type Err = UnfitPluginName;

    fn from_str(text: &str) -> Result<Self, UnfitPluginName> {
        let name = Name::made_up(text)?;
        match TAKEN.contains(&name.as_str()) {
            true => Err(UnfitPluginName::Taken { name }),
            false => Ok(Self(name)),
        }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_tool_takes_are_refused() {
        for name in ["release_notes", "a1", "types"] {
            assert_eq!(name.parse::<PluginName>().unwrap().to_string(), name);
        }
        for name in [
            "",
            "Notes",
            "release-notes",
            "1a",
            "a b",
            "../a",
            &"a".repeat(1000),
        ] {
            let refused = name.parse::<PluginName>();
            assert!(matches!(refused, Err(UnfitPluginName::Unfit(_))), "{name}");
        }
        for name in ["fn", "test", "core", "vendor"] {
            let refused = name.parse::<PluginName>().unwrap_err();
            assert!(
                refused.to_string().contains("choose another name"),
                "{refused}"
            );
        }
        assert!(TAKEN.is_sorted());
    }
}
