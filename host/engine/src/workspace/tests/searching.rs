//! Searching and skimming.

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use stepwell_contract::{Digest, FoundLine, WorkspaceFindings, WorkspaceQuery};

use super::super::searching::{Known, Search, Searched};
use super::*;

const ROOM: u64 = 1 << 20;

fn query(pattern: &str) -> WorkspaceQuery {
    WorkspaceQuery {
        pattern: pattern.to_owned(),
        literal: false,
        ignore_case: false,
        paths: "**".to_owned(),
        most: 1_000,
        context: 0,
        options: Vec::new(),
    }
}

fn searched(
    folder: &WorkspaceFolder,
    query: WorkspaceQuery,
    known: &[(&str, Known)],
) -> Result<Searched, WorkspaceError> {
    let known: BTreeMap<String, Known> = (known.iter())
        .map(|(path, known)| ((*path).to_owned(), known.clone()))
        .collect();
    let search = Search::of(query)?;
    folder.search(
        &search,
        &known,
        ROOM,
        &Shown::default(),
        &RulesBefore::new(),
    )
}

/// As `path:number:text`, with a hyphen for lines around a match.
fn shown_lines(findings: &WorkspaceFindings) -> Vec<String> {
    let lines = findings.files.iter().flat_map(|file| {
        file.lines.iter().map(
            |FoundLine {
                 number,
                 text,
                 matches,
             }| {
                let sign = if *matches { ':' } else { '-' };
                format!("{}{sign}{number}{sign}{text}", file.path)
            },
        )
    });
    lines.collect()
}

fn found(folder: &WorkspaceFolder, query: WorkspaceQuery) -> Vec<String> {
    shown_lines(&searched(folder, query, &[]).unwrap().findings)
}

#[test]
fn lines_are_found_by_path_and_number() {
    let ground = Ground::new(&[
        ("b.py", "import os\ndef find(a):\n    pass\n"),
        ("a.txt", "one\r\nDef find(b)\r\nthree"),
        ("hidden.txt", "def find(c)"),
        (".gitignore", "hidden.txt\n"),
    ]);
    let folder = ground.folder();
    assert_eq!(
        found(&folder, query(r"^def \w+\(")),
        ["b.py:2:def find(a):"]
    );
    let ignoring_case = WorkspaceQuery {
        ignore_case: true,
        ..query("def FIND")
    };
    assert_eq!(
        found(&folder, ignoring_case),
        ["a.txt:2:Def find(b)", "b.py:2:def find(a):"]
    );
    let literal = WorkspaceQuery {
        literal: true,
        ..query("find(a)")
    };
    assert_eq!(found(&folder, literal), ["b.py:2:def find(a):"]);
    // The end of a line is one, whoever ended it.
    assert_eq!(found(&folder, query(r"\(b\)$")), ["a.txt:2:Def find(b)"]);
    assert_eq!(found(&folder, query(":$")), ["b.py:2:def find(a):"]);
    let some = WorkspaceQuery {
        paths: "*.txt".to_owned(),
        ..query("e$")
    };
    assert_eq!(found(&folder, some), ["a.txt:1:one", "a.txt:3:three"]);
}

#[test]
fn lines_around_a_match_are_told_once() {
    let ground = Ground::new(&[("a", "1\n2\nx3\n4\nx5\n6\n7\n8\n9\nx10\n")]);
    let around = WorkspaceQuery {
        context: 1,
        ..query("x")
    };
    assert_eq!(
        found(&ground.folder(), around),
        [
            "a-2-2", "a:3:x3", "a-4-4", "a:5:x5", "a-6-6", "a-9-9", "a:10:x10"
        ]
    );
}

#[test]
fn what_is_more_than_was_asked_for_is_said() {
    let ground = Ground::new(&[("a", "x\nx\n"), ("b", "x\n"), ("c", "y\n")]);
    let folder = ground.folder();
    for (most, more) in [(1, true), (2, true), (3, false), (4, false)] {
        let query = WorkspaceQuery { most, ..query("x") };
        let findings = searched(&folder, query, &[]).unwrap().findings;
        assert_eq!(findings.more, more, "{most}");
        assert_eq!(shown_lines(&findings).len(), 3.min(most as usize));
    }
}

#[test]
fn what_is_no_text_is_counted() {
    let ground = Ground::new(&[("binary", "x\0"), ("large", ""), ("text", "x")]);
    std::fs::write(
        ground.at("large"),
        vec![b'x'; 1 + usize::try_from(ROOM).unwrap()],
    )
    .unwrap();
    let searched = searched(&ground.folder(), query("x"), &[]).unwrap();
    assert_eq!(shown_lines(&searched.findings), ["text:1:x"]);
    assert_eq!(searched.findings.unsearched, 2);
}

#[test]
fn a_long_line_is_cut() {
    let ground = Ground::new(&[("a", &format!("x{}", "é".repeat(10_000)))]);
    let lines = found(&ground.folder(), query("x"));
    assert!(
        lines[0].ends_with("é…") && lines[0].len() < 600,
        "{}",
        lines[0].len()
    );
}

#[test]
fn a_query_is_bounded() {
    let folder = Ground::new(&[("a", "x")]).folder();
    let refused = [
        query(""),
        query("("),
        query(&"x".repeat(1_001)),
        query(r"(\w{100}){100}"),
        query(&"(".repeat(400)),
        WorkspaceQuery {
            most: 0,
            ..query("x")
        },
        WorkspaceQuery {
            most: 1_001,
            ..query("x")
        },
        WorkspaceQuery {
            context: 51,
            ..query("x")
        },
    ];
    for query in refused {
        let error = searched(&folder, query.clone(), &[]).unwrap_err();
        assert_eq!(error.kind.code(), "invalid-query", "{query:?}");
    }
    let outside = WorkspaceQuery {
        paths: "../**".to_owned(),
        ..query("x")
    };
    let error = searched(&folder, outside, &[]).unwrap_err();
    assert_eq!(error.kind, WorkspaceErrorKind::InvalidPath);
}

#[test]
fn what_a_step_knows_stands_on_top() {
    let ground = Ground::new(&[
        ("a", "x old"),
        ("b", "x"),
        ("c", "x"),
        ("d", "x"),
        ("e", "x"),
    ]);
    let digest = Digest::of("x");
    let known = [
        ("a", Known::Holds(Some(Bytes::from("x new")))),
        ("b", Known::Holds(None)),
        ("c", Known::Held(Some(Digest::of("y").hex()))),
        ("d", Known::Reads(Some(Digest::of("y")))),
        ("e", Known::Reads(Some(digest))),
        ("n", Known::Holds(Some(Bytes::from("x too")))),
    ];
    let searched = searched(&ground.folder(), query("x"), &known).unwrap();
    assert_eq!(
        shown_lines(&searched.findings),
        ["a:1:x new", "e:1:x", "n:1:x too"]
    );
    assert_eq!(searched.findings.unsearched, 1);
    assert_eq!(searched.lacks.keys().collect::<Vec<_>>(), ["d"]);
    assert_eq!(searched.saw.get("e"), Some(&digest));
}

#[test]
fn a_link_is_searched_as_it_is_read() {
    let ground = Ground::new(&[("real", "x old")]);
    ground.link("real", "link");
    ground.link("../outside/secret", "away");
    let folder = ground.folder();
    assert_eq!(found(&folder, query(".")), ["link:1:x old", "real:1:x old"]);
    let known = [("real", Known::Holds(Some(Bytes::from("x new"))))];
    let searched = searched(&folder, query("x"), &known).unwrap();
    assert_eq!(
        shown_lines(&searched.findings),
        ["link:1:x new", "real:1:x new"]
    );
}

#[test]
fn many_files_are_skimmed_as_each_is_read() {
    let ground = Ground::new(&[
        ("a", "A"),
        ("sub/b", "B"),
        ("sub/hidden", "H"),
        ("away/c", "C"),
        (".gitignore", "away/\n"),
        ("sub/.gitignore", "hidden\n"),
    ]);
    ground.link("sub/hidden", "link");
    let folder = ground.folder();
    let paths = [
        "a",
        "sub/b",
        "sub/hidden",
        "away/c",
        "link",
        "nowhere/d",
        "sub",
    ]
    .map(str::to_owned);
    let skimmed = folder.skim(&paths, ROOM, &Shown::default(), &RulesBefore::new());
    for (path, skimmed) in paths.iter().zip(skimmed) {
        let seen = match folder.is_ignored(path, &RulesBefore::new()) {
            true => Ok(None),
            false => folder.read(path, ROOM),
        };
        let text = skimmed
            .text
            .map(|text| text.map(|(_, bytes)| bytes.to_vec()));
        assert_eq!(text, seen, "{path}");
    }
    let skimmed = folder.skim(&paths[..2], 1, &Shown::default(), &RulesBefore::new());
    let second = skimmed[1].text.as_ref().unwrap_err();
    assert_eq!(second.kind, WorkspaceErrorKind::TooLarge);
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    let path = prop::sample::select(vec!["a", "b/c", "b/d", "e.py", "f/g/h", "i"]);
    let line = prop::sample::select(vec![
        "",
        "x",
        "foo(bar)",
        "  Foo",
        "é",
        "a\tb",
        "\r",
        "xx xx",
        "\u{feff}x",
    ]);
    let text = prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"));
    prop::collection::btree_map(path.prop_map(str::to_owned), text, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A search equals the same search over `read` of every entry.
    #[test]
    fn a_search_is_one_over_all_that_can_be_read(
        texts in texts(),
        pattern in prop::sample::select(vec!["x", "^$", "[a-z]+\\(", "(?i)foo", "é|b$", "\\S", "x*"]),
        context in 0_u32..3,
        most in 1_u32..20,
    ) {
        let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let folder_of = Ground::new(&files);
        let folder = folder_of.folder();
        let query = WorkspaceQuery { context, most, ..query(pattern) };
        let searched = searched(&folder, query, &[]).unwrap();
        let regex = regex::Regex::new(pattern).unwrap();
        let (mut expected, mut left, mut more) = (Vec::new(), most, false);
        for entry in folder.entries("**", &Shown::default(), &RulesBefore::new()).unwrap() {
            let text = folder.read(&entry.path, ROOM).unwrap().unwrap();
            naive(&entry.path, &String::from_utf8(text).unwrap(), &regex, context, &mut left, &mut more, &mut expected);
            if more {
                break;
            }
        }
        prop_assert_eq!(shown_lines(&searched.findings), expected);
        prop_assert_eq!(searched.findings.more, more);
    }
}

/// The lines that match, with those around them, until there were enough.
fn naive(
    path: &str,
    text: &str,
    regex: &regex::Regex,
    context: u32,
    left: &mut u32,
    more: &mut bool,
    into: &mut Vec<String>,
) {
    // The first line begins behind a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text
        .split_inclusive('\n')
        .map(|line| {
            let line = line.strip_suffix('\n').unwrap_or(line);
            line.strip_suffix('\r').unwrap_or(line)
        })
        .collect();
    let matching: Vec<usize> = (0..lines.len())
        .filter(|at| regex.is_match(lines[*at]))
        .collect();
    let taken = &matching[..matching.len().min(*left as usize)];
    *more = taken.len() < matching.len();
    *left -= u32::try_from(taken.len()).unwrap();
    let context = context as usize;
    for (at, line) in lines.iter().enumerate() {
        // What stands behind the last match that was taken goes no further than the next one, which wasn't.
        let ends = matching.get(taken.len()).is_some_and(|next| at >= *next);
        let near = taken.iter().any(|of| at.abs_diff(*of) <= context) && !ends;
        let sign = if taken.contains(&at) { ':' } else { '-' };
        if near {
            into.push(format!("{path}{sign}{}{sign}{line}", at + 1));
        }
    }
}

#[test]
fn a_byte_order_mark_belongs_to_no_line() {
    let ground = Ground::new(&[("a.py", "\u{feff}import os\nimport re\n")]);
    let folder = ground.folder();
    assert_eq!(
        found(&folder, query("^import")),
        ["a.py:1:import os", "a.py:2:import re"]
    );
    assert!(found(&folder, query("\u{feff}")).is_empty());
}
