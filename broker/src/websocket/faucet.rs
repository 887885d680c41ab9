//! A stream that gives only so much until it is opened.
//!
//! tungstenite reads a message whole before it hands it on, and a message may be as large as a packet: without this,
//! who has not said who it is could fill far more memory than a CONNECT may.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream, and how much may be read of it.
#[derive(Debug)]
pub(super) struct Faucet<S> {
    pub(super) stream: S,
    /// Nothing if there is no bound.
    left: Option<usize>,
    waiting: Option<Waker>,
}

impl<S> Faucet<S> {
    pub(super) const fn bounded(stream: S, left: usize) -> Self {
        Self { stream, left: Some(left), waiting: None }
    }

    /// Lets all that comes be read from here on.
    pub(super) fn open(&mut self) {
        self.left = None;
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Faucet<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(left) = self.left else { return Pin::new(&mut self.stream).poll_read(context, into) };
        if left == 0 {
            self.waiting = Some(context.waker().clone());
            return Poll::Pending;
        }
        let room = left.min(into.remaining());
        let mut part = ReadBuf::new(into.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        into.advance(read);
        self.left = Some(left.saturating_sub(read));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faucet<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn gives_the_rest_when_it_is_opened() {
        let (mut client, broker) = tokio::io::duplex(100);
        let mut faucet = Faucet::bounded(broker, 5);
        client.write_all(b"hello, world").await.unwrap();
        let mut bytes = [0; 100];
        assert_eq!(faucet.read(&mut bytes).await.unwrap(), 5);
        let is_pending = poll_fn(|context| {
            let mut into = ReadBuf::new(&mut bytes);
            Poll::Ready(Pin::new(&mut faucet).poll_read(context, &mut into).is_pending())
        });
        assert!(is_pending.await);
        faucet.open();
        assert_eq!(faucet.read(&mut bytes).await.unwrap(), 7);
        faucet.write_all(b"and you").await.unwrap();
        assert_eq!(client.read(&mut bytes).await.unwrap(), 7);
    }
}
