//! What a component is made of, as far as that can be told without running it: what it was made with, and what it imports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::words! {
    /// The language that a plugin is written in.
    pub enum Language {
        /// Rust.
        Rust = "rust",
        /// Python, by componentize-py.
        Python = "python",
        /// JavaScript or TypeScript.
        JavaScript = "javascript",
        /// Go.
        Go = "go",
        /// C or C++.
        C = "c",
    }
    other: " One that this build doesn't know, as the component's tools name it."
}

impl Language {
    /// Its name, for a person.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Go => "Go",
            Self::C => "C",
            Self::Other(name) => name,
        }
    }
}

/// A tool that had a part in making a component, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Producer {
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// An interface that a component imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Import {
    /// The interface, such as `stepwell:plugin/workspace@0.1.0`.
    pub interface: String,
    /// The functions of it, such as `read`. What isn't here can't be called.
    pub functions: Vec<String>,
}

impl Import {
    /// The interface's own name, where it is one of the contract with steps.
    #[must_use]
    pub fn of_contract(&self) -> Option<&str> {
        let name = self.interface.strip_prefix("stepwell:plugin/")?;
        Some(name.split('@').next().unwrap_or(name))
    }
}

/// What a component is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anatomy {
    /// The language that it is written in, where its tools say so.
    pub language: Option<Language>,
    /// The tools that made it.
    pub producers: Vec<Producer>,
    /// Whether its functions have names, so that a backtrace can be read.
    pub debug_names: bool,
    /// The version of the contract that its exports are of; none where it exports no step, or can't be compiled.
    pub contract: Option<String>,
    /// What it imports, where it can be compiled.
    pub imports: Vec<Import>,
}

crate::words! {
    /// What a plugin can reach by what it imports.
    pub enum Ability {
        /// It asks models.
        AsksModels = "asks-models",
        /// It asks the person behind the run.
        AsksPeople = "asks-people",
        /// It lists, searches and reads files of the workspace.
        ReadsFiles = "reads-files",
        /// It writes or removes files of the workspace.
        WritesFiles = "writes-files",
        /// It reads documents of the steps that it depends on, beyond its inputs.
        ReadsDocuments = "reads-documents",
        /// It reads its prompts, and fills them.
        ReadsPrompts = "reads-prompts",
        /// It adds versions of prompts, or makes one current.
        WritesPrompts = "writes-prompts",
        /// It keeps checkpoints beyond an attempt.
        KeepsCheckpoints = "keeps-checkpoints",
        /// It sees its run, its place in it and its settings.
        SeesContext = "sees-context",
        /// It writes to the log and says how far it is.
        TellsProgress = "tells-progress",
        /// It reads and writes files of a copy of the workspace, where it is granted one.
        UsesFolders = "uses-folders",
        /// It reads a clock, which stands still unless the real one is granted.
        ReadsClock = "reads-clock",
        /// It has random numbers, which are the same in each attempt.
        HasRandomness = "has-randomness",
        /// It would open sockets; none opens.
        ClosedSockets = "closed-sockets",
        /// It sends HTTP requests, to hosts that are granted.
        SendsRequests = "sends-requests",
    }
    other: " One of a later build."
}

impl Ability {
    /// What a function of an interface lets a plugin do; none for what reaches nothing.
    #[must_use]
    pub fn of(import: &Import, function: &str) -> Option<Self> {
        let Some(interface) = import.of_contract() else {
            return Self::of_system(&import.interface);
        };
        Some(match (interface, function) {
            ("chat", _) => Self::AsksModels,
            ("dialogue", _) => Self::AsksPeople,
            ("workspace", "write" | "remove") => Self::WritesFiles,
            ("workspace", _) => Self::ReadsFiles,
            ("documents", _) => Self::ReadsDocuments,
            ("prompts", "add" | "make-current") => Self::WritesPrompts,
            ("prompts", _) => Self::ReadsPrompts,
            ("context", "save-checkpoint" | "load-checkpoint") => Self::KeepsCheckpoints,
            ("context", _) => Self::SeesContext,
            ("progress", _) => Self::TellsProgress,
            _ => return None,
        })
    }

    /// What these imports let a plugin do, each with the functions by which it can, such as `workspace.read`, or with the interfaces of the
    /// system.
    #[must_use]
    pub fn by_imports(imports: &[Import]) -> BTreeMap<Self, Vec<String>> {
        let mut found: BTreeMap<Self, Vec<String>> = BTreeMap::new();
        for import in imports {
            for function in &import.functions {
                let Some(ability) = Self::of(import, function) else {
                    continue;
                };
                let by = match import.of_contract() {
                    Some(interface) => format!("{interface}.{function}"),
                    // Of the system's interfaces each has dozens.
                    None => import.interface.clone(),
                };
                let all = found.entry(ability).or_default();
                if !all.contains(&by) {
                    all.push(by);
                }
            }
        }
        found
    }

    fn of_system(interface: &str) -> Option<Self> {
        let package = interface.strip_prefix("wasi:")?.split('/').next()?;
        Some(match package {
            "filesystem" => Self::UsesFolders,
            "clocks" => Self::ReadsClock,
            "random" => Self::HasRandomness,
            "sockets" => Self::ClosedSockets,
            // Its types alone reach nobody.
            "http" if interface.starts_with("wasi:http/outgoing-handler") => Self::SendsRequests,
            _ => return None,
        })
    }

    /// It, for a person.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::AsksModels => "asks models",
            Self::AsksPeople => "asks the person behind the run",
            Self::ReadsFiles => "reads files of the workspace, if granted",
            Self::WritesFiles => "writes and removes files of the workspace, if granted",
            Self::ReadsDocuments => "reads other documents of the steps that it depends on",
            Self::ReadsPrompts => "reads versions of prompts",
            Self::WritesPrompts => "adds versions of prompts or makes one current, if granted",
            Self::KeepsCheckpoints => "keeps checkpoints",
            Self::SeesContext => "sees its run, its place in it and its settings",
            Self::TellsProgress => "writes to the log and says how far it is",
            Self::UsesFolders => {
                "uses files of a copy of the workspace, if granted; else it has none"
            }
            Self::ReadsClock => "reads a clock, which stands still unless the real one is granted",
            Self::HasRandomness => "has random numbers, the same in each attempt",
            Self::ClosedSockets => "imports sockets, of which none opens",
            Self::SendsRequests => "sends HTTP requests, to hosts that are granted",
            Self::Other(word) => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions of the contract's interfaces, as its files have them.
    fn functions_of(interface: &str, text: &str) -> Vec<String> {
        let head = format!("interface {interface} {{");
        let (_, body) = text.split_once(&head).unwrap();
        let lines = body.lines().filter(|line| line.starts_with("  "));
        lines
            .filter_map(|line| line.trim().split_once(": func("))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    #[test]
    fn every_function_of_the_contract_is_an_ability() {
        for (interface, text, count) in [
            ("chat", include_str!("../../../wit/chat.wit"), 2),
            ("context", include_str!("../../../wit/context.wit"), 9),
            ("dialogue", include_str!("../../../wit/dialogue.wit"), 1),
            ("documents", include_str!("../../../wit/documents.wit"), 2),
            ("progress", include_str!("../../../wit/progress.wit"), 2),
            ("prompts", include_str!("../../../wit/prompts.wit"), 7),
            ("workspace", include_str!("../../../wit/workspace.wit"), 12),
        ] {
            let functions = functions_of(interface, text);
            assert_eq!(functions.len(), count, "{functions:?}");
            let import = Import {
                interface: format!("stepwell:plugin/{interface}@0.1.0"),
                functions,
            };
            for function in &import.functions {
                assert!(Ability::of(&import, function).is_some(), "{function}");
            }
        }
    }

    #[test]
    fn who_reads_files_alone_cannot_write() {
        let import = Import {
            interface: "stepwell:plugin/workspace@0.1.0".into(),
            functions: vec!["read".into()],
        };
        assert_eq!(Ability::of(&import, "read"), Some(Ability::ReadsFiles));
        assert_eq!(Ability::of(&import, "remove"), Some(Ability::WritesFiles));
        let system = Import {
            interface: "wasi:cli/stderr@0.2.6".into(),
            functions: vec![],
        };
        assert_eq!(Ability::of(&system, "get-stderr"), None);
        let http = |interface: &str| Import {
            interface: format!("wasi:http/{interface}@0.2.6"),
            functions: vec![],
        };
        assert_eq!(Ability::of(&http("types"), "[constructor]fields"), None);
        let sends = Ability::of(&http("outgoing-handler"), "handle");
        assert_eq!(sends, Some(Ability::SendsRequests));
    }
}
