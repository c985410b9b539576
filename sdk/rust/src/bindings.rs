//! The contract's types and functions, generated from the WIT package.
//!
//! Nothing is written by hand here; authors meet these types under [`chat`](crate::chat),
//! [`dialogue`](crate::dialogue) and their sister modules.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    reason = "generated code"
)]

wit_bindgen::generate!({
    path: "wit",
    world: "step",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "stepwell_sdk::bindings",
    generate_all,
});
