//! A text of a definition with `{{ references }}` in it.
//!
//! There are no statements, so everything a text depends on can be read from it, with its place. `{{-` and `-}}`
//! take the white space beside them away; `{{ "{{" }}` is a literal `{{`; `{#` is plain text.

use std::fmt::{self, Write as _};
use std::ops::Range;

use serde_json::Value;
use stepwell_contract::{Filling, TemplateError, TextService};

use crate::diagnostics::{Problems, Span};
use crate::expression::{self, Subject};
use crate::reference::Reference;

/// A part of a template; `R` is what a reference is known by.
#[derive(Debug, Clone)]
struct Piece<R> {
    content: Content<R>,
    filters: Option<Filters>,
}

#[derive(Debug, Clone)]
enum Content<R> {
    Text(String),
    Reference(R),
}

/// A chain of filters. Whoever fills templates knows them too: it gets one of the variable [`SUBJECT`].
#[derive(Debug, Clone)]
pub(crate) struct Filters {
    pub(crate) template: String,
    pub(crate) span: Span,
}

/// What filters are put to.
const SUBJECT: &str = "subject";

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
    pieces: Vec<Piece<RawReference>>,
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
            pieces: vec![Piece::text(text)],
        }
    }

    /// The filters in it.
    pub(crate) fn filters(&self) -> impl Iterator<Item = &Filters> {
        self.pieces
            .iter()
            .filter_map(|piece| piece.filters.as_ref())
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
                    "only `{{ reference | filter }}` works here; a prompt's template can do more; a literal `{%` is written `{{ \"{%\" }}`",
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
                    "close it, or write `{{ \"{{\" }}` for a literal `{{`",
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
            let expression = &text[range];
            match expression::parse(expression) {
                Ok(parsed) => {
                    let shift =
                        |range: &Range<usize>| place(start + range.start..start + range.end);
                    pieces.push(Piece::of(parsed, expression, &shift, problems));
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
            let content = match &piece.content {
                Content::Text(text) => Content::Text(text.clone()),
                Content::Reference(reference) => {
                    let Some(resolved) = resolve(reference) else {
                        complete = false;
                        continue;
                    };
                    template.references.push((resolved, reference.span));
                    Content::Reference(template.references.len() - 1)
                }
            };
            let filters = piece.filters.clone();
            template.pieces.push(Piece { content, filters });
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

    /// How many bytes it has at least when it is filled, where its references weigh so much at least; and how many go into filters,
    /// which make more or less of them.
    #[must_use]
    pub fn bytes_with(&self, weight: impl Fn(&Reference) -> u64) -> (u64, u64) {
        let (mut least, mut filtered) = (0_u64, 0_u64);
        for piece in &self.pieces {
            let own = match &piece.content {
                Content::Text(text) => text.len() as u64,
                Content::Reference(index) => weight(&self.references[*index].0),
            };
            let sum = match piece.filters {
                None => &mut least,
                Some(_) => &mut filtered,
            };
            *sum = sum.saturating_add(own);
        }
        (least, filtered)
    }

    /// How many bytes of it are its own, whatever its references are filled with.
    #[must_use]
    pub fn own_bytes(&self) -> usize {
        let own = self.pieces.iter().map(|piece| match &piece.content {
            Content::Text(text) => text.len(),
            Content::Reference(_) => 0,
        });
        own.sum()
    }

    /// Fills it. Texts go in as they are, everything else as JSON; a value is never read as a template again.
    ///
    /// `lookup` gives none where a value isn't there, which only a reference with `| default(…)` can bear.
    ///
    /// # Errors
    /// [`TemplateError`] if a value is missing, or a filter can't do with it what it should; [`TemplateError::TooLarge`] as soon as
    /// the text would have more than `most` bytes.
    pub async fn render<'v>(
        &self,
        lookup: &(dyn Fn(&Reference) -> Option<&'v Value> + Sync),
        texts: &dyn TextService,
        most: usize,
    ) -> Result<String, TemplateError> {
        let too_large = || TemplateError::TooLarge { most };
        let mut text = Bounded {
            text: String::new(),
            most,
        };
        for piece in &self.pieces {
            let missing = || self.missing(piece);
            let written = match (&piece.content, &piece.filters) {
                (Content::Text(literal), None) => text.write_str(literal),
                (Content::Reference(index), None) => {
                    match lookup(&self.references[*index].0).ok_or_else(missing)? {
                        Value::String(value) => text.write_str(value),
                        other => write!(text, "{other}"),
                    }
                }
                (content, Some(filters)) => {
                    let value = match content {
                        Content::Text(literal) => Some(Value::from(literal.as_str())),
                        Content::Reference(index) => lookup(&self.references[*index].0).cloned(),
                    };
                    let left = most - text.text.len();
                    let filled = filters.put_to(value, texts, left).await;
                    let filled = filled.map_err(|error| match error {
                        TemplateError::TooLarge { .. } => too_large(),
                        error => error,
                    });
                    text.write_str(&filled?.ok_or_else(missing)?)
                }
            };
            written.map_err(|fmt::Error| too_large())?;
        }
        Ok(text.text)
    }

    fn missing(&self, piece: &Piece<usize>) -> TemplateError {
        let (name, line) = match &piece.content {
            Content::Text(literal) => {
                let span = piece.filters.as_ref().map(|filters| filters.span);
                (literal.clone(), span.map_or(1, |span| span.start_line))
            }
            Content::Reference(index) => {
                let (reference, span) = &self.references[*index];
                (reference.name(), span.start_line)
            }
        };
        TemplateError::MissingVariable { name, line }
    }
}

impl Filters {
    /// What they make of a value; none where it, or what they pick from it, isn't there.
    async fn put_to(
        &self,
        value: Option<Value>,
        texts: &dyn TextService,
        most_bytes: usize,
    ) -> Result<Option<String>, TemplateError> {
        let is_missing = value.is_none();
        let variables: Vec<_> = value.map(|value| (SUBJECT, value)).into_iter().collect();
        let filling = Filling {
            template: &self.template,
            variables: &variables,
            most_bytes,
        };
        match texts.fill_template(filling).await {
            Ok(text) => Ok(Some(text)),
            Err(TemplateError::MissingVariable { .. }) => Ok(None),
            Err(TemplateError::Invalid { .. }) if is_missing => Ok(None),
            Err(TemplateError::Invalid { message, .. }) => Err(TemplateError::Invalid {
                line: self.span.start_line,
                message,
            }),
            Err(other) => Err(other),
        }
    }
}

/// A text that takes no more than so many bytes. What would be more is an error before it is there.
struct Bounded {
    text: String,
    most: usize,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if more.len() > self.most - self.text.len() {
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        Ok(())
    }
}

fn find_open(text: &str) -> Option<usize> {
    let mut braces = text.match_indices('{').map(|(at, _)| at);
    braces.find(|at| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%')))
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

fn push_text(pieces: &mut Vec<Piece<RawReference>>, text: &str, trim: bool) {
    let text = if trim { text.trim_start() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::text(text.to_owned()));
    }
}

impl Piece<RawReference> {
    fn text(text: String) -> Self {
        Self {
            content: Content::Text(text),
            filters: None,
        }
    }

    /// `text` is what was parsed.
    fn of(
        parsed: expression::Expression,
        text: &str,
        place: &dyn Fn(&Range<usize>) -> Range<usize>,
        problems: &Problems,
    ) -> Self {
        let filters = parsed.filters.map(|range| Filters {
            template: format!("{{{{ {SUBJECT} {} }}}}", &text[range.clone()]),
            span: problems.source.span(place(&range)),
        });
        let content = match parsed.subject {
            Subject::Text(text) => Content::Text(text),
            Subject::Path(parts) => {
                Content::Reference(raw_reference(&parts, parsed.defaulted, place, problems))
            }
        };
        Self { content, filters }
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
