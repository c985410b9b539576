//! Templates of prompts, filled as the host fills them.

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value};

/// Fills a template as the host does: a missing variable is an error, JSON prints as JSON, nothing is trimmed.
pub(super) fn fill(template: &str, values: Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = minijinja::syntax::SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_formatter(|out, state, value| {
        if matches!(
            value.kind(),
            ValueKind::Seq | ValueKind::Map | ValueKind::None
        ) {
            return Ok(
                out.write_str(&serde_json::to_string(value).map_err(|error| {
                    minijinja::Error::new(ErrorKind::BadSerialization, error.to_string())
                })?)?,
            );
        }
        minijinja::escape_formatter(out, state, value)
    });
    environment.render_str(template, values)
}
