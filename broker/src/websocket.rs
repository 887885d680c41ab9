//! MQTT in the binary messages of a WebSocket, read and written as one stream of bytes.
//!
//! Where messages begin and end means nothing to MQTT: a packet may span several, and one may hold several packets.
//!
//! Source: MQTT 5.0, 6; RFC 6455.

mod faucet;
mod origins;
mod upgrade;

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use self::faucet::Faucet;
pub(crate) use self::{origins::Origins, upgrade::upgrade};

/// The largest message that is sent; what is more goes in several.
const MESSAGE: usize = 16 * 1024;

/// The bytes in the messages of a WebSocket.
#[derive(Debug)]
pub(crate) struct Messages<S> {
    socket: WebSocketStream<Faucet<S>>,
    /// What was not read yet of the last message.
    rest: Bytes,
    /// Whether the client broke a rule: what it still sends means nothing.
    is_deaf: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Messages<S> {
    const fn new(socket: WebSocketStream<Faucet<S>>) -> Self {
        Self { socket, rest: Bytes::new(), is_deaf: false }
    }

    /// Ends the WebSocket because of what the client did.
    fn give_up(&mut self, context: &mut Context<'_>, code: CloseCode, error: io::Error) -> Poll<io::Result<()>> {
        self.is_deaf = true;
        let farewell = Message::Close(Some(CloseFrame { code, reason: "".into() }));
        let sent = Pin::new(&mut self.socket).start_send(farewell);
        // nobody is left to tell if it cannot be sent
        let _flushed = sent.map(|()| Pin::new(&mut self.socket).poll_flush(context));
        Poll::Ready(Err(error))
    }

    fn send<'p>(
        &mut self,
        context: &mut Context<'_>,
        parts: impl Iterator<Item = &'p [u8]>,
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(broken)?;
        // the client has said who it is, or is just being shown out
        self.socket.get_mut().open();
        let mut message = BytesMut::new();
        for part in parts {
            let room = MESSAGE - message.len();
            message.extend_from_slice(part.get(..room).unwrap_or(part));
        }
        let length = message.len();
        Pin::new(&mut self.socket).start_send(Message::Binary(message.freeze())).map_err(broken)?;
        // what cannot go at once goes when the stream is flushed, and before the next message
        match Pin::new(&mut self.socket).poll_flush(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(broken(error))),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(length)),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Messages<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_deaf {
            return Pin::new(&mut self.socket.get_mut().stream).poll_read(context, into);
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(context)) {
                None => return Poll::Ready(Ok(())),
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                Some(Ok(Message::Text(_))) => {
                    let error = io::Error::new(io::ErrorKind::InvalidData, "text in a WebSocket for MQTT");
                    return self.give_up(context, CloseCode::Unsupported, error);
                }
                // tungstenite answers pings and the close by itself
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_))) => {}
                Some(Err(error @ Error::Capacity(_))) => return self.give_up(context, CloseCode::Size, broken(error)),
                Some(Err(error @ Error::Protocol(_))) => {
                    return self.give_up(context, CloseCode::Protocol, broken(error));
                }
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
            }
        }
        let length = self.rest.len().min(into.remaining());
        into.put_slice(self.rest.get(..length).unwrap_or_default());
        self.rest.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Messages<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.send(context, std::iter::once(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.send(context, slices.iter().map(|slice| &**slice))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context).map_err(broken)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // it may be closed already, or broken; the stream below is to be closed all the same
        let _closed = ready!(Pin::new(&mut self.socket).poll_close(context));
        Pin::new(self.socket.get_mut()).poll_shutdown(context)
    }
}

fn broken(error: Error) -> io::Error {
    if let Error::Io(error) = error { error } else { io::Error::other(error) }
}
