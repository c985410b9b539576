//! Takes in, as text, all that a new plugin begins with: the contract, the templates, the SDKs, and for C and Go the contract's bindings,
//! which wit-bindgen's generators make here, so that an author needs none.
//!
//! It decides nothing: what of it a project gets is the library's affair.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script reads its environment and speaks to cargo on its standard output"
)]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "build/c.rs"]
mod c;
#[path = "build/contract.rs"]
mod contract;
#[path = "build/go.rs"]
mod go;
#[path = "build/manifest.rs"]
mod manifest;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What an editor, a test or a build leaves in a folder.
const LEFT: [&str; 5] = [
    "__pycache__",
    "node_modules",
    "target",
    "dist",
    "proptest-regressions",
];

/// What is taken in of which folder, relative to this package, and under which constant.
const TAKEN: [(&str, &str, &[&str]); 9] = [
    ("CONTRACT", contract::FOLDER, &[]),
    ("COMMON", "templates/common", &[]),
    ("RUST", "templates/rust", &[]),
    ("PYTHON", "templates/python", &[]),
    ("JAVASCRIPT", "templates/javascript", &[]),
    ("GO", "templates/go", &[]),
    ("C", "templates/c", &[]),
    ("SDK_PYTHON", "../../sdk/python", &["stepwell_sdk"]),
    (
        "SDK_JAVASCRIPT",
        "../../sdk/javascript",
        &["package.json", "README.md", "src"],
    ),
];

fn main() -> Outcome<()> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut text = String::new();
    for (name, folder, parts) in TAKEN {
        text += &constant(name, &taken(folder, parts)?);
    }
    text += &constant("SDK_RUST", &sdk_in_rust(&out)?);
    println!("cargo::rerun-if-changed=build");
    text += &constant("C_BINDINGS", &c::bindings(&out)?);
    text += &constant("GO_BINDINGS", &bindings_in_go(&out)?);
    Ok(fs::write(out.join("files.rs"), text)?)
}

/// The files of a folder, or of these parts of it.
fn taken(folder: &str, parts: &[&str]) -> Outcome<Vec<(String, PathBuf)>> {
    let root = fs::canonicalize(folder).map_err(|error| format!("{folder}: {error}"))?;
    let mut files = Vec::new();
    for part in if parts.is_empty() { &[""] } else { parts } {
        println!("cargo::rerun-if-changed={folder}/{part}");
        walk(&root, &root.join(part), &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// The SDK in Rust as it is built on outside of this workspace: with a manifest that stands alone.
fn sdk_in_rust(out: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut files = taken("../../sdk/rust", &["README.md", "src", "wit"])?;
    let sources = ["../../sdk/rust/Cargo.toml", "../../Cargo.toml"];
    for source in sources {
        println!("cargo::rerun-if-changed={source}");
    }
    let [manifest, workspace] = sources.map(fs::read_to_string);
    let alone = out.join("sdk.toml");
    fs::write(&alone, manifest::standing_alone(&manifest?, &workspace?)?)?;
    files.push(("Cargo.toml".to_owned(), alone));
    files.sort();
    Ok(files)
}

/// What is generated for Go, and the runtime below it.
fn bindings_in_go(out: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let mut files = taken("templates/go-bindings", &[])?;
    files.extend(go::bindings(out)?);
    files.sort();
    Ok(files)
}

/// The files at or below a path, each with its path below the root.
fn walk(root: &Path, path: &Path, found: &mut Vec<(String, PathBuf)>) -> Outcome<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if LEFT.contains(&name.as_ref()) || name.starts_with('.') {
        return Ok(());
    }
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            walk(root, &entry?.path(), found)?;
        }
        return Ok(());
    }
    let below = path.strip_prefix(root)?.to_string_lossy().into_owned();
    found.push((below, path.to_owned()));
    Ok(())
}

fn constant(name: &str, files: &[(String, PathBuf)]) -> String {
    let rows: Vec<String> = files
        .iter()
        .map(|(path, file)| {
            format!(
                "    ({path:?}, include_str!({:?})),\n",
                file.display().to_string()
            )
        })
        .collect();
    format!("pub(crate) const {name}: Files = &[\n{}];\n", rows.concat())
}
