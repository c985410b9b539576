//! A component of the tests as another build would make it: with other words in it.

use crate::guest;

/// The component of `tests/plugins/NAME` in which each of these words is another one, of the same length, wherever it stands.
#[must_use]
pub fn rebuilt(name: &str, words: &[(&str, &str)]) -> Vec<u8> {
    let mut component = std::fs::read(guest(name)).unwrap();
    for (word, other) in words {
        assert_eq!(word.len(), other.len(), "{other}");
        let (word, other) = (word.as_bytes(), other.as_bytes());
        let places = component.windows(word.len()).enumerate();
        let places = places.filter(|(_, found)| *found == word);
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        assert!(!places.is_empty(), "it should have the word");
        for at in places {
            component[at..at + other.len()].copy_from_slice(other);
        }
    }
    component
}
