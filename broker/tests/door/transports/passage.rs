//! A house whose door is TLS, WebSocket or both, and the way through it for a client that speaks in bytes.

use std::{fmt::Debug, net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use hes_broker::{ClientCertificates, Config, Tls, Transport};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        ClientRequestBuilder, Error, Message,
        http::{Response, Uri},
    },
};

use super::authority::Authority;
use crate::stage::{Client, Guest, House};

pub(super) const WAYS: [Way; 3] = [Way::Tls, Way::WebSocket, Way::SecureWebSocket];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Tls,
    WebSocket,
    SecureWebSocket,
}

pub(super) struct Gate {
    pub(super) house: House,
    pub(super) authority: Authority,
    pub(super) tls: Option<Tls>,
    way: Way,
}

/// What a client reads and writes.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + Debug> Stream for S {}

pub(super) type Socket = WebSocketStream<Box<dyn Stream>>;

impl Way {
    pub(super) fn transport(self) -> Transport {
        if self == Self::Tls { Transport::Tcp } else { Transport::WebSocket }
    }
}

impl Gate {
    pub(super) async fn open(way: Way, change: impl FnOnce(&mut Config)) -> Self {
        let authority = Authority::new();
        let material = authority.material(way.transport(), ClientCertificates::Unasked);
        let tls = (way != Way::WebSocket).then(|| Tls::new(&material).unwrap());
        let house = House::open_with(|config| {
            config.doors[0].transport = way.transport();
            config.doors[0].tls.clone_from(&tls);
            change(config);
        })
        .await;
        Self { house, authority, tls, way }
    }

    /// Has it show what it is made of anew, with another rule for clients.
    pub(super) fn ask(&self, clients: ClientCertificates) {
        self.tls.as_ref().unwrap().replace(&self.authority.material(self.way.transport(), clients)).unwrap();
    }

    /// Connects and says nothing.
    pub(super) async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.house.broker.addresses()[0]).await.unwrap()
    }

    /// Shakes hands below MQTT, if they are shaken.
    pub(super) async fn try_tls(&self, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.socket().await).await
    }

    async fn stream(&self) -> Box<dyn Stream> {
        if self.way == Way::WebSocket {
            return Box::new(self.socket().await);
        }
        Box::new(self.try_tls(self.authority.believer(None)).await.unwrap())
    }

    /// Asks for a WebSocket with these headers.
    pub(super) async fn try_upgrade(&self, headers: &[(&str, &str)]) -> Result<Socket, Response<Option<Vec<u8>>>> {
        let request = ClientRequestBuilder::new(Uri::from_static("ws://localhost/mqtt"));
        let add = |request: ClientRequestBuilder, (name, value): &(&str, &str)| request.with_header(*name, *value);
        match client_async(headers.iter().fold(request, add), self.stream().await).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => Err(*response),
            Err(other) => panic!("{other}"),
        }
    }

    pub(super) async fn upgrade(&self) -> Socket {
        self.try_upgrade(&[("sec-websocket-protocol", "mqtt")]).await.unwrap()
    }

    /// Opens a connection that has said nothing yet in MQTT.
    pub(super) async fn knock(&self) -> Client {
        Client::reach(match self.way {
            Way::Tls => passage(self.stream().await).await,
            Way::WebSocket | Way::SecureWebSocket => passage_of_messages(self.upgrade().await).await,
        })
        .await
    }

    pub(super) async fn client(&self, version: u8, id: &str) -> Client {
        let mut client = self.knock().await;
        assert_eq!(client.connect(&Guest::new(version, id)).await, 0);
        client
    }
}

/// Makes an address at which one client reaches the other end of a stream.
pub(super) async fn passage(mut stream: impl Stream + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        copy_bidirectional(&mut client, &mut stream).await
    });
    address
}

async fn passage_of_messages(socket: Socket) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut from_client, mut to_client) = listener.accept().await.unwrap().0.into_split();
        let (mut to_broker, mut from_broker) = socket.split();
        tokio::spawn(async move {
            let mut bytes = BytesMut::new();
            while from_client.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                if to_broker.send(Message::Binary(bytes.split().freeze())).await.is_err() {
                    return;
                }
            }
        });
        while let Some(Ok(Message::Binary(bytes))) = from_broker.next().await {
            if to_client.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    address
}
