//! Properties of reading answers: nothing panics, and noise around what was asked for changes nothing.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use stepwell_sdk::answer::{self, Outline};

fn outline() -> Outline {
    Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["context"])
        .section("1.2", "User persona", &[])
        .section("2", "Functional requirements", &[])
        .optional("3", "Assumptions", &[])
}

/// Text made of the pieces that readers look at, so that they meet often.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```"),
        Just("````"),
        Just("~~~"),
        Just("```python"),
        Just("```json\n"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("# "),
        Just("## 1.1 Background"),
        Just("**1.2 User persona**"),
        Just("Title:"),
        Just("# Title: İ"),
        Just("---"),
        Just("==="),
        Just("<document>"),
        Just("</document>"),
        Just("### FILE: a.py"),
        Just("### FILE: ../b"),
        Just("`x.py`"),
        Just("\n### FILE: b.md (new)\n```md\n"),
        Just("\n```\n"),
        Just("\n~~~\n"),
        Just("\n```py title=\"c (new)\"\n"),
        Just("**`d e.md`**\n"),
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just("\""),
        Just("\\"),
        Just(","),
        Just("@startuml"),
        Just("@enduml"),
        Just("class A <<New"),
        Just("note x"),
        Just("/'"),
        Just("{\"questions\":["),
        Just("\u{feff}"),
        Just("é"),
        Just("ß İ ſ"),
        Just("    "),
        Just("\t"),
        Just("1."),
        Just("1.1.1 "),
        Just("section 1.1"),
        Just("****"),
        Just("__"),
    ];
    let any = prop_oneof![4 => piece.prop_map(str::to_owned), 1 => any::<String>()];
    vec(any, 0..40).prop_map(|pieces| pieces.concat())
}

/// A line of a section's text that is neither a heading nor a fence nor blank.
fn line() -> impl Strategy<Value = String> {
    "[(`*-]?[a-zA-Z][a-zA-Z0-9 ,.:`*()_-]{0,40}[a-z.)]"
        .prop_filter("bold, rules and fences mean something", |line| {
            !line.starts_with("**") && !line.starts_with("```") && !line.starts_with("--")
        })
}

fn body() -> impl Strategy<Value = String> {
    let code = vec("[a-z# =:\"()]{0,20}[a-z]", 0..4)
        .prop_map(|lines| format!("```python\n{}\n```", lines.join("\n")));
    let block = prop_oneof![3 => vec(line(), 1..4).prop_map(|lines| lines.join("\n")), 1 => code];
    (line(), vec(block, 0..3)).prop_map(|(first, blocks)| {
        std::iter::once(first)
            .chain(blocks)
            .collect::<Vec<_>>()
            .join("\n\n")
    })
}

fn document() -> impl Strategy<Value = String> {
    ("[A-Z][a-z]{2,10} report", body(), body(), body(), proptest::option::of(body())).prop_map(
        |(title, first, second, third, last)| {
            let last = last.map_or(String::new(), |last| format!("\n## 3 Assumptions\n\n{last}\n"));
            format!(
                "# {title}\n\n## 1 Overview\n\n### 1.1 Background\n\n{first}\n\n### 1.2 User persona\n\n{second}\n\n## 2 Functional requirements\n\n{third}\n{last}"
            )
        },
    )
}

fn read(answer: &str) -> Result<String, String> {
    let report = outline().read(answer).map_err(|failure| failure.message)?;
    Ok(report.render())
}

/// Where `tests/explore` keeps what it found: cases that every later run tries first.
const FOUND: FileFailurePersistence = FileFailurePersistence::Direct(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/answers.txt"
));

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: Some(Box::new(FOUND)), ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic(text in tricky()) {
        let _ = read(&text);
        let _ = answer::blocks(&text);
        let _ = answer::without_blocks(&text);
        let _ = answer::files(&text);
        let _ = answer::summary(&text);
        let _ = answer::json(&text);
        let _ = answer::questions(&text, &mut std::collections::BTreeSet::new());
        let _ = answer::check_path(&text);
        if let Some(diagram) = answer::diagram(&text) {
            let _ = answer::check_diagram(&diagram, &["New"]);
        }
    }

    #[test]
    fn a_document_comes_back_whatever_is_around_it(document in document(), before in line(), after in line()) {
        let expected = Ok(document.clone());
        prop_assert_eq!(read(&document), expected.clone());
        let tagged = format!("{before}\n\n<document>\n{document}</document>\n\n{after}");
        prop_assert_eq!(read(&tagged), expected.clone());
        prop_assert_eq!(read(&tagged.replace('\n', "\r\n")), expected.clone());
        let fenced = format!("{before}\n\n{}\n\n{after}", answer::fenced("markdown", &document));
        prop_assert_eq!(read(&fenced), expected.clone());
        let careless = format!("{before}\n\n```markdown\n{document}```\n\n{after}");
        prop_assert_eq!(read(&careless), expected.clone());
        prop_assert_eq!(read(&format!("{before}\n\n{document}")), expected);
    }

    #[test]
    fn what_was_read_reads_the_same_again(before in tricky(), document in document(), after in tricky(), titled in any::<bool>()) {
        let document = if titled { &document } else { document.split_once('\n').map_or("", |(_, rest)| rest) };
        for text in [format!("{document}\n{after}"), format!("{before}\n{document}"), format!("{before}\n{document}\n{after}")] {
            if let Ok(once) = read(&text) {
                prop_assert_eq!(read(&once), Ok(once.clone()), "{}", text);
            }
        }
    }

    #[test]
    fn files_that_were_read_read_the_same_again(text in tricky()) {
        if let Ok(files) = answer::files(&text) {
            let written: String = (files.iter())
                .map(|file| answer::render_file(&file.path, &file.content))
                .collect();
            prop_assert_eq!(answer::files(&written), Ok(files), "{}", written);
        }
    }

    #[test]
    fn files_come_back_whatever_they_hold(
        contents in vec(vec("[ -~]{0,30}", 0..6), 1..4),
        before in line(),
        windows in any::<bool>(),
    ) {
        let files: Vec<(String, String)> = contents
            .into_iter()
            .enumerate()
            .map(|(number, lines)| {
                let text = lines.iter().map(|line| format!("{line}\n")).collect();
                (format!("src/module_{number}.py"), text)
            })
            // What looks like another file is one.
            .filter(|(_, text): &(String, String)| !text.to_lowercase().contains("file") && !text.contains("~~~"))
            // So is what looks like a change.
            .filter(|(_, text)| !text.lines().all(|line| line.trim().is_empty() || line.starts_with([' ', '+', '-'])))
            .collect();
        prop_assume!(!files.is_empty());
        let mut text = format!("{before}\n\n");
        for (path, content) in &files {
            text.push_str(&answer::render_file(path, content));
            text.push('\n');
        }
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let read = answer::files(&text).map_err(|problems| TestCaseError::fail(problems.join("; ")))?;
        let read: Vec<(String, String)> = read.into_iter().map(|file| (file.path, file.content)).collect();
        prop_assert_eq!(read, files);
    }

    #[test]
    fn json_comes_back_out_of_prose(numbers in vec(any::<i32>(), 0..5), before in line(), after in line(), fenced in any::<bool>()) {
        let value = serde_json::json!({ "numbers": numbers, "text": after });
        let written = serde_json::to_string_pretty(&value).unwrap_or_default();
        let written = if fenced { answer::fenced("json", &written) } else { written };
        prop_assert_eq!(answer::json(&format!("{before}\n{written}\n{after}")), Some(value));
    }
}
