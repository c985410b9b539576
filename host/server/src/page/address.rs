//! Addresses of the page: everything that a person names is escaped in them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::problem::no_word;
use crate::ProblemDetails;
pub(crate) use crate::encoding::Address;

/// What unfolds, in the address of a step, the forms that run it again or read its answer again.
pub(crate) const AGAIN: &str = "again";

/// The address of a version of a prompt; of its current one where none is said.
pub(crate) fn of_version(prompt: impl Display, number: Option<u32>) -> Address {
    Address::at(format!("/prompts/{prompt}")).with("version", number)
}

/// Leads a browser on.
pub(crate) fn to(address: impl Display) -> Response {
    Redirect::to(&address.to_string()).into_response()
}

/// The pairs of a form or a query, in their order: what has names that only a definition knows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl Pairs {
    /// The first value of a name, without line ends of forms; none where it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Inputs as the fields of a form that is to be filled with them.
    pub(crate) fn inputs(inputs: &BTreeMap<String, String>) -> Self {
        let fields = inputs.iter();
        Self(
            fields
                .map(|(name, text)| (format!("input.{name}"), text.clone()))
                .collect(),
        )
    }

    /// The first value of a name as what it has to be.
    ///
    /// # Errors
    /// It is something else: a page that left it out would show what nobody asked for. `wrong` says so.
    pub(crate) fn said<T: FromStr>(
        &self,
        name: &str,
        wrong: &str,
    ) -> Result<Option<T>, ProblemDetails> {
        let Some(given) = self.get(name) else {
            return Ok(None);
        };
        let said = given.parse().map(Some);
        said.map_err(|_| {
            let message = format!("`{name}={given}`: {wrong}");
            no_word(message, "the page without it shows all there is")
        })
    }

    /// The first value of a name as a number; none where it is no such number.
    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Option<N> {
        self.get(name)?.parse().ok()
    }

    /// All values of a name that aren't empty.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let given = self.of(name).filter(|(rest, _)| rest.is_empty());
        given
            .map(|(_, value)| value)
            .filter(|value| !value.is_empty())
    }

    /// All values of a name that are numbers.
    pub(crate) fn numbers(&self, name: &str) -> Vec<u32> {
        self.all(name)
            .filter_map(|number| number.parse().ok())
            .collect()
    }

    /// All pairs whose name begins so, with the rest of the name.
    pub(crate) fn of<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        let pairs = self.0.iter();
        pairs.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }
}

/// A text of a form as a person means it: browsers send lines that end as on paper tape.
pub(crate) fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_form_end_as_in_a_file() {
        assert_eq!(plain_lines("a\r\nb\n"), "a\nb\n");
    }
}
