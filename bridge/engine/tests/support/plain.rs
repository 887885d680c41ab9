//! A cluster that speaks plain JSON, for tests.
//!
//! It hears `<base>/presence`, `/inventory`, `/joined`, `/left`, `/complaint` and `<base>/<uid>/state`, `/failed`,
//! `/available`, `/event`; it says `<base>/<uid>/set` with a map from native names to values, and `<base>/<uid>/get` with a
//! list of native names. A lamp's `state` is `ON` or `OFF`, its `level` 0 to 254, its `color` a map of `x` and `y`.

use std::{collections::BTreeMap, sync::Arc};

use hes_engine::cluster::{Change, Cluster, Command, Description, Report, Shape, Verb};
use hes_schemas::{
    Datum, DeviceId, Encoding, EventName, Fault, Filter, NativeName, PropertyName, Symbol, Timestamp, Topic, Uid,
    encode,
    message::{Availability, Presence},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::shapes::shape;

/// A device as the cluster describes it on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) uid: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) shape: String,
    pub(crate) lacks: Vec<String>,
}

/// The adapter; it forgets a device as soon as it hears that it has gone, as a real one does.
#[derive(Debug)]
pub(crate) struct Plain {
    base: String,
    devices: BTreeMap<Uid, Arc<Shape>>,
}

#[derive(Deserialize)]
struct Failed {
    native: Option<NativeName>,
    verb: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct Happened {
    name: EventName,
    value: Datum,
}

impl Thing {
    /// Makes a device whose uid, id and name follow from one word.
    pub(crate) fn new(id: &str, shape: &str) -> Self {
        Self {
            uid: format!("u-{id}"),
            id: id.into(),
            name: format!("The {id}"),
            shape: shape.into(),
            lacks: Vec::new(),
        }
    }
}

impl Plain {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.into(), devices: BTreeMap::new() }
    }

    fn read_message(&mut self, topic: &str, payload: &[u8]) -> Result<Report, String> {
        let levels: Vec<&str> = topic.split('/').skip(1).collect();
        Ok(match *levels.as_slice() {
            ["presence"] => Report::Presence(read::<Presence>(payload)?),
            ["complaint"] => Report::Complaint(read(payload)?),
            ["inventory"] => {
                self.devices.clear();
                let things: Vec<Thing> = read(payload)?;
                Report::Inventory(things.into_iter().map(|thing| self.describe(thing)).collect())
            }
            ["joined"] => Report::Joined(self.describe(read(payload)?)),
            ["left"] => {
                let uid = read(payload)?;
                self.devices.remove(&uid);
                Report::Left(uid)
            }
            [uid, "state"] => {
                let values: BTreeMap<String, Datum> = read(payload)?;
                let common = values.iter().flat_map(|(native, value)| to_common(native, value)).collect();
                Report::Values(Uid::new(uid).unwrap(), common)
            }
            [uid, "failed"] => {
                let Failed { native, verb, text } = read(payload)?;
                let verb = verb.map(|verb| if verb == "get" { Verb::Get } else { Verb::Set });
                Report::Failure { uid: Uid::new(uid).unwrap(), native, verb, text }
            }
            [uid, "available"] => Report::Availability(Uid::new(uid).unwrap(), read::<Availability>(payload)?),
            [uid, "event"] => {
                let Happened { name, value } = read(payload)?;
                Report::Event(Uid::new(uid).unwrap(), name, value)
            }
            _ => return Err(format!("nothing is known of {topic}")),
        })
    }

    fn describe(&mut self, thing: Thing) -> Description {
        let (uid, shape) = (Uid::new(&thing.uid).unwrap(), shape(&thing.shape, &thing.lacks));
        self.devices.insert(uid.clone(), Arc::clone(&shape));
        Description {
            id: DeviceId::new(&thing.id).unwrap(),
            uid,
            name: thing.name.as_str().into(),
            room: None,
            maker: None,
            model: Some(thing.shape.as_str().into()),
            firmware: None,
            native: thing.name.into(),
            shape,
        }
    }

    fn command(&self, uid: &Uid, verb: &str, what: &impl Serialize) -> Command {
        let topic = Topic::new(&format!("{}/{uid}/{verb}", self.base)).unwrap();
        Command { topic, payload: encode(Encoding::Json, what) }
    }
}

fn read<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

impl Cluster for Plain {
    fn filters(&self) -> Vec<Filter> {
        vec![Filter::new(&format!("{}/#", self.base)).unwrap()]
    }

    fn greet(&self) -> Vec<Command> {
        vec![Command { topic: Topic::new(&format!("{}/hello", self.base)).unwrap(), payload: b"{}".to_vec() }]
    }

    fn receive(&mut self, _: Timestamp, topic: &str, payload: &[u8]) -> Vec<Report> {
        vec![self.read_message(topic, payload).unwrap_or_else(|reason| Report::Unreadable { reason })]
    }

    fn write(&self, uid: &Uid, changes: &[Change]) -> Result<Vec<Command>, Fault> {
        if !self.devices.contains_key(uid) {
            return Err(Fault::new(Symbol::Unknown, "the cluster does not know the device"));
        }
        let mut wanted: BTreeMap<String, Datum> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Common(name, value) => {
                    let native = native_of(name.as_str());
                    let value = to_native(name.as_str(), value, wanted.remove(native));
                    wanted.insert(native.to_owned(), value);
                }
                Change::Native(native, value) if is_native_value(native, value) => {
                    wanted.insert(native.to_string(), value.clone());
                }
                Change::Native(native, value) => {
                    return Err(Fault::new(Symbol::BadValue, format!("{native} cannot be {value}")));
                }
            }
        }
        Ok(vec![self.command(uid, "set", &wanted)])
    }

    fn read(&self, uid: &Uid, properties: &[PropertyName]) -> Vec<Command> {
        let Some(shape) = self.devices.get(uid) else { return Vec::new() };
        let is_gettable = |name: &&PropertyName| shape.properties.get(*name).is_some_and(|it| it.gettable);
        let mut natives: Vec<&str> =
            properties.iter().filter(is_gettable).map(|name| native_of(name.as_str())).collect();
        natives.dedup();
        if natives.is_empty() { Vec::new() } else { vec![self.command(uid, "get", &natives)] }
    }

    fn fulfils(&self, _: &Uid, property: &PropertyName, asked: &Datum, reported: &Datum) -> bool {
        to_native(property.as_str(), asked, None) == to_native(property.as_str(), reported, None)
    }

    fn is_slow(&self, _: &Uid, property: &PropertyName) -> bool {
        property.as_str() == "position"
    }

    fn properties_of(&self, uid: &Uid, native: &NativeName) -> Vec<PropertyName> {
        let Some(shape) = self.devices.get(uid) else { return Vec::new() };
        shape.properties.keys().filter(|name| native_of(name.as_str()) == native.as_str()).cloned().collect()
    }

    fn common_values(&self, _: &Uid, native: &NativeName, value: &Datum) -> Vec<(PropertyName, Datum)> {
        if value.as_text() == Some("TOGGLE") { Vec::new() } else { to_common(native.as_str(), value) }
    }

    fn native_value(
        &self,
        uid: &Uid,
        native: &NativeName,
        read: &dyn Fn(&PropertyName) -> Option<Datum>,
    ) -> Option<Datum> {
        let mut whole = None;
        for property in self.properties_of(uid, native) {
            whole = Some(to_native(property.as_str(), &read(&property)?, whole));
        }
        whole
    }

    fn natives(&self, uid: &Uid) -> Vec<NativeName> {
        let Some(shape) = self.devices.get(uid) else { return Vec::new() };
        shape.properties.keys().map(|name| NativeName::new(native_of(name.as_str())).unwrap()).collect()
    }
}

fn native_of(property: &str) -> &str {
    match property {
        "on" => "state",
        "brightness" => "level",
        "color_x" | "color_y" => "color",
        other => other,
    }
}

fn to_common(native: &str, value: &Datum) -> Vec<(PropertyName, Datum)> {
    let one = |name: &str, value: Datum| (PropertyName::new(name).unwrap(), value);
    match (native, value) {
        ("state", Datum::Text(text)) => vec![one("on", Datum::Bool(text.as_ref() == "ON"))],
        ("level", level) => {
            let percent = level.as_number().map(|level| Datum::number((level / 2.54).round()));
            vec![one("brightness", percent.unwrap_or_default())]
        }
        ("color", Datum::Map(axes)) => {
            axes.iter().map(|(axis, value)| one(&format!("color_{axis}"), value.clone())).collect()
        }
        (name, value) => vec![one(name, value.clone())],
    }
}

/// Returns the native value; a colour is put together from its axes one by one.
fn to_native(property: &str, value: &Datum, whole: Option<Datum>) -> Datum {
    match (property, value) {
        ("on", Datum::Bool(on)) => Datum::text(if *on { "ON" } else { "OFF" }),
        ("brightness", percent) => percent.as_number().map(|it| Datum::number((it * 2.54).round())).unwrap_or_default(),
        ("color_x" | "color_y", value) => {
            let axes = whole.as_ref().and_then(Datum::as_map).unwrap_or_default().iter().cloned();
            axes.chain([(property.trim_start_matches("color_").into(), value.clone())]).collect()
        }
        (_, value) => value.clone(),
    }
}

fn is_native_value(native: &NativeName, value: &Datum) -> bool {
    native.as_str() != "state" || value.as_text().is_some_and(|it| matches!(it, "ON" | "OFF" | "TOGGLE"))
}
