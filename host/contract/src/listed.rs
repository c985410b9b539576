//! Names as a sentence lists them.

/// The names in backticks, with commas between them; cut where a list would be too long to read.
pub fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    const MOST: usize = 16;
    let names: Vec<_> = names
        .into_iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match names.len().checked_sub(MOST) {
        Some(more @ 1..) => format!("{} and {more} more", names[..MOST].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_list_is_cut_where_nobody_would_read_on() {
        let names: Vec<String> = (1..=17).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names[..2]), "`1`, `2`");
        assert!(listed(&names[..16]).ends_with(", `16`"));
        assert!(listed(&names).ends_with(", `16` and 1 more"));
    }
}
