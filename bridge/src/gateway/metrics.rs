//! The pages for machines: figures that a collector of metrics reads from time to time, and the home's public keys.
//!
//! Source: the specification of `OpenMetrics`, 1.0; RFC 7517, 8.5 for the keys.

mod page;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use hes_broker::Broker;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use self::page::page;
use super::{StartError, keyring::Keyring, peers::Peers, report};
use crate::store::Store;

/// How many may read at a time.
const READERS: usize = 16;

/// How long one may take, from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a listener rests when it cannot take a connection.
const REST: Duration = Duration::from_millis(200);

const CONTENT: HeaderValue = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

const KEYS: HeaderValue = HeaderValue::from_static("application/jwk-set+json");

/// Writes a page as it is at the moment.
type Write = Box<dyn Fn() -> String + Send + Sync>;

/// Where a page is, what it is, and how it is written.
type Page = (&'static str, HeaderValue, Write);

/// Opens the addresses.
///
/// # Errors
/// [`StartError::Listen`] for the first that cannot be.
pub(super) async fn open(addresses: &[SocketAddr], place: &str) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::new();
    for address in addresses.iter().copied() {
        let bound = TcpListener::bind(address).await;
        let place = place.to_owned();
        let listener = bound.map_err(|cause| StartError::Listen { place, address, cause })?;
        report::metrics(listener.local_addr().unwrap_or(address));
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Shows the figures and the public keys for ever.
pub(super) async fn serve(
    listener: TcpListener,
    broker: Option<Broker>,
    store: Store,
    peers: Arc<Peers>,
    keyring: Keyring,
) {
    let figures = move || page(broker.as_ref().map(Broker::figures), store.figures(), peers.figures());
    let keys = move || serde_json::to_string(&keyring.public()).unwrap_or_default();
    let pages: [Page; 2] = [("/metrics", CONTENT, Box::new(figures)), ("/.well-known/jwks.json", KEYS, Box::new(keys))];
    show(listener, Arc::new(pages)).await;
}

async fn show(listener: TcpListener, pages: Arc<[Page]>) {
    let readers = Arc::new(Semaphore::new(READERS));
    loop {
        let Ok(permit) = Arc::clone(&readers).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(REST).await;
            continue;
        };
        let pages = Arc::clone(&pages);
        tokio::spawn(async move {
            // who is slow, or goes away, has no metrics
            drop(timeout(PATIENCE, answer(stream, &pages)).await);
            drop(permit);
        });
    }
}

async fn answer(stream: TcpStream, pages: &[Page]) -> hyper::Result<()> {
    let service = service_fn(async |request: Request<Incoming>| Ok::<_, Infallible>(respond(&request, pages)));
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    connection.await
}

fn respond(request: &Request<Incoming>, pages: &[Page]) -> Response<Full<Bytes>> {
    let Some((_, kind, write)) = pages.iter().find(|(path, ..)| *path == request.uri().path()) else {
        return bare(StatusCode::NOT_FOUND);
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return bare(StatusCode::METHOD_NOT_ALLOWED);
    }
    let mut response = Response::new(Full::new(Bytes::from(write())));
    response.headers_mut().insert(CONTENT_TYPE, kind.clone());
    response
}

fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn ask(address: SocketAddr, line: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn shows_its_pages_and_nothing_else() {
        let listener = open(&["127.0.0.1:0".parse().unwrap()], "").await.unwrap().remove(0);
        let address = listener.local_addr().unwrap();
        let pages: [Page; 2] = [
            ("/metrics", CONTENT, Box::new(|| "figure 1\n# EOF\n".to_owned())),
            ("/.well-known/jwks.json", KEYS, Box::new(|| "{\"keys\":[]}".to_owned())),
        ];
        tokio::spawn(show(listener, Arc::new(pages)));
        let answer = ask(address, "GET /metrics").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nfigure 1\n# EOF\n"), "{answer}");
        assert!(answer.contains("content-type: application/openmetrics-text; version=1.0.0"), "{answer}");
        let keys = ask(address, "GET /.well-known/jwks.json").await;
        assert!(keys.contains("content-type: application/jwk-set+json") && keys.ends_with("{\"keys\":[]}"), "{keys}");
        assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404"));
        assert!(ask(address, "POST /metrics").await.starts_with("HTTP/1.1 405"));
        assert!(ask(address, "nonsense").await.starts_with("HTTP/1.1 400"));
    }
}
