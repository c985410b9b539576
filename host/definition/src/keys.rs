//! The keys of the files that people write: a line for each, from which reader, JSON Schema and reference follow.
//!
//! A new key is a new line here, and what the reader does with its value. What a value means, and how several keys depend
//! on each other, is not said here.

use stepwell_contract::table_of_limits;

use crate::shape::Shape::{
    AnyTable, Boolean, Duration, Files, FilesByText, Flag, Inputs, JsonSchema, Lines, Models,
    Money, NamesByText, Number, Paths, Size, Table, TableOr, Tables, TablesByName, TablesByText,
    Texts, TextsLike, UpTo, Word,
};
use crate::shape::{Key, Keys, Shape, Text, key};

/// `"name": SHAPE => "what it means";`, with `, required` where a table must have it.
macro_rules! rows {
    ($($name:tt: $shape:expr => $about:literal $(, $required:ident)?;)*) => {
        &[$(key($name, $shape, $about)$(.$required())?),*]
    };
}

pub(crate) use rows;

/// What bounds a number that has no other bound: more can't be written in TOML.
pub(crate) const MOST: u64 = i64::MAX as u64;

/// How many more times a step runs where its definition gives no number.
pub(crate) const TIMES: u32 = 2;

/// The most times that a definition may ask for: each costs as much as the first.
pub(crate) const MOST_TIMES: u32 = 100;

/// The rule that asks a judge.
pub(crate) const JUDGE: &str = "judge";

const WORKSPACE: Shape = Shape::Text(Text::Like(r"^[^/\\~]"));
const WEB_ADDRESS: Shape = Shape::Text(Text::Like(r"^https?://[^\s@]+$"));
/// How a line names hosts; the reader says what is wrong with one.
const HTTP_HOSTS: &str =
    r"^(https?://)?(\*\.)?(\[[0-9A-Fa-f:.]+\]|[^\s/@:*?#\\\[\]]+)(:[0-9]{1,5})?$";
const INSIDE_HOSTS: &str = r"^(\*\.)?(\[[0-9A-Fa-f:.]+\]|[^\s/@:*?#\\\[\]]+)(:[0-9]{1,5})?$";
const HEADER: Shape = Shape::Text(Text::Like("^[A-Za-z0-9_-]+$"));
const VARIABLE: Shape = Shape::Text(Text::Like("^[A-Za-z_][A-Za-z0-9_]*$"));
const NOT_BLANK: Shape = Shape::Text(Text::Like(r"\S"));
const NAME: Shape = Shape::Text(Text::Name);
const EFFORT: Shape = Word(
    &["none", "minimal", "low", "medium", "high", "xhigh", "max"],
    None,
);
const TEMPERATURE: Shape = UpTo(stepwell_contract::Temperature::MOST);
const CACHING: Shape = Word(&["off", "5m", "1h"], None);
const TEXT: Shape = Shape::Text(Text::Any);
const MODEL_THERE: Shape = Shape::Text(Text::Model);
const PATH: Shape = Shape::Text(Text::File);
const REGEX: Shape = Shape::Text(Text::Regex);

/// A whole number from `least` on, as far as 32 bits go.
pub(crate) const fn number(least: u64) -> Shape {
    Number {
        least,
        most: u32::MAX as u64,
        default: None,
    }
}

const PERCENT: Shape = Number {
    least: 1,
    most: 100,
    default: None,
};

const LARGE_NUMBER: Shape = Number {
    least: 0,
    most: MOST,
    default: None,
};

/// Of a table that may have any key.
pub(crate) static NONE: Keys = Keys::of(&[]);

pub(crate) static DEFINITION: Keys = Keys::of(&[rows! {
    "name": NAME => "The workflow's name", required;
    "description": TEXT => "What the workflow does, for a person";
    "workspace": WORKSPACE => "The directory that the steps work on, relative to the project";
    "publish": Word(&["files", "branch"], Some("files")) => "Where the run puts what its steps write: `files` into the workspace, or `branch` as commits onto a branch `stepwell/…` of its git repository";
    "inputs": TablesByName(&INPUT) => "What a person gives to a run, by name";
    "defaults": Table(&DEFAULTS) => "What holds for every step that doesn't say otherwise";
    "steps": Tables(&STEP, 1) => "The steps; their order comes from their references", required;
}]);

pub(crate) static INPUT: Keys = Keys::of(&[rows! {
    "description": TEXT => "What to give, for a person";
    "default": TEXT => "The text where a run gives none; without it, and without a file, the input must be given";
    "file": PATH => "The file of the workspace whose text it is where a run gives none and the file is there, such as one that `keep` names";
}]);

pub(crate) static DEFAULTS: Keys = Keys::of(&[rows! {
    "model": TEXT => "A short name of `stepwell.toml`";
    "retries": number(0) => "How often a failed step is tried again";
    "limits": Table(&LIMITS) => "What one attempt of a step may use";
}]);

pub(crate) static STEP: Keys = Keys::shared(
    "step",
    &[
        rows! {
            "id": NAME => "The step's id, unique among its siblings", required;
        },
        OF_PLUGIN,
        rows! {
            "for_each": TEXT => "A document that holds a JSON array, such as `parent.subtasks`: the step runs once for each item";
            "concurrency": number(1) => "How many items are worked on at once";
            "optional": Flag => "Whether the run goes on when the step fails";
            "when": Table(&WHEN) => "Carries the step out, with its sub-steps, only if a document or an input says so";
            "repeat": Table(&REPEAT) => "Runs the step again, with its sub-steps, while a document says so";
            "steps": Tables(&STEP, 1) => "The sub-steps, which run after the step's own work";
        },
    ],
);

/// The keys of a step that mean nothing without a plugin.
pub(crate) const OF_PLUGIN: &[Key] = rows! {
    "uses": NOT_BLANK => "The plugin: `builtin:NAME`, the path of a `.wasm`, a name of `[plugins]` in `stepwell.toml`, or where it is: `oci://HOST/NAME:TAG`, `https://HOST/PATH#sha256:…`; a step without it groups its sub-steps";
    "inputs": Inputs => "The plugin's inputs; a text may hold references such as `{{ steps.design.design }}`";
    "settings": AnyTable => "The plugin's settings";
    "model": TEXT => "A short name of `stepwell.toml`";
    "effort": EFFORT => "How much its models are to think, where it says otherwise than `stepwell.toml`";
    "temperature": TEMPERATURE => "The sampling temperature of its models";
    "thinking": Boolean => "Whether its models are to think before they answer";
    "caching": CACHING => "How long a provider is asked to keep what repeats; `5m` by itself where something repeats and the provider wants to be asked";
    "keep": FilesByText => "Documents that are kept as files of the workspace, by name: each the path of its file, such as `docs/requirement.md`";
    "prompts": NamesByText => "Other names under which the versions of the plugin's prompts are kept";
    "grants": Table(&GRANTS) => "What the step may do beyond its own work";
    "budget": Table(&BUDGET) => "The most that the step may spend in a run, its items and rounds together, besides what `[budgets]` of `stepwell.toml` says";
    "limits": Table(&LIMITS) => "What one attempt of the step may use";
    "retries": number(0) => "How often the step is tried again after a failure";
};

pub(crate) static REPEAT: Keys = Keys::of(&[rows! {
    "while": NOT_BLANK => "The document that says so, of the step or of one below it, such as `steps.build.testing.verdict`", required;
    "is": Lines => "What it says for another round: a text, or a list of texts; white space around it doesn't count", required;
    "times": Number { least: 1, most: MOST_TIMES as u64, default: Some(TIMES) } => "How many more times at most, up to 100";
    "otherwise": Word(&["fail", "go-on"], Some("fail")) => "What follows where the last round still says so: `fail`, or `go-on` with what it left";
}]);

pub(crate) static WHEN: Keys = Keys::of(&[rows! {
    "value": NOT_BLANK => "The document or input that says so, such as `steps.review.decision` or `inputs.review`; a document that nobody wrote says nothing", required;
    "is": Lines => "What it says for the step to be carried out: a text, or a list of texts; white space around it doesn't count", required;
}]);

pub(crate) static GRANTS: Keys = Keys::of(&[rows! {
    "workspace": Word(&["read", "write", "copy"], None) => "The files of the workspace: `read`, `write`, or `copy` for a directory of its own that is thrown away";
    "prompts": Word(&["write"], None) => "`write`: may add prompt versions and make one current";
    "clock": Word(&["real"], None) => "`real`: sees the real time, and its timers wait";
    "include": Paths => "Files and folders of the workspace that it sees though .gitignore names them, such as `src/thing/version.py`";
    "http": TextsLike(HTTP_HOSTS) => "Hosts that it may ask by HTTP, such as `api.example.org`, `*.example.org`, `api.example.org:8443` or, without encryption, `http://localhost:8080`; one inside of the network needs `http.inside` of `stepwell.toml`";
    "models": Shape::ShortNames => "Short names of models that it may ask besides its own, where its plugin names them by itself";
    "read": Tables(&READ, 0) => "Folders outside of its workspace that it may read, as they are while it runs";
}]);

pub(crate) static READ: Keys = Keys::of(&[rows! {
    "path": NOT_BLANK => "The folder, relative to the project; one outside of it needs `sandbox.read` of `stepwell.toml`", required;
    "at": Shape::Text(Text::Like("^/[a-z0-9_-]+$")) => "Where the step finds it, such as `/packages`", required;
}]);

/// Makes the keys of the limits of the table.
macro_rules! limits {
    ($($limit:ident: $variant:ident($amount:ty) $shape:ident = $number:literal $unit:tt => $about:literal;)*) => {
        const OF_LIMITS: &[Key] = &[
            $(key(
                stringify!($limit),
                limit!($shape),
                concat!($about, "; `", $number, $unit, "` where nothing is said"),
            ),)*
        ];
    };
}

/// The shape of a limit.
macro_rules! limit {
    (duration) => {
        Duration
    };
    (size) => {
        Size
    };
    (number) => {
        number(0)
    };
    (positive) => {
        number(1)
    };
    (large) => {
        LARGE_NUMBER
    };
}

table_of_limits!(limits);

pub(crate) static LIMITS: Keys = Keys::shared("limits", &[OF_LIMITS]);

pub(crate) static CONFIGURATION: Keys = Keys::of(&[rows! {
    "providers": TablesByText(&PROVIDER) => "Where models are, by name";
    "models": Models(&MODEL) => "Models under the short names that definitions use";
    "defaults": Table(&CONFIGURATION_DEFAULTS) => "What holds where a definition doesn't say otherwise";
    "budgets": Table(&BUDGETS) => "The most that may be spent";
    "confirm_above": Table(&BUDGET) => "A run, a step or a comparison that will probably take more is started only with a person's yes";
    "in_doubt": Word(&["resend", "ask", "fail"], Some("resend")) => "What happens with a call whose answer was lost: `resend`, `ask` or `fail`";
    "limits": Table(&LIMITS) => "What one attempt of a step may use, where a definition doesn't say otherwise";
    "plugins": Shape::TextsByName => "Plugins by names that `uses` of a definition may say, and commands: a path, relative to this file, `oci://…`, `https://…#sha256:…` or `builtin:…`";
    "store": NOT_BLANK => "The directory of the store, relative to this file";
    "sandbox": Table(&SANDBOX) => "How plugins are run";
    "http": Table(&HTTP) => "Which hosts steps may be granted to ask by HTTP";
    "retention": Table(&RETENTION) => "Which finished runs are kept; all of them where nothing is said";
    "sources": TablesByText(&SOURCE) => "Where plugins come from, by name, and what is demanded of those";
}]);

pub(crate) static SOURCE: Keys = Keys::of(&[rows! {
    "from": NOT_BLANK => "Which plugins are meant, by the beginning of what names them: a registry or a server (`oci://registry.example.org/team/`, `https://example.org/`), a folder relative to this file (`plugins/`), or `*` for every plugin that isn't built in. Of several that fit the longest counts that says something", required;
    "keys": Shape::KeyFiles => "Files with public keys, relative to this file: one of these must have signed a plugin, or nothing of it is run";
    "unsigned": Flag => "Whether nobody has to have signed its plugins, also where a wider source has keys";
    "models": Shape::ShortNames => "Short names of the only models that its plugins may ask, whatever a definition says";
    "budget": Table(&BUDGET) => "The most that all of its plugins together may spend in one run";
    "grants": Table(&SOURCE_GRANTS) => "The most that a definition may grant to its plugins: what isn't named there can't be granted";
}]);

pub(crate) static SOURCE_GRANTS: Keys = Keys::of(&[rows! {
    "workspace": Word(&["read", "write", "copy"], None) => "The files of the workspace: `read`, `copy` for a directory of its own that is thrown away, or `write` for all of it";
    "prompts": Word(&["write"], None) => "`write`: prompt versions may be added and made current";
    "clock": Word(&["real"], None) => "`real`: the real time may be seen";
    "include": Paths => "Files and folders of the workspace, with what lies below them, that `grants.include` may name";
    "http": TextsLike(HTTP_HOSTS) => "Hosts that `grants.http` may name, such as `api.example.org`, or `*.example.org` with all below it";
    "read": TextsLike(r"\S") => "Folders, with what lies below them, that `grants.read` may name, written as a definition names them: relative to the project, or absolute";
}]);

pub(crate) static PROVIDER: Keys = Keys::of(&[rows! {
    "kind": Word(&["openai-chat", "anthropic-messages", "openai-responses", "gemini-interactions"], None) => "The wire format: `openai-chat` for chat completions, `anthropic-messages` for Anthropic's Messages API, `openai-responses` for OpenAI's Responses API, `gemini-interactions` for Google's Interactions API";
    "base_url": WEB_ADDRESS => "Such as `https://api.openai.com/v1`; what a wire format adds, such as `/chat/completions`, doesn't belong to it";
    "key_variable": VARIABLE => "The name of the environment variable that holds the key";
    "key_bearer": Flag => "Whether the key is sent as `Authorization: Bearer …`, also where the wire format has another header for it";
    "key_header": HEADER => "The header that carries the key, as it is, such as `api-key`";
    "key_query": NOT_BLANK => "The parameter of the address that carries the key, such as `key`";
    "headers": Texts(&FROM_VARIABLE) => "Headers that every request has besides the usual ones, by name: a text, or `{ variable = \"…\" }` for what an environment variable holds";
    "query": Texts(&FROM_VARIABLE) => "Parameters that every address has, by name: a text, or `{ variable = \"…\" }`";
    "token_limit": Word(&["max_tokens", "max_completion_tokens"], None) => "The field of chat completions that bounds an answer: `max_tokens`, or `max_completion_tokens` for servers that know only that one";
    "stream_options": Boolean => "Whether chat completions are asked to tell their tokens at a stream's end; `false` for servers that refuse the field";
    "tools": Boolean => "Whether its models can call tools, where nothing is said of a model";
    "schemas": Boolean => "Whether its models take a JSON Schema for their answers, where nothing is said of a model; `false` tells them of it in words";
    "stall_timeout": Duration => "The longest silence before an answer begins and between two pieces of it; `10m` where nothing is said";
    "connect_timeout": Duration => "The longest wait for a connection; `10s` where nothing is said";
    "retries": number(0) => "How often a call is tried again after an error that may pass";
    "concurrency": number(1) => "The most calls under way at once";
    "requests_per_minute": number(1) => "The most requests in a minute";
    "tokens_per_minute": number(1) => "The most tokens in a minute, input and output together; reckoned with before a request is sent, and set right by what it took";
    "circuit_failures": number(0) => "After so many requests in a row that failed as those of a server that is down, it is left alone for a while, `5` where nothing is said; `0` never does";
    "circuit_pause": Duration => "For how long; then one request finds out whether it is up again. `30s` where nothing is said";
    "batch": Boolean => "Whether it takes many requests as one batch, for `stepwell compare --batch`: files and batches as OpenAI has them, or Anthropic's Message Batches, by `kind`. `openai` and `anthropic` do at their own addresses, others where this says so";
    "batch_percent": PERCENT => "What a request in a batch costs, in percent of the ordinary price: `50` at the own addresses of `openai` and `anthropic`, else `100`";
    "batch_pause": Duration => "The first pause between two looks at a batch; later ones grow to twelve times as much. `10s` where nothing is said";
}]);

pub(crate) static FROM_VARIABLE: Keys = Keys::of(&[rows! {
    "variable": VARIABLE => "The name of the environment variable that holds the value, which is kept as secret as a key", required;
}]);

pub(crate) static MODEL: Keys = Keys::of(&[rows! {
    "model": MODEL_THERE => "The provider's name and the model's name there, such as `openai/gpt-5`", required;
    "max_output_tokens": number(1) => "The most tokens of an answer where a step gives none";
    "thinking_prefilled": Flag => "Whether the server's chat template opens `<think>` itself, so that answers hold only `</think>`, on a line of its own";
    "tools": Boolean => "Whether it can call tools; `false` sends none and asks in plain text. Where nothing is said, a model that refuses them is asked again without";
    "schemas": Boolean => "Whether it takes a JSON Schema for its answer; `false` tells it of the schema in words. The host holds the answer against it in any case";
    "effort": EFFORT => "How much it is to think before it answers";
    "temperature": TEMPERATURE => "The sampling temperature";
    "thinking": Boolean => "Whether it is to think before it answers, where its provider has a switch for that";
    "caching": CACHING => "How long its provider is asked to keep what repeats; `5m` by itself where something repeats and the provider wants to be asked";
    "fallback": Shape::ShortNames => "Short names of models that are asked instead where it can't answer, in this order: where its provider is down, out of credit, or refuses the key or the length. Never where a budget or a grant forbids the call, and never in a comparison";
    "reuse_answers": Duration => "For how long an answer is given to an equal question of another run, such as `30d`, instead of asking and paying again; never where nothing is said, in a comparison, or where a step is run again";
    "price": TableOr(&PRICE, UNKNOWN_PRICE) => "What tokens cost, in dollars for a million, or `unknown`. Where nothing is said, the list of the known providers holds that comes with the program";
}]);

/// Says in the place of a price that nobody knows it.
pub(crate) const UNKNOWN_PRICE: &str = "unknown";

pub(crate) static PRICE: Keys = Keys::of(&[rows! {
    "input": Money => "A million input tokens", required;
    "output": Money => "A million output tokens", required;
    "cache_read": Money => "A million input tokens read from the provider's cache; as `input` where it isn't given";
    "cache_write": Money => "A million input tokens written to the provider's cache; as `input` where it isn't given";
    "cache_write_hour": Money => "The same, where the cache keeps them for an hour; as `cache_write` where it isn't given";
}]);

pub(crate) static CONFIGURATION_DEFAULTS: Keys = Keys::of(&[rows! {
    "model": TEXT => "A short name of `[models]`";
}]);

pub(crate) static BUDGETS: Keys = Keys::of(&[rows! {
    "run": Table(&BUDGET) => "For one run";
    "step": Table(&BUDGET) => "For one step of a run, its items together";
    "day": Table(&BUDGET) => "For one day, all runs together";
}]);

pub(crate) static BUDGET: Keys = Keys::of(&[rows! {
    "tokens": LARGE_NUMBER => "Tokens, input and output together";
    "money": Money => "Dollars";
}]);

pub(crate) static SANDBOX: Keys = Keys::of(&[rows! {
    "max_instances": number(1) => "The most plugins that are under way at once";
    "compile_time": Duration => "Processor time that compiling a plugin may take, `2m` where nothing is said; by the clock it may be five times as much";
    "read": Shape::Folders => "Folders outside of the project that `grants.read` may name, and what lies below them";
    "compile_memory": Size => "Bytes of memory that compiling a plugin may take; `2GiB` where nothing is said";
}]);

pub(crate) static HTTP: Keys = Keys::of(&[rows! {
    "inside": TextsLike(INSIDE_HOSTS) => "Hosts on this machine or inside of its network that `grants.http` may name, such as `localhost:8080` or `db.corp.example`; without it only what is on the internet is asked";
}]);

pub(crate) static RETENTION: Keys = Keys::of(&[rows! {
    "days": number(1) => "A finished run goes so many days after it ended, unless something stands on it";
    "runs": number(1) => "So many finished runs are kept, the newest ones, and what something stands on";
}]);

pub(crate) static CASES: Keys = Keys::of(&[rows! {
    "defaults": Table(&CASE_DEFAULTS) => "What is laid under every case";
    "cases": Tables(&CASE, 1) => "The cases", required;
}]);

pub(crate) static CASE_DEFAULTS: Keys = Keys::of(&[OF_CASE]);

pub(crate) static CASE: Keys = Keys::of(&[ID_OF_CASE, OF_CASE]);

const ID_OF_CASE: &[Key] = rows! {
    "id": TEXT => "Names the case; its number where there is none";
};

/// What a case says, and what is laid under every case.
const OF_CASE: &[Key] = rows! {
    "inputs": Texts(&CASE_TEXT) => "The inputs of the step, by name";
    "answers": Texts(&CASE_TEXT) => "A person's answers, by the questions' keys";
    "files": Files(&CASE_TEXT) => "The files that the step finds in its workspace, by path";
    "workspace": TEXT => "A folder whose files the step finds in its workspace";
    "checks": Tables(&CHECK, 0) => "What is checked";
    "split": Word(&["training", "validation"], None) => "What `stepwell prompt improve` has the case for: proposals are made from `training` cases, and held to be better or not by `validation` cases; it chooses where nothing is said";
};

pub(crate) static CASE_TEXT: Keys = Keys::of(&[rows! {
    "file": TEXT => "The file that holds the text, relative to the case file", required;
}]);

pub(crate) static CHECK: Keys = Keys::shared("check", &[TARGETS, NOT, RULES, JUDGED, OF_JUDGE]);

pub(crate) const NOT: &[Key] = rows! {
    "not": Flag => "Whether the check passes where it would fail";
};

/// The keys of a check that say what it looks at.
pub(crate) const TARGETS: &[Key] = rows! {
    "document": TEXT => "The document that is looked at; the step's first one where nothing is named";
    "file": PATH => "The file that is looked at, by path";
    "answer": Flag => "Whether the model's last raw answer is looked at";
};

/// The keys of a check that say what must hold; each check has one of them.
pub(crate) const RULES: &[Key] = rows! {
    "contains": TEXT => "It has this in it, letter by letter";
    "regex": REGEX => "This regular expression finds something in it";
    "equals": TEXT => "It is this, but for white space around it";
    "json_schema": JsonSchema => "It is JSON that keeps to this JSON Schema";
    "length": Table(&LENGTH) => "It is so long";
    "exists": Boolean => "It is there, or isn't";
};

/// The rule that only a comparison has: a judge asks a model.
pub(crate) const JUDGED: &[Key] = rows! {
    JUDGE: TEXT => "The plugin of a step that judges it: `builtin:NAME`, or a path relative to the case file";
};

/// The keys of a check that mean nothing without a judge.
pub(crate) const OF_JUDGE: &[Key] = rows! {
    "criteria": TEXT => "What the judge is to look for";
    "at_least": UpTo(1) => "The least score of the judge that passes, from 0 to 1";
    "model": TEXT => "The model that the judge asks, by short name; the default one where nothing is named";
};

pub(crate) static LENGTH: Keys = Keys::of(&[rows! {
    "min": number(0) => "At least this";
    "max": number(0) => "At most this";
    "unit": Word(&["characters", "words", "lines"], Some("characters")) => "Counted in `characters` (the default), `words` or `lines`";
}]);
