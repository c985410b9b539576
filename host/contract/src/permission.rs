//! What a step may be permitted: the one table of it, by which a definition is explained and the reference is made.
//!
//! Whether a step is permitted something isn't decided here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::Ability;

/// Something that a step may be permitted to do.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    VariantArray,
)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// To ask its own model, and those that answer where that one can't.
    OwnModel,
    /// To ask other models.
    OtherModels,
    /// To ask the person behind the run.
    AskPerson,
    /// To read documents of the steps that it depends on, beyond its inputs.
    ReadDocuments,
    /// To read files of the workspace.
    ReadFiles,
    /// To write and remove files of the workspace.
    WriteFiles,
    /// To have a copy of the workspace as a directory.
    CopyFiles,
    /// To see files that `.gitignore` names.
    IncludeFiles,
    /// To read folders outside of its workspace.
    ReadFolders,
    /// To send HTTP requests.
    SendRequests,
    /// To read versions of prompts.
    ReadPrompts,
    /// To add versions of prompts and make one current.
    WritePrompts,
    /// To see the real time.
    RealClock,
    /// To have documents kept as files of the workspace.
    KeepDocuments,
    /// To keep checkpoints.
    KeepCheckpoints,
    /// To see its run, its place in it and its settings.
    SeeContext,
    /// To write to the log and say how far it is.
    TellProgress,
    /// To have random numbers.
    HaveRandomness,
    /// To open sockets, which nothing permits.
    OpenSockets,
}

/// A permission as explanation and reference have it.
#[derive(Debug, Clone, Copy)]
pub struct PermissionLine {
    /// Which one.
    pub permission: Permission,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The key of a step that gives it; none where it needs no line.
    pub key: Option<&'static str>,
    /// The values of that key, as they are written.
    pub values: &'static str,
    /// What it opens.
    pub opens: &'static str,
    /// The interfaces by which a component uses it; none where the host does it.
    pub imports: &'static [&'static str],
    /// What these let a component do: one of them is enough.
    pub abilities: &'static [Ability],
    /// What a step without it is told.
    pub without: &'static str,
    /// What of the operator's or of the definition bounds it, as it is written.
    pub bounds: &'static [&'static str],
}

const CHAT: &[&str] = &["stepwell:plugin/chat"];
const WORKSPACE: &[&str] = &["stepwell:plugin/workspace"];
const FOLDERS: &[&str] = &["wasi:filesystem/preopens", "wasi:filesystem/types"];
const PROMPTS: &[&str] = &["stepwell:plugin/prompts"];
const OF_SOURCE: &str = "sources.NAME.grants";

impl Permission {
    /// All of them, in the order in which they are told.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::VARIANTS
    }

    /// It, with all that is to be said of it.
    #[must_use]
    pub fn line(self) -> PermissionLine {
        match self {
            Self::OwnModel | Self::OtherModels => self.of_models(),
            Self::AskPerson | Self::ReadDocuments => self.of_others(),
            Self::ReadFiles | Self::WriteFiles | Self::CopyFiles | Self::IncludeFiles => {
                self.of_workspace()
            }
            Self::ReadFolders | Self::SendRequests | Self::RealClock | Self::OpenSockets => {
                self.of_system()
            }
            Self::ReadPrompts | Self::WritePrompts => self.of_prompts(),
            Self::KeepDocuments
            | Self::KeepCheckpoints
            | Self::SeeContext
            | Self::TellProgress
            | Self::HaveRandomness => self.of_its_own(),
        }
    }

    /// Whether a step has it only where a line gives it.
    #[must_use]
    pub fn needs_line(self) -> bool {
        self.line().key.is_some() || self == Self::OpenSockets
    }

    fn of_models(self) -> PermissionLine {
        let abilities = &[Ability::AsksModels];
        match self {
            Self::OtherModels => PermissionLine {
                permission: self,
                title: "asks other models",
                key: Some("grants.models"),
                values: "list of short names",
                opens: "Models besides its own, with those that answer in the place of each, at the cost of the same budgets",
                imports: CHAT,
                abilities,
                without: "the error `denied`, with the line that would grant it",
                bounds: &[
                    "sources.NAME.models",
                    "budgets",
                    "budget",
                    "sources.NAME.budget",
                ],
            },
            _ => PermissionLine {
                permission: self,
                title: "asks its own model",
                key: None,
                values: "",
                opens: "The model of its `model`, of `defaults` or of `stepwell.toml`, with those that answer where that one can't",
                imports: CHAT,
                abilities,
                without: "the error `denied` where its source may not ask that model, `over-budget` where a budget is spent",
                bounds: &[
                    "sources.NAME.models",
                    "budgets",
                    "budget",
                    "sources.NAME.budget",
                ],
            },
        }
    }

    fn of_others(self) -> PermissionLine {
        match self {
            Self::ReadDocuments => PermissionLine {
                permission: self,
                title: "reads documents of others",
                key: None,
                values: "",
                opens: "Documents of the steps that it depends on, beyond its inputs; of no other step",
                imports: &["stepwell:plugin/documents"],
                abilities: &[Ability::ReadsDocuments],
                without: "the error `denied` for a document of a step that it doesn't depend on",
                bounds: &["limits.document", "limits.transfer"],
            },
            _ => PermissionLine {
                permission: self,
                title: "asks the person",
                key: None,
                values: "",
                opens: "Questions to the person behind the run, who sees that the step asks",
                imports: &["stepwell:plugin/dialogue"],
                abilities: &[Ability::AsksPeople],
                without: "the error `nobody-there` where nobody is to be asked, `declined` where the person doesn't answer",
                bounds: &["limits.questions"],
            },
        }
    }

    fn of_workspace(self) -> PermissionLine {
        match self {
            Self::WriteFiles => PermissionLine {
                permission: self,
                title: "writes files of the workspace",
                key: Some("grants.workspace"),
                values: "`\"write\"`",
                opens: "Files of the workspace to write and remove, with reading; they are published once the step succeeded",
                imports: WORKSPACE,
                abilities: &[Ability::WritesFiles],
                without: "the error `denied`, with the line that would grant it",
                bounds: &[OF_SOURCE, "limits.files", "limits.file_bytes"],
            },
            Self::CopyFiles => PermissionLine {
                permission: self,
                title: "has a copy of the workspace",
                key: Some("grants.workspace"),
                values: "`\"copy\"`",
                opens: "A copy of the workspace as the directory `/workspace`, with `/tmp`, thrown away after each attempt; and reading, as `\"read\"` gives it",
                imports: FOLDERS,
                abilities: &[Ability::UsesFolders],
                without: "it finds no directory `/workspace`",
                bounds: &[
                    OF_SOURCE,
                    "limits.files",
                    "limits.file_bytes",
                    "limits.open_files",
                ],
            },
            Self::IncludeFiles => PermissionLine {
                permission: self,
                title: "sees what .gitignore names",
                key: Some("grants.include"),
                values: "list of paths",
                opens: "These files and folders of the workspace, though `.gitignore` names them; it does nothing without `grants.workspace`",
                imports: &[
                    "stepwell:plugin/workspace",
                    "wasi:filesystem/preopens",
                    "wasi:filesystem/types",
                ],
                abilities: &[
                    Ability::ReadsFiles,
                    Ability::WritesFiles,
                    Ability::UsesFolders,
                ],
                without: "it doesn't find them",
                bounds: &[OF_SOURCE],
            },
            _ => PermissionLine {
                permission: self,
                title: "reads files of the workspace",
                key: Some("grants.workspace"),
                values: "`\"read\"`, `\"write\"` or `\"copy\"`",
                opens: "Files of the workspace to list, search and read, without what `.gitignore` names and what is closed to every step",
                imports: WORKSPACE,
                abilities: &[Ability::ReadsFiles],
                without: "the error `denied`, with the line that would grant it",
                bounds: &[OF_SOURCE, "limits.looks", "limits.transfer"],
            },
        }
    }

    fn of_system(self) -> PermissionLine {
        match self {
            Self::ReadFolders => PermissionLine {
                permission: self,
                title: "reads other folders",
                key: Some("grants.read"),
                values: "list of `{ path = \"FOLDER\", at = \"/NAME\" }`",
                opens: "Folders outside of its workspace to read, as they are while it runs",
                imports: FOLDERS,
                abilities: &[Ability::UsesFolders],
                without: "it finds no such directory",
                bounds: &["sandbox.read", OF_SOURCE, "limits.open_files"],
            },
            Self::SendRequests => PermissionLine {
                permission: self,
                title: "sends HTTP requests",
                key: Some("grants.http"),
                values: "list of hosts, such as `\"api.example.org\"` or `\"*.example.org\"`",
                opens: "Requests to these hosts, through the host, which sends each and keeps its answer",
                imports: &["wasi:http/outgoing-handler"],
                abilities: &[Ability::SendsRequests],
                without: "the error `HTTP-request-denied`",
                bounds: &[
                    "http.inside",
                    OF_SOURCE,
                    "limits.http_exchanges",
                    "limits.http_body",
                    "limits.http_time",
                ],
            },
            Self::RealClock => PermissionLine {
                permission: self,
                title: "sees the real time",
                key: Some("grants.clock"),
                values: "`\"real\"`",
                opens: "The real time, and timers that wait",
                imports: &["wasi:clocks/wall-clock", "wasi:clocks/monotonic-clock"],
                abilities: &[Ability::ReadsClock],
                without: "its clock stands still, and a timer is over at once",
                bounds: &[OF_SOURCE],
            },
            _ => PermissionLine {
                permission: self,
                title: "opens sockets",
                key: None,
                values: "",
                opens: "Nothing: no line opens a socket",
                imports: &["wasi:sockets/tcp", "wasi:sockets/udp"],
                abilities: &[Ability::ClosedSockets],
                without: "the error `access-denied`",
                bounds: &[],
            },
        }
    }

    fn of_prompts(self) -> PermissionLine {
        match self {
            Self::WritePrompts => PermissionLine {
                permission: self,
                title: "writes prompts",
                key: Some("grants.prompts"),
                values: "`\"write\"`",
                opens: "Versions of prompts to add and to make current, once the step succeeded",
                imports: PROMPTS,
                abilities: &[Ability::WritesPrompts],
                without: "the error `denied`, with the line that would grant it",
                bounds: &[OF_SOURCE, "limits.prompts"],
            },
            _ => PermissionLine {
                permission: self,
                title: "reads prompts",
                key: None,
                values: "",
                opens: "Its own prompts, and kept versions of any",
                imports: PROMPTS,
                abilities: &[Ability::ReadsPrompts],
                without: "",
                bounds: &["limits.looks"],
            },
        }
    }

    fn of_its_own(self) -> PermissionLine {
        let line = |title, opens, imports, abilities, bounds| PermissionLine {
            permission: self,
            title,
            key: None,
            values: "",
            opens,
            imports,
            abilities,
            without: "",
            bounds,
        };
        match self {
            Self::KeepDocuments => PermissionLine {
                key: Some("keep"),
                values: "a path for each document",
                without: "its documents stay in the run",
                ..line(
                    "keeps documents as files",
                    "Documents of the step, which the host writes into these files of the workspace",
                    &[],
                    &[],
                    &["limits.document"],
                )
            },
            Self::KeepCheckpoints => line(
                "keeps checkpoints",
                "Values that a later attempt of the same step finds",
                &["stepwell:plugin/context"],
                &[Ability::KeepsCheckpoints],
                &["limits.checkpoints"],
            ),
            Self::SeeContext => line(
                "sees its run",
                "Its run, its place in it, its attempt and its settings",
                &["stepwell:plugin/context"],
                &[Ability::SeesContext],
                &[],
            ),
            Self::TellProgress => line(
                "writes to the log",
                "Lines of the log, and how far it is",
                &["stepwell:plugin/progress"],
                &[Ability::TellsProgress],
                &["limits.log"],
            ),
            _ => line(
                "has random numbers",
                "Random numbers, the same in each attempt",
                &["wasi:random/random", "wasi:random/insecure-seed"],
                &[Ability::HasRandomness],
                &[],
            ),
        }
    }
}

#[cfg(test)]
mod tests;
