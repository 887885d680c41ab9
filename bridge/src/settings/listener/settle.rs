//! A listener in which all is well, with its files read once to see that they are.

use hes_broker::{Allowance, Transport};
use jiff::Timestamp;

use super::{ClientCertificateWord, ListenerSettings, ListenerSheet, TransportWord};
use crate::{
    certificates::{ClientFiles, TlsFiles},
    settings::{complaint::Complaint, key::Key, review::Places, settle::limited},
};

/// A certificate that ends within so many seconds is remarked on: 14 days.
const SOON: i64 = 14 * 24 * 3600;

/// What came of a listener.
pub(in crate::settings) struct Settled {
    pub(in crate::settings) listener: ListenerSettings,
    /// What is wrong with its files.
    pub(in crate::settings) complaint: Option<Complaint>,
    /// What will be.
    pub(in crate::settings) remark: Option<Complaint>,
}

/// Makes a listener of what is written.
pub(in crate::settings) fn settle(section: &Key, sheet: &ListenerSheet, places: &Places, now: Timestamp) -> Settled {
    let tls = files(sheet);
    let key = section.child("certificate");
    let say = |text: String| Complaint::new(places.find(&key), format!("{key}: {text}"));
    let (complaint, remark) = match tls.as_ref().map(TlsFiles::load) {
        None => (None, None),
        Some(Err(error)) => (Some(say(error.to_string())), None),
        Some(Ok((_, material))) => (None, material.expiry().and_then(|until| ending(until, now)).map(say)),
    };
    let address = section.child("address");
    let listener = ListenerSettings {
        address: sheet.address,
        place: format!("{}{address}: ", places.find(&address)),
        transport: transport(sheet.transport),
        tls,
        certificate_is_user: sheet.certificate_is_user,
        anonymous: sheet.anonymous,
        allowance: allowance(sheet),
        connection_rate: limited(sheet.connection_rate.get()),
        origins: sheet.origins.clone(),
    };
    Settled { listener, complaint, remark }
}

fn allowance(sheet: &ListenerSheet) -> Allowance {
    Allowance {
        connections: u32::try_from(sheet.max_connections.get()).ok(),
        messages: limited(sheet.message_rate.get()),
        bytes: limited(sheet.byte_rate.get()),
        subscriptions: Some(sheet.max_subscriptions.get()),
        inflight: u16::try_from(sheet.max_inflight.get()).ok(),
        queue_bytes: Some(sheet.max_queued_size.get()),
    }
}

const fn transport(word: TransportWord) -> Transport {
    match word {
        TransportWord::Tcp => Transport::Tcp,
        TransportWord::WebSocket => Transport::WebSocket,
    }
}

fn files(sheet: &ListenerSheet) -> Option<TlsFiles> {
    let clients = match (sheet.client_certificate, sheet.client_ca.clone()) {
        (ClientCertificateWord::Optional, Some(authority)) => ClientFiles::Optional(authority),
        (ClientCertificateWord::Required, Some(authority)) => ClientFiles::Required(authority),
        (ClientCertificateWord::None, _) | (_, None) => ClientFiles::Unasked,
    };
    let (certificate, key) = (sheet.certificate.clone()?, sheet.key.clone()?);
    Some(TlsFiles { transport: transport(sheet.transport), certificate, key, clients })
}

/// Words that a certificate ends soon, or has ended.
fn ending(until: i64, now: Timestamp) -> Option<String> {
    let day = Timestamp::from_second(until).ok()?.strftime("%Y-%m-%d %H:%M UTC");
    match until - now.as_second() {
        ..=0 => Some(format!("the certificate has ended on {day}: clients will not accept it")),
        left if left < SOON => Some(format!("the certificate ends on {day}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_two_weeks_before_that_a_certificate_ends() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let words = |left: i64| ending(1_000_000 + left, now);
        assert_eq!(words(SOON), None);
        assert_eq!(words(SOON - 1).as_deref(), Some("the certificate ends on 1970-01-26 13:46 UTC"));
        assert!(words(0).is_some_and(|words| words.contains("has ended")));
    }
}
