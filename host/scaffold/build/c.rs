//! The contract's bindings for C, as wit-bindgen's generator makes them.
//!
//! Without the object file that says which types the exports have: `wasm-tools component embed` says it from the contract itself, so
//! that a project is made of texts alone.

use std::fs;
use std::path::{Path, PathBuf};

use wit_bindgen_core::Files;

use crate::{Outcome, contract};

/// Where the part begins that wants the object file linked in.
const LINKED: &[u8] = b"\n// Ensure that the *_component_type.o object is linked in";

/// Writes the bindings of the world `step` into a folder.
pub(crate) fn bindings(out: &Path) -> Outcome<Vec<(String, PathBuf)>> {
    let (mut resolve, world) = contract::world()?;
    let options = wit_bindgen_c::Opts {
        no_object_file: true,
        ..wit_bindgen_c::Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let folder = out.join("c");
    fs::create_dir_all(&folder)?;
    let mut written = Vec::new();
    for (name, content) in files.iter() {
        let path = folder.join(name);
        let cut = content.windows(LINKED.len()).position(|it| it == LINKED);
        fs::write(&path, &content[..cut.unwrap_or(content.len())])?;
        written.push((name.to_owned(), path));
    }
    written.sort();
    Ok(written)
}
