//! How deep a text of Python nests, by its tokens: never less than the parser would recurse.
//!
//! It takes no stack itself, whatever the text.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// Brackets, blocks and the like within each other: Python itself takes 100 blocks and 200 brackets.
const DEEPEST: u32 = 100;

/// Operators, calls and the like of one expression, each of which stands around all that is left of it.
const LONGEST_CHAIN: u32 = 2_000;

/// How deep a text nests, by its tokens: never less than the parser would recurse.
#[derive(Default)]
pub(super) struct Depth {
    /// The blocks that stand around.
    blocks: u32,
    /// The brackets that are open, and within each what the parser recurses for.
    open: Vec<Level>,
    /// Outside of all brackets.
    ground: Level,
}

/// What stands within one bracket.
#[derive(Default, Clone, Copy)]
struct Level {
    /// What stands in front of something that the parser reads within it, such as `not`, since the last comma.
    within: u32,
    /// Each `lambda` whose colon didn't come yet: the commas before it are its own, and end nothing.
    lambdas: u32,
    /// Operators, calls and dots since the last comma.
    chain: u32,
    /// The longest chain of a bracket that was closed since the last comma: what stands around it is around that.
    inner: u32,
    /// The longest of what commas ended: it stands beside the rest, and within whatever is around the bracket.
    beside: u32,
    /// Whether an operand stands to the left, so that a sign is an operator and no prefix.
    operand: bool,
}

impl Level {
    fn chained(&self) -> u32 {
        self.beside.max(self.chain + self.inner)
    }
}

impl Depth {
    pub(super) fn is_bounded(text: &str) -> bool {
        let mut depth = Self::default();
        let mut lexer = lexer::lex(text, Mode::Module);
        loop {
            let kind = lexer.next_token();
            if kind == TokenKind::EndOfFile {
                return true;
            }
            depth.take(kind);
            if depth.deepest() > DEEPEST || depth.top().chained() > LONGEST_CHAIN {
                return false;
            }
        }
    }

    fn top(&mut self) -> &mut Level {
        self.open.last_mut().unwrap_or(&mut self.ground)
    }

    fn deepest(&self) -> u32 {
        let levels = self.open.iter().chain([&self.ground]);
        let within: u32 = levels.map(|level| level.within + 1).sum();
        self.blocks + within
    }

    fn take(&mut self, kind: TokenKind) {
        use TokenKind as T;
        let top = self.top();
        match kind {
            T::Comment | T::NonLogicalNewline => return,
            T::Indent => {
                self.blocks += 1;
                return;
            }
            T::Dedent => {
                self.blocks = self.blocks.saturating_sub(1);
                return;
            }
            T::Newline => {
                // With no bracket open; where one is, the lexer has none.
                self.open.clear();
                self.ground = Level::default();
                return;
            }
            T::Lpar | T::Lsqb | T::Lbrace | T::FStringStart | T::TStringStart => {
                // A call or an index stands around what it is of.
                top.chain += 1;
                top.operand = false;
                self.open.push(Level::default());
                return;
            }
            T::Rpar | T::Rsqb | T::Rbrace | T::FStringEnd | T::TStringEnd => {
                let closed = self.open.pop().unwrap_or_default();
                let top = self.top();
                top.inner = top.inner.max(closed.chained());
                top.operand = true;
                return;
            }
            T::Comma | T::Semi if top.lambdas == 0 => {
                let beside = top.chained();
                *top = Level {
                    beside,
                    ..Level::default()
                };
                return;
            }
            T::Colon => top.lambdas = top.lambdas.saturating_sub(1),
            T::Lambda => {
                top.lambdas += 1;
                top.within += 1;
            }
            T::Plus | T::Minus | T::Star | T::DoubleStar if !top.operand => top.within += 1,
            // What is to the right of a power stands within it.
            T::DoubleStar
            | T::Tilde
            | T::Not
            | T::Async
            | T::Await
            | T::Yield
            | T::If
            | T::Else
            | T::Elif
            | T::For
            | T::While
            | T::With
            | T::Try
            | T::Class
            | T::Def => top.within += 1,
            kind if is_operand(kind) => {
                top.operand = true;
                return;
            }
            _ => top.chain += 1,
        }
        self.top().operand = false;
    }
}

fn is_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    matches!(
        kind,
        T::Name
            | T::Int
            | T::Float
            | T::Complex
            | T::String
            | T::True
            | T::False
            | T::None
            | T::Ellipsis
            | T::FStringMiddle
            | T::TStringMiddle
    )
}
