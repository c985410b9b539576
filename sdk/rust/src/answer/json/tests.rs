use serde::Deserialize;
use serde_json::json as value;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Plan {
    steps: Vec<String>,
}

fn plan(steps: &[&str]) -> Plan {
    Plan {
        steps: steps.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_whole_answer_a_block_or_a_piece_of_prose() {
    let expected = Ok(plan(&["a"]));
    assert_eq!(json_of(r#"{"steps":["a"]}"#), expected);
    assert_eq!(
        json_of("Here:\r\n```json\r\n{\"steps\":[\"a\"]}\r\n```\r\n"),
        expected
    );
    assert_eq!(json_of("```\n{\"steps\":[\"a\"]}\n```"), expected);
    assert_eq!(
        json_of("So [it] is {\"steps\":[\"a\"]}, I think {really}."),
        expected
    );
}

#[test]
fn a_block_of_something_else_is_passed_over() {
    let text = "```json\n{\"other\": 1}\n```\nthen\n```json\n{\"steps\": [\"b\"]}\n```";
    assert_eq!(json_of(text), Ok(plan(&["b"])));
}

#[test]
fn a_trailing_comma_is_forgiven_outside_strings() {
    assert_eq!(json("[1, 2,\n]"), Some(value!([1, 2])));
    assert_eq!(json(r#"{"a": "x,]",}"#), Some(value!({"a": "x,]"})));
}

#[test]
fn what_is_wrong_is_said() {
    let problem = json_of::<Plan>("{\"steps\": 3}").unwrap_err();
    assert!(problem.contains("sequence"), "{problem}");
    let problem = json_of::<Plan>("{\"steps\": [\"a\"").unwrap_err();
    assert!(problem.contains("JSON"), "{problem}");
    assert!(
        json_of::<Plan>("nothing")
            .unwrap_err()
            .contains("no complete JSON")
    );
}

#[test]
fn a_flood_of_brackets_ends() {
    assert_eq!(json(&"[".repeat(200_000)), None);
    assert_eq!(json(&"{\"a\":[".repeat(50_000)), None);
    let _ = json(&"[1,".repeat(100_000));
    let _ = json(&", ".repeat(100_000));
}

#[test]
fn what_has_one_reading_is_forgiven() {
    for text in [
        "Sure! The plan {as asked}: {\"steps\": [\"a\",],} Hope it helps.",
        "```json\n{\n  // the first one\n  \"steps\": [\"a\"] /* of one */\n}\n```",
        "{'steps': ['a']}",
        "{steps: [\"a\"]}",
        "It's [1]: {\"steps\": [\"a\"]}",
        "```json\n{\"steps\": [\"a\"]}\n```\nThat is:\n```json\n{\"steps\": [ \"a\" ]}\n```",
    ] {
        assert_eq!(json_of(text), Ok(plan(&["a"])), "{text}");
    }
    let broken = "```json\n{\"steps\": [\"first line\nsecond line\"]}\n```";
    assert_eq!(json_of(broken), Ok(plan(&["first line\nsecond line"])));
}

#[test]
fn what_can_be_read_in_two_ways_is_not_read() {
    let two = "```json\n{\"steps\": [\"draft\"]}\n```\nBetter:\n```json\n{\"steps\": [\"a\"]}\n```";
    assert!(json_of::<Plan>(two).unwrap_err().contains("two JSON"));
    let problem = json_of::<Plan>("{\"steps\": [\"a\"],\n \"steps\": []}").unwrap_err();
    for part in ["line 2", "`steps` is there twice"] {
        assert!(problem.contains(part), "{part} in {problem}");
    }
}

#[test]
fn a_fault_names_its_line_of_the_answer() {
    let text = "Here it is.\n\n```json\n{\n  \"steps\": [\"a\" \"b\"]\n}\n```\n";
    let problem = json_of::<Plan>(text).unwrap_err();
    for part in ["line 5", "`\"steps\": [\"a\" \"b\"]`", "comma"] {
        assert!(problem.contains(part), "{part} in {problem}");
    }
    assert!(problem.contains("line 5, column 16"), "{problem}");
    let quote = "So: {\"steps\": [\"say \"hi\" to him\"]}";
    assert!(json_of::<Plan>(quote).unwrap_err().contains("line 1"));
}

#[test]
fn a_part_is_not_taken_for_the_whole() {
    for text in [
        "{\"plan\": {\"steps\": [\"a\"]}, \"more\": [",
        "So: {\"plan\": {\"steps\": [\"a\"]}, \"more\": [",
        "So: {\"plan\": {\"steps\": [\"a\"]} \"more\": 1}",
    ] {
        let problem = json_of::<Plan>(text).unwrap_err();
        assert!(problem.contains("line 1"), "{problem}");
    }
}

#[test]
fn a_fault_in_one_long_line_is_shown_where_it_is() {
    let many = r#"{"word": "ü"}, "#.repeat(400);
    let long = format!(
        r#"{{"words": [{many}{{"word": "last"}}], "steps": ["first" "second"], "more": [{many}]}}"#
    );
    let at = long.find(r#" "second""#).unwrap();
    let column = long[..at].chars().count() + 1;
    for (before, line) in [("", 1), ("Here it is.\n\n", 3)] {
        let problem = json_of::<Plan>(&format!("{before}{long}\n")).unwrap_err();
        for part in [
            format!("line {line}, column {column} of"),
            r#"{"word": "last"}], "steps": ["first" "second"], "more": [{"word""#.to_owned(),
        ] {
            assert!(problem.contains(&part), "{part} in {problem}");
        }
        assert!(problem.len() < 250, "{problem}");
    }
    // What is never closed is shown where it was opened.
    let problem = json_of::<Plan>(&format!("{}\n\n", &long[..at])).unwrap_err();
    assert!(problem.contains(r#""steps": ["first"`)"#), "{problem}");
}
