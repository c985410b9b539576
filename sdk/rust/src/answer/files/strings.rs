//! Which lines of a file stand in a string that spans several.
//!
//! No parser: it knows what opens and closes strings and comments in the languages whose long strings show by that. Of others nothing
//! is said to stand in one.

use super::naming;

/// What opens and closes strings and comments of a language.
#[derive(Debug)]
struct Syntax {
    /// What goes over several lines, longer signs first.
    long: &'static [Long],
    /// The quotes of strings that end with their line.
    short: &'static [&'static str],
    /// What makes the rest of a line a comment.
    comment: &'static str,
    /// What looks like a quote, and is none.
    other: &'static [&'static str],
}

#[derive(Debug)]
struct Long {
    opens: &'static str,
    closes: &'static str,
    /// Whether a backslash takes the meaning from what follows.
    escapes: bool,
    is_string: bool,
}

const fn string(opens: &'static str, closes: &'static str, escapes: bool) -> Long {
    Long {
        opens,
        closes,
        escapes,
        is_string: true,
    }
}

const COMMENT: Long = Long {
    opens: "/*",
    closes: "*/",
    escapes: false,
    is_string: false,
};

static PYTHON: Syntax = Syntax {
    long: &[string("\"\"\"", "\"\"\"", true), string("'''", "'''", true)],
    short: &["\"", "'"],
    comment: "#",
    other: &[],
};
/// Julia, Elixir, TOML.
static HASHED: Syntax = Syntax {
    long: &[
        string("\"\"\"", "\"\"\"", true),
        string("'''", "'''", false),
    ],
    short: &["\""],
    comment: "#",
    other: &["'\"'"],
};
/// Java and its kin.
static BLOCKS: Syntax = Syntax {
    long: &[string("\"\"\"", "\"\"\"", true), COMMENT],
    short: &["\"", "'"],
    comment: "//",
    other: &[],
};
static SCRIPT: Syntax = Syntax {
    long: &[string("`", "`", true), COMMENT],
    short: &["\"", "'"],
    comment: "//",
    other: &[],
};
static GO: Syntax = Syntax {
    long: &[string("`", "`", false), COMMENT],
    short: &["\"", "'"],
    comment: "//",
    other: &[],
};
static RUST: Syntax = Syntax {
    long: &[
        string("r##\"", "\"##", false),
        string("r#\"", "\"#", false),
        string("r\"", "\"", false),
        string("\"", "\"", true),
        COMMENT,
    ],
    short: &[],
    comment: "//",
    other: &["'\"'", "'\\\"'"],
};
static CPP: Syntax = Syntax {
    long: &[string("R\"(", ")\"", false), COMMENT],
    short: &["\"", "'"],
    comment: "//",
    other: &[],
};

fn syntax_of(path: &str) -> Option<&'static Syntax> {
    Some(match naming::extension(path)?.as_str() {
        "py" | "pyi" => &PYTHON,
        "jl" | "ex" | "exs" | "toml" => &HASHED,
        "java" | "kt" | "kts" | "scala" | "swift" | "groovy" | "gradle" | "dart" | "cs" => &BLOCKS,
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" => &SCRIPT,
        "go" => &GO,
        "rs" => &RUST,
        "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" => &CPP,
        _ => return None,
    })
}

/// Of each line whether it begins within a string. Where a string has no end the text isn't understood, and none does.
pub(super) fn begins_inside(path: &str, lines: &[&str]) -> Vec<bool> {
    let Some(syntax) = syntax_of(path) else {
        return vec![false; lines.len()];
    };
    let mut strings = Strings { syntax, open: None };
    let mut inside = Vec::with_capacity(lines.len());
    for line in lines {
        inside.push(strings.open.is_some_and(|open| open.is_string));
        strings.line(line);
    }
    match strings.is_open() {
        true => vec![false; lines.len()],
        false => inside,
    }
}

/// The long strings of a file, line by line; of Python where nothing else is said.
#[derive(Debug)]
pub(super) struct Strings {
    syntax: &'static Syntax,
    open: Option<&'static Long>,
}

impl Default for Strings {
    fn default() -> Self {
        Self {
            syntax: &PYTHON,
            open: None,
        }
    }
}

impl Strings {
    pub(super) fn of(lines: &[&str]) -> Self {
        let mut strings = Self::default();
        strings.take(lines);
        strings
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn take(&mut self, lines: &[&str]) {
        for line in lines {
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let mut rest = line;
        while !rest.is_empty() {
            rest = match self.open {
                Some(open) => match behind_end(rest, open.closes, open.escapes) {
                    Some(behind) => {
                        self.open = None;
                        behind
                    }
                    None => return,
                },
                None => self.outside(rest),
            };
        }
    }

    /// What is left of a line, outside of a string, behind what it begins with.
    fn outside<'a>(&mut self, rest: &'a str) -> &'a str {
        let syntax = self.syntax;
        if rest.starts_with(syntax.comment) {
            return "";
        }
        if let Some(behind) = behind_any(rest, syntax.other).map(|(_, behind)| behind) {
            return behind;
        }
        if let Some(long) = syntax.long.iter().find(|long| rest.starts_with(long.opens)) {
            self.open = Some(long);
            return &rest[long.opens.len()..];
        }
        if let Some((quote, behind)) = behind_any(rest, syntax.short) {
            return behind_end(behind, quote, true).unwrap_or("");
        }
        let mut letters = rest.chars();
        letters.next();
        letters.as_str()
    }
}

/// Which of some signs a text begins with, and what stands behind it.
fn behind_any<'a>(text: &'a str, signs: &[&'static str]) -> Option<(&'static str, &'a str)> {
    let mut signs = signs.iter();
    signs.find_map(|sign| text.strip_prefix(sign).map(|behind| (*sign, behind)))
}

/// What stands behind the end of a string, if it ends on this line.
fn behind_end<'a>(text: &'a str, closes: &str, escapes: bool) -> Option<&'a str> {
    let mut rest = text;
    loop {
        if let Some(behind) = rest.strip_prefix(closes) {
            return Some(behind);
        }
        let mut letters = rest.chars();
        if letters.next()? == '\\' && escapes {
            letters.next();
        }
        rest = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::begins_inside;

    fn inside(path: &str, text: &str) -> Vec<usize> {
        let lines: Vec<&str> = text.lines().collect();
        let inside = begins_inside(path, &lines);
        (0..lines.len()).filter(|line| inside[*line]).collect()
    }

    #[test]
    fn lines_of_a_long_string_are_known() {
        for (path, text, lines) in [
            ("a.py", "x = \"\"\"\n<\n\"\"\"\ny\n", &[1, 2][..]),
            ("a.py", "x = r'''a\n<'''\ny\n", &[1]),
            ("a.py", "x = '\"\"\"'\n<\n", &[]),
            ("a.py", "# don't \"\"\"\n<\n", &[]),
            ("a.py", "x = 'it' + \"\\\"\"  # \"\"\"\n<\n", &[]),
            ("a.py", "x = \"\"\"a \\\"\"\" b\n<\n\"\"\"\n", &[1, 2]),
            ("a.js", "// it's `\nx = `\n<\n`\n", &[2, 3]),
            ("a.js", "/* it's `\n` */\n<\n", &[]),
            ("a.go", "x := `\\\n<`\ny\n", &[1]),
            (
                "a.rs",
                "let c = '\"'; fn f<'a>() {}\nlet s = r#\"\n\"<\n\"#;\n",
                &[2, 3],
            ),
            ("A.java", "var x = \"\"\"\n<\n\"\"\";\n", &[1, 2]),
            // Never closed: not understood. And of other languages nothing is known.
            ("a.py", "x = \"\"\"\n<\n", &[]),
            ("a.rb", "x = \"\n<\n\"\n", &[]),
        ] {
            assert_eq!(inside(path, text), lines, "{path}: {text}");
        }
    }
}
