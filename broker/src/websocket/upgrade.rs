//! The opening handshake of a WebSocket.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        Error,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderMap, HeaderValue, StatusCode, header},
        protocol::WebSocketConfig,
    },
};

use super::{Faucet, Messages, Origins};

/// The subprotocol; a client has to ask for it.
///
/// Source: MQTT 5.0, 6.0.
const MQTT: &str = "mqtt";

/// How much is read before the client is answered in MQTT: the request, and a CONNECT of its largest size.
const BEFORE_CONNACK: usize = 256 * 1024;

/// How much is read at once.
const CHUNK: usize = 4 * 1024;

/// Opens the WebSocket that a client asks for; no message in it may be larger than a packet and what surrounds it.
///
/// # Errors
/// What tungstenite says; a client without the subprotocol is told 400, a page of a foreign origin 403.
pub(crate) async fn upgrade<S>(stream: S, origins: &Origins, packet: usize) -> Result<Messages<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(CHUNK)
        .write_buffer_size(0)
        .max_message_size(Some(packet))
        .max_frame_size(Some(packet));
    #[expect(clippy::result_large_err, reason = "the type of the answer is tungstenite's")]
    let permit = |request: &Request, response: Response| permit(request.headers(), origins, response);
    accept_hdr_async_with_config(Faucet::bounded(stream, BEFORE_CONNACK), permit, Some(config)).await.map(Messages::new)
}

#[expect(clippy::result_large_err, reason = "the type of the answer is tungstenite's")]
fn permit(headers: &HeaderMap, origins: &Origins, mut response: Response) -> Result<Response, ErrorResponse> {
    let text = |name: &header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if !origins.permit(text(&header::ORIGIN), text(&header::HOST)) {
        return Err(refusal(StatusCode::FORBIDDEN, "this page may not connect here"));
    }
    let mut offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    if !offers.any(|offer| offer.to_str().is_ok_and(|offer| offer.split(',').any(|name| name.trim() == MQTT))) {
        return Err(refusal(StatusCode::BAD_REQUEST, "the subprotocol mqtt is missing"));
    }
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(MQTT));
    Ok(response)
}

fn refusal(status: StatusCode, text: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(text.to_owned()));
    *response.status_mut() = status;
    response
}
