//! The JSON Schemas of all messages.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    Datum, DeviceDocument, Reading,
    link::LinkMessage,
    message::{
        Answer, ClusterState, DeviceEvent, DeviceState, Devices, Federate, FederationInfo, HomeState, InvitationInfo,
        KeySet, Notification, PairingInfo, Peer, PeerInfo, PeersInfo, Renew, Retrieve, RetrieveMany, Subscribe, Token,
        TokenInfo, Unsubscribe, Update, UpdateMany, UpdateProperties, Verdict,
    },
};

/// Adds the schema of one message to a generator's definitions.
type Describe = fn(&mut SchemaGenerator) -> Schema;

/// Every message that a payload may be, in the order of the flows.
const MESSAGES: [Describe; 30] = [
    describe::<Datum>,
    describe::<Reading>,
    describe::<DeviceDocument>,
    describe::<HomeState>,
    describe::<KeySet>,
    describe::<ClusterState>,
    describe::<DeviceState>,
    describe::<DeviceEvent>,
    describe::<Devices>,
    describe::<Retrieve>,
    describe::<RetrieveMany>,
    describe::<Update>,
    describe::<UpdateProperties>,
    describe::<UpdateMany>,
    describe::<Subscribe>,
    describe::<Renew>,
    describe::<Unsubscribe>,
    describe::<Federate>,
    describe::<FederationInfo>,
    describe::<Token>,
    describe::<TokenInfo>,
    describe::<Verdict>,
    describe::<Peer>,
    describe::<InvitationInfo>,
    describe::<PairingInfo>,
    describe::<PeerInfo>,
    describe::<PeersInfo>,
    describe::<LinkMessage>,
    describe::<Answer>,
    describe::<Notification>,
];

/// Makes one document with the JSON Schemas of all messages, each under its name in `$defs`.
///
/// Shape: `{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{"Answer":{..},..}}`. A payload in CBOR says the
/// same in the same data model, so the schemas hold for it too.
///
/// What a schema cannot say (a key that comes twice, the limits of depth and size) is refused by [`crate::decode`].
#[must_use]
pub fn json_schemas() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The messages of hes-bridge",
        "description": "Each payload is one of these, as application/json or, in the same data model, application/cbor.",
        "$defs": definitions("/$defs"),
    })
}

/// Makes the schemas of all messages and of what they are made of, for a document that holds them at a JSON pointer.
pub(crate) fn definitions(pointer: &'static str) -> Map<String, Value> {
    let mut generator = SchemaSettings::draft2020_12().with(|it| it.definitions_path = pointer.into()).into_generator();
    for describe in MESSAGES {
        describe(&mut generator);
    }
    generator.take_definitions(true)
}

fn describe<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_has_a_schema_that_is_one() {
        let schemas = json_schemas();
        for name in schemas["$defs"].as_object().unwrap().keys() {
            let mut schema = schemas.clone();
            schema["$ref"] = format!("#/$defs/{name}").into();
            assert!(jsonschema::meta::is_valid(&schema), "{name}");
            assert!(jsonschema::validator_for(&schema).is_ok(), "{name}");
        }
    }
}
