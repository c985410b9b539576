//! One template: read, and filled. All of minijinja but what takes in other templates, bounded in time and size.
//!
//! A template may come from anyone and its variables from a model, so neither is trusted: nothing is included or loaded, a
//! value is never read as a template, and filling one ends after so many steps and bytes of output. What isn't bounded
//! here is memory and depth: the engine counts steps, so some thirty times `{% set x = x ~ x %}` take gigabytes, and a
//! value that holds itself is followed for ever. The sandbox bounds both.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use minijinja::machinery::{Instruction, get_compiled_template};
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, Value};
use stepwell_contract::{Filling, TemplateError, VariableUse};

use crate::environment::{FUEL, environment, explained};

/// The most bytes of a template's own text.
const LARGEST_SOURCE: usize = 1 << 20;
/// The one template of an environment.
const NAME: &str = "template";

/// The variables that a template may look at and doesn't make itself, in the order of their first use.
pub(crate) fn read(template: &str) -> Result<Vec<VariableUse>, TemplateError> {
    let template = Template::read(template)?;
    template.check_words()?;
    Ok(template.variables())
}

/// What comes of a template with its variables.
pub(crate) fn fill(filling: &Filling<'_>) -> Result<String, TemplateError> {
    Template::read(filling.template)?.fill(filling)
}

/// A template that was read.
struct Template<'t> {
    /// The compiled template lives in its environment.
    environment: Environment<'t>,
    source: &'t str,
}

impl<'t> Template<'t> {
    fn read(source: &'t str) -> Result<Self, TemplateError> {
        if source.len() > LARGEST_SOURCE {
            return Err(TemplateError::TooLong {
                most: LARGEST_SOURCE,
            });
        }
        if let Some((line, statement)) = foreign_statement(source) {
            return Err(TemplateError::Invalid {
                line,
                message: format!("`{statement}` has nothing to take from: a prompt stands alone"),
            });
        }
        let mut environment = environment();
        let mut syntax = minijinja::syntax::SyntaxConfig::builder();
        // What a person wrote is what is sent.
        syntax.keep_trailing_newline(true);
        environment.set_syntax(syntax.build().map_err(|error| invalid(&error))?);
        environment
            .add_template(NAME, source)
            .map_err(|error| invalid(&error))?;
        Ok(Self {
            environment,
            source,
        })
    }

    /// A filter or a test that there is none of, also where only other values would lead to it.
    fn check_words(&self) -> Result<(), TemplateError> {
        let template = self
            .environment
            .get_template(NAME)
            .map_err(|error| invalid(&error))?;
        let compiled = get_compiled_template(&template);
        let mut known = BTreeSet::new();
        for instructions in std::iter::once(&compiled.instructions).chain(compiled.blocks.values())
        {
            for at in 0.. {
                let Some(instruction) = instructions.get(at) else {
                    break;
                };
                let (kind, word, probe, unknown) = match instruction {
                    Instruction::ApplyFilter(word, ..) => (
                        "filter",
                        *word,
                        format!("''|{word}"),
                        ErrorKind::UnknownFilter,
                    ),
                    Instruction::PerformTest(word, ..) => (
                        "test",
                        *word,
                        format!("'' is {word}"),
                        ErrorKind::UnknownTest,
                    ),
                    _ => continue,
                };
                if !known.insert((kind, word)) {
                    continue;
                }
                let expression = self.environment.compile_expression(&probe);
                // What else may be wrong is the probe's own: it gives no arguments.
                let given = expression.and_then(|expression| expression.eval(()));
                if given.is_err_and(|error| error.kind() == unknown) {
                    return Err(TemplateError::Invalid {
                        line: instructions.get_line(at).unwrap_or(1),
                        message: format!("there is no {kind} `{word}`"),
                    });
                }
            }
        }
        Ok(())
    }

    fn variables(&self) -> Vec<VariableUse> {
        let template = self.environment.get_template(NAME);
        let used = template
            .into_iter()
            .flat_map(|template| template.undeclared_variables(true));
        // Each once, with the first part that it is asked for.
        let mut parts: BTreeMap<String, Option<String>> = BTreeMap::new();
        for used in used {
            let (name, part) = match used.split_once('.') {
                Some((name, part)) => (name, Some(part)),
                None => (used.as_str(), None),
            };
            let known = parts.entry(name.to_owned()).or_default();
            let first = known
                .take()
                .into_iter()
                .chain(part.map(str::to_owned))
                .min();
            *known = first;
        }
        let is_global =
            |name: &String| self.environment.globals().any(|(global, _)| global == name);
        let mut variables: Vec<_> = parts
            .into_iter()
            .filter(|(name, _)| !is_global(name))
            .map(|(name, part)| {
                let (line, column) = position(self.source, first_use(self.source, &name));
                VariableUse {
                    name,
                    part,
                    line,
                    column,
                }
            })
            .collect();
        variables.sort_by(|one, other| {
            let key = |it: &VariableUse| (it.line, it.column);
            key(one)
                .cmp(&key(other))
                .then_with(|| one.name.cmp(&other.name))
        });
        variables
    }

    fn fill(&self, filling: &Filling<'_>) -> Result<String, TemplateError> {
        let given = filling.variables.iter();
        let context =
            Value::from_pairs(given.map(|(name, value)| (*name, Value::from(Serde(value)))));
        let mut output = Capped {
            bytes: Vec::new(),
            most: filling.most_bytes,
            overflowed: false,
        };
        let filled = self
            .environment
            .get_template(NAME)
            .and_then(|template| template.render_captured_to(context, &mut output).map(drop));
        match filled {
            Ok(()) => Ok(output.into_text()),
            Err(_) if output.overflowed => Err(TemplateError::TooLarge { most: output.most }),
            Err(error) => Err(self.failed(&error, filling)),
        }
    }

    fn failed(&self, error: &minijinja::Error, filling: &Filling<'_>) -> TemplateError {
        match error.kind() {
            ErrorKind::OutOfFuel => TemplateError::TooCostly { most: FUEL },
            ErrorKind::UndefinedError => TemplateError::MissingVariable {
                name: self.missing(error, filling),
                line: error.line().unwrap_or(1),
            },
            _ => invalid(error),
        }
    }

    /// The variable that an error is about: what stands at its place, or the first that nobody gave.
    fn missing(&self, error: &minijinja::Error, filling: &Filling<'_>) -> String {
        // The engine tells which one where it knows: "`x` is undefined".
        if let Some(name) = error.detail().and_then(|detail| detail.split('`').nth(1)) {
            return name.to_owned();
        }
        let place = error.range().and_then(|range| self.source.get(range));
        let is_given = |name: &str| filling.variables.iter().any(|(given, _)| *given == name);
        let mut absent: Vec<String> = self.variables().into_iter().map(|it| it.name).collect();
        absent.retain(|variable| !is_given(variable));
        absent.sort();
        let is_there =
            |variable: &&String| place.is_some_and(|place| find_word(place, variable).is_some());
        match (absent.iter().find(is_there), place) {
            (Some(variable), _) => variable.clone(),
            (None, Some(place)) => place.trim().to_owned(),
            (None, None) => absent
                .into_iter()
                .next()
                .unwrap_or_else(|| "a value".into()),
        }
    }
}

fn invalid(error: &minijinja::Error) -> TemplateError {
    TemplateError::Invalid {
        line: error.line().unwrap_or(1),
        message: explained(error),
    }
}

/// Takes what is written until it is too much.
struct Capped {
    bytes: Vec<u8>,
    most: usize,
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
        if self.bytes.len() + bytes.len() > self.most {
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
/// The engine can't be built without these statements as long as it counts its steps.
fn foreign_statement(source: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    while let Some(open) = source[at..].find('{').map(|found| at + found) {
        let tag = &source[open..];
        let end = |close| tag.find(close).map_or(source.len(), |found| open + found);
        at = open + 1;
        if tag.starts_with("{#") {
            at = end("#}");
        } else if tag.starts_with("{{") {
            // What stands in quotes there is a text, whatever it looks like.
            at = open + end_of_expression(tag);
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

/// Where the `}}` stands that closes an expression, or where it ends.
fn end_of_expression(tag: &str) -> usize {
    let bytes = tag.as_bytes();
    let (mut at, mut quote) = (2, None);
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return at,
            _ => {}
        }
        at += 1;
    }
    tag.len()
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
