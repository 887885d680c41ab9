//! What the engine wants to be kept, and what it is given back at the next start.

use std::{collections::BTreeMap, sync::Arc};

use hes_schemas::{
    ClientId, ClusterId, Datum, DeviceId, HomeId, Millis, PropertyName, Sid, Timestamp, Uid, UserName,
    link::{Federation, FederationId, Item, Log},
    message::{Deed, EventKind, Standing},
    rights::{Grant, Scope},
};
use serde::{Deserialize, Serialize};

use crate::cluster::Shape;

/// One thing to be kept. The later record of the same thing replaces the earlier.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A device.
    Device(DeviceRecord),
    /// All values of a device.
    Values(ValuesRecord),
    /// A device and its values are to be forgotten.
    DeviceGone(ClusterId, Uid),
    /// A subscription.
    Subscription(SubscriptionRecord),
    /// A subscription is to be forgotten.
    SubscriptionGone(Sid),
    /// A peer has acknowledged the log up to a number.
    ParcelsGone(HomeId, u64),
    /// How far a peer's log has been heard.
    Heard(HomeId, u64),
    /// What another home retains, as it was told last.
    Mirror(MirrorRecord),
    /// Something that another home retained is no more.
    MirrorGone(String),
    /// A federation and all that is known of it.
    Federation(Box<FederationRecord>),
    /// A federation is to be forgotten.
    FederationGone(FederationId),
}

/// One entry of the log to a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct ParcelRecord {
    /// To which peer.
    pub peer: HomeId,
    /// Until when it is worth anything.
    pub until: Timestamp,
    /// What is said.
    pub log: Log,
}

/// One thing that another home retains.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorRecord {
    /// The peer that told.
    pub peer: HomeId,
    /// What.
    pub item: Item,
}

/// A federation, as it is kept; after its end too, so that it can be shown what was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FederationRecord {
    /// Which one; the key.
    pub id: FederationId,
    /// What was proposed about it, by the proposals' names.
    pub proposals: BTreeMap<String, ProposalRecord>,
    /// Which homes have left it, and when; for good.
    pub left: BTreeMap<HomeId, Timestamp>,
    /// How it ended, if it has; for good.
    pub ended: Option<Ending>,
    /// Whom nothing is given for a while, because a token was revoked.
    pub barred: Vec<Bar>,
    /// What other homes said last that this home's member may do there.
    pub foreign: BTreeMap<HomeId, Vec<Grant>>,
}

/// One proposal, and who agrees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRecord {
    /// What is proposed.
    pub terms: Federation,
    /// When it came.
    pub came: Timestamp,
    /// The peer that it came from first; nothing if it was made here.
    pub from: Option<HomeId>,
    /// The signed statements of other homes.
    pub proofs: BTreeMap<HomeId, String>,
    /// The homes that were told that this one agrees, and when.
    pub told: BTreeMap<HomeId, Timestamp>,
    /// The consent of this home's member.
    pub consented: Option<Deed>,
    /// The approval of one who may manage this home.
    pub approved: Option<Deed>,
    /// What is given here since the consent: as the terms say, each device by what it is called for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Grant>,
    /// The end of what is given here.
    pub withdrawn: Option<Deed>,
}

/// How a federation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: Standing,
}

/// A home whose identity is given nothing for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Which home.
    pub home: HomeId,
    /// Until the last of its tokens would have ended.
    pub until: Timestamp,
}

/// A device, without its values.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceRecord {
    /// The cluster that speaks for it.
    pub cluster: ClusterId,
    /// Its id for good; with the cluster it is the key.
    pub uid: Uid,
    /// Its id in topics.
    pub id: DeviceId,
    /// Its name for people.
    pub name: Box<str>,
    /// Where it is.
    pub room: Option<Box<str>>,
    /// Who made it.
    pub maker: Option<Box<str>>,
    /// Which product it is.
    pub model: Option<Box<str>>,
    /// The version of its software.
    pub firmware: Option<Box<str>>,
    /// Its name in the cluster's own topics.
    pub native: Box<str>,
    /// How often its document has changed.
    pub rev: u64,
    /// What it can do; devices of one model share it, in the store too.
    pub shape: Arc<Shape>,
}

/// All values of a device.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuesRecord {
    /// The cluster that speaks for it.
    pub cluster: ClusterId,
    /// Its id for good.
    pub uid: Uid,
    /// Its properties that have a value.
    pub values: Vec<ValueRecord>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueRecord {
    /// Of which property.
    pub property: PropertyName,
    /// What it is worth.
    pub value: Datum,
    /// When it was reported.
    pub time: Timestamp,
    /// How often it has changed.
    pub version: u64,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscriptionRecord {
    /// Its id.
    pub sid: Sid,
    /// Who is told.
    pub client: ClientId,
    /// Whose rights apply.
    pub user: UserName,
    /// Of what.
    pub scope: Scope,
    /// Of which events.
    pub events: Vec<EventKind>,
    /// Until when.
    pub until: Timestamp,
    /// For how long it was granted.
    pub lease: Millis,
    /// The least time between two changes of one property.
    pub min_interval: Millis,
    /// The least change of a number.
    pub delta: Option<f64>,
    /// A sequence number that has not been used; kept ahead, so that none is used twice.
    pub next_seq: u64,
}

/// What is given back at a start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Restored {
    /// All devices.
    pub devices: Vec<DeviceRecord>,
    /// Their values.
    pub values: Vec<ValuesRecord>,
    /// All subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// What is still to be told to peers, in order.
    pub parcels: Vec<ParcelRecord>,
    /// The highest number that the log to each peer ever had; it goes on above, even if nothing is still to be told.
    pub logged: Vec<(HomeId, u64)>,
    /// How far the logs of peers have been heard.
    pub heard: Vec<(HomeId, u64)>,
    /// What other homes retain.
    pub mirrors: Vec<MirrorRecord>,
    /// All federations.
    pub federations: Vec<FederationRecord>,
    /// How often the gateway was started, this start included.
    pub epoch: u64,
    /// A version above all that may have been said before an unclean stop; nothing after a clean one.
    pub leap: Option<u64>,
    /// The version that a property heard for the first time begins with.
    pub floor: u64,
}
