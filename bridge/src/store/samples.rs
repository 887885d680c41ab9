//! Records for the tests.

use std::sync::Arc;

use hes_engine::{
    cluster::Shape,
    record::{DeviceRecord, MirrorRecord, ParcelRecord, SubscriptionRecord, ValueRecord, ValuesRecord},
};
use hes_schemas::{
    ClientId, ClusterId, Datum, DeviceId, HomeId, Millis, PropertyName, Sid, Timestamp, Uid, UserName,
    link::{Entry, Item, LinkEvent, Log, Stamp},
    message::EventKind,
    rights::Scope,
};

pub(crate) fn cluster() -> ClusterId {
    ClusterId::new("zigbee").unwrap()
}

pub(crate) fn uid(uid: &str) -> Uid {
    Uid::new(uid).unwrap()
}

pub(crate) fn sid(sid: &str) -> Sid {
    Sid::new(sid).unwrap()
}

pub(crate) fn device(text: &str) -> DeviceRecord {
    DeviceRecord {
        cluster: cluster(),
        uid: uid(text),
        id: DeviceId::new(&format!("lamp_{text}")).unwrap(),
        name: format!("Lamp {text}").into(),
        room: Some("Kitchen".into()),
        maker: None,
        model: Some("M1".into()),
        firmware: None,
        native: format!("kitchen/lamp {text}").into(),
        rev: 3,
        shape: shape("light"),
    }
}

pub(crate) fn shape(kind: &str) -> Arc<Shape> {
    Arc::new(Shape { kind: [kind.into()].into(), ..Shape::default() })
}

pub(crate) fn values(text: &str, version: u64) -> ValuesRecord {
    let value = |property, value| ValueRecord {
        property: PropertyName::new(property).unwrap(),
        value,
        time: Timestamp::from_millis(1_795_359_600_123),
        version,
    };
    let values = vec![
        value("on", Datum::Bool(true)),
        value("temperature", Datum::Number(21.5)),
        value("effects", Datum::List([Datum::text("blink"), Datum::Null, Datum::Integer(-7)].into())),
    ];
    ValuesRecord { cluster: cluster(), uid: uid(text), values }
}

pub(crate) fn subscription(text: &str, next_seq: u64) -> SubscriptionRecord {
    SubscriptionRecord {
        sid: sid(text),
        client: ClientId::new("Panel 1").unwrap(),
        user: UserName::new("anna").unwrap(),
        scope: Scope::new("zigbee/uid:0x1").unwrap(),
        events: vec![EventKind::PropertyChanged, EventKind::DeviceOffline],
        until: Timestamp::from_millis(1_795_359_600_999),
        lease: Millis::from_secs(3600),
        min_interval: Millis::new(250),
        delta: Some(0.5),
        next_seq,
    }
}

pub(crate) fn home(home: &str) -> HomeId {
    HomeId::new(home).unwrap()
}

pub(crate) fn parcel(peer: &str, seq: u64) -> ParcelRecord {
    let until = Timestamp::from_millis(1_795_359_700_000);
    let event = LinkEvent {
        path: "oak/zigbee/button/event/action".to_owned(),
        stamp: Stamp { epoch: 3, seq },
        body: Datum::text("single"),
        until,
        via: vec![home("ash")],
    };
    ParcelRecord { peer: home(peer), until, log: Log { seq, entry: Entry::Event(event) } }
}

pub(crate) fn mirror(peer: &str, path: &str, seq: u64) -> MirrorRecord {
    let body = Datum::List([Datum::Integer(7), Datum::Null].into());
    MirrorRecord {
        peer: home(peer),
        item: Item { path: path.to_owned(), stamp: Stamp { epoch: 1, seq }, body, via: Vec::new() },
    }
}
