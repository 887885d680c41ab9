//! MQTT on a socket, packet by packet, and any other bytes that a peer may send.
//!
//! All peers of a measurement are spoken to with this code, so that a ratio compares the peers and nothing else.

mod decode;
mod encode;
mod message;

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    ops::Range,
    time::Duration,
};

pub use encode::{
    bear, connect, disconnect, ping, puback, pubcomp, publish, publish_again, pubrec, pubrel, resume, subscribe,
    unsubscribe,
};
pub use message::{Account, Message, Packet, Properties, Qos, Version};

/// One connection, blocking, with `TCP_NODELAY`.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    version: Version,
    buffer: Vec<u8>,
    /// What of the buffer was received and not yet read.
    unread: Range<usize>,
}

const BUFFER: usize = 64 * 1024;

impl Wire {
    /// Connects a socket and says nothing yet.
    ///
    /// # Errors
    /// As [`TcpStream::connect`].
    pub fn open(address: SocketAddr, version: Version) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, version, buffer: vec![0; BUFFER], unread: 0..0 })
    }

    /// Says how long [`Self::receive`] waits; for ever if nothing is said.
    ///
    /// # Errors
    /// As [`TcpStream::set_read_timeout`].
    pub fn set_patience(&self, patience: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(patience)
    }

    /// Returns a handle with which another thread can end the connection.
    ///
    /// # Errors
    /// As [`TcpStream::try_clone`].
    pub fn hangup(&self) -> io::Result<Hangup> {
        self.stream.try_clone().map(Hangup)
    }

    /// Returns what is spoken here.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Sends any bytes.
    ///
    /// # Errors
    /// As [`Write::write_all`].
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Says that nothing more will be sent; the peer may still say something.
    ///
    /// # Errors
    /// As [`TcpStream::shutdown`].
    pub fn finish(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Receives the next packet.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedEof`] when the peer closed, [`ErrorKind::TimedOut`] when patience ended,
    /// [`ErrorKind::InvalidData`] for what is no packet.
    pub fn receive(&mut self) -> io::Result<Packet> {
        loop {
            if let Some(length) = decode::frame_length(self.waiting())? {
                if let Some(frame) = self.waiting().get(..length) {
                    let packet = decode::packet(self.version, frame)?;
                    self.unread.start += length;
                    return Ok(packet);
                }
                self.make_room(length);
            }
            self.fill()?;
        }
    }

    /// Says whether more has come than was received.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.unread.is_empty()
    }

    fn waiting(&self) -> &[u8] {
        self.buffer.get(self.unread.clone()).unwrap_or_default()
    }

    /// Makes room for a frame of which the beginning is there.
    fn make_room(&mut self, length: usize) {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.end == self.buffer.len() {
            self.make_room(self.unread.len() + 1);
        }
        let room = self.buffer.get_mut(self.unread.end..).unwrap_or_default();
        let read = match self.stream.read(room) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            other => other?,
        };
        self.unread.end += read;
        Ok(())
    }
}

/// Reads any packet, known or not, without a buffer: its first byte, and its body.
///
/// # Errors
/// As [`Read::read_exact`].
pub fn read_any(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let [first] = read_bytes(stream)?;
    let (mut length, mut shift) = (0, 0);
    loop {
        let [byte] = read_bytes(stream)?;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
        if shift > 21 {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((first, body))
}

fn read_bytes<const N: usize>(stream: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Ends a connection from another thread.
#[derive(Debug)]
pub struct Hangup(TcpStream);

impl Hangup {
    /// Ends the connection without a word.
    pub fn now(&self) {
        // a connection that has ended already cannot be ended
        drop(self.0.shutdown(Shutdown::Both));
    }
}
