//! Bytes as a cassette: it is read, or the reason is told.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_llm::Cassette;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = Cassette::read(bytes, "fuzz") {
        assert!(!error.to_string().is_empty());
    }
});
