//! Clients of a broker, as far as all measurements need them.

use std::io;

use hes_tests::wire::{self, Qos, Version};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, tcp::OwnedReadHalf},
};

use crate::{frames::Frames, peers::Lane};

/// Connects a client.
pub(crate) async fn connect(lane: &Lane, name: &str) -> TcpStream {
    let mut stream = TcpStream::connect(lane.address).await.expect("the broker listens");
    stream.set_nodelay(true).expect("a socket takes an option");
    stream.write_all(&wire::connect(Version::V5, name, lane.account.as_ref())).await.expect("the broker takes CONNECT");
    let connack = packet(&mut stream).await;
    assert_eq!(connack.get(3), Some(&0), "{}: {name} is let in", lane.name);
    stream
}

/// Subscribes a client to a filter.
pub(crate) async fn subscribe(stream: &mut TcpStream, filter: &str, qos: Qos) {
    stream.write_all(&wire::subscribe(Version::V5, 1, &[filter], qos)).await.expect("the broker takes SUBSCRIBE");
    let suback = packet(stream).await;
    assert_eq!(suback.last(), Some(&qos.number()), "{filter} is granted");
}

/// Reads a small packet while nothing else can come.
async fn packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < 2 || bytes.get(1).is_some_and(|length| bytes.len() < 2 + usize::from(*length)) {
        stream.readable().await.expect("the broker goes on");
        let mut some = [0; 256];
        match stream.try_read(&mut some) {
            Ok(count) => bytes.extend(some.iter().take(count)),
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
        }
    }
    bytes
}

/// Reads what there is; says whether the connection is still there.
pub(crate) async fn fill(reader: &OwnedReadHalf, frames: &mut Frames) -> bool {
    loop {
        if reader.readable().await.is_err() {
            return false;
        }
        match reader.try_read(frames.room()) {
            Ok(0) => return false,
            Ok(count) => {
                frames.filled(count);
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_closed) => return false,
        }
    }
}
