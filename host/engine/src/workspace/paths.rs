//! Paths as a step gives them: checked and brought into one form.

use std::collections::BTreeSet;

use stepwell_contract::{WorkspaceError, WorkspaceErrorKind};

/// Names that are closed wherever they stand (rule E6).
const CLOSED_NAMES: [&str; 3] = [".stepwell", ".git", "stepwell.toml"];

/// How the temporary files of publishing begin: a killed process may leave one, and no step ever sees it.
pub(super) const TEMPORARY: &str = ".stepwell-tmp-";

/// Checks a path and gives it without `.` parts and doubled slashes.
///
/// `closed` has further paths, in lower case, that are closed with all that lies below them.
pub(super) fn normalise(given: &str, closed: &BTreeSet<String>) -> Result<String, WorkspaceError> {
    let invalid = |why: &str| {
        Err(WorkspaceError::new(
            WorkspaceErrorKind::InvalidPath,
            format!("`{given}` is not a path in the workspace: {why}; give it relative, with `/` between its parts"),
        ))
    };
    if given.starts_with('/') {
        return invalid("it is absolute");
    }
    if given.contains('\\') {
        return invalid("it has a backslash");
    }
    if given.contains('\0') {
        return invalid("it has a NUL character");
    }
    if given.as_bytes().get(1) == Some(&b':') && given.as_bytes()[0].is_ascii_alphabetic() {
        return invalid("it names a drive");
    }
    if given.len() > 4096 || given.split('/').any(|part| part.len() > 255) {
        return invalid("it is too long");
    }
    let mut parts = Vec::new();
    for part in given.split('/') {
        match part {
            "" | "." => {}
            ".." => return invalid("`..` leads outside"),
            part => parts.push(part),
        }
    }
    if parts.is_empty() || given.ends_with('/') {
        return invalid("it names no file");
    }
    let path = parts.join("/");
    if is_closed(&path, closed) {
        return Err(WorkspaceError::new(
            WorkspaceErrorKind::Denied,
            format!("`{path}` is closed to every step, whatever its grant: it belongs to the operator"),
        ));
    }
    Ok(path)
}

/// Whether no step may touch a path.
pub(super) fn is_closed(path: &str, closed: &BTreeSet<String>) -> bool {
    // Some file systems don't tell capitals: `.GIT` is `.git` there.
    let lower = path.to_lowercase();
    let named = |part: &str| CLOSED_NAMES.contains(&part) || part.starts_with(TEMPORARY);
    lower.split('/').any(named)
        || closed.iter().any(|closed| {
            lower.strip_prefix(closed.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_that_lead_outside_or_are_closed_are_refused() {
        let closed = BTreeSet::from(["flows/main.toml".to_owned()]);
        for invalid in ["", "/etc/passwd", "../x", "a/../../x", "a/..", "C:/x", "a\\b", "a\0b", "a/", ".", "a/.."] {
            assert_eq!(normalise(invalid, &closed).unwrap_err().kind, WorkspaceErrorKind::InvalidPath, "{invalid}");
        }
        for denied in [".git/config", "sub/.GIT/x", ".stepwell/a", "stepwell.toml", "./flows//main.toml", "Flows/Main.toml"] {
            assert_eq!(normalise(denied, &closed).unwrap_err().kind, WorkspaceErrorKind::Denied, "{denied}");
        }
        for (given, path) in [("a", "a"), ("./a//b.txt", "a/b.txt"), (".gitignore", ".gitignore"), ("ä/ö", "ä/ö")] {
            assert_eq!(normalise(given, &closed).unwrap(), path);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_let_through_stays_inside(given in "[a-zA-Z./\\\\:~ä ]{0,20}") {
            if let Ok(path) = normalise(&given, &BTreeSet::new()) {
                prop_assert!(!path.starts_with('/'));
                prop_assert!(path.split('/').all(|part| !part.is_empty() && part != ".." && part != "."));
                prop_assert_eq!(normalise(&path, &BTreeSet::new()).unwrap(), path);
            }
        }
    }
}
