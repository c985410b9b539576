use super::*;
use crate::Text;

fn field(name: &str) -> Field {
    Field {
        name: name.into(),
        ..Field::default()
    }
}

fn step() -> Description {
    Description {
        name: "step".into(),
        version: "1".into(),
        ..Description::default()
    }
}

#[track_caller]
fn only(description: &Description) -> PluginFinding {
    let mut found = description.findings().into_vec();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn is_clean(description: &Description) -> bool {
    description.findings().into_vec().is_empty()
}

#[test]
fn a_version_hides_nothing() {
    let of = |version: &str| Description {
        version: version.into(),
        ..step()
    };
    assert!(is_clean(&of("1.2.0-rc.1+é")));
    for version in ["9 \u{1b}c\r!", "1\n2", "\u{202e}1", &"9".repeat(129)] {
        let found = only(&of(version));
        assert_eq!(found.code, FindingCode::BadVersion);
        assert!(!found.message.chars().any(char::is_control), "{found}");
    }
}

#[test]
fn a_gate_holds_back_what_it_says() {
    let of = |gate: &str, required: bool| Description {
        documents: vec![Field {
            required,
            ..field("decision")
        }],
        annotations: vec![Text::new("gate", gate)],
        ..step()
    };
    let right = r#"{"document":"decision","is":["yes"]}"#;
    assert!(is_clean(&of(right, true)));
    for (gate, required, says) in [
        (right, false, "doesn't always write"),
        (r#"{"document":"other","is":["yes"]}"#, true, "`other`"),
        (r#"{"document":"decision","is":[]}"#, true, "no word"),
        ("true", true, "expected an object such as `{\"document\""),
    ] {
        let found = only(&of(gate, required));
        assert!(
            found.is_error() && found.to_string().contains(says),
            "{found}"
        );
    }
    let again = r#"{"document":"decision","is":["yes"],"again":{"setting":"back","is":"no"}}"#;
    let found = only(&of(again, true));
    assert!(
        !found.is_error() && found.message.contains("`back`"),
        "{found}"
    );
}

#[test]
fn names_are_names_and_unique_and_all_that_are_wrong_are_told() {
    let mut description = Description {
        inputs: vec![field("a"), field("b")],
        documents: vec![field("a")],
        ..step()
    };
    assert!(is_clean(&description));
    description.inputs.push(field("a"));
    let found = only(&description);
    assert_eq!(found.to_string(), "inputs.a: input `a` is declared twice");
    description.settings = vec![field("not-a-name")];
    let found = description.findings().into_vec();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].place.path, "settings.not-a-name");
    assert!(found[1].message.contains("`not-a-name` is not a name"));
}

#[test]
fn a_grant_is_one_that_there_is_and_has_a_reason() {
    let of = |name: &str, value: &str| Description {
        grants: vec![Text::new(name, value)],
        annotations: vec![Text::new(name, "\"it must\"")],
        ..step()
    };
    assert!(is_clean(&of("workspace", "write")));
    let found = only(&of("network", "all"));
    assert_eq!(found.code, FindingCode::UnsupportedGrant);
    assert_eq!(found.place.path, "grants.network");
    let mut silent = of("clock", "real");
    silent.annotations.clear();
    let found = only(&silent);
    assert_eq!(found.code, FindingCode::GrantWithoutReason);
    assert!(!found.is_error());
}

#[test]
fn an_annotation_is_json() {
    let mut description = step();
    description.annotations = vec![Text::new("colour", "blue")];
    assert_eq!(only(&description).code, FindingCode::BadAnnotation);
    description.annotations = vec![Text::new("optional-grants", "[]")];
    assert!(only(&description).message.contains("no grants"));
    description.annotations = vec![Text::new("optional-grants", r#"{"workspace":"read"}"#)];
    assert!(is_clean(&description));
}

#[test]
fn an_empty_version_is_warned_of() {
    for version in ["", "  "] {
        let found = only(&Description {
            version: version.into(),
            ..step()
        });
        assert!(!found.is_error() && found.code == FindingCode::BadVersion);
    }
}

/// The words of what helps.
fn mend(finding: &PluginFinding) -> String {
    format!("{:?}", finding.remedy)
}

#[test]
fn a_grant_that_is_misspelt_is_told_with_the_words_that_it_has() {
    let of = |name: &str, value: &str| Description {
        grants: vec![Text::new(name, value)],
        annotations: vec![Text::new(name, "\"it must\"")],
        ..step()
    };
    for (name, value, says) in [
        (
            "workspace",
            "wirte",
            "did you mean `write`? `workspace` is one of `read`, `write`, `copy`",
        ),
        ("clock", "always", "`clock` is `real`"),
        ("workspce", "read", "did you mean `workspace`?"),
        ("network", "all", "a newer host"),
    ] {
        let found = only(&of(name, value));
        assert!(found.is_error() && mend(&found).contains(says), "{found:?}");
    }
    let mut optional = step();
    optional.annotations = vec![Text::new("optional-grants", r#"{"workspace":"wirte"}"#)];
    let found = only(&optional);
    assert!(!found.is_error() && mend(&found).contains("did you mean `write`?"));
}

#[test]
fn a_grant_that_is_asked_for_twice_is_warned_of() {
    let grants = |words: &[&str]| {
        let grants = words.iter().map(|word| Text::new("workspace", *word));
        Description {
            grants: grants.collect(),
            annotations: vec![Text::new("workspace", "\"it must\"")],
            ..step()
        }
    };
    assert!(is_clean(&grants(&["write"])));
    let found = only(&grants(&["write", "read"]));
    assert_eq!(found.code, FindingCode::RepeatedGrant);
    assert!(!found.is_error() && found.message.ends_with("`write`, `read`"));
    assert!(mend(&found).contains("`write` is what a run has to grant"));
}
