//! The known name that a misspelt one was most likely meant to be.

use stepwell_contract::listed;

/// The nearest candidate, if it is near enough to be worth naming.
///
/// A name that is merely of the same length would send the reader astray, so the bar rises with the length.
pub(crate) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given_lower = given.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::osa_distance(&given_lower, candidate);
            let length = given.chars().count().max(candidate.chars().count());
            let contained = given.len() >= 3
                && (candidate.starts_with(&given_lower) || given_lower.starts_with(candidate));
            (distance <= 1 + length / 4 && distance < length || contained)
                .then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or the list of what there is.
pub fn suggestion<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
    kind: &str,
) -> String {
    if let Some(near) = nearest(given, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let known = listed(candidates);
    if known.is_empty() {
        format!("there are no {kind} here")
    } else {
        format!("known {kind}: {known}")
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
    }
}
