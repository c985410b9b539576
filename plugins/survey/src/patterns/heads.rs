//! Whether a line is the head of a definition, and what that is called.

use super::syntaxes::{Members, Syntax};

/// What a line defines.
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    /// Whether what stands in it is told, too.
    pub(super) holds: bool,
}

/// Words that look like the name of a method and are none.
const CONTROL: &[&str] = &[
    "assert",
    "await",
    "case",
    "catch",
    "co_await",
    "defined",
    "delete",
    "do",
    "else",
    "for",
    "foreach",
    "function",
    "if",
    "lock",
    "new",
    "return",
    "sizeof",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "try",
    "typeof",
    "using",
    "while",
    "yield",
];

/// What a line defines; `next` is the line below it.
pub(super) fn head_of<'a>(
    syntax: &Syntax,
    line: &'a str,
    next: &str,
    within_class: bool,
) -> Option<Head<'a>> {
    let rest = without_modifiers(syntax, line);
    let word = first_word(rest);
    let behind = rest[word.len()..].trim_start();
    let holds = syntax.holders.contains(&word);
    if holds || syntax.words.contains(&word) {
        let name = name_behind(word, behind)?;
        if matches!(word, "const" | "let" | "var") && !is_function(behind) {
            return None;
        }
        // `struct thing *find(void)` is a function, and `class A;` says nothing of it.
        let of_c = syntax.members == Members::Free && holds;
        let is_type = !of_c || has_body(behind, next) && !behind.contains('(');
        if is_type {
            return Some(Head { name, holds });
        }
    }
    member(syntax, line, rest, next, within_class)
}

/// The line behind the words that may stand in front of a definition, such as `pub(crate)` and `extern "C"`.
fn without_modifiers<'a>(syntax: &Syntax, line: &'a str) -> &'a str {
    let mut rest = line;
    loop {
        let word = first_word(rest);
        let behind = rest[word.len()..].trim_start();
        // A method may be called as a modifier is: `get() {`.
        let is_name = behind.starts_with('(') && syntax.members == Members::Named;
        // What is constant is only passed over where a function follows, as in Rust; elsewhere it is what defines.
        if word.is_empty()
            || is_name
            || !syntax.modifiers.contains(&word)
            || syntax.words.contains(&word)
        {
            return rest;
        }
        rest = behind;
        for (open, close) in [('(', ')'), ('"', '"')] {
            if let Some(inner) = rest.strip_prefix(open)
                && let Some(end) = inner.find(close)
                && inner[..end].len() < 40
            {
                rest = inner[end + 1..].trim_start();
            }
        }
    }
}

/// Letters, digits, and what may stand in a word that defines.
fn first_word(text: &str) -> &str {
    let of_word =
        |character: char| is_of_name(character) || matches!(character, '!' | '@' | '-' | '*');
    let end = text
        .find(|character| !of_word(character))
        .unwrap_or(text.len());
    &text[..end]
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

fn name_at_start(text: &str) -> Option<&str> {
    let end = text
        .find(|character| !is_of_name(character))
        .unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

/// The name that follows a word.
fn name_behind<'a>(word: &str, behind: &'a str) -> Option<&'a str> {
    let behind = match word {
        // Behind the receiver of a method: `func (s *Store) Add(…)`.
        "func" => match behind
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'))
        {
            Some((_, behind)) => behind.trim_start(),
            None => behind,
        },
        // Behind its generics, and of `impl Trait for Type` the type.
        "impl" => {
            let behind = without_generics(behind);
            behind
                .split_once(" for ")
                .map_or(behind, |(_, of)| of)
                .trim_start_matches(['&', ' '])
        }
        "fun" => {
            let behind = without_generics(behind);
            let to = behind.find('(').unwrap_or(behind.len());
            behind[..to]
                .rsplit_once('.')
                .map_or(behind, |(receiver, _)| &behind[receiver.len() + 1..])
        }
        "def" => behind.strip_prefix("self.").unwrap_or(behind),
        "delegate" => {
            let to = behind.find('(')?;
            behind[..to].rsplit(' ').next()?
        }
        "enum" => behind.strip_prefix("class ").unwrap_or(behind),
        _ => behind,
    };
    let name = name_at_start(behind)?;
    let begins = name.chars().next().is_some_and(|first| !first.is_numeric());
    begins.then_some(name)
}

fn without_generics(text: &str) -> &str {
    if !text.starts_with('<') {
        return text;
    }
    let mut open = 0_i32;
    for (at, character) in text.char_indices() {
        match character {
            '<' => open += 1,
            '>' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return text[at + 1..].trim_start();
        }
    }
    text
}

/// Whether what stands behind `const` is a function: `name = (…) =>`, `name = async function`.
fn is_function(behind: &str) -> bool {
    let Some((_, value)) = behind.split_once('=') else {
        return false;
    };
    let value = value.trim_start();
    let value = value.strip_prefix("async").map_or(value, str::trim_start);
    value.starts_with("function")
        || value.starts_with('(') && (value.contains("=>") || !value.contains(')'))
        || value
            .split_once("=>")
            .is_some_and(|(given, _)| given.trim().chars().all(is_of_name))
}

/// Whether a body follows, on this line or the next.
fn has_body(behind: &str, next: &str) -> bool {
    behind.contains('{') && !behind.contains(';') || !behind.ends_with(';') && next.starts_with('{')
}

/// A method or function without a word of its own.
fn member<'a>(
    syntax: &Syntax,
    line: &'a str,
    rest: &'a str,
    next: &str,
    within_class: bool,
) -> Option<Head<'a>> {
    let open = rest.find('(')?;
    let before = rest[..open].trim_end();
    let name_begins = before
        .rfind(|character| !is_of_name(character))
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        });
    let (types, name) = before.split_at(name_begins);
    let types = types.trim_end();
    let begins = name.chars().next().is_some_and(|first| !first.is_numeric());
    if !begins
        || CONTROL.contains(&name)
        || CONTROL.contains(&first_word(rest))
        || before.contains(['=', '.', '"', '{'])
    {
        return None;
    }
    let is_typed = types.ends_with(|character| {
        is_of_name(character) || matches!(character, '*' | '&' | '>' | ']' | ':')
    });
    let modified = rest.len() < line.len();
    let body = has_body(rest, next);
    let is_head = match syntax.members {
        Members::None => false,
        Members::Named => within_class && types.is_empty() && line.ends_with('{'),
        // A constructor has no type, and what an interface wants no body.
        Members::Typed => {
            within_class
                && (is_typed || modified || types.is_empty() && body)
                && (body
                    || line.ends_with(");") && is_typed && !types.contains("return")
                    || line.ends_with(['(', ','])
                    || line.contains("=>"))
        }
        Members::Free => {
            is_typed && (body || line.ends_with(','))
                || !types.is_empty() && types.ends_with("::") && body
        }
    };
    is_head.then_some(Head { name, holds: false })
}
