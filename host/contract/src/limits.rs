//! What a step may use, and what it may do.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::HttpGrant;

/// Hands the table of what one attempt may use to a macro: a line for each key of `limits` in a definition. Reader, JSON
/// Schema, reference and the words of a limit that was met follow from it.
///
/// `key: Variant(type) shape = default unit => what it bounds`
#[macro_export]
macro_rules! table_of_limits {
    ($then:ident) => {
        $then! {
            cpu: Cpu(Duration) duration = 30 "s" => "Time during which the step itself computes";
            wall: Wall(Duration) duration = 30 "m" => "Time from start to end, without the time that a person takes to answer";
            memory: Memory(u64) size = 256 "MiB" => "Bytes of all its memories and tables together";
            attempts: Attempts(u32) positive = 10 "" => "Attempts in all, those after a trap or a limit included";
            host_calls: HostCalls(u64) large = 1000000 "" => "Calls of host functions";
            transfer: Transfer(u64) size = 32 "MiB" => "Bytes handed over in one call";
            log: Log(u64) size = 1 "MiB" => "Bytes of log lines and of what it writes to its standard error";
            document: Document(u64) size = 8 "MiB" => "Bytes of one document, or of one value of a checkpoint";
            files: Files(u32) number = 1000 "" => "Files that it may write, or have in its copy of the workspace";
            file_bytes: FileBytes(u64) size = 64 "MiB" => "Bytes of all files that it writes, or has in its copy of the workspace";
            open_files: OpenFiles(u32) positive = 256 "" => "Files, folders and listings of its copy of the workspace that it has open at once";
            handles: Handles(u32) positive = 1000 "" => "Handles of the host that it holds at once: streams, timers, files";
            looks: Looks(u64) size = 128 "MiB" => "Bytes that are remembered of what it looked at and asked: files, listings, prompts, questions";
            prompts: Prompts(u64) size = 8 "MiB" => "Bytes of the prompt versions that it adds, with their names and notes";
            checkpoints: Checkpoints(u64) size = 256 "MiB" => "Bytes that all its checkpoints write, those that were replaced and the files staged with them included";
            items: Items(u32) positive = 10000 "" => "Items that its `for_each` may have";
            http_exchanges: HttpExchanges(u32) number = 1000 "" => "HTTP requests that it may send";
            http_body: HttpBody(u64) size = 8 "MiB" => "Bytes of the body of one HTTP request, and of that of its answer";
            http_time: HttpTime(Duration) duration = 60 "s" => "Time that one HTTP request takes, with its answer";
            questions: Questions(u32) number = 100 "" => "Questions that it may ask a person at once";
        }
    };
}

/// What a limit is without a word of a definition or of the operator.
macro_rules! amount {
    ($number:literal "s") => {
        Duration::from_secs($number)
    };
    ($number:literal "m") => {
        Duration::from_secs($number * 60)
    };
    ($number:literal "MiB") => {
        $number << 20
    };
    ($number:literal "KiB") => {
        $number << 10
    };
    ($number:literal $ones:tt) => {
        $number
    };
}

/// How much it is, by the shape of its value.
macro_rules! limit_amount {
    (duration $amount:expr) => {
        LimitAmount::Milliseconds(crate::amounts::milliseconds($amount))
    };
    (size $amount:expr) => {
        LimitAmount::Bytes($amount)
    };
    ($number:ident $amount:expr) => {
        LimitAmount::Count(u64::from($amount))
    };
}

macro_rules! limits {
    ($($key:ident: $variant:ident($type:ty) $shape:ident = $number:literal $unit:tt => $about:literal;)*) => {
        /// The bounds of one attempt. The names are those of `limits.…` in a definition.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Limits {
            $(#[doc = concat!($about, ".")] pub $key: $type,)*
        }

        impl Default for Limits {
            /// Generous for a step that talks to models, tight for one that went wrong.
            fn default() -> Self {
                Self { $($key: amount!($number $unit),)* }
            }
        }

        /// A limit that an attempt met.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
        )]
        #[serde(rename_all = "kebab-case")]
        #[strum(prefix = "limits.", serialize_all = "snake_case")]
        pub enum Limit {
            $(#[doc = concat!("`limits.", stringify!($key), "`")] $variant,)*
        }

        impl Limits {
            /// Each of them.
            #[must_use]
            pub fn each(&self) -> Vec<(Limit, LimitAmount)> {
                vec![$((Limit::$variant, limit_amount!($shape self.$key)),)*]
            }
        }

        impl Limit {
            /// What it bounds, such as "Calls of host functions".
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)*
                }
            }
        }

        const OF_AN_ATTEMPT: &[LimitLine] = &[
            $(LimitLine {
                key: Some(concat!("limits.", stringify!($key))),
                amount: concat!($number, $unit),
                about: $about,
            },)*
        ];
    };
}

table_of_limits!(limits);

impl Limits {
    /// Those of a plugin that is looked into before it is used: no definition has a word in them.
    #[must_use]
    pub fn of_looking() -> Self {
        Self {
            cpu: looking::CPU,
            wall: looking::WALL,
            ..Self::default()
        }
    }
}

/// What nobody has to set: `NAME = number unit => what it bounds`
macro_rules! fixed {
    ($($name:ident = $number:literal $unit:tt => $about:literal;)*) => {
        /// What bounds a step beside its [`Limits`]: nobody has to set it.
        pub mod most {
            $(#[doc = concat!($about, ".")] pub const $name: usize = amount!($number $unit);)*
        }

        const FIXED: &[LimitLine] = &[
            $(LimitLine {
                key: None,
                amount: concat!($number, $unit),
                about: $about,
            },)*
        ];
    };
}

fixed! {
    NAME = 128 "B" => "Bytes of a name that a plugin makes up: its own, those of its prompts, inputs and documents";
    KEY = 1 "KiB" => "Bytes of the key of a checkpoint";
    DESCRIPTION = 1 "MiB" => "Bytes of all that a plugin says of itself, with its prompts and schemas";
    LABEL = 256 "B" => "Bytes of a label of progress; what is more is cut";
    LINE = 8 "KiB" => "Bytes of one line of the log; what is more is cut";
    WARNINGS = 20 "" => "Warnings of a step that its run's state shows; further ones stand in the log alone";
    LINES = 10000 "" => "Lines that an attempt writes to the log; further ones are dropped";
    MESSAGE = 16 "KiB" => "Bytes of what is said of a failure; what is more is cut";
    HEADERS = 64 "KiB" => "Bytes of the address and the headers of one HTTP request, and of the headers of its answer";
    FORM = 256 "KiB" => "Bytes of all questions that are asked at once";
    PROMPTS = 32 "" => "Prompts of a plugin";
    STEPS = 1000 "" => "Steps of a definition";
    REFERENCES = 10000 "" => "References `{{ … }}` in a definition";
    DEPTH = 128 "" => "Folders within each other in a copy of the workspace";
}

/// How much compiling one plugin may take: in `sandbox` of `stepwell.toml`.
pub mod compiling {
    use std::time::Duration;

    use super::LimitLine;

    /// Without a word of the operator.
    pub const TIME: Duration = Duration::from_secs(120);
    /// Likewise.
    pub const MEMORY: u64 = 2 << 30;

    /// How many plugins a process has compiled at once: each may take all of [`MEMORY`].
    pub const AT_ONCE: usize = 2;

    /// Of [`TIME`].
    pub const OF_TIME: LimitLine = LimitLine {
        key: Some("sandbox.compile_time"),
        amount: "2m",
        about: "Processor time that compiling a plugin takes; by the clock it may be five times as much",
    };
    /// Of [`MEMORY`].
    pub const OF_MEMORY: LimitLine = LimitLine {
        key: Some("sandbox.compile_memory"),
        amount: "2GiB",
        about: "Bytes of memory that compiling a plugin takes",
    };
    /// Of [`AT_ONCE`].
    pub const OF_PLUGINS: LimitLine = LimitLine {
        key: None,
        amount: "2",
        about: "Plugins that are compiled at once; others wait",
    };
}

/// How long a plugin may take that is looked into before it is used: nobody has to set it.
pub(crate) mod looking {
    use std::time::Duration;

    use super::LimitLine;

    /// By the processor.
    pub(crate) const CPU: Duration = Duration::from_secs(10);
    /// By the clock.
    pub(crate) const WALL: Duration = Duration::from_secs(60);

    /// Of both.
    pub(crate) const OF_TIME: LimitLine = LimitLine {
        key: None,
        amount: "10s",
        about: "Processor time that `describe` takes, and `construct-prompt` where it is tried on examples; by the clock it may be six times as much",
    };
}

/// How much a limit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitAmount {
    /// A time.
    Milliseconds(u64),
    /// A size.
    Bytes(u64),
    /// So many.
    Count(u64),
}

/// A limit as the reference has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitLine {
    /// The key that sets it, such as `limits.cpu`; none where nobody can.
    pub key: Option<&'static str>,
    /// What it is where nobody sets it, as it is written: `30s`, `256MiB`.
    pub amount: &'static str,
    /// What it bounds.
    pub about: &'static str,
}

/// All limits of steps and plugins.
pub fn all_limits() -> impl Iterator<Item = &'static LimitLine> {
    const OF_COMPILING: &[LimitLine] = &[
        compiling::OF_TIME,
        compiling::OF_MEMORY,
        compiling::OF_PLUGINS,
    ];
    let fixed = std::iter::once(&looking::OF_TIME).chain(FIXED);
    OF_AN_ATTEMPT.iter().chain(OF_COMPILING).chain(fixed)
}

impl Limit {
    /// The key of the definition that sets it, such as `limits.cpu`.
    #[must_use]
    pub fn setting(self) -> &'static str {
        self.into()
    }

    /// The word of `previous-end`, such as `cpu`.
    #[must_use]
    pub fn word(self) -> &'static str {
        &self.setting()["limits.".len()..]
    }
}

/// What a step may do with the files of the workspace.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum WorkspaceGrant {
    /// Nothing.
    #[default]
    None,
    /// Read and list them.
    Read,
    /// Read, list, write and remove them.
    Write,
    /// Read and list them, and get a copy as a directory to do anything with, which is thrown away (rule E26).
    Copy,
}

impl WorkspaceGrant {
    /// Whether what is granted covers what is needed.
    #[must_use]
    pub fn covers(self, needed: Self) -> bool {
        match needed {
            Self::None => true,
            Self::Read => self != Self::None,
            Self::Write | Self::Copy => self == needed,
        }
    }

    /// The word of the definition, such as `read`; none where nothing is granted.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        (self != Self::None).then(|| self.into())
    }
}

/// What the operator lets a step do beyond its own prompt, inputs and model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grants {
    /// The files of the workspace.
    pub workspace: WorkspaceGrant,
    /// Whether it may add prompt versions and make one current.
    pub prompts_write: bool,
    /// Whether it sees the real time, and its timers wait.
    pub real_clock: bool,
    /// Files and folders of the workspace that it sees though .gitignore names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Folders outside of its workspace that it may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<ReadGrant>,
    /// Hosts that it may ask by HTTP.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpGrant>,
    /// Short names of models that it may ask besides its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

/// A folder that a step may read, as it is while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadGrant {
    /// The folder: relative to the project, or an absolute path that the operator allows.
    pub path: String,
    /// Where the step finds it: an absolute path of one part, such as `/packages`.
    pub at: String,
}
