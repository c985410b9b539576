//! Nothing to link: what is measured stands in `benches/speed.rs`.
