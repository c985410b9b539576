//! Whether what a step says of itself can be used: names that are names, and no name twice.

use std::collections::BTreeSet;

use stepwell_contract::{Description, Field, LoadError, Name, amounts, most, turns_the_order};

use crate::weigh::Weigh as _;

/// Checks the names of a description.
pub(crate) fn check(description: &Description) -> Result<(), LoadError> {
    let bytes = description.weigh();
    if bytes > most::DESCRIPTION as u64 {
        let (bytes, most) = (
            amounts::size(bytes),
            amounts::size(most::DESCRIPTION as u64),
        );
        let reason =
            format!("it has {bytes}, with prompts and schemas; a plugin may say {most} of itself");
        return Err(LoadError::BadDescription { reason });
    }
    check_names("step", [description.name.as_str()])?;
    check_version(&description.version)?;
    check_fields("input", &description.inputs)?;
    check_fields("document", &description.documents)?;
    check_fields("setting", &description.settings)?;
    // One that can't be read would hold nothing back.
    description.gate().map_err(|why| {
        let reason = format!("its annotation `gate` can't be used: {why}");
        LoadError::BadDescription { reason }
    })?;
    check_names(
        "prompt",
        description
            .prompts
            .iter()
            .map(|prompt| prompt.name.as_str()),
    )?;
    description.prompts.iter().try_for_each(|prompt| {
        check_fields(
            &format!("variable of prompt `{}`", prompt.name),
            &prompt.variables,
        )
    })
}

/// A version is a word of any kind: it is shown beside names, where nothing may hide and no line begin.
fn check_version(version: &str) -> Result<(), LoadError> {
    let hides = |letter: char| letter.is_control() || turns_the_order(letter);
    let reason = if version.len() > most::NAME {
        let most = amounts::size(most::NAME as u64);
        format!(
            "its version has {} bytes; it may have {most}",
            version.len()
        )
    } else if version.chars().any(hides) {
        format!(
            "its version `{}` holds characters that aren't shown",
            version.escape_debug()
        )
    } else {
        return Ok(());
    };
    Err(LoadError::BadDescription { reason })
}

fn check_fields(what: &str, fields: &[Field]) -> Result<(), LoadError> {
    check_names(what, fields.iter().map(|field| field.name.as_str()))
}

fn check_names<'a>(what: &str, names: impl IntoIterator<Item = &'a str>) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    for name in names {
        let bad = |reason: String| Err(LoadError::BadDescription { reason });
        if let Err(error) = Name::made_up(name) {
            return bad(format!("{what}: {error}"));
        }
        if !seen.insert(name) {
            return bad(format!("{what} `{name}` is declared twice"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stepwell_contract::Text;

    use super::*;

    fn field(name: &str) -> Field {
        Field {
            name: name.into(),
            ..Field::default()
        }
    }

    #[test]
    fn a_version_hides_nothing() {
        let of = |version: &str| Description {
            name: "step".into(),
            version: version.into(),
            ..Description::default()
        };
        assert_eq!(check(&of("1.2.0-rc.1+é")), Ok(()));
        for version in ["9 \u{1b}c\r!", "1\n2", "\u{202e}1", &"9".repeat(129)] {
            let error = check(&of(version)).unwrap_err().to_string();
            assert!(error.contains("its version"), "{error}");
            assert!(!error.chars().any(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn a_gate_holds_back_what_it_says() {
        let of = |gate: &str, required: bool| Description {
            name: "step".into(),
            version: "1".into(),
            documents: vec![Field {
                required,
                ..field("decision")
            }],
            annotations: vec![Text::new("gate", gate)],
            ..Description::default()
        };
        let right = r#"{"document":"decision","is":["yes"]}"#;
        assert_eq!(check(&of(right, true)), Ok(()));
        for (gate, required, says) in [
            (right, false, "doesn't always write"),
            (r#"{"document":"other","is":["yes"]}"#, true, "`other`"),
            (r#"{"document":"decision","is":[]}"#, true, "no word"),
            ("true", true, "gate"),
        ] {
            let error = check(&of(gate, required)).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn names_are_names_and_unique() {
        let mut description = Description {
            name: "step".into(),
            inputs: vec![field("a"), field("b")],
            documents: vec![field("a")],
            ..Description::default()
        };
        assert_eq!(check(&description), Ok(()));
        description.inputs.push(field("a"));
        let error = check(&description).unwrap_err();
        assert!(
            error.to_string().contains("input `a` is declared twice"),
            "{error}"
        );
        description.inputs = vec![field("not-a-name")];
        assert!(
            check(&description)
                .unwrap_err()
                .to_string()
                .contains("`not-a-name` is not a name")
        );
    }
}
