//! The texts that the build script took in.

/// Paths, with `/` between their parts, and what stands in those files.
pub(crate) type Files = &'static [(&'static str, &'static str)];

/// Under which terms the SDK is handed on.
pub(crate) const LICENCE: &str = include_str!("../../../LICENSE");

include!(concat!(env!("OUT_DIR"), "/files.rs"));
