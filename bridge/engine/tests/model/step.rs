//! What may happen.

use proptest::prelude::*;

/// One thing that happens. Numbers name people, devices and the like by their place in the world of the moment.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Somebody asks for something.
    Ask { who: u8, what: What, device: u8, ttl: Option<u32>, id: Option<u8> },
    /// A former request comes again, byte for byte.
    Again(u8),
    /// Somebody asks in a way in which nothing can be asked.
    Lie { who: u8, lie: Lie, device: u8 },
    /// A device reports.
    Report { device: u8, level: Option<i8>, label: Option<u8>, secret: Option<u8> },
    /// A device reports as its label what it was last told to have.
    Obey(u8),
    /// A command to a device fails.
    Fail { device: u8, is_named: bool },
    /// A device tells of an event.
    Event(u8),
    /// A device can be reached, cannot, or nobody knows.
    Available { device: u8, how: u8 },
    /// A device joins under one of a few ids, maybe without some property, or is described anew.
    Join { device: u8, id: u8, lacks: u8 },
    /// A device leaves.
    Leave(u8),
    /// The cluster lists its devices, without some, and with ids passed round.
    Inventory { cluster: u8, without: u8, turn: u8 },
    /// A cluster says that it is there, or not.
    Presence { cluster: u8, is_online: bool },
    /// The link to a cluster comes up, or goes down.
    Link { cluster: u8, is_up: bool },
    /// Time passes, and what is due is done on the way.
    Later(u32),
    /// Time passes, and nobody calls the engine.
    Sleep(u32),
    /// The guest is given other rights.
    Rights(u8),
    /// The store refuses, or takes records again.
    Disk { is_full: bool },
    /// The store writes what it has.
    Commit,
    /// The gateway stops in good order, or is killed, and starts again.
    Restart { is_clean: bool },
}

/// What may be asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Get { property: u8, max_age: Option<u8> },
    GetAll,
    GetNative,
    SetLabel { if_version: bool },
    SetNative,
    SetSound,
    SetDanger { value: bool },
    SetReadOnly,
    SetMany,
    SetTwo,
    ByName,
    Devices,
    Subscribe { scope: u8, interval: u8, delta: bool, initial: bool },
    Renew(u8),
    Unsubscribe(u8),
}

/// How a request may be wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lie {
    Retained,
    Foreign,
    ContentType,
    Broken,
    Large,
    Unknown,
    Type,
    Late,
    Binary(u64),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let bools = any::<bool>;
    prop_oneof![
        24 => (who(), what(), device(), prop::option::weighted(0.4, 1..14_u32), prop::option::weighted(0.3, 0..6_u8))
            .prop_map(|(who, what, device, ttl, id)| Step::Ask { who, what, device, ttl, id }),
        4 => (0..12_u8).prop_map(Step::Again),
        3 => (who(), lie(), device()).prop_map(|(who, lie, device)| Step::Lie { who, lie, device }),
        10 => (device(), prop::option::of(-2..3_i8), prop::option::of(0..3_u8), prop::option::of(0..3_u8))
            .prop_map(|(device, level, label, secret)| Step::Report { device, level, label, secret }),
        30 => device().prop_map(Step::Obey),
        4 => (device(), bools()).prop_map(|(device, is_named)| Step::Fail { device, is_named }),
        1 => device().prop_map(Step::Event),
        3 => (device(), 0..3_u8).prop_map(|(device, how)| Step::Available { device, how }),
        4 => (device(), 0..4_u8, 0..4_u8).prop_map(|(device, id, lacks)| Step::Join { device, id, lacks }),
        1 => device().prop_map(Step::Leave),
        2 => (0..2_u8, 0..12_u8, 0..4_u8)
            .prop_map(|(cluster, without, turn)| Step::Inventory { cluster, without, turn }),
        2 => (0..2_u8, prop::bool::weighted(0.8))
            .prop_map(|(cluster, is_online)| Step::Presence { cluster, is_online }),
        1 => (0..2_u8, prop::bool::weighted(0.8)).prop_map(|(cluster, is_up)| Step::Link { cluster, is_up }),
        12 => span().prop_map(Step::Later),
        3 => span().prop_map(Step::Sleep),
        1 => (0..4_u8).prop_map(Step::Rights),
        1 => prop::bool::weighted(0.2).prop_map(|is_full| Step::Disk { is_full }),
        2 => Just(Step::Commit),
        1 => bools().prop_map(|is_clean| Step::Restart { is_clean }),
    ]
}

fn who() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0), 3 => Just(1), 3 => Just(2), 1 => Just(3), 1 => Just(4), 2 => Just(5)]
}

/// Two devices of which much is asked, and two that come and go.
fn device() -> impl Strategy<Value = u8> {
    prop_oneof![6 => Just(0), 3 => Just(2), 1 => Just(1), 1 => Just(3)]
}

fn span() -> impl Strategy<Value = u32> {
    prop_oneof![
        6 => Just(1),
        4 => Just(250),
        4 => Just(1_000),
        2 => Just(1_999),
        2 => Just(5_000),
        2 => Just(10_000),
        1 => Just(61_000),
        1 => Just(121_000),
    ]
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => (0..5_u8, prop::option::of(0..4_u8)).prop_map(|(property, max_age)| What::Get { property, max_age }),
        1 => Just(What::GetAll),
        1 => Just(What::GetNative),
        8 => prop::bool::weighted(0.2).prop_map(|if_version| What::SetLabel { if_version }),
        2 => Just(What::SetNative),
        2 => Just(What::SetSound),
        3 => any::<bool>().prop_map(|value| What::SetDanger { value }),
        1 => Just(What::SetReadOnly),
        2 => Just(What::SetMany),
        2 => Just(What::SetTwo),
        1 => Just(What::ByName),
        1 => Just(What::Devices),
        3 => (0..6_u8, 0..3_u8, any::<bool>(), any::<bool>())
            .prop_map(|(scope, interval, delta, initial)| What::Subscribe { scope, interval, delta, initial }),
        1 => any::<u8>().prop_map(What::Renew),
        1 => any::<u8>().prop_map(What::Unsubscribe),
    ]
}

fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        Just(Lie::Retained),
        Just(Lie::Foreign),
        Just(Lie::ContentType),
        Just(Lie::Broken),
        Just(Lie::Large),
        Just(Lie::Unknown),
        Just(Lie::Type),
        Just(Lie::Late),
        any::<u64>().prop_map(Lie::Binary),
    ]
}
