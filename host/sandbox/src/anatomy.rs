//! What the custom sections of a component say: which tools made it, in which language, and whether its functions have names.
//!
//! Only what stands in lists is read, and never a type: types may stand within each other as deep as a stranger likes, and are left to
//! the compiler's process.

use std::collections::BTreeSet;

use stepwell_contract::{Anatomy, Language, Producer, amounts::cut, most};
use wasmparser::{KnownCustom, Name, Parser, Payload, ProducersSectionReader};

/// The most tools that are told.
const MOST_PRODUCERS: usize = 32;
/// So much of a section of names is looked through.
const MOST_NAMES: usize = 1 << 20;

/// What the bytes of a component say of how it was made. Of bytes that can't be read it is what was read until there.
pub(crate) fn of(component: &[u8]) -> Anatomy {
    let mut found = Found::default();
    for payload in Parser::new(0).parse_all(component) {
        let Ok(payload) = payload else { break };
        let Payload::CustomSection(section) = payload else {
            continue;
        };
        match section.as_known() {
            KnownCustom::Producers(reader) => found.producers(reader),
            KnownCustom::Name(names) => {
                for name in names.into_iter().map_while(Result::ok) {
                    match name {
                        Name::Function(functions) => found.debug_names |= functions.count() > 0,
                        Name::Module { name, .. } => found.names(name.as_bytes()),
                        _ => {}
                    }
                }
            }
            KnownCustom::ComponentName(_) | KnownCustom::Dylink0(_) => found.names(section.data()),
            _ => {}
        }
    }
    Anatomy {
        language: found.language(),
        producers: found.producers.into_iter().collect(),
        debug_names: found.debug_names,
        ..Anatomy::default()
    }
}

/// The language that a component is written in.
pub(crate) fn language_of(component: &[u8]) -> Option<Language> {
    of(component).language
}

#[derive(Default)]
struct Found {
    languages: BTreeSet<String>,
    producers: BTreeSet<Producer>,
    debug_names: bool,
    has_python: bool,
    has_javascript: bool,
}

impl Found {
    fn producers(&mut self, reader: ProducersSectionReader<'_>) {
        for field in reader.into_iter().map_while(Result::ok) {
            for value in field.values.into_iter().map_while(Result::ok) {
                if self.producers.len() + self.languages.len() >= MOST_PRODUCERS {
                    return;
                }
                let short = |text: &str| cut(text.to_owned(), most::NAME);
                if field.name == "language" {
                    self.languages.insert(short(value.name));
                } else {
                    self.names(value.name.as_bytes());
                    self.producers.insert(Producer {
                        name: short(value.name),
                        version: short(value.version),
                    });
                }
            }
        }
    }

    /// The interpreters leave no word of their language, and come as libraries, modules or tools of their names.
    fn names(&mut self, names: &[u8]) {
        let names = &names[..names.len().min(MOST_NAMES)];
        let has = |word: &str| {
            let word = word.as_bytes();
            names
                .windows(word.len())
                .any(|part| part.eq_ignore_ascii_case(word))
        };
        self.has_python =
            self.has_python || has("libpython") || has("componentize_py") || has("componentize-py");
        self.has_javascript = self.has_javascript
            || [
                "qjs",
                "quickjs",
                "starlingmonkey",
                "spidermonkey",
                "componentizejs",
                "componentize-js",
            ]
            .into_iter()
            .any(has);
    }

    fn language(&self) -> Option<Language> {
        let is = |start: &str| self.languages.iter().any(|it| it.starts_with(start));
        let made_by = |start: &str| {
            let mut names = self.producers.iter().map(|it| it.name.to_lowercase());
            names.any(|name| name.starts_with(start))
        };
        // The runtime of one language is often written in another: what is nearest to the author counts.
        if self.has_python || is("Python") {
            return Some(Language::Python);
        }
        if self.has_javascript || is("JavaScript") || is("TypeScript") {
            return Some(Language::JavaScript);
        }
        if is("Go") || made_by("tinygo") {
            return Some(Language::Go);
        }
        if is("Rust") || made_by("rustc") {
            return Some(Language::Rust);
        }
        // `C11`, `C_plus_plus_14`.
        let is_c = |it: &String| {
            let rest = it.strip_prefix('C');
            rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_lowercase()))
        };
        if self.languages.iter().any(is_c) || made_by("clang") {
            return Some(Language::C);
        }
        let other = self.languages.first();
        other.map(|name| Language::Other(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A component with a core module that has such sections.
    fn made(sections: &str) -> Vec<u8> {
        wat::parse_str(format!("(component (core module {sections}))")).unwrap()
    }

    #[test]
    fn the_language_is_that_of_the_author_and_not_of_the_runtime() {
        let rust = r#"(@producers (language "Rust" "") (processed-by "rustc" "1.95.0"))"#;
        let of = |sections: &str| language_of(&made(sections));
        assert_eq!(of(rust), Some(Language::Rust));
        assert_eq!(
            of(r#"(@producers (language "C11" "") (language "Rust" ""))"#),
            Some(Language::Rust)
        );
        assert_eq!(of(r#"(@producers (language "C11" ""))"#), Some(Language::C));
        assert_eq!(
            of(r#"(@producers (language "Go" "1.25"))"#),
            Some(Language::Go)
        );
        assert_eq!(
            of(r#"(@producers (language "C99" "") (processed-by "TinyGo" "0.40"))"#),
            Some(Language::Go)
        );
        assert_eq!(
            of(r#"(@producers (language "Rust" "") (processed-by "componentize-qjs" "0.4"))"#),
            Some(Language::JavaScript)
        );
        assert_eq!(
            of(r#"(@producers (language "Zig" ""))"#),
            Some(Language::Other("Zig".into()))
        );
        assert_eq!(of(""), None);
        let library = r#"(@dylink.0 (needed "libpython3.14.so"))"#;
        assert_eq!(
            language_of(&made(&format!("{library} {rust}"))),
            Some(Language::Python)
        );
    }

    #[test]
    fn names_of_functions_are_seen_and_bytes_that_cannot_be_read_are_no_trouble() {
        assert!(of(&made("(func $f)")).debug_names);
        assert!(!of(&made("(func)")).debug_names);
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0\xff\xff"] {
            assert_eq!(of(bytes), Anatomy::default());
        }
    }
}
