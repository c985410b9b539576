//! The world of a step, as the generators of bindings read it.

use std::path::Path;

use wit_bindgen_core::wit_parser::{Resolve, WorldId};

use crate::Outcome;

/// Where the contract is, relative to this package.
pub(crate) const FOLDER: &str = "../../wit";

/// The contract, and its world `step`.
pub(crate) fn world() -> Outcome<(Resolve, WorldId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(Path::new(FOLDER))?;
    let world = resolve.select_world(&[package], Some("step"))?;
    Ok((resolve, world))
}
