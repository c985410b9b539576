//! The step `implementation`.
