//! The text of a prompt: all of minijinja, with strict variables, bounded in time and size.
//!
//! A prompt may come from anyone and its variables from a model, so neither is trusted: nothing is included or
//! loaded, a value is never read as a template, and filling one ends after so many steps and bytes of output. One
//! thing isn't bounded: what a template builds on the way. The engine counts steps, not bytes, so some thirty times
//! `{% set x = x ~ x %}` take gigabytes.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Template, Value};
use stepwell_contract::{Field, Text};

use crate::nearest::{listed, nearest};
use crate::rendering::{self, TemplateError};

/// The most instructions of the template engine: a loop over some ten thousand items.
const FUEL: u64 = 2_000_000;
/// The most bytes of a filled prompt; far beyond what any model reads.
const LARGEST_OUTPUT: usize = 64 << 20;
/// The most bytes of a prompt's own text.
const LARGEST_SOURCE: usize = 1 << 20;
/// The one template of an environment.
const NAME: &str = "prompt";

/// A prompt that was read and can be filled, again and again.
#[derive(Debug, Clone)]
pub struct PromptTemplate {
    /// The compiled template lives in its environment, which is shared by all clones.
    environment: Arc<Environment<'static>>,
    source: Arc<str>,
    variables: BTreeSet<String>,
}

/// A variable that a prompt uses and its plugin doesn't fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// The variable.
    pub name: String,
    /// The line of its first use, from 1.
    pub line: usize,
    /// The column of its first use, from 1, in characters.
    pub column: usize,
    /// What is wrong, with the place.
    pub message: String,
    /// The declared variable that was most likely meant, or all of them.
    pub hint: Option<String>,
}

impl PromptTemplate {
    /// Reads a prompt.
    ///
    /// # Errors
    /// [`TemplateError::Invalid`] with the line of the mistake, or [`TemplateError::TooLarge`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > LARGEST_SOURCE {
            return Err(TemplateError::TooLarge {
                most: LARGEST_SOURCE,
            });
        }
        if let Some((line, statement)) = foreign_statement(text) {
            return Err(TemplateError::Invalid {
                line,
                message: format!("`{statement}` has nothing to take from: a prompt stands alone"),
            });
        }
        let mut environment = rendering::environment();
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true);
        let mut syntax = minijinja::syntax::SyntaxConfig::builder();
        // What a person wrote is what is sent.
        syntax.keep_trailing_newline(true);
        let invalid = |error: &minijinja::Error| TemplateError::Invalid {
            line: error.line().unwrap_or(1),
            message: rendering::explained(error),
        };
        environment.set_syntax(syntax.build().map_err(|error| invalid(&error))?);
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| invalid(&error))?;
        let mut variables = BTreeSet::new();
        if let Ok(template) = environment.get_template(NAME) {
            variables.extend(template.undeclared_variables(false));
        }
        for (function, _) in environment.globals() {
            variables.remove(function);
        }
        Ok(Self {
            environment: Arc::new(environment),
            source: text.into(),
            variables,
        })
    }

    /// The variables that it may look at.
    #[must_use]
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// The variables that it uses and that aren't among these, in the order of their first use.
    #[must_use]
    pub fn check(&self, declared: &[Field]) -> Vec<UnknownVariable> {
        let names = || declared.iter().map(|field| field.name.as_str());
        let mut unknown: Vec<_> = self
            .variables
            .iter()
            .filter(|variable| !names().any(|name| name == variable.as_str()))
            .map(|variable| {
                let (line, column) = position(&self.source, first_use(&self.source, variable));
                let hint = match nearest(variable, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if declared.is_empty() => "the plugin fills in no variables".into(),
                    None => format!("the plugin fills in {}", listed(names())),
                };
                UnknownVariable {
                    line,
                    column,
                    message: format!(
                        "line {line}, column {column}: `{variable}` is not a variable of this prompt"
                    ),
                    hint: Some(hint),
                    name: variable.clone(),
                }
            })
            .collect();
        unknown.sort_by_key(|one| (one.line, one.column));
        unknown
    }

    /// Fills it with texts.
    ///
    /// A variable whose declaration has a schema is offered as the JSON that it holds, so that
    /// `{% for subtask in subtasks %}` works on it, and it prints as JSON. One that isn't declared is plain text.
    ///
    /// # Errors
    /// [`TemplateError`] if a variable is missing, or filling it takes too long or gives too much.
    pub fn render(&self, variables: &[Text], declared: &[Field]) -> Result<String, TemplateError> {
        let holds_json = |name: &str| {
            declared
                .iter()
                .any(|field| field.name == name && field.schema.is_some())
        };
        let context = Value::from_pairs(variables.iter().map(|text| {
            let value = offered(&text.value, holds_json(&text.name));
            (text.name.as_str(), value)
        }));
        let template = self.template()?;
        let mut output = Capped::default();
        match template.render_captured_to(context, &mut output) {
            Ok(_) => Ok(output.into_text()),
            Err(_) if output.overflowed => Err(TemplateError::TooLarge {
                most: LARGEST_OUTPUT,
            }),
            Err(error) => Err(self.failed(&error, variables)),
        }
    }

    fn template(&self) -> Result<Template<'_, '_>, TemplateError> {
        self.environment
            .get_template(NAME)
            .map_err(|error| self.failed(&error, &[]))
    }

    fn failed(&self, error: &minijinja::Error, given: &[Text]) -> TemplateError {
        let line = error.line().unwrap_or(1);
        match error.kind() {
            ErrorKind::OutOfFuel => TemplateError::TooCostly { most: FUEL },
            ErrorKind::UndefinedError => TemplateError::MissingVariable {
                name: self.missing(error, given),
                line,
            },
            _ => TemplateError::Invalid {
                line,
                message: rendering::explained(error),
            },
        }
    }

    /// The variable that an error is about: what stands at its place, or the first that nobody gave.
    fn missing(&self, error: &minijinja::Error, given: &[Text]) -> String {
        // The engine tells which one where it knows: "`x` is undefined".
        if let Some(name) = error.detail().and_then(|detail| detail.split('`').nth(1)) {
            return name.to_owned();
        }
        let place = error.range().and_then(|range| self.source.get(range));
        let absent = self
            .variables
            .iter()
            .filter(|variable| !given.iter().any(|text| text.name == **variable));
        let named = absent
            .clone()
            .find(|variable| place.is_some_and(|place| find_word(place, variable).is_some()));
        match (named, place) {
            (Some(variable), _) => variable.clone(),
            (None, Some(place)) => place.trim().to_owned(),
            (None, None) => absent
                .clone()
                .next()
                .cloned()
                .unwrap_or_else(|| "a value".into()),
        }
    }
}

fn offered(text: &str, json: bool) -> Value {
    if json && let Ok(parsed) = serde_json::from_str::<serde_json::Value>(text) {
        return Value::from(Serde(parsed));
    }
    Value::from(text)
}

/// Takes what is written until it is too much.
#[derive(Default)]
struct Capped {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Capped {
    fn into_text(self) -> String {
        match String::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

impl io::Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > LARGEST_OUTPUT {
            self.overflowed = true;
            return Err(io::Error::other("the output is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first statement that would take in another template, with its line.
///
/// The engine could be built without these statements, but other rooms share its features.
fn foreign_statement(source: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(open) = source[at..].find('{').map(|found| at + found) {
        let tag = &source[open..];
        let end = |close| tag.find(close).map_or(source.len(), |found| open + found);
        at = open + 1;
        if tag.starts_with("{#") {
            at = end("#}");
        } else if let Some(inner) = tag.strip_prefix("{%") {
            let inner = inner.trim_start_matches(['-', '+']).trim_start();
            let word = inner
                .split(|c: char| !c.is_alphabetic())
                .next()
                .unwrap_or_default();
            match word {
                "include" | "import" | "from" | "extends" | "block" => {
                    return Some((position(source, open).0, word));
                }
                "raw" => at = end("endraw"),
                _ => {}
            }
        }
    }
    None
}

/// Where a variable first stands inside of `{{ … }}` or `{% … %}`.
fn first_use(source: &str, variable: &str) -> usize {
    let mut at = 0;
    while let Some(open) = source[at..]
        .find("{{")
        .into_iter()
        .chain(source[at..].find("{%"))
        .min()
        .map(|found| at + found)
    {
        let close = if source[open..].starts_with("{{") {
            "}}"
        } else {
            "%}"
        };
        let end = source[open..]
            .find(close)
            .map_or(source.len(), |found| open + found);
        if let Some(found) = find_word(&source[open..end], variable) {
            return open + found;
        }
        at = end;
    }
    find_word(source, variable).unwrap_or(0)
}

/// Where a word stands that is no part of a longer one, and no attribute of something else.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(|c| part(c) || c == '.') && !after.is_some_and(part)
    })
}

fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}
