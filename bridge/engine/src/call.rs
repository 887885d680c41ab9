//! From a topic and a payload to what is asked.

use std::collections::BTreeMap;

use hes_schemas::{
    Address, Datum, DevicePath, Fault, HomeId, Operation, Symbol, Target, datum_of,
    message::{
        Devices, Federate, Format, Head, Peer, Renew, Request, Retrieve, RetrieveMany, Subscribe, Token, Unsubscribe,
        Update, UpdateMany, UpdateProperties, parse_bare, parse_request,
    },
    rights::Action,
};
use serde::de::DeserializeOwned;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    /// Read a property, or several of a device.
    Get(DevicePath, Target, Retrieve),
    /// Write one property.
    Set(DevicePath, Target, Update),
    /// Write several properties of a device.
    SetMany(DevicePath, UpdateProperties),
    /// Read from several devices.
    Retrieve(RetrieveMany),
    /// Write to several devices.
    Update(UpdateMany),
    /// List devices.
    Devices(Devices),
    /// Subscribe to events.
    Subscribe(Subscribe),
    /// Keep a subscription.
    Renew(Renew),
    /// End a subscription.
    Unsubscribe(Unsubscribe),
    /// Do something about federations.
    Federate(Federate),
    /// Do something about tokens between homes.
    Token(Token),
    /// Do something about peers.
    Peer(Peer),
    /// Ask the same of another home, on its topic below the root.
    Across(HomeId, Box<str>, Box<Self>),
}

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// [`Symbol::Unknown`] if the topic asks for nothing, or what is wrong with the payload.
    pub(crate) fn parse(address: Address, format: Format, payload: &[u8]) -> Result<(Self, Head), Fault> {
        match address {
            Address::Get(device, target) => request(format, payload, |retrieve| Self::Get(device, target, retrieve)),
            Address::Set(device, Target::Device) => {
                let update = set_many(format, payload)?;
                let head = update.head();
                Ok((Self::SetMany(device, update), head))
            }
            Address::Set(device, target) => {
                let update = set_one(format, payload)?;
                let head = update.head();
                Ok((Self::Set(device, target, update), head))
            }
            Address::Request(_, operation) => match operation {
                Operation::Devices => request(format, payload, Self::Devices),
                Operation::Retrieve => request(format, payload, Self::Retrieve),
                Operation::Update => request(format, payload, Self::Update),
                Operation::Subscribe => request(format, payload, Self::Subscribe),
                Operation::Renew => request(format, payload, Self::Renew),
                Operation::Unsubscribe => request(format, payload, Self::Unsubscribe),
                Operation::Federate => request(format, payload, Self::Federate),
                Operation::Token => request(format, payload, Self::Token),
                Operation::Peer => request(format, payload, Self::Peer),
            },
            Address::HomeStatus(_)
            | Address::Keys(_)
            | Address::ClusterStatus(..)
            | Address::Document(_)
            | Address::DeviceStatus(_)
            | Address::Value(..)
            | Address::Event(..)
            | Address::Answer(..)
            | Address::Notify(..)
            | Address::Link(..) => Err(Fault::new(Symbol::Unknown, "nothing can be asked on this topic")),
        }
    }

    /// Returns the right that it takes; nothing if it is no business of another home.
    pub(crate) fn action(&self) -> Option<Action> {
        match self {
            Self::Get(..) | Self::Retrieve(_) | Self::Devices(_) => Some(Action::Read),
            Self::Set(..) | Self::SetMany(..) | Self::Update(_) => Some(Action::Write),
            Self::Subscribe(_) | Self::Renew(_) | Self::Unsubscribe(_) => Some(Action::Notify),
            Self::Federate(_) | Self::Token(_) | Self::Peer(_) | Self::Across(..) => None,
        }
    }

    /// Returns what is asked, without what the request says of itself: the asker's home says that its own way.
    pub(crate) fn body(self) -> Datum {
        match self {
            Self::Get(.., retrieve) => datum_of(&retrieve.without_head()),
            Self::Set(.., update) => datum_of(&update.without_head()),
            Self::SetMany(_, update) => datum_of(&update.without_head()),
            Self::Retrieve(retrieve) => datum_of(&retrieve.without_head()),
            Self::Update(update) => datum_of(&update.without_head()),
            Self::Devices(devices) => datum_of(&devices.without_head()),
            Self::Subscribe(subscribe) => datum_of(&subscribe.without_head()),
            Self::Renew(renew) => datum_of(&renew.without_head()),
            Self::Unsubscribe(unsubscribe) => datum_of(&unsubscribe.without_head()),
            Self::Federate(federate) => datum_of(&federate.without_head()),
            Self::Token(token) => datum_of(&token.without_head()),
            Self::Peer(peer) => datum_of(&peer.without_head()),
            Self::Across(.., call) => call.body(),
        }
    }

    /// Says whether doing it twice would be more than doing it once, or would look like a failure.
    pub(crate) const fn acts(&self) -> bool {
        match self {
            Self::Set(..)
            | Self::SetMany(..)
            | Self::Update(_)
            | Self::Subscribe(_)
            | Self::Unsubscribe(_)
            | Self::Federate(_)
            | Self::Token(_)
            | Self::Peer(_) => true,
            Self::Across(.., call) => call.acts(),
            Self::Get(..) | Self::Retrieve(_) | Self::Devices(_) | Self::Renew(_) => false,
        }
    }
}

fn request<T: Request + DeserializeOwned>(
    format: Format,
    payload: &[u8],
    call: impl FnOnce(T) -> Call,
) -> Result<(Call, Head), Fault> {
    let request: T = parse_request(format, payload)?;
    let head = request.head();
    Ok((call(request), head))
}

/// Reads an update: a map that has a `value` is the message, anything else is the bare value.
fn set_one(format: Format, payload: &[u8]) -> Result<Update, Fault> {
    let value = parse_bare(format, payload)?;
    if value.field("value").is_some() {
        return parse_request(format, payload);
    }
    Ok(Update { id: None, reply_to: None, ttl: None, value, if_version: None, challenge: None })
}

/// Reads an update of several properties: a map that has `values` is the message, any other map is the bare values.
fn set_many(format: Format, payload: &[u8]) -> Result<UpdateProperties, Fault> {
    let value = parse_bare(format, payload)?;
    if value.field("values").is_some() {
        return parse_request(format, payload);
    }
    let Datum::Map(entries) = value else {
        return Err(Fault::new(Symbol::Malformed, "wanted is a map from properties to values"));
    };
    let values = entries.into_iter().map(|(name, value)| (name.into_string(), value)).collect();
    Ok(UpdateProperties { id: None, reply_to: None, ttl: None, values, challenges: BTreeMap::new() })
}
