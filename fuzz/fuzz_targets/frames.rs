//! The frames that come out of a worker or go into one, and the messages in them.

#![no_main]

use aparte_protocol::documents::{DocumentEvent, DocumentRequest};
use aparte_protocol::engine::{EngineEvent, EngineRequest};
use aparte_protocol::reading::{ReadingEvent, ReadingRequest};
use aparte_protocol::{RequestId, read_frame, write_message};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut pipe = bytes;
    while let Ok(Some(frame)) = read_frame(&mut pipe) {
        let _ = frame.decode::<DocumentRequest>();
        let _ = frame.decode::<EngineRequest>();
        let _ = frame.decode::<DocumentEvent>();
        let _ = frame.decode::<ReadingRequest>();
        let _ = frame.decode::<ReadingEvent>();
        let Ok(event) = frame.decode::<EngineEvent>() else {
            continue;
        };
        let mut written = Vec::new();
        write_message(&mut written, RequestId(1), &event).expect("what was read is short enough");
    }
});
