//! By what a person tells runs apart.

use std::collections::BTreeMap;

use stepwell_contract::Name;

use crate::words::LONGEST_LABEL;

/// A label as it is kept: one line, without what goes beyond its bound; none where nothing is left.
pub(crate) fn label_of(given: Option<&str>) -> Option<String> {
    beginning(&given?.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The beginning of the first input that says something, in the order of the definition.
pub(crate) fn about<'n>(
    declared: impl IntoIterator<Item = &'n Name>,
    given: &BTreeMap<String, String>,
) -> Option<String> {
    let names = declared.into_iter();
    let mut texts = names.filter_map(|name| given.get(name.as_str()));
    texts.find_map(|text| beginning(text))
}

/// The first line of a text that isn't empty, cut where it is long; none where there is none.
pub(crate) fn beginning(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    if line.len() <= LONGEST_LABEL {
        return Some(line.to_owned());
    }
    let shown = &line[..line.floor_char_boundary(LONGEST_LABEL)];
    Some(format!("{} …", shown.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_of_bounded_length() {
        assert_eq!(label_of(Some(" a\n b ")).as_deref(), Some("a b"));
        assert_eq!(label_of(Some(" \n")), None);
        let long = label_of(Some(&"ä".repeat(1000)));
        assert!(long.is_some_and(|label| label.len() <= LONGEST_LABEL + 10));
    }

    #[test]
    fn a_text_begins_with_its_first_line_that_says_something() {
        assert_eq!(
            beginning("\n  \n  A list\nof notes").as_deref(),
            Some("A list")
        );
        assert_eq!(beginning(" \n"), None);
    }
}
