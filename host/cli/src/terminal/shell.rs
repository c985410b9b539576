//! A command line that a person can take over, word by word.

/// A word as a shell takes it. By hand, since `shlex` quotes every `=`, `,` and `%`, also where none is read as anything else: most
/// of our words have one.
pub(crate) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "/_-=.,:@%+".contains(character);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_one_word() {
        assert_eq!(quoted("a/b/key=TEXT"), "a/b/key=TEXT");
        assert_eq!(quoted("a/who is it?=TEXT"), "'a/who is it?=TEXT'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
