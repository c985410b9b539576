//! Gives the component a stack of its own that is larger than usual.

#![allow(
    clippy::print_stdout,
    reason = "a build script speaks to cargo on its standard output"
)]

/// Bytes. A thousand operators in a row are a template that somebody may write, and the reader goes one level deeper for
/// each. The usual mebibyte is too little for that; what needs more than this is refused as too deep.
const STACK: u32 = 8 << 20;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
}
