//! The fake host.
