//! How single values are written that have no text form of their own.

/// Addresses with ports.
pub(super) mod addresses {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(addresses: &[SocketAddr], to: S) -> Result<S::Ok, S::Error> {
        addresses.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SocketAddr>, D::Error> {
        Vec::<String>::deserialize(from)?.iter().map(|text| read(text)).collect()
    }

    pub(super) fn read<E: Error>(text: &str) -> Result<SocketAddr, E> {
        text.parse().map_err(|_no_address| {
            E::custom(format_args!("{text:?} is not an address with a port, such as \"127.0.0.1:1883\""))
        })
    }
}

/// One address with a port.
pub(super) mod address {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(address: &SocketAddr, to: S) -> Result<S::Ok, S::Error> {
        address.serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
        super::addresses::read(&String::deserialize(from)?)
    }
}

/// The first levels of topics.
pub(super) mod root {
    use hes_schemas::Root;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(root: &Root, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(root.as_str())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Root, D::Error> {
        Root::new(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A router.
pub(super) mod router {
    use hes_broker::RouterKind;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(router: &RouterKind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(match router {
            RouterKind::Rumqttd => "rumqttd",
            RouterKind::Direct => "direct",
        })
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RouterKind, D::Error> {
        match String::deserialize(from)?.as_str() {
            "rumqttd" => Ok(RouterKind::Rumqttd),
            "direct" => Ok(RouterKind::Direct),
            other => Err(D::Error::custom(format_args!("{other:?} is not a router: write \"rumqttd\" or \"direct\""))),
        }
    }
}

/// A role, or `none`.
pub(super) mod role_or_none {
    use hes_schemas::rights::Role;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(role: &Option<Role>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(role.map_or("none", Role::as_str))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Role>, D::Error> {
        let text = String::deserialize(from)?;
        if text == "none" {
            return Ok(None);
        }
        Role::from_name(&text).map(Some).ok_or_else(|| {
            let names = Role::ALL.map(Role::as_str).join(", ");
            D::Error::custom(format_args!("{text:?} is not a role: write \"none\", or one of {names}"))
        })
    }
}
