//! The text of a path that a step gave: what is one, and its one form.
//!
//! It looks at no directory: where links lead, and what is closed, is decided elsewhere.

use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};

/// How the temporary files of publishing begin. No step can name, list or read one.
pub(super) const TEMPORARY_PREFIX: &str = ".stepwell-tmp-";

/// How the names begin under which lies what publishing took out of a path, until it is kept. No step can name them either.
pub(super) const ASIDE_PREFIX: &str = ".stepwell-aside-";

/// What common systems take as a path and as one name. A longer one could be staged but never published.
const LONGEST_PATH: usize = 4_000;
const LONGEST_NAME: usize = 255;

/// A path in the form under which its file is known: relative, names joined by single `/`, no `.` and no `..`.
pub(super) fn normalise(given: &str) -> Result<String, WorkspaceError> {
    let invalid = |rule: &str| {
        let message = format!("the path `{}` {rule}", shown(given));
        Err(WorkspaceError::new(
            WorkspaceErrorKind::InvalidPath,
            message,
        ))
    };
    if given.is_empty() {
        return invalid("is empty: name a file of the workspace, such as `src/main.py`");
    }
    if given.len() > LONGEST_PATH {
        return invalid("is longer than 4000 bytes");
    }
    if given.starts_with('/') {
        return invalid("is absolute: paths are relative to the workspace");
    }
    if has_drive(given) {
        return invalid("begins with a drive: paths are relative to the workspace");
    }
    if given.ends_with('/') {
        return invalid("ends with `/`: name a file, not a folder");
    }
    let mut names = Vec::new();
    for name in given.split('/') {
        match name {
            "" | "." => continue,
            ".." => return invalid("has `..` in it: paths stay below the workspace"),
            _ => {}
        }
        if let Some(rule) = broken_rule(name) {
            return invalid(rule);
        }
        names.push(name);
    }
    if names.is_empty() || given.ends_with("/.") {
        return invalid("names a folder: name a file of the workspace");
    }
    // `./C:/x` is `C:/x` once it is normalised.
    if has_drive(names[0]) {
        return invalid("begins with a drive: paths are relative to the workspace");
    }
    Ok(names.join("/"))
}

/// Which rule a single name breaks. A listing leaves such files out: nobody could read them.
pub(super) fn broken_rule(name: &str) -> Option<&'static str> {
    if name.contains('\\') {
        // On one system part of a name, on another a separator: `..\x` must not depend on where it runs.
        return Some("has a backslash in it: the parts of a path are separated by `/`");
    }
    if name.chars().any(char::is_control) {
        return Some("has a control character in it");
    }
    if name.len() > LONGEST_NAME {
        return Some("has a name of more than 255 bytes in it");
    }
    let plain = folded(name);
    if plain.starts_with(TEMPORARY_PREFIX) {
        return Some(
            "has a name that begins with `.stepwell-tmp-` in it: those are temporary files of publishing",
        );
    }
    if plain.starts_with(ASIDE_PREFIX) {
        return Some(
            "has a name that begins with `.stepwell-aside-` in it: that is what publishing took out of a file",
        );
    }
    None
}

/// What a name may stand for on a file system that ignores case, trailing dots and spaces, invisible characters, or
/// takes what follows a colon as a part of the file.
pub(super) fn folded(name: &str) -> String {
    let visible = name.chars().filter(|letter| {
        !matches!(letter, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    });
    let lower: String = visible.flat_map(char::to_lowercase).collect();
    let file = lower.split(':').next().unwrap_or_default();
    file.trim_end_matches(['.', ' ']).to_owned()
}

/// A path as it goes into a message: a hostile one may be long and hold anything.
pub(super) fn shown(path: &str) -> String {
    let mut short: String = path
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    if path.chars().nth(200).is_some() {
        short.push('…');
    }
    short
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// The folder of a path, and the name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_form() {
        for given in [
            "src/main.py",
            "./src/main.py",
            "src//main.py",
            "src/./main.py",
            "././src/.//main.py",
        ] {
            assert_eq!(normalise(given).unwrap(), "src/main.py", "{given}");
        }
        assert_eq!(normalise("日本語/ü .md").unwrap(), "日本語/ü .md");
        assert_eq!(normalise("..a/b..c/...").unwrap(), "..a/b..c/...");
    }

    #[test]
    fn what_is_no_path_below_the_workspace_is_refused_with_its_rule() {
        let cases = [
            ("", "is empty"),
            ("/etc/passwd", "is absolute"),
            ("../x", "has `..`"),
            ("a/../../x", "has `..`"),
            ("a/..", "has `..`"),
            ("..\\x", "backslash"),
            ("C:/x", "drive"),
            ("./c:x", "drive"),
            ("a\0b", "control character"),
            ("a\nb", "control character"),
            ("src/", "ends with `/`"),
            (".", "names a folder"),
            ("src/.", "names a folder"),
            ("a/.stepwell-tmp-1", "temporary"),
            (".STEPWELL-TMP-1", "temporary"),
        ];
        for (given, rule) in cases {
            let error = normalise(given).unwrap_err();
            assert_eq!(error.kind, WorkspaceErrorKind::InvalidPath, "{given:?}");
            assert!(error.message.contains(rule), "{given:?}: {}", error.message);
            assert!(
                error.message.contains(&shown(given)),
                "{given:?}: {}",
                error.message
            );
        }
    }

    #[test]
    fn a_path_that_could_never_be_published_is_refused_when_it_is_given() {
        assert!(normalise(&"n".repeat(255)).is_ok());
        assert!(
            normalise(&"n".repeat(256))
                .unwrap_err()
                .message
                .contains("255 bytes")
        );
        let error = normalise(&"n/".repeat(1_000_000)).unwrap_err();
        assert!(error.message.contains("4000 bytes"));
        assert!(
            error.message.len() < 1000,
            "a hostile path must not flood the message"
        );
    }
}
