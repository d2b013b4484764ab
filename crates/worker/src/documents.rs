//! Reads one document and exits.

use std::io::{self, BufWriter, Stdin};
use std::thread;

use aparte_protocol::documents::{
    DOCUMENT_LIMIT, DocumentEvent, DocumentFailure, DocumentRequest, Limits,
};
use aparte_protocol::{
    Frame, FrameError, Greeting, PROTOCOL_VERSION, RequestId, read_frame, write_message,
};

use crate::sandbox;

/// Hostile nesting is met with depth, not with a crash: parsers recurse on this much stack.
const PARSER_STACK: usize = 64 << 20;

/// Reads the document that arrives on standard input and sends its pages.
pub fn serve() -> Result<(), FrameError> {
    let mut app = BufWriter::new(io::stdout());
    sandbox::prepare();
    let walls = sandbox::enter();
    let greeting = DocumentEvent::Greeting(Greeting {
        protocol: PROTOCOL_VERSION,
        walls,
    });
    write_message(&mut app, RequestId::NEWS, &greeting)?;

    let mut stdin = io::stdin();
    let Some(frame) = read_frame(&mut stdin)? else {
        return Ok(());
    };
    let id = frame.request();
    let request: DocumentRequest = frame.decode()?;
    if request.size > DOCUMENT_LIMIT {
        return write_message(
            &mut app,
            id,
            &DocumentEvent::Failed(DocumentFailure::TooLarge),
        );
    }
    sandbox::limit_memory(memory_for(&request));
    let bytes = read_bytes(&mut stdin, request.size)?;

    // After the document only the end can come: the app is gone, or does not want the pages any more.
    thread::spawn(move || {
        let _ = io::copy(&mut stdin.lock(), &mut io::sink());
        sandbox::leave();
    });
    let parser = thread::Builder::new()
        .stack_size(PARSER_STACK)
        .spawn(move || {
            let mut broken = None;
            let read = aparte_documents::read(bytes, &request, &mut |event| {
                if broken.is_none() {
                    broken = write_message(&mut app, id, &event).err();
                }
            });
            if let Some(error) = broken {
                return Err(error);
            }
            let last = match read {
                Ok(()) => DocumentEvent::Finished,
                Err(failure) => DocumentEvent::Failed(failure),
            };
            write_message(&mut app, id, &last)
        })?;
    // A panic that reached the thread's end leaves the app without a last word: it is told by the exit.
    parser.join().unwrap_or(Err(FrameError::Undecodable))
}

/// Address space for a document: decompressed pages need several times their file. No app asks for more than raised limits.
fn memory_for(request: &DocumentRequest) -> u64 {
    let beside = request.limits.memory.min(Limits::raised().memory);
    beside + (request.size * 8).min(3 << 29)
}

/// The chunks up to their end. More or fewer bytes than were announced are a broken conversation.
fn read_bytes(app: &mut Stdin, size: u64) -> Result<Vec<u8>, FrameError> {
    let size = usize::try_from(size).map_err(|_| FrameError::TooLong(usize::MAX))?;
    let mut bytes = Vec::with_capacity(size);
    while let Some(frame) = read_frame(app)? {
        match frame {
            Frame::Chunk(_, chunk) if bytes.len() + chunk.len() <= size => bytes.extend(chunk),
            Frame::End(_) if bytes.len() == size => return Ok(bytes),
            _ => break,
        }
    }
    Err(FrameError::Undecodable)
}
