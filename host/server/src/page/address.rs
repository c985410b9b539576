//! Addresses of the page: everything that a person names is escaped in them.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::encoding;

/// An address with a query. Values that are empty are left out.
pub(crate) fn with_query(path: &str, values: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let given = values.iter().filter(|(_, value)| !value.is_empty());
    for (index, (name, value)) in given.enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        let _ = write!(address, "{name}={}", encoding::value(value));
    }
    address
}

/// The pairs of a form or a query, in their order: what has names that only a definition knows.
#[derive(Debug, Default)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl Pairs {
    /// The first value of a name, without line ends of forms; none where it is missing or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
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
    fn a_value_cannot_leave_its_place() {
        let address = with_query("/runs/1", &[("step", "a&b=\"<c>"), ("none", "")]);
        assert_eq!(address, "/runs/1?step=a%26b%3D%22%3Cc%3E");
    }

    #[test]
    fn lines_of_a_form_end_as_in_a_file() {
        assert_eq!(plain_lines("a\r\nb\n"), "a\nb\n");
    }
}
