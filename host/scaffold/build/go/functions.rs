//! The host's functions, taken out into files of their own: those of a component, and what a test on this machine has in their place.
//!
//! Else no test of a step could be linked: outside of a component nobody has these functions.

use crate::Outcome;

/// The mark of a function that the host has: `//go:wasmimport MODULE NAME`.
pub(crate) const MARK: &str = "//go:wasmimport ";

/// A file, and those with the host's functions where it has any.
pub(crate) fn set_apart(name: &str, text: &str) -> Outcome<Vec<(String, String)>> {
    let is_head =
        |line: &&str| line.starts_with("//") || line.is_empty() || line.starts_with("package ");
    let head: String = text.lines().take_while(is_head).map(line).collect();
    let mut rest = String::new();
    let mut inside = head.clone();
    let mut outside = format!("//go:build !wasip1\n\n{head}");
    let mut any = false;
    let mut lines = text.lines();
    while let Some(next) = lines.next() {
        let Some(imported) = next.trim().strip_prefix(MARK) else {
            rest += &line(next);
            continue;
        };
        any = true;
        let function = lines.next().unwrap_or_default().trim();
        // With a body it would be no function of the host's.
        if !function.starts_with("func wasm_import_") || function.contains('{') {
            return Err(format!("{name}: `{function}` is no function of the host's").into());
        }
        inside += &format!("\n{MARK}{imported}\n{function}\n");
        let called = imported.replace(' ', ": ");
        outside +=
            &format!("\n{function} {{\npanic(\"{called} is the host's, and here is none\")\n}}\n");
    }
    let mut files = vec![(name.to_owned(), rest)];
    if any {
        let (folder, _) = name.rsplit_once('/').ok_or("a package has a folder")?;
        files.push((format!("{folder}/wit_imports_wasip1.go"), inside));
        files.push((format!("{folder}/wit_imports_other.go"), outside));
    }
    Ok(files)
}

fn line(text: &str) -> String {
    format!("{text}\n")
}
