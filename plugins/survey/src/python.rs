//! The definitions of a Python file, by a parser.
//!
//! The parser recurses as deep as its text nests, and so does the freeing of what it made. A component has one stack of a
//! set size, at whose end it traps: then the survey of a whole workspace would end with one file that somebody made for this.
//! So [`Depth`] reads the tokens first, which takes no stack, and a text that nests deeper than any that a person wrote isn't
//! parsed.

mod depth;

use ruff_python_ast::{ExceptHandler, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::definitions::{Definition, MOST_DEFINITIONS, Outline, Unread, on_one_line};
use depth::Depth;

pub(crate) fn outline(text: &str) -> Result<Outline, Unread> {
    if !Depth::is_bounded(text) {
        return Err(Unread::TooDeep);
    }
    // A file with mistakes has definitions, too.
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let Some(module) = parsed.try_into_module() else {
        return Ok(Outline::default());
    };
    let mut reading = Reading {
        text,
        counted_to: 0,
        line: 1,
        outline: Outline::default(),
    };
    reading.block(&module.syntax().body, 0);
    Ok(reading.outline)
}

struct Reading<'a> {
    text: &'a str,
    /// Up to where lines were counted.
    counted_to: usize,
    line: u32,
    outline: Outline,
}

impl Reading<'_> {
    /// The definitions of a block, and of the blocks in it that define nothing themselves, such as that of an `if`.
    fn block(&mut self, block: &[Stmt], level: u32) {
        for statement in block {
            match statement {
                Stmt::FunctionDef(function) => self.function(function, level),
                Stmt::ClassDef(of) => self.class(of, level),
                Stmt::If(of) => {
                    self.block(&of.body, level);
                    for clause in &of.elif_else_clauses {
                        self.block(&clause.body, level);
                    }
                }
                Stmt::Try(of) => {
                    self.block(&of.body, level);
                    for ExceptHandler::ExceptHandler(handler) in &of.handlers {
                        self.block(&handler.body, level);
                    }
                    self.block(&of.orelse, level);
                    self.block(&of.finalbody, level);
                }
                Stmt::With(of) => self.block(&of.body, level),
                _ => {}
            }
        }
    }

    fn class(&mut self, class: &StmtClassDef, level: u32) {
        let name = class.name.range();
        let arguments = class.arguments.as_deref().map(Ranged::end);
        let types = class.type_params.as_deref().map(Ranged::end);
        let end = arguments.or(types).unwrap_or(name.end());
        self.add(
            "class ",
            &class.name,
            TextRange::new(name.start(), end),
            level,
        );
        self.block(&class.body, level + 1);
    }

    fn function(&mut self, function: &StmtFunctionDef, level: u32) {
        let name = function.name.range();
        let returns = function.returns.as_deref().map(Ranged::end);
        let end = returns.unwrap_or(function.parameters.end());
        let keyword = if function.is_async {
            "async def "
        } else {
            "def "
        };
        if function.name.starts_with("test") {
            self.outline.tests += 1;
        }
        self.add(
            keyword,
            &function.name,
            TextRange::new(name.start(), end.max(name.end())),
            level,
        );
    }

    fn add(&mut self, keyword: &str, name: &str, range: TextRange, level: u32) {
        if name.is_empty() || self.outline.definitions.len() >= MOST_DEFINITIONS {
            return;
        }
        let line = self.line_of(range.start());
        let signature = self
            .text
            .get(range.start().to_usize()..range.end().to_usize());
        let signature = on_one_line(&without_comments(signature.unwrap_or(name)));
        self.outline.definitions.push(Definition {
            line,
            level,
            name: name.to_owned(),
            signature: format!("{keyword}{signature}"),
        });
    }

    /// Definitions come in the order in which they stand in the text.
    fn line_of(&mut self, at: TextSize) -> u32 {
        let at = at.to_usize();
        let between = self.text.as_bytes().get(self.counted_to..at);
        let ends = between
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n');
        self.line += u32::try_from(ends.count()).unwrap_or(u32::MAX);
        self.counted_to = self.counted_to.max(at);
        self.line
    }
}

/// A signature without the comments at the ends of its lines.
fn without_comments(signature: &str) -> String {
    let mut without = String::new();
    for line in signature.split_inclusive('\n') {
        let mut quote = None;
        let comment = line.char_indices().find(|&(_, character)| {
            match (quote, character) {
                (None, '"' | '\'') => quote = Some(character),
                (Some(open), _) if open == character => quote = None,
                _ => {}
            }
            quote.is_none() && character == '#'
        });
        match comment {
            Some((at, _)) => {
                without.push_str(&line[..at]);
                without.push('\n');
            }
            None => without.push_str(line),
        }
    }
    without
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let outline = outline(text).unwrap();
        let definitions = outline.definitions.iter();
        definitions
            .map(|of| format!("{}:{} {} {}", of.line, of.level, of.name, of.signature))
            .collect()
    }

    #[test]
    fn classes_functions_and_methods_have_their_signatures_and_lines() {
        let text = "\
import os

@decorated(
    1,
)
class Store(Base, metaclass=Meta):
    \"\"\"def not_this(): pass\"\"\"

    async def add(
        self,
        note: Note,  # what to add
        *, at: int = 0,
    ) -> int:
        def inner(): ...

if TYPE_CHECKING:
    def typed(): ...
else:
    try:
        def plain(a): ...
    except ImportError:
        def plain(b): ...

class Box[T]: pass
";
        assert_eq!(
            shown(text),
            [
                "6:0 Store class Store(Base, metaclass=Meta)",
                "9:1 add async def add(self, note: Note, *, at: int = 0) -> int",
                "17:0 typed def typed()",
                "20:0 plain def plain(a)",
                "22:0 plain def plain(b)",
                "24:0 Box class Box[T]",
            ]
        );
    }

    #[test]
    fn a_file_with_mistakes_has_definitions_too() {
        assert_eq!(
            shown("def f(:\n    pass\n\nclass C:\n    def g(self): return (\n"),
            ["1:0 f def f(:", "4:0 C class C", "5:1 g def g(self)"]
        );
    }

    #[test]
    fn what_nests_too_deeply_is_not_parsed() {
        let deep = 4_000;
        let hostile = [
            format!("x = {}1{}", "(".repeat(deep), ")".repeat(deep)),
            "(".repeat(deep),
            format!("x = {}1", "not ".repeat(deep)),
            format!("x = {}1", "-".repeat(deep)),
            format!("x = {}1", "2 ** ".repeat(deep)),
            format!("x = {}1", "lambda a, b: ".repeat(deep)),
            format!("x = {}1", "1 if 1 else ".repeat(deep)),
            format!("x = {}1", "await ".repeat(deep)),
            format!("x = {}1", "1 + ".repeat(deep)),
            format!("x = a{}", ".b".repeat(deep)),
            format!("x = a{}", "()".repeat(deep)),
            "async ".repeat(deep),
            (0..deep)
                .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
                .collect(),
            format!("x = {}1{}", "f\"{".repeat(deep), "}\"".repeat(deep)),
            format!("{}1{}", "((".repeat(deep), ") + 1)".repeat(deep)),
        ];
        for text in hostile {
            assert_eq!(outline(&text), Err(Unread::TooDeep), "{}", &text[..40]);
        }
    }

    #[test]
    fn what_people_write_is_parsed() {
        let list = (0..5_000)
            .map(|number| format!("('{number}', -{number}, f(x).y), "))
            .collect::<String>();
        let text = format!(
            "X = [{list}]\n{}def f(): pass\n",
            "x = 1 + 2\n".repeat(5_000)
        );
        assert_eq!(shown(&text), ["5002:0 f def f()"]);
        let chain = format!(
            "q = (a\n{})\ndef f(): pass\n",
            "  .filter(b == c, d)\n".repeat(200)
        );
        assert_eq!(shown(&chain), ["203:0 f def f()"]);
    }
}
