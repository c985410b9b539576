//! The keys of a file with a plugin's tests, as `keys` has those of the others.

use crate::keys::{self, number, rows};
use crate::shape::Shape::{
    AnyTable, Files, Flag, Number, Paths, Table, Tables, Texts, TextsByText, TextsInOrder, Word,
};
use crate::shape::{Key, Keys, Shape, Text, key};

const TEXT: Shape = Shape::Text(Text::Any);
const WEB_ADDRESS: Shape = Shape::Text(Text::Like(r"^https?://[^/]"));

/// How many times a failed step may be tried again at most: each is carried out.
pub(crate) const MOST_RETRIES: u64 = 20;

pub(crate) static TESTS: Keys = Keys::of(&[rows! {
    "defaults": Table(&DEFAULTS) => "What is laid under every case";
    "cases": Tables(&CASE, 1) => "The cases", required;
}]);

pub(crate) static DEFAULTS: Keys = Keys::of(&[GIVEN]);

pub(crate) static CASE: Keys = Keys::of(&[ID, GIVEN, ANSWERED, EXPECTED]);

const ID: &[Key] = rows! {
    "id": TEXT => "Names the case; its number where there is none";
};

/// What a case gives to the step, and what is laid under every case.
const GIVEN: &[Key] = rows! {
    "inputs": Texts(&keys::CASE_TEXT) => "The inputs of the step, by name";
    "settings": AnyTable => "The settings of the step, by name";
    "prompts": Texts(&PROMPT) => "The texts of its prompts, by the names that the plugin gives them, instead of its own";
    "answers": Texts(&keys::CASE_TEXT) => "A person's answers, by the questions' keys";
    "files": Files(&keys::CASE_TEXT) => "The files that the step finds in its workspace, by path";
    "workspace": TEXT => "A folder whose files the step finds in its workspace";
    "documents": TextsByText(&keys::CASE_TEXT) => "The documents of steps that it depends on: by the step's path, and there by name";
    "http": Tables(&SERVED, 0) => "What servers answer to its HTTP requests, each by its address: these hosts are granted, and no others";
    "grants": Table(&GRANTS) => "What the step may do beyond its own work; what it says that it needs, where nothing is said";
    "retries": Shape::Number { least: 0, most: MOST_RETRIES, default: None } => "How often the step is tried again after a failure; as often as in a definition where nothing is said";
    "checks": Tables(&CHECK, 0) => "What is checked";
};

/// Who answers it.
const ANSWERED: &[Key] = rows! {
    "responses": TextsInOrder(&RESPONSE) => "What the model answers, call by call: a text, or a table that says more";
    "cassette": TEXT => "A file with recorded answers of the model, in their place";
    "nobody": Flag => "Whether the step is told that nobody will answer its questions";
    "declines": Flag => "Whether the person declines to answer";
};

const EXPECTED: &[Key] = rows! {
    "expect": Table(&EXPECT) => "What has to come of it, to the letter; `--bless` writes it";
};

pub(crate) static GRANTS: Keys = Keys::of(&[rows! {
    "workspace": Word(&["read", "write", "copy"], None) => "The files of the workspace: `read`, `write`, or `copy` for a directory of its own that is thrown away";
    "prompts": Word(&["write"], None) => "`write`: may add prompt versions and make one current";
}]);

pub(crate) static PROMPT: Keys = Keys::of(&[rows! {
    "file": TEXT => "The file that holds the text, relative to this one";
    "version": number(1) => "The version that the project keeps of the prompt";
}]);

pub(crate) static RESPONSE: Keys = Keys::of(&[rows! {
    "text": TEXT => "The answer";
    "file": TEXT => "The file that holds the answer, relative to this one";
    "tools": Tables(&TOOL, 0) => "The tools that it calls with it";
    "error": Word(ERRORS, None) => "The error that the step is told in the answer's place";
    "message": TEXT => "What the error says";
}]);

pub(crate) static SERVED: Keys = Keys::of(&[rows! {
    "url": WEB_ADDRESS => "The whole address that is asked, with its query", required;
    "method": Word(&["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"], Some("GET")) => "The method that it is asked by";
    "status": Number { least: 100, most: 599, default: Some(200) } => "The status of the answer";
    "headers": Texts(&keys::CASE_TEXT) => "Its headers, by name";
    "body": TEXT => "Its body";
    "file": TEXT => "The file that holds its body, relative to this one";
    "error": Word(NO_ANSWER, None) => "Why there is no answer";
    "message": TEXT => "What the error says";
}]);

/// Why a request gets no answer.
pub(crate) const NO_ANSWER: &[&str] = &[
    "denied",
    "no-such-host",
    "forbidden-address",
    "unreachable",
    "tls",
    "timeout",
    "too-large",
    "broken",
];

pub(crate) static TOOL: Keys = Keys::of(&[rows! {
    "name": TEXT => "The tool", required;
    "arguments": AnyTable => "Its arguments";
}]);

/// The errors of a call that a provider may end with.
pub(crate) const ERRORS: &[&str] = &[
    "invalid-request",
    "unknown-model",
    "authentication",
    "out-of-credit",
    "rate-limited",
    "overloaded",
    "timeout",
    "network",
    "context-length",
    "content-filtered",
    "schema-mismatch",
    "over-budget",
    "denied",
    "no-tools",
];

pub(crate) static EXPECT: Keys = Keys::of(&[rows! {
    "documents": Texts(&keys::CASE_TEXT) => "The documents, by name: these and no others";
    "files": Files(&keys::CASE_TEXT) => "The files that it writes, by path: these and no others";
    "removed": Paths => "The files that it removes: these and no others";
    "calls": number(0) => "How many calls to a model it makes";
    "failure": Table(&FAILURE) => "How it fails; it must succeed where nothing is said";
}]);

pub(crate) static FAILURE: Keys = Keys::of(&[rows! {
    "kind": TEXT => "The kind, such as `invalid-response`, `declined` or a code of the step's own", required;
    "contains": TEXT => "Words that stand in its message";
}]);

pub(crate) static CHECK: Keys = Keys::shared("tested", &[TARGETS, keys::NOT, keys::RULES]);

/// The keys of a check that say what it looks at.
const TARGETS: &[Key] = rows! {
    "document": TEXT => "The document that is looked at; the step's first one where nothing is named";
    "file": Shape::Text(Text::File) => "The file that is looked at, by path: one that the step wrote";
    "answer": Flag => "Whether the model's last answer is looked at";
    "prompt": number(1) => "The call whose prompt is looked at: 1 is the first";
};
