//! The contract's bindings for Go: as wit-bindgen's generator makes them, on a runtime of ours (`templates/go-bindings`).
//!
//! The generator's own runtime is a module of Go's proxy, and takes the memory for what the host hands over from Go's heap. That can begin
//! a collection, which reads the clock, and no component may call anything while the host writes into it: it traps. So the texts
//! that name it are replaced here. Where one of them isn't found the build fails, since another generator would need other changes.

use std::fs;
use std::path::{Path, PathBuf};

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER;
use wit_bindgen_core::Files;

use crate::{Outcome, contract};

#[path = "go/adapter.rs"]
mod adapter;
#[path = "go/functions.rs"]
mod functions;
#[path = "go/layout.rs"]
mod layout;

/// What is said otherwise: the packages are the project's own, and what the host hands over is copied out of memory that is used again.
const REPLACED: [(&str, &str); 4] = [
    ("go.bytecodealliance.org/pkg/wit/", "bindings/wit/"),
    ("unsafe.String(", "witRuntime.String("),
    ("unsafe.Slice(", "witRuntime.Slice("),
    (
        "returnArea := ",
        "witRuntime.Begin()\ndefer witRuntime.End()\nreturnArea := ",
    ),
];
/// How a file imports the runtime, once its path is ours.
const RUNTIME: &str = "witRuntime \"bindings/wit/runtime\"";
/// Such a file only lets functions have no body, and none is left.
const LETS_BODIES_LACK: &str = "empty.s";

/// Writes the bindings of the world `step`, and the adapter, into a folder.
pub(crate) fn bindings(out: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let (mut resolve, world) = contract::world()?;
    let options = wit_bindgen_go::Opts {
        // There is no `gofmt` where Stepwell is built.
        format: wit_bindgen_go::Format::False,
        pkg_name: Some("bindings".to_owned()),
        ..wit_bindgen_go::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let mut texts = Vec::new();
    let mut found = [0_usize; REPLACED.len()];
    let mut of_host = 0_usize;
    for (name, content) in files.iter() {
        if !name.ends_with(LETS_BODIES_LACK) {
            let text = replaced(name, std::str::from_utf8(content)?, &mut found)?;
            of_host += text.matches(functions::MARK).count();
            texts.extend(functions::set_apart(name, &text)?);
        }
    }
    let theirs = REPLACED.iter().map(|(theirs, _)| *theirs);
    let counted = theirs.zip(found).chain([(functions::MARK, of_host)]);
    for (theirs, count) in counted {
        if count == 0 {
            return Err(format!("wit-bindgen writes no `{theirs}` for Go any more").into());
        }
    }
    let texts = texts
        .into_iter()
        .map(|(name, text)| (name, layout::indented(&text)));
    let adapter = adapter::as_text(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    let texts = texts.chain([(adapter::FILE.to_owned(), adapter)]);
    let folder = out.join("go");
    texts.map(|it| written(&folder, it)).collect()
}

/// A file on our runtime; counts what was replaced in it.
fn replaced(name: &str, text: &str, found: &mut [usize]) -> Outcome<String> {
    let mut text = text.to_owned();
    for ((theirs, ours), count) in REPLACED.iter().zip(found) {
        *count += text.matches(theirs).count();
        text = text.replace(theirs, ours);
    }
    if text.contains("witRuntime.") && !text.contains(RUNTIME) {
        return Err(format!("{name} doesn't import the runtime").into());
    }
    Ok(text)
}

fn written(folder: &Path, (name, text): (String, String)) -> Outcome<(String, PathBuf)> {
    let path = folder.join(&name);
    fs::create_dir_all(path.parent().ok_or("a file is in a folder")?)?;
    fs::write(&path, text)?;
    Ok((name, path))
}
