//! The engine's modules are floors: none imports from one above it.

use std::path::Path;

use stepwell_tests::{circles, upward_imports};

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

/// Files that import each other. They are known, and get fewer: a new one is a file that can't be read by itself.
const CIRCLES: [&str; 7] = [
    "driving/closing ↔ driving/gates",
    "driving/conditions ↔ driving/driver ↔ driving/unbegun",
    "execution/charging ↔ execution/filled ↔ execution/glimpses ↔ execution/memory ↔ execution/services ↔ execution/staging",
    "state/context ↔ state/gates",
    "state/home ↔ state/house",
    "words/places ↔ words/requests",
    "workspace/aside ↔ workspace/folders ↔ workspace/temporary ↔ workspace/writing",
];

#[test]
fn no_further_files_of_the_engine_import_each_other() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(circles(&sources), CIRCLES);
}
