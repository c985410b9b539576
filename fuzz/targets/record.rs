//! Bytes as a record of the store: what can be read is written again so that it reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use stepwell_store as store;

fn again<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(record) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&record).unwrap();
    let read: T = serde_json::from_slice(&written).unwrap();
    assert_eq!(written, serde_json::to_vec(&read).unwrap());
}

fuzz_target!(|bytes: &[u8]| {
    again::<store::RunRecord>(bytes);
    again::<store::ExecutionRecord>(bytes);
    again::<store::CallRecord>(bytes);
    again::<store::ComparisonRecord>(bytes);
    again::<store::EventRecord>(bytes);
});
