//! The types and linker functions that wasmtime makes from `wit/`.
//!
//! Nothing is written by hand here, and nothing of it leaves the crate: [`crate::convert`] turns these types into
//! those of the contract and back.

#![allow(missing_docs, unreachable_pub, reason = "made by a macro")]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "step",
    imports: { default: async | trappable },
    exports: { default: async },
});

pub(crate) use stepwell::plugin::{
    chat, context, dialogue, documents, progress, prompts, types, workspace,
};
