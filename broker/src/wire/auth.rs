//! AUTH, and the words of the one mechanism that is offered.

use bytes::{BufMut, Bytes, BytesMut};
use bytestring::ByteString;

use super::{Reader, Violation, put_variable, variable_length};
use crate::{Bearer, Password, wire::Frame};

/// The mechanism that carries tokens.
///
/// Source: RFC 7628.
pub(crate) const METHOD: &str = "OAUTHBEARER";

const METHOD_PROPERTY: u8 = 0x15;
const DATA_PROPERTY: u8 = 0x16;

/// What an AUTH is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// All is well.
    Success,
    /// More is wanted, or given.
    Continue,
    /// The client wants to prove once more who it is.
    Again,
}

/// An AUTH.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Auth {
    pub(crate) step: Step,
    pub(crate) method: Option<ByteString>,
    pub(crate) data: Option<Bytes>,
}

impl Step {
    const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Continue => 0x18,
            Self::Again => 0x19,
        }
    }
}

/// Reads an AUTH of MQTT 5.
///
/// # Errors
/// [`Violation`] with the rule that it breaks.
///
/// Source: MQTT 5.0, 3.15.
pub(crate) fn read_auth(frame: Frame) -> Result<Auth, Violation> {
    if frame.first != 0xf0 {
        return Err(Violation::malformed("packet type or its flags are reserved"));
    }
    let mut auth = Auth { step: Step::Success, method: None, data: None };
    let mut reader = Reader::new(frame.body());
    if reader.is_empty() {
        return Ok(auth);
    }
    auth.step = match reader.byte()? {
        0 => Step::Success,
        0x18 => Step::Continue,
        0x19 => Step::Again,
        _ => return Err(Violation::malformed("AUTH has an unknown reason code")),
    };
    if reader.is_empty() {
        return Ok(auth);
    }
    let section = reader.section()?;
    if !reader.is_empty() {
        return Err(Violation::malformed("AUTH is longer than its properties"));
    }
    read_properties(section, &mut auth)?;
    Ok(auth)
}

fn read_properties(mut section: Reader, auth: &mut Auth) -> Result<(), Violation> {
    let mut has_reason = false;
    while !section.is_empty() {
        let is_twice = match section.byte()? {
            METHOD_PROPERTY => auth.method.replace(section.text()?).is_some(),
            DATA_PROPERTY => auth.data.replace(section.binary()?).is_some(),
            0x1f => {
                section.text()?;
                std::mem::replace(&mut has_reason, true)
            }
            0x26 => {
                section.text()?;
                section.text()?;
                false
            }
            _ => return Err(Violation::malformed("AUTH has an unknown property")),
        };
        if is_twice {
            return Err(Violation::protocol("a property comes twice"));
        }
    }
    Ok(())
}

/// Writes an AUTH of our one method.
pub(crate) fn auth(out: &mut BytesMut, step: Step) {
    let section = 3 + METHOD.len();
    out.put_u8(0xf0);
    put_variable(out, 1 + variable_length(section) + section);
    out.put_u8(step.code());
    put_variable(out, section);
    out.put_u8(METHOD_PROPERTY);
    out.put_u16(u16::try_from(METHOD.len()).unwrap_or_default());
    out.put_slice(METHOD.as_bytes());
}

/// Reads what a client says in the mechanism: `n,a=<user>,` and then key and value pairs, one of which is
/// `auth=Bearer <token>`, with a byte 1 after each and one more at the end.
///
/// Returns nothing if it is anything else.
///
/// Source: RFC 7628, 3.1; RFC 5801, 4.
pub(crate) fn read_bearer(data: &[u8]) -> Option<Bearer> {
    let text = str::from_utf8(data).ok()?;
    let (header, pairs) = text.split_once('\u{1}')?;
    let mut parts = header.strip_prefix("n,")?.split(',');
    let (Some(name), Some(""), None) = (parts.next(), parts.next(), parts.next()) else { return None };
    let acts_for = match name {
        "" => None,
        name => Some(name.strip_prefix("a=")?.replace("=2C", ",").replace("=3D", "=").into()),
    };
    let pairs = pairs.strip_suffix("\u{1}\u{1}")?;
    let bearer = |pair: &str| {
        let (scheme, token) = pair.strip_prefix("auth=")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    };
    let token = pairs.split('\u{1}').find_map(bearer).filter(|token| !token.is_empty())?;
    Some(Bearer { token: Password::new(Bytes::from(token)), acts_for })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expect: Option<(&str, Option<&str>)>) {
        let seen = read_bearer(data.as_bytes());
        let seen = seen.as_ref().map(|it| (str::from_utf8(it.token.expose()).unwrap(), it.acts_for.as_deref()));
        assert_eq!(seen, expect, "{data:?}");
    }

    #[test]
    fn reads_a_token_and_nothing_that_only_looks_like_one() {
        check("n,,\x01auth=Bearer abc\x01\x01", Some(("abc", None)));
        check("n,a=anna,\x01host=oak\x01port=1883\x01auth=bearer abc\x01\x01", Some(("abc", Some("anna"))));
        check("n,a=a=2Cb,\x01auth=Bearer abc\x01\x01", Some(("abc", Some("a,b"))));
        for data in [
            "",
            "\x01",
            "n,,\x01auth=Bearer abc",
            "n,,\x01auth=Bearer \x01\x01",
            "n,,\x01auth=Basic abc\x01\x01",
            "y,,\x01auth=Bearer abc\x01\x01",
            "n,anna,\x01auth=Bearer abc\x01\x01",
            "n,,,\x01auth=Bearer abc\x01\x01",
            "n,\x01auth=Bearer abc\x01\x01",
        ] {
            check(data, None);
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for step in [Step::Success, Step::Continue, Step::Again] {
            let mut bytes = BytesMut::new();
            auth(&mut bytes, step);
            let crate::wire::Cut::Whole(frame) = crate::wire::cut(&mut bytes, 100).unwrap() else { panic!("a part") };
            assert_eq!(read_auth(frame), Ok(Auth { step, method: Some(METHOD.into()), data: None }));
        }
    }
}
