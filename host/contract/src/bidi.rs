//! Characters that turn the order of others round: a text with them reads otherwise than it is.
//!
//! They are made visible wherever a person reads what somebody else wrote. What is stored, sent or written to a file keeps them.

use std::borrow::Cow;

/// Whether a character shows nothing and changes the order in which others are shown.
#[must_use]
pub fn turns_the_order(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text with each of them named, such as `⟨U+202E⟩`.
#[must_use]
pub fn in_order(text: &str) -> Cow<'_, str> {
    replaced(text, |letter| format!("⟨U+{:04X}⟩", u32::from(letter)))
}

/// JSON with each of them escaped: the same value, which shows them.
#[must_use]
pub fn json_in_order(json: &str) -> Cow<'_, str> {
    replaced(json, |letter| format!("\\u{:04x}", u32::from(letter)))
}

fn replaced(text: &str, name: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(turns_the_order) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match turns_the_order(letter) {
            true => shown.push_str(&name(letter)),
            false => shown.push(letter),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_the_order_is_named() {
        let text = "a\u{202e}b\u{2066}c\u{2069}\u{200f}\u{61c}é\n";
        assert_eq!(
            in_order(text),
            "a⟨U+202E⟩b⟨U+2066⟩c⟨U+2069⟩⟨U+200F⟩⟨U+061C⟩é\n"
        );
        assert!(matches!(in_order("שלום"), Cow::Borrowed("שלום")));
        let json = serde_json::to_string(text).unwrap();
        let shown = json_in_order(&json);
        assert!(!shown.contains(turns_the_order));
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
