//! Unified diffs, for a person.

use similar::TextDiff;

/// What differs between two texts, in the unified format; empty where nothing does. None is no file.
#[must_use]
pub fn unified_diff(before: Option<&[u8]>, after: Option<&[u8]>, names: (&str, &str)) -> String {
    if before == after {
        return String::new();
    }
    let texts = (std::str::from_utf8(before.unwrap_or_default()), std::str::from_utf8(after.unwrap_or_default()));
    let (Ok(old), Ok(new)) = texts else {
        return format!("Binary files {} and {} differ\n", names.0, names.1);
    };
    let old_name = if before.is_some() { names.0 } else { "/dev/null" };
    let new_name = if after.is_some() { names.1 } else { "/dev/null" };
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(old_name, new_name).to_string()
}
