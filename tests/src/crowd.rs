//! Many clients at once, each no more than a socket.

use std::{
    io::{self, Write},
    net::{SocketAddr, TcpStream},
};

use crate::{
    patience::WAIT,
    wire::{self, Account, Qos, Version},
};

/// So many say hello before the first is listened to.
const BATCH: usize = 250;

/// Connected clients that say nothing; they go when this is dropped.
#[derive(Debug, Default)]
pub struct Crowd {
    streams: Vec<TcpStream>,
}

impl Crowd {
    /// Lets this process have as many sockets as the system allows, and says whether those are enough for so many clients.
    #[must_use]
    pub fn may_have(clients: u64) -> bool {
        rlimit::increase_nofile_limit(u64::MAX).is_ok_and(|limit| limit > clients + 200)
    }

    /// Connects so many clients named after a word and their number.
    ///
    /// # Errors
    /// If one is not let in.
    pub fn connect(address: SocketAddr, account: Option<&Account>, word: &str, count: usize) -> io::Result<Self> {
        let mut streams = Vec::with_capacity(count);
        let numbers: Vec<usize> = (0..count).collect();
        for batch in numbers.chunks(BATCH) {
            let from = streams.len();
            for number in batch {
                let mut stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(WAIT))?;
                stream.write_all(&wire::connect(Version::V5, &format!("{word}-{number}"), account))?;
                streams.push(stream);
            }
            for stream in streams.iter().skip(from) {
                await_code(stream, 0x20)?;
            }
        }
        Ok(Self { streams })
    }

    /// Returns how many they are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.streams.len()
    }

    /// Says whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Subscribes each to a filter of its own.
    ///
    /// # Errors
    /// If one is not granted.
    pub fn subscribe(&self, filter: impl Fn(usize) -> String) -> io::Result<()> {
        let numbered: Vec<(usize, &TcpStream)> = self.streams.iter().enumerate().collect();
        for batch in numbered.chunks(BATCH) {
            for (number, stream) in batch {
                let mut stream: &TcpStream = stream;
                stream.write_all(&wire::subscribe(Version::V5, 1, &[&filter(*number)], Qos::Zero))?;
            }
            for (_, stream) in batch {
                await_code(stream, 0x90)?;
            }
        }
        Ok(())
    }

    /// Has each say goodbye, and waits until the broker has closed every connection.
    ///
    /// # Errors
    /// If it does not.
    pub fn leave(self) -> io::Result<()> {
        for mut stream in &self.streams {
            stream.write_all(&wire::disconnect())?;
        }
        for mut stream in &self.streams {
            io::copy(&mut stream, &mut io::sink())?;
        }
        Ok(())
    }
}

/// Reads the packet that begins with a byte, and passes over messages before it; its last byte has to be 0.
fn await_code(mut stream: &TcpStream, first: u8) -> io::Result<()> {
    loop {
        let packet = wire::read_any(&mut stream)?;
        match packet {
            (0x30, _) => {}
            (kind, body) if kind == first && is_granted(first, &body) => return Ok(()),
            other => return Err(io::Error::other(format!("{other:02x?} came instead of {first:02x}"))),
        }
    }
}

/// A CONNACK has its code in the second byte, a SUBACK in the last.
fn is_granted(first: u8, body: &[u8]) -> bool {
    let code = if first == 0x20 { body.get(1) } else { body.last() };
    code == Some(&0)
}
