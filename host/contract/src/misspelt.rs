//! The known name that a misspelt one was most likely meant to be, and names as a sentence lists them.

use crate::visible_on_one_line;

/// The nearest candidate, if it is near enough to be worth naming.
///
/// A name that is merely of the same length would send the reader astray, so the bar rises with the length.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given_lower = given.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::osa_distance(&given_lower, candidate);
            let length = given.chars().count().max(candidate.chars().count());
            // The end of a name of several words is as good as its beginning.
            let ends = || {
                candidate
                    .rsplit_once('-')
                    .is_some_and(|(_, end)| end == given_lower)
            };
            let contained = given.len() >= 3
                && (candidate.starts_with(&given_lower)
                    || given_lower.starts_with(candidate)
                    || ends());
            (distance <= 1 + length / 4 && distance < length || contained)
                .then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", where there is a name that is near enough.
pub fn did_you_mean<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(given, candidates).map(|near| format!("did you mean `{}`?", visible_on_one_line(near)))
}

/// "did you mean `x`?", or the list of what there is.
pub fn suggestion<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
    kind: &str,
) -> String {
    let known = || match listed(candidates.clone()) {
        known if known.is_empty() => format!("there are no {kind} here"),
        known => format!("known {kind}: {known}"),
    };
    did_you_mean(given, candidates.clone()).unwrap_or_else(known)
}

/// The names in backticks, with commas between them; cut where a list would be too long to read. Each stays on the line.
pub fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    const MOST: usize = 16;
    let names: Vec<_> = names
        .into_iter()
        .map(|name| format!("`{}`", visible_on_one_line(name.as_ref())))
        .collect();
    match names.len().checked_sub(MOST) {
        Some(more @ 1..) => format!("{} and {more} more", names[..MOST].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_a_stranger_is_not() {
        let keys = ["uses", "inputs", "settings", "for_each"];
        assert_eq!(nearest("use", keys), Some("uses"));
        assert_eq!(nearest("Inputs", keys), Some("inputs"));
        assert_eq!(nearest("for_eahc", keys), Some("for_each"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("a", ["b"]), None);
        let kinds = ["openai-chat", "openai-responses", "anthropic-messages"];
        for (given, meant) in [
            ("responses", "openai-responses"),
            ("messages", "anthropic-messages"),
            ("chat", "openai-chat"),
        ] {
            assert_eq!(nearest(given, kinds), Some(meant));
        }
    }

    #[test]
    fn a_list_is_cut_where_nobody_would_read_on() {
        let names: Vec<String> = (1..=17).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names[..2]), "`1`, `2`");
        assert!(listed(&names[..16]).ends_with(", `16`"));
        assert!(listed(&names).ends_with(", `16` and 1 more"));
    }
}
