//! The server's modules are floors: none imports from one above it.

use std::path::Path;

use stepwell_tests::upward_imports;

#[test]
fn nothing_in_the_server_imports_from_above() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: [&[&str]; 6] = [
        &["encoding", "health", "problem"],
        &["asked", "bodies"],
        &["security", "serving", "supervisor"],
        &["app"],
        &["api", "metrics", "page"],
        &["client"],
    ];
    assert_eq!(upward_imports(&sources, &floors), Vec::<String>::new());
}
