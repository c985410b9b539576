//! The step `refine`.
