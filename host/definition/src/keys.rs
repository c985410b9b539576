//! The keys of both files, each with what it means. The reader takes no other, and the JSON Schemas list them.

/// A key and what it means, in a sentence.
pub(crate) type Key = (&'static str, &'static str);

pub(crate) const DEFINITION: &[Key] = &[
    ("name", "The workflow's name"),
    ("description", "What the workflow does, for a person"),
    (
        "workspace",
        "The directory that the steps work on, relative to the project",
    ),
    ("inputs", "What a person gives to a run, by name"),
    (
        "defaults",
        "What holds for every step that doesn't say otherwise",
    ),
    (
        "steps",
        "The steps; their order comes from their references",
    ),
];

pub(crate) const INPUT: &[Key] = &[
    ("description", "What to give, for a person"),
    (
        "default",
        "The text where a run gives none; without it the input must be given",
    ),
];

pub(crate) const DEFAULTS: &[Key] = &[
    ("model", "A short name of `stepwell.toml`"),
    ("retries", "How often a failed step is tried again"),
    ("limits", "What one attempt of a step may use"),
];

pub(crate) const STEP: &[Key] = &[
    ("id", "The step's id, unique among its siblings"),
    (
        "uses",
        "The plugin: `builtin:NAME`, or the path of a `.wasm`; a step without it groups its sub-steps",
    ),
    (
        "inputs",
        "The plugin's inputs; a text may hold references such as `{{ steps.design.design }}`",
    ),
    ("settings", "The plugin's settings"),
    ("model", "A short name of `stepwell.toml`"),
    (
        "prompts",
        "Other names under which the versions of the plugin's prompts are kept",
    ),
    ("grants", "What the step may do beyond its own work"),
    ("limits", "What one attempt of the step may use"),
    (
        "retries",
        "How often the step is tried again after a failure",
    ),
    (
        "for_each",
        "A document that holds a JSON array, such as `parent.subtasks`: the step runs once for each item",
    ),
    ("concurrency", "How many items are worked on at once"),
    ("optional", "Whether the run goes on when the step fails"),
    (
        "repeat",
        "Runs the step again, with its sub-steps, while a document says so",
    ),
    (
        "steps",
        "The sub-steps, which run after the step's own work",
    ),
];

pub(crate) const REPEAT: &[Key] = &[
    (
        "while",
        "The document that says so, of the step or of one below it, such as `steps.build.testing.verdict`",
    ),
    (
        "is",
        "What it says for another round: a text, or a list of texts; white space around it doesn't count",
    ),
    ("times", "How many more times at most, up to 100"),
];

pub(crate) const GRANTS: &[Key] = &[
    (
        "workspace",
        "The files of the workspace: `read`, `write`, or `copy` for a directory of its own that is thrown away",
    ),
    (
        "prompts",
        "`write`: may add prompt versions and make one current",
    ),
    ("clock", "`real`: sees the real time, and its timers wait"),
];

pub(crate) const LIMITS: &[Key] = &[
    ("cpu", "Time during which the step itself computes"),
    (
        "wall",
        "Time from start to end, without the time that a person takes to answer",
    ),
    ("memory", "Bytes of all its memories together"),
    (
        "attempts",
        "Attempts in all, those after a trap or a limit included",
    ),
    ("host_calls", "Calls of host functions"),
    ("transfer", "Bytes handed over in one call"),
    (
        "log",
        "Bytes of log lines and of what it writes to its standard error",
    ),
    ("document", "Bytes of one document"),
    (
        "files",
        "Files that it may write, or have in its copy of the workspace",
    ),
    (
        "file_bytes",
        "Bytes of all files that it writes, or has in its copy of the workspace",
    ),
];

pub(crate) const CONFIGURATION: &[Key] = &[
    ("providers", "Where models are, by name"),
    (
        "models",
        "Models under the short names that definitions use",
    ),
    (
        "defaults",
        "What holds where a definition doesn't say otherwise",
    ),
    ("budgets", "The most that may be spent"),
    (
        "in_doubt",
        "What happens with a call whose answer was lost: `resend`, `ask` or `fail`",
    ),
    (
        "limits",
        "What one attempt of a step may use, where a definition doesn't say otherwise",
    ),
    ("store", "The directory of the store, relative to this file"),
    ("sandbox", "How plugins are run"),
];

pub(crate) const PROVIDER: &[Key] = &[
    ("kind", "The wire format: `openai-chat`"),
    ("base_url", "Such as `https://api.openai.com/v1`"),
    (
        "key_variable",
        "The name of the environment variable that holds the key",
    ),
    (
        "stall_timeout",
        "The longest wait for the first byte and between two pieces of an answer",
    ),
    ("connect_timeout", "The longest wait for a connection"),
    (
        "retries",
        "How often a call is tried again after an error that may pass",
    ),
    ("concurrency", "The most calls under way at once"),
    ("requests_per_minute", "The most calls in a minute"),
];

pub(crate) const MODEL: &[Key] = &[
    (
        "model",
        "The provider's name and the model's name there, such as `openai/gpt-5`",
    ),
    (
        "max_output_tokens",
        "The most tokens of an answer where a step gives none",
    ),
    ("price", "What tokens cost, in dollars for a million"),
];

pub(crate) const PRICE: &[Key] = &[
    ("input", "A million input tokens"),
    ("output", "A million output tokens"),
    (
        "cache_read",
        "A million input tokens read from the provider's cache; as `input` where it isn't given",
    ),
    (
        "cache_write",
        "A million input tokens written to the provider's cache; as `input` where it isn't given",
    ),
];

pub(crate) const CONFIGURATION_DEFAULTS: &[Key] = &[("model", "A short name of `[models]`")];

pub(crate) const BUDGETS: &[Key] = &[
    ("run", "For one run"),
    ("step", "For one step of a run, its items together"),
    ("day", "For one day, all runs together"),
];

pub(crate) const BUDGET: &[Key] = &[
    ("tokens", "Tokens, input and output together"),
    ("money", "Dollars"),
];

pub(crate) const SANDBOX: &[Key] = &[(
    "max_instances",
    "The most plugins that are under way at once",
)];

pub(crate) const CASES: &[Key] = &[
    ("defaults", "What is laid under every case"),
    ("cases", "The cases"),
];

pub(crate) const CASE_DEFAULTS: &[Key] = &[
    ("inputs", "The inputs of the step, by name"),
    ("answers", "A person's answers, by the questions' keys"),
    (
        "files",
        "The files that the step finds in its workspace, by path",
    ),
    (
        "workspace",
        "A folder whose files the step finds in its workspace",
    ),
    ("checks", "What is checked"),
];

pub(crate) const CASE: &[Key] = &[
    ("id", "Names the case; its number where there is none"),
    ("inputs", "The inputs of the step, by name"),
    ("answers", "A person's answers, by the questions' keys"),
    (
        "files",
        "The files that the step finds in its workspace, by path",
    ),
    (
        "workspace",
        "A folder whose files the step finds in its workspace",
    ),
    ("checks", "What is checked"),
];

pub(crate) const CASE_TEXT: &[Key] = &[(
    "file",
    "The file that holds the text, relative to the case file",
)];

pub(crate) const CHECK: &[Key] = &[
    (
        "document",
        "The document that is looked at; the step's first one where nothing is named",
    ),
    ("file", "The file that is looked at, by path"),
    ("answer", "Whether the model's last raw answer is looked at"),
    ("not", "Whether the check passes where it would fail"),
    ("contains", "It has this in it, letter by letter"),
    ("regex", "This regular expression finds something in it"),
    ("equals", "It is this, but for white space around it"),
    ("json_schema", "It is JSON that keeps to this JSON Schema"),
    ("length", "It is so long"),
    ("exists", "It is there, or isn't"),
    (
        "judge",
        "The plugin of a step that judges it: `builtin:NAME`, or a path relative to the case file",
    ),
    ("criteria", "What the judge is to look for"),
    (
        "at_least",
        "The least score of the judge that passes, from 0 to 1",
    ),
    (
        "model",
        "The model that the judge asks, by short name; the default one where nothing is named",
    ),
];

pub(crate) const LENGTH: &[Key] = &[
    ("min", "At least this"),
    ("max", "At most this"),
    (
        "unit",
        "Counted in `characters` (the default), `words` or `lines`",
    ),
];
