//! A stream of events in any pieces gives the events that it gives in one piece.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_llm::sse::{Event, Events};

fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (bytes, pieces) = input;
    let mut whole: Vec<Event> = Vec::new();
    let read = Events::default().take(&bytes, |event| whole.push(event));
    let (mut in_pieces, mut reader, mut rest) = (Vec::new(), Events::default(), &bytes[..]);
    let mut sizes = pieces.iter().cycle();
    let mut last = Ok(());
    while !rest.is_empty() && last.is_ok() {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size).max(1));
        let (piece, after) = rest.split_at(size.min(rest.len()));
        last = reader.take(piece, |event| in_pieces.push(event));
        rest = after;
    }
    assert_eq!(read.is_ok(), last.is_ok());
    assert_eq!(whole, in_pieces);
});
