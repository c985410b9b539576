//! A text of a definition with `{{ references }}` in it.
//!
//! There are no statements, so everything a text depends on can be read from it, with its place. `{{-` and `-}}`
//! take the white space beside them away; `{{ "{{" }}` is a literal `{{`; `{#` is plain text.

use std::ops::Range;

use minijinja::Value as TemplateValue;
use minijinja::value::Serde;
use serde_json::Value;

use crate::diagnostics::{Problems, Span};
use crate::expression::{self, Filters, Subject};
use crate::plan::Reference;
use crate::rendering::{self, TemplateError};

/// The most bytes that a filled text may have. A definition is the operator's own; this only stops a slip.
const LARGEST: usize = 256 << 20;

/// A part of a template; `R` is what a reference is known by.
#[derive(Debug, Clone)]
pub(crate) enum Piece<R> {
    Text(String),
    Value {
        reference: R,
        filters: Option<Filters>,
    },
}

/// A dotted reference as it was written.
#[derive(Debug, Clone)]
pub(crate) struct RawReference {
    pub(crate) parts: Vec<(String, Span)>,
    pub(crate) span: Span,
    /// Whether `| default(…)` follows at once.
    pub(crate) defaulted: bool,
}

impl RawReference {
    pub(crate) fn written(&self) -> String {
        let parts: Vec<_> = self.parts.iter().map(|(part, _)| part.as_str()).collect();
        parts.join(".")
    }
}

/// A text whose references aren't resolved yet.
#[derive(Debug, Clone)]
pub(crate) struct RawTemplate {
    pub(crate) pieces: Vec<Piece<RawReference>>,
}

/// A text with references, ready to be filled.
#[derive(Debug, Clone, Default)]
pub struct Template {
    pieces: Vec<Piece<usize>>,
    references: Vec<(Reference, Span)>,
}

impl RawTemplate {
    /// A text without references.
    pub(crate) fn literal(text: String) -> Self {
        Self {
            pieces: vec![Piece::Text(text)],
        }
    }

    /// Reads a text. `place` gives the place of a stretch of it in the source.
    pub(crate) fn parse(
        text: &str,
        place: &dyn Fn(Range<usize>) -> Range<usize>,
        problems: &mut Problems,
    ) -> Self {
        let mut pieces = Vec::new();
        let mut at = 0;
        let mut trim = false;
        while let Some(open) = find_open(&text[at..]).map(|found| at + found) {
            let mut before = &text[at..open];
            if text[open..].starts_with("{%") {
                problems.error(
                    "statement",
                    place(open..open + 2),
                    "a definition has no statements",
                    Some("only `{{ reference | filter }}` works here; a prompt's template can do more; a literal `{%` is written `{{ \"{%\" }}`".to_owned()),
                );
                push_text(&mut pieces, before, trim);
                (at, trim) = (open + 2, false);
                continue;
            }
            let inner = open + 2;
            let Some(close) = find_close(&text[inner..]).map(|found| inner + found) else {
                problems.error(
                    "unclosed",
                    place(open..inner),
                    "`{{` without `}}`",
                    Some("close it, or write `{{ \"{{\" }}` for a literal `{{`".to_owned()),
                );
                break;
            };
            let mut range = inner..close;
            if text[range.clone()].starts_with('-') {
                range.start += 1;
                before = before.trim_end();
            }
            push_text(&mut pieces, before, trim);
            trim = range.end > range.start && text[range.clone()].ends_with('-');
            range.end -= usize::from(trim);
            let start = range.start;
            match expression::parse(&text[range]) {
                Ok(parsed) => {
                    let shift =
                        |range: &Range<usize>| place(start + range.start..start + range.end);
                    pieces.push(piece(parsed, &shift, problems));
                }
                Err(error) => {
                    let mut at = start + error.place.start..start + error.place.end;
                    if at.is_empty() {
                        at = open..close + 2;
                    }
                    problems.error("bad-expression", place(at), error.message, error.hint);
                }
            }
            at = close + 2;
        }
        push_text(&mut pieces, &text[at..], trim);
        Self { pieces }
    }

    /// Resolves every reference; none of them is left out, so that all problems are found.
    pub(crate) fn resolve(
        &self,
        resolve: &mut dyn FnMut(&RawReference) -> Option<Reference>,
    ) -> Option<Template> {
        let mut template = Template::default();
        let mut complete = true;
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => template.pieces.push(Piece::Text(text.clone())),
                Piece::Value { reference, filters } => match resolve(reference) {
                    Some(resolved) => {
                        template.pieces.push(Piece::Value {
                            reference: template.references.len(),
                            filters: filters.clone(),
                        });
                        template.references.push((resolved, reference.span));
                    }
                    None => complete = false,
                },
            }
        }
        complete.then_some(template)
    }
}

impl Template {
    /// The references in it, in their order, with their places in the definition.
    #[must_use]
    pub fn references(&self) -> &[(Reference, Span)] {
        &self.references
    }

    /// Fills it. Texts go in as they are, everything else as JSON; a value is never read as a template again.
    ///
    /// `lookup` gives none where a value isn't there, which only a reference with `| default(…)` can bear.
    ///
    /// # Errors
    /// [`TemplateError`] if a value is missing, or a filter can't do with it what it should.
    pub fn render(
        &self,
        lookup: &dyn Fn(&Reference) -> Option<Value>,
    ) -> Result<String, TemplateError> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Value { reference, filters } => {
                    let (reference, span) = &self.references[*reference];
                    let value = lookup(reference);
                    text.push_str(&filled(reference, *span, value, filters.as_ref())?);
                }
            }
            if text.len() > LARGEST {
                return Err(TemplateError::TooLarge { most: LARGEST });
            }
        }
        Ok(text)
    }
}

fn filled(
    reference: &Reference,
    span: Span,
    value: Option<Value>,
    filters: Option<&Filters>,
) -> Result<String, TemplateError> {
    let line = span.start_line;
    let missing = || TemplateError::MissingVariable {
        name: reference.name(),
        line,
    };
    let Some(filters) = filters else {
        return Ok(match value.ok_or_else(missing)? {
            Value::String(text) => text,
            other => other.to_string(),
        });
    };
    let is_missing = value.is_none();
    let subject = value.map_or(TemplateValue::UNDEFINED, |value| {
        TemplateValue::from(Serde(value))
    });
    let result = filters.apply(subject).map_err(|error| {
        if is_missing {
            missing()
        } else {
            TemplateError::Invalid {
                line,
                message: rendering::explained(&error),
            }
        }
    })?;
    if result.is_undefined() {
        return Err(missing());
    }
    rendering::text_of(&result).map_err(|error| TemplateError::Invalid {
        line,
        message: rendering::explained(&error),
    })
}

fn find_open(text: &str) -> Option<usize> {
    text.find("{{").into_iter().chain(text.find("{%")).min()
}

/// The `}}` that closes an expression. One inside quotes doesn't, unless the quotes are never closed.
fn find_close(text: &str) -> Option<usize> {
    find_unquoted_close(text).or_else(|| text.find("}}"))
}

fn find_unquoted_close(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn push_text<R>(pieces: &mut Vec<Piece<R>>, text: &str, trim: bool) {
    let text = if trim { text.trim_start() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn piece(
    parsed: expression::Expression,
    place: &dyn Fn(&Range<usize>) -> Range<usize>,
    problems: &Problems,
) -> Piece<RawReference> {
    match parsed.subject {
        Subject::Text(text) => {
            let filtered = parsed
                .filters
                .and_then(|filters| filters.apply(TemplateValue::from(text.as_str())).ok())
                .and_then(|value| rendering::text_of(&value).ok());
            Piece::Text(filtered.unwrap_or(text))
        }
        Subject::Path(parts) => Piece::Value {
            reference: raw_reference(&parts, parsed.defaulted, place, problems),
            filters: parsed.filters,
        },
    }
}

/// A reference that was parsed, with the places of its parts in the source.
pub(crate) fn raw_reference(
    parts: &[(String, Range<usize>)],
    defaulted: bool,
    place: &dyn Fn(&Range<usize>) -> Range<usize>,
    problems: &Problems,
) -> RawReference {
    let located = |range: &Range<usize>| problems.source.span(place(range));
    let whole = parts.first().map_or(0, |(_, range)| range.start)
        ..parts.last().map_or(0, |(_, range)| range.end);
    RawReference {
        span: located(&whole),
        parts: parts
            .iter()
            .map(|(part, range)| (part.clone(), located(range)))
            .collect(),
        defaulted,
    }
}
