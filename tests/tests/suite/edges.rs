//! English is made at the edge: what a face does with a command, an option or a link is named by that face alone.

use std::fs;
use std::path::Path;

/// The rooms below the faces.
const BELOW: [&str; 18] = [
    "host/builtin",
    "host/comparison",
    "host/contract",
    "host/definition",
    "host/engine",
    "host/estimation",
    "host/git",
    "host/llm",
    "host/outbound",
    "host/plugin_tests",
    "host/registry",
    "host/rendering",
    "host/sandbox",
    "host/signing",
    "host/telemetry",
    "host/texts",
    "host/workers",
    "store",
];

/// What a line of code says only where the terminal is meant; a comment may name a command, and so may the reference, which is read
/// in the repository.
const TERMINALS: [&str; 4] = ["`stepwell ", "`--", "with `--", "by `--"];

#[test]
fn nothing_below_the_faces_names_a_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for room in BELOW {
        for file in rust_files(&root.join(room).join("src")) {
            let shown = file.strip_prefix(root).unwrap().display().to_string();
            let is_test = shown.contains("/tests") || shown.ends_with("tests.rs");
            let is_reference = ["definition/src/keys.rs", "definition/src/test_keys.rs"]
                .iter()
                .any(|keys| shown.ends_with(keys));
            if is_test || is_reference {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in code.lines().enumerate() {
                let is_code = !line.trim_start().starts_with("//");
                if is_code && TERMINALS.iter().any(|word| line.contains(word)) {
                    found.push(format!("{shown}:{}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    // How a component is built is the same for every face.
    let of_builds = ["`--target wasm32-wasip2`", "build with `--sync`"];
    found.retain(|line| !of_builds.iter().any(|said| line.contains(said)));
    assert_eq!(found, Vec::<String>::new());
}

fn rust_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => files.extend(rust_files(&path)),
            false if path.extension().is_some_and(|it| it == "rs") => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}
