//! What ends a connection by the protocol's own rules.

use rmqtt_codec::v5::DisconnectReasonCode as Code;

/// A broken rule: the reason code for MQTT 5, and a text for both the client and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Violation {
    pub(crate) code: Code,
    pub(crate) text: &'static str,
}

impl Violation {
    pub(crate) const SHORT: Self = Self::malformed("packet ends early");

    pub(crate) const fn malformed(text: &'static str) -> Self {
        Self { code: Code::MalformedPacket, text }
    }

    pub(crate) const fn protocol(text: &'static str) -> Self {
        Self { code: Code::ProtocolError, text }
    }

    pub(crate) const fn new(code: Code, text: &'static str) -> Self {
        Self { code, text }
    }

    /// Says whether the client may have the messages that wait for it before it goes.
    pub(crate) const fn is_friendly(self) -> bool {
        matches!(self.code, Code::SessionTakenOver | Code::ServerShuttingDown)
    }

    /// Says whether the client broke a rule, rather than the broker having a reason of its own.
    pub(crate) const fn is_clients_fault(self) -> bool {
        !matches!(
            self.code,
            Code::UnspecifiedError
                | Code::SessionTakenOver
                | Code::QuotaExceeded
                | Code::KeepAliveTimeout
                | Code::ServerShuttingDown
                | Code::NotAuthorized
                | Code::MaximumConnectTime
        )
    }
}
