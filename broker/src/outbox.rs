//! What is to be written to one client: small packets side by side, large payloads by reference.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncWrite;

/// A payload of this size or more is not copied.
const LARGE: usize = 4 * 1024;
/// More buffer than this is given back when all is written.
const IDLE: usize = 1024;
/// So many bytes of answers may wait to be written.
const CLOGGED: usize = 64 * 1024;
const SLICES: usize = 16;

/// The packets for one client that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
    length: usize,
    replies: usize,
    /// Answers that have not been counted.
    uncounted: usize,
}

impl Outbox {
    /// Returns how many bytes are to be written.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Says whether so many answers are unread that the client should not ask for more.
    ///
    /// Messages do not count: a client may well send more before it reads what others, or itself, have published.
    pub(crate) const fn is_clogged(&self) -> bool {
        self.replies > CLOGGED
    }

    /// Adds an answer, which `write` writes.
    pub(crate) fn reply(&mut self, write: impl FnOnce(&mut BytesMut)) {
        let before = self.length;
        self.add(write);
        self.replies += self.length - before;
        self.uncounted += 1;
    }

    /// Returns how many answers were added since it was asked last.
    pub(crate) const fn count_replies(&mut self) -> usize {
        std::mem::replace(&mut self.uncounted, 0)
    }

    /// Adds what `write` writes.
    pub(crate) fn add<T>(&mut self, write: impl FnOnce(&mut BytesMut) -> T) -> T {
        let before = self.tail.len();
        let result = write(&mut self.tail);
        self.length += self.tail.len() - before;
        result
    }

    /// Adds a payload.
    pub(crate) fn add_payload(&mut self, payload: &Bytes) {
        if payload.len() < LARGE {
            return self.add(|tail| tail.extend_from_slice(payload));
        }
        self.length += payload.len();
        if !self.tail.is_empty() {
            self.chunks.push_back(self.tail.split().freeze());
        }
        self.chunks.push_back(payload.clone());
    }

    /// Writes as much as can be written at once.
    pub(crate) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let written = if self.chunks.is_empty() {
            ready!(Pin::new(stream).poll_write(context, &self.tail))?
        } else {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let parts = self.chunks.iter().map(Bytes::as_ref).chain([self.tail.as_ref()]);
            for (slice, part) in slices.iter_mut().zip(parts) {
                *slice = IoSlice::new(part);
            }
            ready!(Pin::new(stream).poll_write_vectored(context, &slices))?
        };
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.advance(written);
        Poll::Ready(Ok(written))
    }

    fn advance(&mut self, mut written: usize) {
        self.length = self.length.saturating_sub(written);
        while let Some(chunk) = self.chunks.front_mut() {
            if written < chunk.len() {
                return chunk.advance(written);
            }
            written -= chunk.len();
            self.chunks.pop_front();
        }
        self.tail.advance(written.min(self.tail.len()));
        if self.length == 0 {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.replies = 0;
        self.chunks.shrink_to(0);
        if self.tail.capacity() > IDLE {
            self.tail = BytesMut::new();
        } else {
            self.tail.clear();
        }
    }
}
