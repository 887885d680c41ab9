//! The `AsyncAPI` document: every topic and message, as the gateway sends and receives them.

mod channel;
mod message;

use serde_json::{Map, Value, json};

use crate::{Address, Root, schema};
use channel::{Channel, Direction};

/// Makes the `AsyncAPI` 3 document of the interface: every topic and message, under the default root.
///
/// Each [`Address`] is one channel; an exhaustive match in `channel.rs` keeps it so. What is asked has a reply to the Response
/// Topic of the request. Payloads are described in JSON; CBOR says the same in the same data model.
///
/// Source: `AsyncAPI` 3.0.0; MQTT bindings 0.2.0.
#[must_use]
pub fn asyncapi() -> Value {
    let channels = channel::all();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "hes-bridge",
            "version": env!("CARGO_PKG_VERSION"),
            "description": concat!(
                "One common, answered, authorised interface for home clusters on MQTT. Each payload is application/json ",
                "or, in the same data model, application/cbor; the Content Type says which. With MQTT 3.1.1 a request ",
                "says `id`, `reply_to` and `ttl` in its body instead of the properties of MQTT 5.",
            ),
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "servers": { "gateway": server() },
        "channels": described(&channels, channel_object, [("reply".to_owned(), reply_channel())]),
        "operations": described(&channels, operation_object, []),
        "components": {
            "securitySchemes": { "account": { "type": "userPassword", "description": "An account of the home." } },
            "parameters": channel::parameters(),
            "messages": message::all(),
            "schemas": schemas(),
        },
    })
}

/// Puts one object for each channel beside those that are given.
fn described<const N: usize>(
    channels: &[Channel],
    describe: fn(&Channel) -> Option<Value>,
    others: [(String, Value); N],
) -> Map<String, Value> {
    let objects = channels.iter().filter_map(|channel| Some((channel.key.clone(), describe(channel)?)));
    objects.chain(others).collect()
}

fn server() -> Value {
    json!({
        "host": "127.0.0.1:1883",
        "protocol": "mqtt",
        "protocolVersion": "5.0",
        "description": "The gateway's own broker, which speaks MQTT 3.1.1 too, or another broker that the gateway is on.",
        "security": [{ "$ref": "#/components/securitySchemes/account" }],
    })
}

fn channel_object(channel: &Channel) -> Option<Value> {
    let mut object = json!({
        "address": channel.address,
        "summary": channel.summary,
        "messages": channel.messages.iter().map(|name| ((*name).to_owned(), message::reference(name))).collect::<Map<_, _>>(),
    });
    let parameters: Map<String, Value> = channel
        .parameters
        .iter()
        .map(|it| (it.name.to_owned(), json!({ "$ref": format!("#/components/parameters/{}", it.kind) })))
        .collect();
    object.as_object_mut()?.insert("parameters".to_owned(), parameters.into());
    Some(object)
}

/// Describes where answers go: wherever the request said.
fn reply_channel() -> Value {
    json!({
        "address": null,
        "summary": "The answer, on the Response Topic of the request.",
        "messages": { "Answer": message::reference("Answer") },
    })
}

fn operation_object(channel: &Channel) -> Option<Value> {
    let key = &channel.key;
    let messages: Vec<Value> =
        channel.messages.iter().map(|name| json!({ "$ref": format!("#/channels/{key}/messages/{name}") })).collect();
    let (action, retain) = match channel.direction {
        Direction::Kept => ("send", true),
        Direction::Told | Direction::Sealed => ("send", false),
        Direction::Asked => ("receive", false),
    };
    let mut operation = json!({
        "action": action,
        "summary": channel.summary,
        "channel": { "$ref": format!("#/channels/{key}") },
        "messages": messages,
        "bindings": { "mqtt": { "qos": 1, "retain": retain, "bindingVersion": "0.2.0" } },
    });
    if matches!(channel.direction, Direction::Asked) {
        operation.as_object_mut()?.insert("reply".to_owned(), reply());
    }
    Some(operation)
}

fn reply() -> Value {
    json!({
        "address": {
            "location": "$message.header#/responseTopic",
            "description": "It must lie in the asker's own answer space.",
        },
        "channel": { "$ref": "#/channels/reply" },
        "messages": [{ "$ref": "#/channels/reply/messages/Answer" }],
    })
}

fn schemas() -> Map<String, Value> {
    let mut schemas = schema::definitions("/components/schemas");
    schemas.extend(message::headers());
    schemas
}

/// Spells an address of samples as the document does: `hes/1/{home}/$status`.
fn spell(address: &Address) -> String {
    let topic = Root::default().topic(address);
    let levels: Vec<String> = topic
        .levels()
        .map(|level| match level.strip_prefix(channel::SAMPLE) {
            Some(name) => format!("{{{name}}}"),
            None => level.to_owned(),
        })
        .collect();
    levels.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds what a reference points at.
    fn resolve<'d>(document: &'d Value, reference: &str) -> Option<&'d Value> {
        document.pointer(reference.strip_prefix('#')?)
    }

    fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| references(element, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn points_at_nothing_that_is_not_there() {
        let document = asyncapi();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for reference in found {
            assert!(resolve(&document, reference).is_some(), "{reference}");
        }
    }

    #[test]
    fn every_topic_names_its_parameters() {
        let document = asyncapi();
        for (key, channel) in document["channels"].as_object().unwrap() {
            let Some(address) = channel["address"].as_str() else { continue };
            let named: Vec<&str> =
                address.split('/').filter_map(|level| level.strip_prefix('{')?.strip_suffix('}')).collect();
            let mut described: Vec<&String> = channel["parameters"].as_object().unwrap().keys().collect();
            described.sort_by_key(|name| named.iter().position(|it| it == name));
            assert_eq!(described, named, "{key}");
        }
    }

    #[test]
    fn every_message_of_the_document_is_on_some_topic() {
        let document = asyncapi();
        let text = document["channels"].to_string();
        for name in document["components"]["messages"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/messages/{name}\"")), "{name}");
        }
    }

    #[test]
    fn what_is_asked_is_answered_where_the_asker_said() {
        let document = asyncapi();
        let operations = document["operations"].as_object().unwrap();
        for (key, operation) in operations {
            let is_asked = operation["action"] == "receive";
            assert_eq!(operation["reply"].is_object(), is_asked, "{key}");
            assert!(!(is_asked && operation["bindings"]["mqtt"]["retain"] == true), "{key}");
        }
        assert_eq!(
            document["channels"]["getProperty"]["address"],
            "hes/1/{home}/{cluster}/{device}/property/{name}/get"
        );
    }
}
