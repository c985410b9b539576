//! The names of executions, as the engine shows them: `implementation/code[2]~3#2`.

/// The path of an execution's step: `a[2]/b~3#2` is of `a/b`.
pub(crate) fn path_of(execution: &str) -> String {
    let path = execution.split('#').next().unwrap_or_default();
    let id = |piece: &str| {
        piece
            .split(['[', '~'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    path.split('/').map(id).collect::<Vec<_>>().join("/")
}

pub(super) fn take_of(execution: &str) -> &str {
    execution.split_once('#').map_or("1", |(_, take)| take)
}

/// The items of an execution's name: `a[2]/b[0]` has `[2][0]`.
pub(super) fn items_of(execution: &str) -> String {
    let mut items = String::new();
    let mut inside = false;
    for character in execution.chars() {
        inside |= character == '[';
        if inside {
            items.push(character);
        }
        inside &= character != ']';
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_path_a_take_and_items() {
        assert_eq!(path_of("a[0]/b[1]~2#3"), "a/b");
        assert_eq!(items_of("a[0]/b[1]~2#3"), "[0][1]");
        assert_eq!((take_of("a/b#3"), take_of("a/b")), ("3", "1"));
    }
}
