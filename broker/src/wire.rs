//! Packets as bytes, of both protocol versions.
//!
//! What clients send is read by hand, so that no field of it gets lost; of what they are sent, the rarer packets are
//! written by `rmqtt-codec`.

mod auth;
mod connect;
mod frame;
mod publish;
mod reader;
mod reply;
mod request;
mod violation;

use bytes::{BufMut, BytesMut};

pub(crate) use auth::{Auth, METHOD, Step, auth, read_auth, read_bearer};
pub(crate) use connect::{Connect, ConnectFault, read_connect};
pub(crate) use frame::{Cut, Frame, cut};
pub(crate) use publish::{Copy, Inbound, Name, read as read_publish, write_properties};
pub(crate) use reader::Reader;
pub(crate) use reply::{
    Connack, Granted, acknowledge, connack, connack_fault, connack_refusal, disconnect, pubcomp, pubrel, suback,
    unsuback,
};
pub(crate) use request::{Exchange, Request, Wanted, read_request};
pub(crate) use violation::Violation;

/// Writes a number in one to four bytes.
pub(crate) fn put_variable(out: &mut BytesMut, mut value: usize) {
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0x7f);
        value >>= 7;
        if value == 0 {
            return out.put_u8(low);
        }
        out.put_u8(low | 0x80);
    }
}

/// Returns how many bytes [`put_variable`] writes.
pub(crate) const fn variable_length(value: usize) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

/// Sets a property, which may come once.
fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), Violation> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Violation::protocol("a property comes twice")),
    }
}
