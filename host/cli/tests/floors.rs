//! The command's modules are floors: none imports from one above it.

use std::path::Path;

use stepwell_tests::upward_imports;

#[test]
fn nothing_in_the_command_imports_from_above() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: [&[&str]; 9] = [
        &["open_files", "remedy"],
        &[
            "allocator",
            "browser",
            "environment",
            "exit",
            "operators_file",
            "project",
            "runner",
            "socket",
            "token_file",
        ],
        &["shipped"],
        &["arguments"],
        &["terminal"],
        &["errors"],
        &["application"],
        &["following", "wiring"],
        &["commands"],
    ];
    assert_eq!(upward_imports(&sources, &floors), Vec::<String>::new());
}
