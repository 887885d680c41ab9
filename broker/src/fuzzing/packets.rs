//! The packet reader.

use bytes::BytesMut;

use crate::{
    Version,
    wire::{Cut, Frame, cut, read_auth, read_connect, read_publish, read_request},
};

const LIMIT: usize = 64 * 1024;

/// Cuts packets out of bytes and reads each, in the version that the first byte chooses.
///
/// # Panics
/// If it matters for the packets in what pieces their bytes come.
pub fn packets(bytes: &[u8]) {
    let Some((version, bytes)) = bytes.split_first() else { return };
    let version = if version & 1 == 0 { Version::V311 } else { Version::V5 };
    let whole = in_pieces(bytes, bytes.len(), version);
    assert_eq!(whole, in_pieces(bytes, 1, version));
    assert_eq!(whole, in_pieces(bytes, 7, version));
}

/// Feeds the bytes in pieces, and says what was read of them.
fn in_pieces(bytes: &[u8], size: usize, version: Version) -> Vec<String> {
    let (mut buffer, mut seen) = (BytesMut::new(), Vec::new());
    for piece in bytes.chunks(size.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match cut(&mut buffer, LIMIT) {
                Ok(Cut::Part(missing)) => {
                    assert!(missing > 0);
                    break;
                }
                Ok(Cut::Whole(frame)) => seen.push(read(frame, version)),
                Err(violation) => {
                    seen.push(violation.to_string());
                    return seen;
                }
            }
        }
    }
    seen
}

fn read(frame: Frame, version: Version) -> String {
    match frame.kind() {
        1 => format!("{:?}", read_connect(frame)),
        3 => format!("{:?}", read_publish(frame.first, frame.body(), version)),
        15 => format!("{:?}", read_auth(frame)),
        _ => format!("{:?}", read_request(frame, version)),
    }
}
