//! What makes WASI 0.2 of the 0.1 that Go speaks, as a text.
//!
//! The text format of WebAssembly has a form that holds a module byte for byte, and `wasm-tools` reads it like the module. So a project is made of
//! texts alone, as everything else in it is: nothing that fills, lists, writes or checks it in has to know a second kind of file.

use std::fmt::Write as _;

/// How the file is called in a project.
pub(crate) const FILE: &str = "wasi_snapshot_preview1.wat";
/// What stands above it, as its licence wants.
const NOTICE: &str = ";; Makes WASI 0.2 of the 0.1 that Go speaks. It comes from wasmtime, under Apache-2.0 WITH LLVM-exception.\n";
const BYTES_IN_A_LINE: usize = 64;

/// A module as a text that holds it byte for byte.
pub(crate) fn as_text(module: &[u8]) -> String {
    let mut text = format!("{NOTICE}(module binary\n");
    for bytes in module.chunks(BYTES_IN_A_LINE) {
        text.push_str("  \"");
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
                b' '..=b'~' => text.push(char::from(byte)),
                // Writing to a string can't fail.
                _ => _ = write!(text, "\\{byte:02x}"),
            }
        }
        text.push_str("\"\n");
    }
    text + ")\n"
}
