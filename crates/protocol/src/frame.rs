//! Frames: `length (u32 LE) | kind (u8) | request (u32 LE) | payload`.
//!
//! `length` counts the payload only. A run of bytes (a document) is any number of chunk frames and one
//! end frame under the same request.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// The largest payload of a message frame, in bytes.
pub const MESSAGE_LIMIT: usize = 16 << 20;
/// The largest payload of a chunk frame, in bytes.
pub const CHUNK_LIMIT: usize = 1 << 20;

const HEADER: usize = 9;
const MESSAGE: u8 = 1;
const CHUNK: u8 = 2;
const END: u8 = 3;

/// Names one request of the app; every answer of the worker carries it back. Zero is
/// [`RequestId::NEWS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u32);

impl RequestId {
    /// The worker's own news: its greeting and the loading of its model.
    pub const NEWS: RequestId = RequestId(0);
}

/// One frame, its payload not yet decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A control message: decode it with [`Frame::decode`].
    Message(RequestId, Vec<u8>),
    /// A piece of a run of bytes.
    Chunk(RequestId, Vec<u8>),
    /// The end of a run of bytes.
    End(RequestId),
}

/// Why a frame could not be read or written. After any of these the stream has no meaning any more.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The pipe failed or ended inside a frame.
    #[error("the pipe broke: {0}")]
    Pipe(#[from] io::Error),
    /// The length is over the limit of its kind.
    #[error("a frame of {0} bytes is over the limit")]
    TooLong(usize),
    /// A kind that this version does not know.
    #[error("unknown frame kind {0}")]
    UnknownKind(u8),
    /// The payload is not a message of the expected type, or something follows it.
    #[error("a message could not be decoded")]
    Undecodable,
}

impl Frame {
    /// The request that this frame belongs to.
    pub fn request(&self) -> RequestId {
        match self {
            Frame::Message(request, _) | Frame::Chunk(request, _) | Frame::End(request) => *request,
        }
    }

    /// The message inside a message frame; anything else, or a message with bytes left over, is
    /// refused.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, FrameError> {
        let Frame::Message(_, payload) = self else {
            return Err(FrameError::Undecodable);
        };
        match postcard::take_from_bytes(payload) {
            Ok((message, [])) => Ok(message),
            _ => Err(FrameError::Undecodable),
        }
    }
}

/// Reads one frame; `None` when the pipe was closed between two frames.
pub fn read_frame(from: &mut impl Read) -> Result<Option<Frame>, FrameError> {
    let mut header = [0; HEADER];
    let mut filled = 0;
    while filled < HEADER {
        match from.read(&mut header[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let [l0, l1, l2, l3, kind, r0, r1, r2, r3] = header;
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let request = RequestId(u32::from_le_bytes([r0, r1, r2, r3]));
    let limit = match kind {
        MESSAGE => MESSAGE_LIMIT,
        CHUNK => CHUNK_LIMIT,
        END => 0,
        other => return Err(FrameError::UnknownKind(other)),
    };
    if length > limit {
        return Err(FrameError::TooLong(length));
    }
    let mut payload = vec![0; length];
    from.read_exact(&mut payload)?;
    Ok(Some(match kind {
        MESSAGE => Frame::Message(request, payload),
        CHUNK => Frame::Chunk(request, payload),
        _ => Frame::End(request),
    }))
}

/// Writes a control message and flushes, so that the other side sees it at once.
pub fn write_message(
    to: &mut impl Write,
    request: RequestId,
    message: &impl Serialize,
) -> Result<(), FrameError> {
    let payload = postcard::to_stdvec(message).map_err(|_| FrameError::Undecodable)?;
    if payload.len() > MESSAGE_LIMIT {
        return Err(FrameError::TooLong(payload.len()));
    }
    write(to, MESSAGE, request, &payload)?;
    Ok(to.flush()?)
}

/// Writes one piece of a run of bytes, at most [`CHUNK_LIMIT`] long.
pub fn write_chunk(
    to: &mut impl Write,
    request: RequestId,
    bytes: &[u8],
) -> Result<(), FrameError> {
    if bytes.len() > CHUNK_LIMIT {
        return Err(FrameError::TooLong(bytes.len()));
    }
    write(to, CHUNK, request, bytes)
}

/// Ends a run of bytes and flushes.
pub fn write_end(to: &mut impl Write, request: RequestId) -> Result<(), FrameError> {
    write(to, END, request, &[])?;
    Ok(to.flush()?)
}

fn write(
    to: &mut impl Write,
    kind: u8,
    request: RequestId,
    payload: &[u8],
) -> Result<(), FrameError> {
    let length = u32::try_from(payload.len()).map_err(|_| FrameError::TooLong(payload.len()))?;
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4] = kind;
    header[5..].copy_from_slice(&request.0.to_le_bytes());
    to.write_all(&header)?;
    Ok(to.write_all(payload)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineEvent;
    use crate::reading::ReadingEvent;

    /// The corpus of the fuzz target `frames`.
    #[test]
    fn inputs_of_the_corpus_are_read_to_their_end_or_refused_and_none_does_harm() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/frames");
        let (mut read, mut refused) = (0, 0);
        for file in std::fs::read_dir(corpus).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let mut pipe = bytes.as_slice();
            loop {
                match read_frame(&mut pipe) {
                    Ok(Some(frame)) => {
                        let _ = frame.decode::<EngineEvent>();
                        let _ = frame.decode::<ReadingEvent>();
                    }
                    Ok(None) => break read += 1,
                    Err(_) => break refused += 1,
                }
            }
        }
        assert!(
            read > 0 && refused > 0,
            "{read} are read, {refused} refused"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut pipe = Vec::new();
        let event = EngineEvent::Text("déjà".into());
        write_message(&mut pipe, RequestId(7), &event).unwrap();
        write_chunk(&mut pipe, RequestId(8), b"abc").unwrap();
        write_end(&mut pipe, RequestId(8)).unwrap();

        let mut pipe = pipe.as_slice();
        let message = read_frame(&mut pipe).unwrap().unwrap();
        assert_eq!(message.request(), RequestId(7));
        assert_eq!(message.decode::<EngineEvent>().unwrap(), event);
        assert_eq!(
            read_frame(&mut pipe).unwrap(),
            Some(Frame::Chunk(RequestId(8), b"abc".to_vec()))
        );
        assert_eq!(
            read_frame(&mut pipe).unwrap(),
            Some(Frame::End(RequestId(8)))
        );
        assert_eq!(read_frame(&mut pipe).unwrap(), None);
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_anything_is_allocated() {
        for (kind, length) in [
            (MESSAGE, MESSAGE_LIMIT + 1),
            (CHUNK, CHUNK_LIMIT + 1),
            (END, 1),
        ] {
            let mut header = u32::try_from(length).unwrap().to_le_bytes().to_vec();
            header.push(kind);
            header.extend([0; 4]);
            let refused = read_frame(&mut header.as_slice());
            assert!(matches!(refused, Err(FrameError::TooLong(l)) if l == length));
        }
    }

    #[test]
    fn every_cut_inside_a_frame_is_an_error_and_none_panics() {
        let mut whole = Vec::new();
        write_message(&mut whole, RequestId(1), &EngineEvent::Text("text".into())).unwrap();
        for cut in 1..whole.len() {
            assert!(read_frame(&mut &whole[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn a_message_with_bytes_left_over_is_refused() {
        let mut payload = postcard::to_stdvec(&EngineEvent::Text("x".into())).unwrap();
        payload.push(0);
        let frame = Frame::Message(RequestId(0), payload);
        assert!(frame.decode::<EngineEvent>().is_err());
    }
}
