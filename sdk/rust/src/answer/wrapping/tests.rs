use super::*;

#[test]
fn a_closing_tag_without_an_opening_one_is_no_part_of_the_document() {
    for text in [
        "# D\n\nText.\n</document>",
        "# D\n\nText.\n</Document>\n\nShall I go on?\n",
        "# D\n\nText.\n</document>\n",
        "# D\n\nText.</document>\n",
    ] {
        assert_eq!(between_tags(text).unwrap().trim_end(), "# D\n\nText.");
    }
    for text in [
        "# D\n\nIt ends with `</document>`\n",
        "# D\n\n```\n</document>\n```\n",
        "é",
        "</ü>",
    ] {
        assert_eq!(between_tags(text).unwrap(), text);
    }
}

#[test]
fn other_wrappers_and_lone_halves_are_no_part_of_the_document() {
    const D: &str = "# D\n\nText.";
    for text in [
        "# D\n\nText.\n</answer>\n",
        "# D\n\nText.\n</output>\n</response>\n\nAnything else?",
        "<answer>\n# D\n\nText.\n</answer>",
        "<Artifact type=\"text/markdown\"># D\n\nText.\n</artifact>",
        "<answer>\n<document>\n# D\n\nText.\n</document>\n</answer>",
        "<document title=\"D\">\n# D\n\nText.\n",
        "<document>\n# D\n\nText.\n</document>\n</document>\n",
        "# D\n\nText.\n```\n",
        "# D\n\nText.\n```\n</document>\n",
        "# D\n\nText.</answer>",
    ] {
        let read = between_tags(text).unwrap();
        assert_eq!(read.trim(), D, "{text}");
    }
}

#[test]
fn what_a_document_says_of_tags_stays() {
    for text in [
        // Opened and closed within it.
        "# D\n\n<answer>\n42\n</answer>\n",
        "# D\n\nThe root is <document>, and it ends so: <document>a</document>\n",
        "# D\n\n```xml\n<document>\n</document>\n```\n",
        // A heading behind it, which would go with it.
        "# D\n\n## A\n</document>\n\n## B\n\nb\n",
        // Of other tags nothing is known.
        "# D\n\n<details>\nx\n</details>\n",
        "# D\n\nIt ends with\n</html>\n",
        "# D\n\n```\nopen\n",
        "# D\n\nIt answers with <Answer>x</Answer>",
    ] {
        assert_eq!(between_tags(text).unwrap(), text);
    }
    let remark = "<document>\n# D\n\nx\n</document>\nIt ends with `</document>`, as asked.";
    assert_eq!(between_tags(remark).unwrap().trim(), "# D\n\nx");
}

#[test]
fn a_fence_around_the_whole_that_is_never_closed_holds_the_blocks_inside() {
    let text = "```markdown\n# D\n\n```\nrun\n```\n\nSo.\n";
    assert_eq!(in_fence(text)[0], "# D\n\n```\nrun\n```\n\nSo.");
}

#[test]
fn a_text_full_of_tags_is_read_at_once() {
    let _ = between_tags(&format!("# D\n{}", "</document>\n```\n".repeat(20_000)));
    let _ = between_tags(&"<document".repeat(50_000));
    let _ = between_tags(&format!("# D\n{}", "x <document> ".repeat(20_000)));
}

/// Wherever the characters of a text begin and end.
#[test]
fn a_tag_that_is_never_closed_goes_in_any_script() {
    for shift in ["", "a", "ab"] {
        let document = format!("# D\n\n{shift}{}", "日".repeat(200));
        let text = format!("<answer>\n{document}");
        assert_eq!(between_tags(&text).unwrap().trim(), document);
    }
}
