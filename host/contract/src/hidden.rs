//! Characters that show nothing: where a person reads what somebody else wrote, a picture or a name stands in their place.

use std::borrow::Cow;

use crate::turns_the_order;

/// A text in which nothing hides: what would move a terminal's cursor, show nothing or turn the order of others round is shown by
/// its picture, such as `␛`, or named, such as `⟨U+202E⟩`. Ends of lines and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |letter| matches!(letter, '\n' | '\t'))
}

/// The same, in which none of its characters begins a line of its own.
#[must_use]
pub fn visible_on_one_line(text: &str) -> Cow<'_, str> {
    shown(text, |_| false)
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hides = |letter: char| !stays(letter) && (letter.is_control() || turns_the_order(letter));
    if !text.contains(hides) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match u32::from(letter) {
            _ if !hides(letter) => shown.push(letter),
            // Unicode has pictures of the first 32, and of one more.
            low @ ..0x20 => shown.extend(char::from_u32(0x2400 + low)),
            0x7f => shown.push('␡'),
            other => shown += &format!("⟨U+{other:04X}⟩"),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_text() {
        assert!(matches!(visible("a\tb\n"), Cow::Borrowed("a\tb\n")));
        assert_eq!(
            visible("a\u{202e}b\u{1b}[1m\r\n\u{7f}\u{9b}"),
            "a⟨U+202E⟩b␛[1m␍\n␡⟨U+009B⟩"
        );
        assert_eq!(visible_on_one_line("a\n\tb\0"), "a␊␉b␀");
    }
}
