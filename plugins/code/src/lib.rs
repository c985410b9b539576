//! The step `code`.
