//! What an error means: by its code first, then by its status.
//!
//! A status alone misleads: a 429 may say that there is no money left, and waiting doesn't mend that.

use serde_json::{Map, Value};
use stepwell_contract::ChatErrorKind;

use super::{About, Problem, Words, excerpt, lenient, shortened};
use crate::retry::wait_in;
use crate::sse::{Event, Events};

mod refused;

use refused::{is_unpaid, refused_setting, refuses_tools};

/// An answer with a status of failure, from a server whose format has these words for what people set.
pub(crate) fn refusal(status: u16, body: &[u8], words: &Words) -> Problem {
    let text = String::from_utf8_lossy(body);
    let value: Option<Value> = serde_json::from_str(&text).ok();
    // Who asked for a stream may be refused in one.
    let value = value.or_else(|| in_event(body));
    // Some gateways put it into a list.
    let value = value.map(|value| match value {
        Value::Array(mut values) if values.len() == 1 => values.remove(0),
        value => value,
    });
    let error = value
        .as_ref()
        .map(|value| value.get("error").unwrap_or(value));
    let found = Found::new(error, Some(status));
    let said = match error {
        Some(error) => message(error),
        None if text.trim().is_empty() => "no explanation".to_owned(),
        None => excerpt(&text),
    };
    let refuses_tools = refuses_tools(status, &text);
    let problem = found.problem(format!("HTTP status {status}: {said}"));
    let setting = || match problem.kind {
        ChatErrorKind::InvalidRequest => refused_setting(error, &said, words),
        _ => None,
    };
    let about = match status {
        _ if refuses_tools => Some(About::Tools),
        404 | 405 if !found.is_about_model() => Some(About::Address),
        _ => setting().or_else(|| refused_field(status, body).and_then(|text| about_field(&text))),
    };
    let problem = Problem {
        about,
        refuses_tools,
        wait: error.and_then(wait_in),
        ..problem
    };
    match is_unpaid(status, &text) {
        true => problem.unpaid(),
        false => problem,
    }
}

/// Why a provider refused a batch as a whole, before it worked on any of it.
pub(crate) fn of_batch(error: &Value) -> Problem {
    let said = shortened(&message(error));
    Found::new(Some(error), Some(400))
        .problem(format!("the provider refused the batch: {said}"))
        .unpaid()
}

/// Which of a request's fields a refusal is about, as far as a setting leaves it out, whatever the format.
fn about_field(text: &str) -> Option<About> {
    let names = |any_of: &[&str]| any_of.iter().any(|name| text.contains(name));
    if names(&[
        "response_format",
        "json_schema",
        "output_config",
        "output_format",
        "structured output",
        "text.format",
    ]) {
        return Some(About::Schemas);
    }
    // What is wrong with a single call or its result is no matter of whether there are tools.
    let is_tools = names(&[
        "tools",
        "tool_choice",
        "tool choice",
        "tool use",
        "tool call",
        "function call",
        "function_call",
    ]);
    is_tools.then_some(About::Tools)
}

fn in_event(body: &[u8]) -> Option<Value> {
    let mut events = Events::default();
    let mut first = None;
    let mut add = |event: Event| {
        first = first
            .take()
            .or_else(|| serde_json::from_str(&event.data).ok());
    };
    events.take(body, &mut add).ok()?;
    events.end().into_iter().for_each(add);
    first
}

/// The text of a refusal that is about a field of the request, in lower case.
pub(crate) fn refused_field(status: u16, body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body).to_lowercase();
    let refuses = [
        "extra",
        "instead",
        "not allowed",
        "not permitted",
        "not support",
        "requires --",
        "unexpected",
        "unknown",
        "unrecognized",
        "unsupported",
    ];
    let is_one = matches!(status, 400 | 422) && refuses.iter().any(|sign| text.contains(sign));
    is_one.then_some(text)
}

/// What an object says of an error, where it is one: under `error`, whose value stands beside the `rest` of its fields, or as the
/// object itself. `is_answer` is that a part of an answer stands in it: then a code and a message are none.
pub(crate) fn told(
    error: Option<Value>,
    rest: &Map<String, Value>,
    is_answer: bool,
) -> Option<Value> {
    let is = |name: &str| rest.get(name).is_some_and(|kind| kind == "error");
    let names_a_code = !is_answer
        && rest.get("message").is_some_and(Value::is_string)
        && (rest.get("code").is_some_and(|code| {
            lenient::count(code).map_or(code.is_string(), |status| status >= 400)
        }) || rest.get("status").and_then(Value::as_u64) >= Some(400));
    match error {
        // The sentence of some stands beside it.
        Some(Value::Bool(_) | Value::Number(_)) | None
            if is("object") || is("type") || names_a_code || error.is_some() =>
        {
            Some(Value::Object(rest.clone()))
        }
        error => error,
    }
}

/// The same of an object that is no part of an answer.
pub(crate) fn of(object: Value) -> Option<Value> {
    let Value::Object(mut fields) = object else {
        return None;
    };
    let error = fields.remove("error").and_then(lenient::meaningful);
    told(error, &fields, false)
}

/// What an object says that is all that came and no answer: a sentence, as some servers and gateways have it without an error's
/// key.
pub(crate) fn sentence(object: &Value) -> Option<&str> {
    let texts = SENTENCES
        .iter()
        .filter_map(|name| object.get(name)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty())
}

/// An error object that came in the place of an answer, with a status of success.
///
/// Where it has no code and says nothing of passing, asking again gives the same: some servers answer so where there is no
/// such address.
pub(crate) fn before_answer(error: &Value) -> Problem {
    let problem = inside_answer(error);
    let found = Found::new(Some(error), None);
    let may_pass = [
        "again",
        "busy",
        "internal",
        "overload",
        "temporar",
        "time",
        "unavailable",
    ];
    let is_bare = found.words.is_empty() && found.status.is_none();
    if !is_bare || may_pass.iter().any(|sign| found.message.contains(sign)) {
        return problem;
    }
    let is_address = ["endpoint", "not found", "no such path"]
        .iter()
        .any(|sign| found.message.contains(sign));
    let problem = match (problem.may_pass, is_address) {
        (false, _) => problem,
        (true, true) => Problem::lasting(ChatErrorKind::UnknownModel, problem.message),
        (true, false) => Problem::lasting(ChatErrorKind::InvalidRequest, problem.message),
    };
    match is_address && !found.is_about_model() {
        true => problem.of_address(),
        false => problem,
    }
}

/// An error object inside an answer with a status of success.
pub(crate) fn inside_answer(error: &Value) -> Problem {
    Found::new(Some(error), None).problem(format!("an error inside the answer: {}", message(error)))
}

fn message(error: &Value) -> String {
    let text = match error {
        Value::String(text) => text.clone(),
        _ => sentence(error).map_or_else(|| error.to_string(), str::to_owned),
    };
    let text = excerpt(&text);
    match words(error).next() {
        Some(code) if !text.contains(code) => format!("{text} ({code})"),
        _ => text,
    }
}

/// The fields in which servers say what is wrong.
const SENTENCES: [&str; 5] = ["message", "detail", "msg", "error_description", "title"];

/// Its code, its type and its status, as far as they are words.
fn words(error: &Value) -> impl Iterator<Item = &str> {
    ["code", "type", "status"]
        .into_iter()
        .filter_map(|name| error.get(name)?.as_str())
}

/// What an error is called that the request is at fault for, where no status says so.
const FAULTS: [&str; 7] = [
    "failed_precondition",
    "image",
    "invalid_argument",
    "invalid_prompt",
    "invalid_request",
    "out_of_range",
    "parameter_unknown",
];

/// What an error says of itself.
struct Found {
    /// Its code, its type and its status, in lower case.
    words: Vec<String>,
    message: String,
    status: Option<u16>,
}

impl Found {
    fn new(error: Option<&Value>, status: Option<u16>) -> Self {
        let error = error.unwrap_or(&Value::Null);
        // Some servers put the status that they mean into the code.
        let inner = ["code", "status"].into_iter().find_map(|name| {
            let code = error.get(name)?.as_u64()?;
            u16::try_from(code).ok().filter(|code| *code >= 400)
        });
        Self {
            words: words(error).map(str::to_lowercase).collect(),
            message: message(error).to_lowercase(),
            status: inner.or(status),
        }
    }

    fn says(&self, any_of: &[&str]) -> bool {
        self.words
            .iter()
            .any(|word| any_of.iter().any(|wanted| word.contains(wanted)))
    }

    fn is_one_of(&self, any_of: &[&str]) -> bool {
        self.words
            .iter()
            .any(|word| any_of.contains(&word.as_str()))
    }

    /// Whether what was asked or answered was kept back for what it says.
    fn is_blocked(&self) -> bool {
        self.says(&[
            "content_filter",
            "_policy",
            "responsibleai",
            "blocklist",
            "content_blocked",
            "prohibited_content",
            "recitation",
            "safety",
        ]) || self.is_one_of(&["image_other", "language", "spii"])
    }

    fn tells(&self, any_of: &[&str]) -> bool {
        any_of.iter().any(|sign| self.message.contains(sign))
    }

    /// Whether it is about the model, and not about the address.
    fn is_about_model(&self) -> bool {
        // The path of a list says nothing of a model.
        let told = self.message.replace("/models", "");
        let signs = ["model", "deployment"];
        self.says(&["model"]) || signs.iter().any(|sign| told.contains(sign))
    }

    /// Whether it says that there is no such model, where neither code nor status do, as Mistral's `Invalid model: x` and OpenRouter's
    /// `x is not a valid model ID`.
    fn names_no_model(&self) -> bool {
        let is_refusal = self.status.is_none_or(|status| matches!(status, 400 | 422));
        is_refusal
            && self.tells(&[
                "invalid model:",
                "invalid model name",
                "is not a valid model",
                "no such model",
                "unknown model",
            ])
    }

    fn has_no_money(&self) -> bool {
        self.says(&[
            "insufficient_quota",
            "billing",
            "insufficient_balance",
            "payment_required",
            "credit",
        ]) || self.tells(&["credit balance", "api usage limits"])
    }

    fn is_too_long(&self) -> bool {
        let is_client_error = self
            .status
            .is_none_or(|status| status < 500 && status != 429);
        let tells = is_client_error
            && self.tells(&[
                "maximum context length",
                "context length",
                "context window",
                "exceed context limit",
                "exceeds the maximum number of tokens",
                "prompt is too long",
            ]);
        tells || self.says(&["context_length", "context_window", "request_too_large"])
    }

    fn problem(&self, message: String) -> Problem {
        let (kind, may_pass) = self.by_words().unwrap_or_else(|| self.by_status());
        match may_pass {
            true => Problem::passing(kind, message),
            false => Problem::lasting(kind, message),
        }
    }

    /// What it is by its own words, and whether it may pass.
    fn by_words(&self) -> Option<(ChatErrorKind, bool)> {
        use ChatErrorKind as Kind;
        if self.has_no_money() {
            return Some((Kind::OutOfCredit, false));
        }
        if self.is_too_long() {
            return Some((Kind::ContextLength, false));
        }
        if self.is_blocked() {
            return Some((Kind::ContentFiltered, false));
        }
        if self.says(&["model_not_found", "model_not_supported", "invalid_model"])
            || self.is_one_of(&["not_found", "not_found_error"])
            || self.names_no_model()
        {
            return Some((Kind::UnknownModel, false));
        }
        if self.says(&["invalid_api_key", "authentica", "permission"])
            || self.tells(&["api key not valid"])
        {
            return Some((Kind::Authentication, false));
        }
        if self.says(&[
            "rate_limit",
            "quota_exceeded",
            "too_many_requests",
            "resource_exhausted",
        ]) {
            return Some((Kind::RateLimited, true));
        }
        let is_overloaded = self.says(&[
            "overloaded",
            "server_error",
            "internal_error",
            "unavailable",
        ]);
        is_overloaded.then_some((Kind::Overloaded, true))
    }

    fn by_status(&self) -> (ChatErrorKind, bool) {
        use ChatErrorKind as Kind;
        match self.status {
            Some(401 | 403) => (Kind::Authentication, false),
            Some(402) => (Kind::OutOfCredit, false),
            Some(404) => (Kind::UnknownModel, false),
            // More bytes than it takes at once.
            Some(413) => (Kind::ContextLength, false),
            Some(408) => (Kind::Timeout, true),
            Some(429) => (Kind::RateLimited, true),
            Some(500..) => (Kind::Overloaded, true),
            Some(_) => (Kind::InvalidRequest, false),
            None if self.says(&FAULTS) => (Kind::InvalidRequest, false),
            // Inside an answer that had begun: what the request is at fault for is told before that.
            None => (Kind::Overloaded, true),
        }
    }
}

#[cfg(test)]
mod tests;
