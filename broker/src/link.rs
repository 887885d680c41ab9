//! The stream of one connection, with what was read and not understood, and what is not written yet.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::{
    mailbox::Mailbox,
    outbox::Outbox,
    wire::{Cut, Frame, Violation, cut},
};

/// How much is read at once when nothing is known of what comes.
const CHUNK: usize = 8 * 1024;
/// How much is read at once of a packet that is known to be larger.
const BULK: usize = 64 * 1024;
/// More input buffer than this is given back when it is empty.
const IDLE: usize = 512;
/// How long a client that is told to go may go on sending.
const LINGER: Duration = Duration::from_secs(1);

/// One connection's stream with its buffers.
#[derive(Debug)]
pub(crate) struct Link<S> {
    stream: S,
    input: BytesMut,
    missing: usize,
    limit: usize,
    /// Whether all that was written has left: TLS and WebSocket keep what the socket does not take.
    is_flushed: bool,
    pub(crate) outbox: Outbox,
}

/// What has happened on a link.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Turn {
    /// So many bytes came.
    pub(crate) read: usize,
    /// So many bytes went.
    pub(crate) written: usize,
    /// The client has closed its side.
    pub(crate) is_closed: bool,
    /// Something waits in the mailbox.
    pub(crate) has_mail: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    pub(crate) fn new(stream: S, limit: usize) -> Self {
        Self { stream, input: BytesMut::new(), missing: 0, limit, is_flushed: true, outbox: Outbox::default() }
    }

    /// Sets the largest packet that is read from here on.
    pub(crate) const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes the next whole packet out of what was read.
    ///
    /// # Errors
    /// [`Violation`] if what was read cannot be a packet.
    pub(crate) fn frame(&mut self) -> Result<Option<Frame>, Violation> {
        match cut(&mut self.input, self.limit)? {
            Cut::Whole(frame) => Ok(Some(frame)),
            Cut::Part(missing) => {
                self.missing = missing;
                self.shrink();
                Ok(None)
            }
        }
    }

    /// Returns the first byte of what was read.
    pub(crate) fn first(&self) -> Option<u8> {
        self.input.first().copied()
    }

    fn shrink(&mut self) {
        if self.input.is_empty() && self.input.capacity() > IDLE {
            self.input = BytesMut::new();
        }
    }

    /// Waits until bytes come, or can be written, or there is mail.
    ///
    /// # Errors
    /// What the stream says.
    pub(crate) async fn turn(&mut self, mailbox: Option<&Mailbox>, is_reading: bool) -> io::Result<Turn> {
        poll_fn(|context| self.poll(mailbox, is_reading, context)).await
    }

    fn poll(
        &mut self,
        mailbox: Option<&Mailbox>,
        is_reading: bool,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Turn>> {
        let mut turn = Turn::default();
        if !self.outbox.is_empty()
            && let Poll::Ready(written) = self.outbox.poll_write(&mut self.stream, context)
        {
            turn.written = written?;
            self.is_flushed = false;
        }
        if !self.is_flushed && self.outbox.is_empty() {
            self.is_flushed = match Pin::new(&mut self.stream).poll_flush(context) {
                Poll::Ready(flushed) => flushed.map(|()| true)?,
                Poll::Pending => false,
            };
        }
        if is_reading && let Poll::Ready(read) = self.poll_read(context) {
            turn.read = read?;
            turn.is_closed = turn.read == 0;
        }
        if let Some(mailbox) = mailbox {
            turn.has_mail = mailbox.poll(context).is_ready();
        }
        if turn.read == 0 && turn.written == 0 && !turn.is_closed && !turn.has_mail {
            return Poll::Pending;
        }
        if let Some(mailbox) = mailbox {
            mailbox.stay_awake();
        }
        Poll::Ready(Ok(turn))
    }

    /// Reads into a buffer on the stack, so that an idle connection has none; the rest of a large packet goes
    /// straight to its place.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.missing > CHUNK {
            self.input.reserve(self.missing.min(BULK));
            let read = std::pin::pin!(tokio::io::AsyncReadExt::read_buf(&mut self.stream, &mut self.input));
            return read.poll(context);
        }
        let mut bytes = [const { MaybeUninit::<u8>::uninit() }; CHUNK];
        let mut buffer = ReadBuf::uninit(&mut bytes);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {
                self.input.extend_from_slice(buffer.filled());
                Poll::Ready(Ok(buffer.filled().len()))
            }
        }
    }

    /// Writes what can be written at once, and closes the stream.
    ///
    /// What the client still sends is read and thrown away for a moment: an unread byte would make the kernel take
    /// back the last words that were written.
    pub(crate) async fn close(mut self) {
        poll_fn(|context| self.flush(context)).await;
        let rest = async {
            self.stream.shutdown().await?;
            tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await
        };
        let _late_or_gone = tokio::time::timeout(LINGER, rest).await;
    }

    fn flush(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.outbox.is_empty() {
            match self.outbox.poll_write(&mut self.stream, context) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        Poll::Ready(())
    }
}
