//! One `{{ … }}` of a definition: a dotted reference or a text, and filters.
//!
//! Only the shape is read here. What a reference means depends on the step that it stands in.

use std::ops::Range;

use stepwell_contract::suggestion;

/// The filters that a definition may use: those that make text of text, and pick from lists.
pub(crate) const FILTERS: &[&str] = &[
    "capitalize",
    "count",
    "d",
    "default",
    "first",
    "indent",
    "join",
    "json",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "replace",
    "reverse",
    "sort",
    "split",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// What stands before the filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The parts of a dotted reference, each with its place in the text that was parsed.
    Path(Vec<(String, Range<usize>)>),
    /// A text in quotes.
    Text(String),
}

/// What one expression says.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    pub(crate) subject: Subject,
    /// Where the chain of filters stands, bar and all.
    pub(crate) filters: Option<Range<usize>>,
    /// Whether the first filter is `default`, so that the subject may be missing.
    pub(crate) defaulted: bool,
}

/// Why a text isn't an expression of a definition.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) place: Range<usize>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number,
    Sign(char),
}

/// Reads an expression; the places of what it gives count from the start of `text`.
pub(crate) fn parse(text: &str) -> Result<Expression, Unreadable> {
    let tokens = tokens(text)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        end: text.len(),
    };
    let subject = reader.subject()?;
    let rest = reader.tokens.get(reader.at).map(|(_, range)| range.start);
    let first = reader.filters()?;
    Ok(Expression {
        subject,
        filters: rest.map(|start| start..text.len()),
        defaulted: first.is_some_and(|name| name == "default" || name == "d"),
    })
}

struct Reader<'t> {
    tokens: &'t [(Token, Range<usize>)],
    at: usize,
    end: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn place(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end..self.end, |(_, range)| range.clone())
    }

    fn takes(&mut self, sign: char) -> bool {
        let is_there = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(is_there);
        is_there
    }

    fn unexpected(&self, message: impl Into<String>) -> Unreadable {
        Unreadable {
            place: self.place(),
            message: message.into(),
            hint: Some("write names with dots between them, then filters: `{{ steps.design.design | trim }}`".into()),
        }
    }

    fn word(&mut self, what: &str) -> Result<(String, Range<usize>), Unreadable> {
        let place = self.place();
        if let Some(Token::Word(word)) = self.peek() {
            self.at += 1;
            return Ok((word.clone(), place));
        }
        Err(self.unexpected(format!("{what} is missing here")))
    }

    fn subject(&mut self) -> Result<Subject, Unreadable> {
        if let Some(Token::Text(text)) = self.peek() {
            self.at += 1;
            self.ends_or_filters()?;
            return Ok(Subject::Text(text.clone()));
        }
        if self.peek().is_none() {
            return Err(self.unexpected("there is nothing between `{{` and `}}`"));
        }
        let mut parts = vec![self.word("a reference")?];
        while self.takes('.') {
            parts.push(self.word("a name after the dot")?);
        }
        self.ends_or_filters()?;
        Ok(Subject::Path(parts))
    }

    fn ends_or_filters(&self) -> Result<(), Unreadable> {
        let message = match self.peek() {
            None | Some(Token::Sign('|')) => return Ok(()),
            Some(Token::Sign('[')) => "a definition has no subscripts",
            Some(Token::Sign('(')) => "a definition has no calls",
            Some(Token::Sign('+' | '-' | '*' | '/' | '%' | '~')) => {
                "a definition has no arithmetic"
            }
            Some(Token::Sign('=' | '<' | '>' | '!')) => "a definition has no comparisons",
            Some(Token::Word(word)) if word == "if" => "a definition has no conditions",
            Some(_) => "this can't stand here",
        };
        Err(self.unexpected(message))
    }

    /// The filters; gives the name of the first.
    fn filters(&mut self) -> Result<Option<String>, Unreadable> {
        let mut first = None;
        while self.takes('|') {
            let (name, place) = self.word("a filter")?;
            if !FILTERS.contains(&name.as_str()) {
                return Err(Unreadable {
                    place,
                    message: format!("unknown filter `{name}`"),
                    hint: Some(suggestion(&name, FILTERS.iter().copied(), "filters")),
                });
            }
            if self.takes('(') && !self.takes(')') {
                loop {
                    self.argument()?;
                    if self.takes(')') {
                        break;
                    }
                    if !self.takes(',') {
                        return Err(self.unexpected("`,` or `)` is missing here"));
                    }
                }
            }
            self.ends_or_filters()?;
            first.get_or_insert(name);
        }
        Ok(first)
    }

    /// A literal, or `name=literal`. References can't be arguments: they could not be read from the definition.
    fn argument(&mut self) -> Result<(), Unreadable> {
        if let [(Token::Word(_), _), (Token::Sign('='), _), ..] = &self.tokens[self.at..] {
            self.at += 2;
        }
        self.takes('-');
        match self.peek() {
            Some(Token::Text(_) | Token::Number) => self.at += 1,
            Some(Token::Word(word))
                if ["true", "false", "none", "True", "False", "None"].contains(&word.as_str()) =>
            {
                self.at += 1;
            }
            Some(Token::Sign('[')) => {
                self.at += 1;
                while !self.takes(']') {
                    // Flat lists are enough, and nothing can nest deep enough to exhaust the stack.
                    let Some(Token::Text(_) | Token::Number) = self.peek() else {
                        return Err(
                            self.unexpected("only texts and numbers can stand in this list")
                        );
                    };
                    self.at += 1;
                    if !self.takes(',') && self.peek() != Some(&Token::Sign(']')) {
                        return Err(self.unexpected("`,` or `]` is missing here"));
                    }
                }
            }
            _ => {
                let mut error = self.unexpected("the argument of a filter must be a literal");
                error.hint = Some("such as `default(\"\")` or `default([])`".into());
                return Err(error);
            }
        }
        Ok(())
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Unreadable> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, character)) = rest.next() {
        if character.is_whitespace() {
            continue;
        }
        let token = match character {
            '"' | '\'' => Token::Text(quoted(text, start, character, &mut rest)?),
            c if c.is_alphabetic() || c == '_' => {
                while rest
                    .next_if(|(_, c)| c.is_alphanumeric() || *c == '_')
                    .is_some()
                {}
                let end = rest.peek().map_or(text.len(), |(at, _)| *at);
                Token::Word(text[start..end].to_owned())
            }
            c if c.is_ascii_digit() => {
                while rest
                    .next_if(|(_, c)| c.is_ascii_digit() || *c == '.')
                    .is_some()
                {}
                Token::Number
            }
            c => Token::Sign(c),
        };
        let end = rest.peek().map_or(text.len(), |(at, _)| *at);
        tokens.push((token, start..end));
    }
    Ok(tokens)
}

fn quoted(
    text: &str,
    start: usize,
    quote: char,
    rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
) -> Result<String, Unreadable> {
    let mut value = String::new();
    while let Some((_, character)) = rest.next() {
        match character {
            c if c == quote => return Ok(value),
            '\\' => match rest.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other)) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    Err(Unreadable {
        place: start..text.len(),
        message: "a closing quote is missing".into(),
        hint: None,
    })
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use stepwell_contract::{Filling, TextService as _};
    use stepwell_texts::InProcess;

    use super::*;

    #[test]
    fn every_listed_filter_exists() {
        for filter in FILTERS {
            let template = format!("{{{{ 'a' | {filter} }}}}");
            let filling = Filling {
                template: &template,
                variables: &[],
                most_bytes: 100,
            };
            let filled = InProcess.fill_template(filling).now_or_never().unwrap();
            let message = filled.err().map(|error| error.to_string());
            let is_known = message.is_none_or(|message| !message.contains("unknown filter"));
            assert!(is_known, "{filter}");
        }
    }

    #[test]
    fn only_references_texts_and_filters_are_taken() {
        for good in [
            "inputs.a",
            " steps.a.b.c ",
            "item",
            "'{{'",
            "a.b | default('x', true) | trim",
            "a | default([])",
            "a | default(['x', 1])",
            "a | indent(width=4)",
            "a | default(-1)",
        ] {
            parse(good).unwrap_or_else(|error| panic!("{good}: {error:?}"));
        }
        for (bad, says) in [
            ("", "nothing between"),
            ("a[0]", "subscripts"),
            ("a()", "calls"),
            ("a + b", "arithmetic"),
            ("a == b", "comparisons"),
            ("a if b", "conditions"),
            ("a b", "can't stand here"),
            ("a.", "name after the dot"),
            ("a | nope", "unknown filter"),
            ("a |", "a filter is missing"),
            ("a | default(b)", "literal"),
            ("a | default('x'", "missing here"),
            ("'a", "closing quote"),
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.message.contains(says), "{bad}: {}", error.message);
        }
    }
}
