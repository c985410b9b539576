//! The template engine as we set it up: strict variables, how a value is printed, our filters.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, ErrorKind, Output, State, UndefinedBehavior, Value};

/// The most instructions of the template engine: a loop over some ten thousand items.
pub(crate) const FUEL: u64 = 2_000_000;

/// An environment with our printing and our filters, and nothing of HTML.
pub(crate) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(print);
    environment.add_filter("tojson", to_json);
    environment.add_filter("json", to_json);
    environment.add_filter("indent", indent);
    // Made for terminals and web pages; `format` takes widths that would fill the memory.
    for filter in ["format", "escape", "e", "safe", "pprint"] {
        environment.remove_filter(filter);
    }
    environment.remove_global("debug");
    environment.set_fuel(Some(FUEL));
    // Only so does an error know its place in the text.
    environment.set_debug(true);
    environment
}

/// Prints text as it is and everything else as JSON.
fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_undefined() {
        return minijinja::escape_formatter(out, state, value);
    }
    out.write_str(&text_of(value)?)?;
    Ok(())
}

/// JSON without the escapes that HTML needs: a model reads `<`, not `\u003c`.
fn to_json(
    value: &Value,
    indent: Option<usize>,
    options: Kwargs,
) -> Result<String, minijinja::Error> {
    let indent = match indent {
        Some(indent) => indent,
        None => options.get::<Option<usize>>("indent")?.unwrap_or(0),
    };
    options.assert_all_used()?;
    json_text(value, indent)
}

fn json_text(value: &Value, indent: usize) -> Result<String, minijinja::Error> {
    let failed = |error: serde_json::Error| {
        minijinja::Error::new(ErrorKind::BadSerialization, error.to_string())
    };
    if indent == 0 {
        return serde_json::to_string(value).map_err(failed);
    }
    let spaces = " ".repeat(indent.min(16));
    let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(value, &mut serializer).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Indents every line but the first, as the built-in does, but by no more than makes sense.
fn indent(
    value: String,
    width: usize,
    first: Option<bool>,
    blank: Option<bool>,
) -> Result<String, minijinja::Error> {
    if width > 80 {
        let message = "`indent` takes at most 80";
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, message));
    }
    let spaces = " ".repeat(width);
    let mut text = String::with_capacity(value.len());
    for (number, line) in value.split('\n').enumerate() {
        if number > 0 {
            text.push('\n');
        }
        let wanted = number > 0 || first.unwrap_or(false);
        if wanted && (!line.is_empty() || blank.unwrap_or(false)) {
            text.push_str(&spaces);
        }
        text.push_str(line);
    }
    Ok(text)
}

/// The error in our own words.
pub(crate) fn explained(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

/// A value as it is printed.
fn text_of(value: &Value) -> Result<String, minijinja::Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::None => {
            json_text(value, 0)
        }
        _ => Ok(value.to_string()),
    }
}
