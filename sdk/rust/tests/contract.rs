//! The package carries its own copy of the contract, so that it builds outside the workspace.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::Path;

fn wit_files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_copy_of_the_contract_equals_the_contract() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = wit_files(&package.join("wit"));
    let contract = wit_files(&package.join("../../wit"));
    assert!(!contract.is_empty());
    for (ours, theirs) in copy.iter().zip(&contract) {
        assert_eq!(ours, theirs, "copy wit/*.wit to sdk/rust/wit/");
    }
    assert_eq!(
        copy.len(),
        contract.len(),
        "copy wit/*.wit to sdk/rust/wit/"
    );
}
