//! The words of names and of a request, and which of them a text shares.

use std::collections::BTreeSet;

/// Words of a request that are looked for.
const MOST: usize = 400;

/// Bytes of a request that are read.
const LONGEST: usize = 64 << 10;

/// Words that say nothing of what a request is about.
const EMPTY: &[&str] = &[
    "add", "all", "and", "any", "are", "but", "can", "change", "code", "could", "does", "file",
    "for", "from", "get", "has", "have", "how", "into", "its", "make", "may", "more", "must",
    "need", "new", "not", "now", "off", "one", "only", "other", "our", "out", "set", "shall",
    "should", "some", "such", "than", "that", "the", "their", "them", "then", "there", "they",
    "thing", "this", "use", "used", "user", "want", "was", "way", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "without", "would", "you", "your",
];

/// The words of a request.
#[derive(Debug, Default)]
pub(crate) struct Words(Vec<String>);

impl Words {
    pub(crate) fn of_request(request: &str) -> Self {
        let request = &request[..request.floor_char_boundary(LONGEST)];
        let mut words = BTreeSet::new();
        each_word(request, &mut |word| {
            if words.len() < MOST && EMPTY.binary_search(&word).is_err() && !words.contains(word) {
                words.insert(word.to_owned());
            }
        });
        Self(words.into_iter().collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Which of them stand in a text, by their places.
    pub(crate) fn in_text(&self, text: &str, found: &mut impl FnMut(usize)) {
        if self.0.is_empty() {
            return;
        }
        each_word(text, &mut |word| {
            if let Ok(place) = self.0.binary_search_by(|known| known.as_str().cmp(word)) {
                found(place);
            }
        });
    }
}

/// Hands over every word of a text of three letters and more, in small letters and as one of a thing, not of many:
/// `NoteStores` has `note` and `store`.
fn each_word(text: &str, take: &mut impl FnMut(&str)) {
    let mut word = String::new();
    let mut was_small = false;
    let mut end = |word: &mut String| {
        if word.len() >= 3 {
            one_of_many(word);
            if word.len() >= 3 {
                take(word);
            }
        }
        word.clear();
    };
    for character in text.chars() {
        if !character.is_alphanumeric() {
            end(&mut word);
            was_small = false;
            continue;
        }
        if character.is_uppercase() && was_small {
            end(&mut word);
        }
        was_small = character.is_lowercase();
        word.extend(character.to_lowercase());
    }
    end(&mut word);
}

fn one_of_many(word: &mut String) {
    if word.ends_with("ies") && word.len() > 4 {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, &mut |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("src/NoteStores.py"), ["src", "note", "store"]);
        assert_eq!(
            words("find_by_ID of_queries pass"),
            ["find", "query", "pass"]
        );
        assert_eq!(words("übersichtÄnderung"), ["übersicht", "änderung"]);
    }

    #[test]
    fn a_request_has_the_words_that_say_something() {
        assert!(EMPTY.is_sorted());
        let words = Words::of_request("Add a command that lists the notes of a month");
        assert_eq!(words.0, ["command", "list", "month", "note"]);
    }
}
