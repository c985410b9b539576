//! Whether what a step says of itself can be used: names that are names, and no name twice.

use std::collections::BTreeSet;

use stepwell_contract::{Description, Field, LoadError, Name, amounts, most};

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
    check_fields("input", &description.inputs)?;
    check_fields("document", &description.documents)?;
    check_fields("setting", &description.settings)?;
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
    use super::*;

    fn field(name: &str) -> Field {
        Field {
            name: name.into(),
            ..Field::default()
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
