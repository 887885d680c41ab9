//! What a certificate says.

use bytestring::ByteString;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer};

/// Returns whose certificate it is: the common name, or else the first of its alternative names that is a text.
///
/// Source: RFC 5280, 4.1.2.6 and 4.2.1.6.
pub(super) fn subject(der: &[u8]) -> Option<ByteString> {
    let certificate = read(der)?;
    let common = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    common.or_else(|| alternative(&certificate)).filter(|name| !name.is_empty()).map(ByteString::from)
}

/// Returns until when it holds, in seconds since 1970.
pub(super) fn expiry(der: &[u8]) -> Option<i64> {
    read(der).map(|certificate| certificate.validity().not_after.timestamp())
}

fn read(der: &[u8]) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

fn alternative<'c>(certificate: &'c X509Certificate<'_>) -> Option<&'c str> {
    let names = certificate.subject_alternative_name().ok()??;
    names.value.general_names.iter().find_map(|name| {
        if let GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) = name {
            return Some(*name);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, DnValue, KeyPair, date_time_ymd};

    use super::*;

    fn made(common: Option<&str>, alternatives: &[&str]) -> Vec<u8> {
        let names: Vec<String> = alternatives.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(common) = common {
            params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String(common.to_owned()));
        }
        params.not_after = date_time_ymd(2030, 1, 2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn names_its_subject() {
        for (common, alternatives, expect) in [
            (Some("anna"), &["door.example"][..], Some("anna")),
            (None, &["192.0.2.7", "door.example"], Some("door.example")),
            (Some(""), &[], None),
            (None, &[], None),
        ] {
            assert_eq!(subject(&made(common, alternatives)).as_deref(), expect);
        }
        assert_eq!(subject(b"no certificate"), None);
    }

    #[test]
    fn says_until_when_it_holds() {
        assert_eq!(expiry(&made(Some("anna"), &[])), Some(1_893_542_400));
        assert_eq!(expiry(b"no certificate"), None);
    }
}
