//! The engine's modules are floors: none imports from one above it.

use std::path::Path;

use stepwell_tests::upward_imports;

#[test]
fn nothing_in_the_engine_imports_from_above() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: [&[&str]; 7] = [
        &["words"],
        &["workspace"],
        &["state"],
        &["execution"],
        &["driving"],
        &["comparing"],
        &["faces"],
    ];
    assert_eq!(upward_imports(&sources, &floors), Vec::<String>::new());
}
