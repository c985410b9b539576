//! What a person decided.

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Go on with it.
    Yes,
    /// End here.
    No,
    /// Do something about it first.
    Changes,
}

impl Decision {
    /// Its word, as it is offered and written down.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Changes => "changes",
        }
    }

    /// What is meant by an answer, in the words that people use. None where it isn't clear.
    pub(crate) fn of(said: &str) -> Option<Self> {
        let said = said.trim().trim_end_matches(['.', '!']).to_lowercase();
        match said.as_str() {
            "yes" | "y" | "ok" | "okay" | "agreed" | "approve" | "approved" => Some(Self::Yes),
            "no" | "n" | "reject" | "rejected" => Some(Self::No),
            "changes" | "change" => Some(Self::Changes),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clear_words_are_an_answer() {
        for (said, meant) in [
            (" Yes! ", Some(Decision::Yes)),
            ("ok", Some(Decision::Yes)),
            ("n", Some(Decision::No)),
            ("Changes", Some(Decision::Changes)),
            ("yes, but not the second file", None),
            ("", None),
        ] {
            assert_eq!(Decision::of(said), meant, "{said}");
        }
    }
}
