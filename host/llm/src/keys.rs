//! The secrets of providers, by the name of the environment variable that holds them.
//!
//! It doesn't read the environment: the command does, once, and hands the values in. A key leaves this type
//! only as the value of an HTTP header, or of a parameter of an address.

use std::collections::BTreeMap;
use std::fmt;

/// Variable names and their secret values.
///
/// ```
/// use stepwell_llm::Keys;
///
/// let keys: Keys = [("OPENAI_API_KEY", "sk-secret")].into_iter().collect();
/// assert!(!format!("{keys:?}").contains("sk-secret"));
/// ```
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<String, Secret>);

/// A value that can't be printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Secret(String);

impl Secret {
    /// A shorter value is a placeholder, such as the `ollama` that local servers want: to remove it from
    /// answers would mangle ordinary words.
    pub(crate) const SHORTEST: usize = 8;

    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The value itself. Only a request's header or parameter and the filter that removes it from answers may see it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it has to be kept out of answers.
    pub(crate) fn is_sensitive(&self) -> bool {
        self.0.len() >= Self::SHORTEST
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Keys {
    /// The value of a variable; an empty one counts as missing, as shells can't unset it everywhere.
    pub(crate) fn get(&self, variable: &str) -> Option<&Secret> {
        self.0.get(variable)
    }

    /// Those of these variables alone.
    pub(crate) fn of<'v>(&self, variables: impl Iterator<Item = &'v str>) -> Self {
        let held = variables.filter_map(|name| Some((name.to_owned(), self.get(name)?.clone())));
        Self(held.collect())
    }

    /// Every value.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

impl<K: Into<String>, V: AsRef<str>> FromIterator<(K, V)> for Keys {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .filter_map(|(name, value)| {
                    // A key read from a file or pasted into a shell often ends in a line break.
                    let value = value.as_ref().trim();
                    (!value.is_empty()).then(|| (name.into(), Secret::new(value)))
                })
                .collect(),
        )
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_never_shown_and_empty_ones_are_missing() {
        let keys: Keys = [("A", " secret-value\n"), ("B", "  ")]
            .into_iter()
            .collect();
        assert_eq!(keys.get("A").unwrap().expose(), "secret-value");
        assert!(keys.get("B").is_none());
        assert_eq!(format!("{keys:?} {:?}", keys.get("A")), r#"{"A"} Some(…)"#);
    }
}
