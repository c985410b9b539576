//! The step `architecture_design`.
