//! How the languages write their definitions: a table.

use crate::kinds::Language;

/// How a language writes its definitions.
pub(super) struct Syntax {
    /// Words that may stand in front.
    pub(super) modifiers: &'static [&'static str],
    /// Words that a name follows whose definition holds others.
    pub(super) holders: &'static [&'static str],
    /// Words that a name follows whose definition doesn't.
    pub(super) words: &'static [&'static str],
    /// How methods and functions look that no word stands in front of.
    pub(super) members: Members,
    /// What begins a comment to the end of its line.
    pub(super) comment: &'static str,
    pub(super) comment_begin: &'static str,
    pub(super) comment_end: &'static str,
    /// Whether a brace opens a body.
    pub(super) braces: bool,
    /// How a line begins that makes a test.
    pub(super) tests: &'static [&'static str],
}

/// Methods and functions without a word of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// There are none.
    None,
    /// `name(…) {`, in a class.
    Named,
    /// `Type name(…)`, in a class.
    Typed,
    /// `type name(…)`, anywhere but in a function.
    Free,
}

const C_LIKE: Syntax = Syntax {
    modifiers: &[],
    holders: &[],
    words: &[],
    members: Members::None,
    comment: "//",
    comment_begin: "/*",
    comment_end: "*/",
    braces: true,
    tests: &[],
};

const RUST: Syntax = Syntax {
    modifiers: &["async", "const", "default", "extern", "pub", "unsafe"],
    holders: &["impl", "mod", "trait"],
    words: &["enum", "fn", "macro_rules!", "struct", "type", "union"],
    tests: &["#[test]", "#[tokio::test", "#[rstest"],
    ..C_LIKE
};

const JAVA_SCRIPT: Syntax = Syntax {
    modifiers: &[
        "abstract",
        "async",
        "declare",
        "default",
        "export",
        "get",
        "override",
        "private",
        "protected",
        "public",
        "readonly",
        "set",
        "static",
    ],
    holders: &["class", "interface", "namespace"],
    words: &[
        "const",
        "enum",
        "function",
        "function*",
        "let",
        "type",
        "var",
    ],
    members: Members::Named,
    tests: &["it(", "it.each", "test(", "test.each", "Deno.test("],
    ..C_LIKE
};

const GO: Syntax = Syntax {
    words: &["func", "type"],
    tests: &["func Test"],
    ..C_LIKE
};

const JAVA: Syntax = Syntax {
    modifiers: &[
        "abstract",
        "default",
        "final",
        "native",
        "non-sealed",
        "private",
        "protected",
        "public",
        "sealed",
        "static",
        "strictfp",
        "synchronized",
        "transient",
        "volatile",
    ],
    holders: &["@interface", "class", "enum", "interface", "record"],
    members: Members::Typed,
    tests: &["@ParameterizedTest", "@Test"],
    ..C_LIKE
};

const KOTLIN: Syntax = Syntax {
    modifiers: &[
        "abstract",
        "actual",
        "annotation",
        "companion",
        "data",
        "enum",
        "expect",
        "external",
        "final",
        "infix",
        "inline",
        "inner",
        "internal",
        "open",
        "operator",
        "override",
        "private",
        "protected",
        "public",
        "sealed",
        "suspend",
        "tailrec",
        "value",
    ],
    holders: &["class", "interface", "object"],
    words: &["fun", "typealias"],
    tests: &["@ParameterizedTest", "@Test"],
    ..C_LIKE
};

const C_SHARP: Syntax = Syntax {
    modifiers: &[
        "abstract",
        "async",
        "const",
        "extern",
        "file",
        "internal",
        "new",
        "override",
        "partial",
        "private",
        "protected",
        "public",
        "readonly",
        "sealed",
        "static",
        "unsafe",
        "virtual",
        "volatile",
    ],
    holders: &[
        "class",
        "enum",
        "interface",
        "namespace",
        "record",
        "struct",
    ],
    words: &["delegate"],
    members: Members::Typed,
    tests: &["[Fact", "[Test", "[Theory"],
    ..C_LIKE
};

const C: Syntax = Syntax {
    modifiers: &[
        "constexpr",
        "extern",
        "inline",
        "static",
        "typedef",
        "virtual",
    ],
    holders: &["class", "enum", "namespace", "struct", "union"],
    members: Members::Free,
    tests: &["TEST(", "TEST_CASE(", "TEST_F(", "TEST_P("],
    ..C_LIKE
};

const RUBY: Syntax = Syntax {
    modifiers: &["private", "protected", "public"],
    holders: &["class", "module"],
    words: &["def"],
    comment: "#",
    comment_begin: "=begin",
    comment_end: "=end",
    braces: false,
    tests: &["def test_", "it \"", "it '", "test \"", "test '"],
    ..C_LIKE
};

const PHP: Syntax = Syntax {
    modifiers: &[
        "abstract",
        "final",
        "private",
        "protected",
        "public",
        "readonly",
        "static",
    ],
    holders: &["class", "enum", "interface", "trait"],
    words: &["function"],
    tests: &["public function test"],
    ..C_LIKE
};

const SWIFT: Syntax = Syntax {
    modifiers: &[
        "@objc",
        "fileprivate",
        "final",
        "indirect",
        "internal",
        "mutating",
        "open",
        "override",
        "private",
        "public",
        "static",
    ],
    holders: &["actor", "class", "enum", "extension", "protocol", "struct"],
    words: &["func", "typealias"],
    tests: &["@Test", "func test"],
    ..C_LIKE
};

pub(super) fn syntax_of(language: Language) -> &'static Syntax {
    match language {
        // By its parser; here as what indents, and never asked for.
        Language::Python | Language::Ruby => &RUBY,
        Language::Rust => &RUST,
        Language::JavaScript => &JAVA_SCRIPT,
        Language::Go => &GO,
        Language::Java => &JAVA,
        Language::Kotlin => &KOTLIN,
        Language::CSharp => &C_SHARP,
        Language::C => &C,
        Language::Php => &PHP,
        Language::Swift => &SWIFT,
    }
}
