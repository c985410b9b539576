//! The step `test_generation`.
