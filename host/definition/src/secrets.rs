//! Keys of providers, which don't belong into a file: refused, and shown by no message.

use toml::de::DeTable;

use crate::diagnostics::{Diagnostic, Problems};
use crate::values;

/// Names under which people write a key into a file.
pub(crate) const SECRETS: &[&str] = &[
    "api_key",
    "apikey",
    "api-key",
    "key",
    "token",
    "secret",
    "password",
    "access_token",
    "auth_token",
    "bearer",
    "authorization",
    "openai_api_key",
];

/// A line that may hold a key is never shown, nor is a word of a message that may be one, whatever it is about.
pub(crate) fn hide_secrets(source: &str, problems: &mut [Diagnostic]) {
    for problem in problems {
        problem.message = without_keys(&problem.message);
        problem.hint = problem.hint.as_deref().map(without_keys);
        let Some(span) = problem.span else { continue };
        let lines = source.split('\n').skip(span.start_line - 1);
        let mut shown = lines.take(span.end_line - span.start_line + 1);
        problem.secret = shown.any(looks_secret);
    }
}

fn looks_secret(line: &str) -> bool {
    words(line).any(|word| SECRETS.contains(&word.to_lowercase().as_str()) || is_like_a_key(word))
        || names_a_user(line)
}

/// Whether an address in it brings a user's name, and perhaps a password.
fn names_a_user(line: &str) -> bool {
    let addresses = line.split("://").skip(1);
    addresses
        .filter_map(|rest| rest.split(['/', '?', '#', '"', '\'', ' ']).next())
        .any(|authority| authority.contains('@'))
}

fn without_keys(text: &str) -> String {
    words(text)
        .filter(|word| is_like_a_key(word))
        .fold(text.to_owned(), |text, word| text.replace(word, "…"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
}

/// Keys are long and mix letters with digits, or start as those of the known providers do.
pub(crate) fn is_like_a_key(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    word.to_lowercase().contains("sk-")
        || word.len() >= 24 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

/// Whether what stands under this name, such as that of a header, is a secret by what it is called.
pub(crate) fn names_a_secret(name: &str) -> bool {
    let parts = ["auth", "cookie", "key", "password", "secret", "token"];
    let name = name.to_lowercase();
    parts.iter().any(|part| name.contains(part))
}

/// A key in the file would be read by every step's author, every backup and every diff.
pub(crate) fn refuse_secrets(table: &DeTable<'_>, provider: &str, problems: &mut Problems) {
    for entry in values::entries(table) {
        if SECRETS.contains(&entry.key.to_lowercase().as_str()) {
            let variable = format!("{}_API_KEY", provider.to_uppercase().replace('-', "_"));
            problems.error(
                "literal-key",
                entry.place(),
                format!("`{}` of provider `{provider}`: a key doesn't belong into this file", entry.key),
                format!("put it into an environment variable and name that: `key_variable = \"{variable}\"`; if this file was ever shared, have the key replaced"),
            );
        }
    }
}
