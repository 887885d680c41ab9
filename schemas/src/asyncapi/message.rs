//! What is said on the channels: payloads, and the properties of MQTT 5 that go with them.

use serde_json::{Map, Value, json};

use crate::user_property;

/// A message of the document.
struct Message {
    name: &'static str,
    summary: &'static str,
    payload: Value,
    headers: Option<&'static str>,
}

/// Points at a message among the components.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/messages/{name}") })
}

/// Describes all messages.
pub(super) fn all() -> Map<String, Value> {
    let shown = [
        ("Reading", "A value of a property."),
        ("DeviceDocument", "What a device is and can do."),
        ("HomeState", "Whether a gateway is there."),
        ("ClusterState", "Whether a cluster is there."),
        ("DeviceState", "Whether a device is there."),
        ("DeviceEvent", "Something that a device tells of."),
    ]
    .map(|(name, summary)| Message { name, summary, payload: schema(name), headers: Some("OriginHeaders") });
    let messages = [
        ("KeySet", "The public keys of a home, as a JSON Web Key Set."),
        ("Notification", "One thing that a subscriber is told."),
        ("LinkMessage", "One thing that a gateway says to another, as it is inside the seal."),
    ]
    .map(|(name, summary)| Message { name, summary, payload: schema(name), headers: None });
    let requests = [
        ("Devices", "Asks for devices; an empty payload asks for all."),
        ("Retrieve", "Asks for values; an empty payload asks for what is known."),
        ("RetrieveMany", "Asks for values of several devices."),
        ("Update", "Asks to write a property."),
        ("UpdateProperties", "Asks to write several properties of a device."),
        ("UpdateMany", "Asks to write properties of several devices."),
        ("Subscribe", "Asks to be told of events."),
        ("Renew", "Asks to keep a subscription."),
        ("Unsubscribe", "Asks to end a subscription."),
        ("Federate", "Asks for something about federations."),
        ("Token", "Asks for something about tokens between homes."),
        ("Peer", "Asks for something about peers."),
    ]
    .map(|(name, summary)| request(name, summary, schema(name)));
    let bare = [
        request("BareValue", "Asks to write a property: the value by itself, or plain text.", schema("Datum")),
        request("BareValues", "Asks to write several properties: the values by themselves.", map_of(&schema("Datum"))),
    ];
    let answer = Message {
        name: "Answer",
        summary: "How a request ended; with 202 the final answer follows.",
        payload: schema("Answer"),
        headers: Some("AnswerHeaders"),
    };
    shown.into_iter().chain(messages).chain(requests).chain(bare).chain([answer]).map(describe).collect()
}

/// Describes the properties of MQTT 5 that go with requests and answers, and with what other homes say.
pub(super) fn headers() -> [(String, Value); 3] {
    let correlation = json!({ "type": "string", "description": "Which request this is, or which is answered. MQTT 5: Correlation Data." });
    let content = json!({ "enum": ["application/json", "application/cbor"], "description": "MQTT 5: Content Type." });
    let trace = json!({
        "type": "string",
        "description": "The trace that the request is a part of, W3C Trace Context; passed over if it is not well-formed. MQTT 5: User Property.",
    });
    let request = json!({
        "type": "object",
        "description": "Properties of the MQTT 5 packet; in MQTT 3.1.1 the body says the first three as reply_to, id, ttl.",
        "properties": {
            "responseTopic": { "type": "string", "description": "Where the answer goes. MQTT 5: Response Topic." },
            "correlationData": correlation,
            "messageExpiryInterval": {
                "type": "integer", "minimum": 0, "default": 10,
                "description": "How long the request may act, in seconds. MQTT 5: Message Expiry Interval.",
            },
            "contentType": content,
            user_property::TRACEPARENT: trace,
        },
    });
    let answer = json!({
        "type": "object",
        "description": "Properties of the MQTT 5 packet.",
        "properties": {
            "correlationData": correlation,
            "contentType": content,
            user_property::STATUS: text("The status of the answer."),
            user_property::TRACEPARENT: trace,
        },
    });
    let origin = json!({
        "type": "object",
        "description": "Properties of the MQTT 5 packet, if another home said it.",
        "properties": {
            user_property::ID: text("Which message of that home it is; the same by whichever way it came."),
            user_property::EPOCH: text("In which of its lives that home said so."),
            user_property::SEQ: text("The number of the change in that life."),
            user_property::VIA: text("The homes that passed it on, the first one first, with commas between them."),
        },
    });
    let named = [("RequestHeaders", request), ("AnswerHeaders", answer), ("OriginHeaders", origin)];
    named.map(|(name, headers)| (name.to_owned(), headers))
}

fn text(what: &str) -> Value {
    json!({ "type": "string", "description": format!("{what} MQTT 5: User Property.") })
}

const fn request(name: &'static str, summary: &'static str, payload: Value) -> Message {
    Message { name, summary, payload, headers: Some("RequestHeaders") }
}

fn describe(message: Message) -> (String, Value) {
    let Message { name, summary, payload, headers } = message;
    let mut object = Map::new();
    object.insert("name".to_owned(), name.into());
    object.insert("summary".to_owned(), summary.into());
    object.insert("contentType".to_owned(), "application/json".into());
    object.insert("payload".to_owned(), payload);
    if let Some(headers) = headers {
        object.insert("headers".to_owned(), schema(headers));
    }
    if matches!(headers, Some("RequestHeaders" | "AnswerHeaders")) {
        object.insert("correlationId".to_owned(), json!({ "location": "$message.header#/correlationData" }));
    }
    let binding = json!({ "mqtt": { "contentType": "application/json", "bindingVersion": "0.2.0" } });
    object.insert("bindings".to_owned(), binding);
    (name.to_owned(), object.into())
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn map_of(schema: &Value) -> Value {
    json!({ "type": "object", "additionalProperties": schema })
}
