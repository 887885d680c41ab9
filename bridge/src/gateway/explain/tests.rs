use hes_engine::record::Record;
use hes_schemas::HomeId;
use proptest::prelude::*;

use super::*;
use crate::{gateway::register::Register, store::samples};

const NOW: Timestamp = Timestamp::from_millis(1_000);

/// A house with the lamp `zigbee/lamp_0x1`.
struct Stand {
    root: Root,
    home: HomeId,
    register: Register,
    gate: Gate,
}

impl Stand {
    fn new() -> Self {
        let (root, home, register) = (Root::default(), HomeId::new("oak").unwrap(), Register::default());
        register.note(&Record::Device(samples::device("0x1")));
        Self { gate: Gate::new(root.clone(), home.clone()), root, home, register }
    }

    fn case<'c>(&'c self, grants: &'c Grants, role: Option<Role>, client: Option<&'c ClientId>) -> Case<'c> {
        let gates = Gates { root: &self.root, home: &self.home, register: &self.register };
        Case { gate: &self.gate, gates, now: NOW, grants, role, client }
    }
}

fn grant(actions: &[Action], scope: &str, safety: Safety, until: Option<i64>) -> Grant {
    Grant {
        actions: actions.to_vec(),
        scope: Scope::new(scope).unwrap(),
        safety,
        until: until.map(Timestamp::from_millis),
    }
}

fn said(findings: &[Finding]) -> Vec<String> {
    let word = |finding: &Finding| {
        let property = finding.property.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
        let allowed = if finding.allowed { "yes" } else { "no" };
        format!("{}{property}: {allowed}, {}", finding.deed, finding.why)
    };
    findings.iter().map(word).collect()
}

#[test]
fn names_the_right_or_what_comes_nearest_to_it() {
    let stand = Stand::new();
    let own = [
        grant(&[Action::Read], "topic:panel/#", Safety::S3, None),
        grant(&[Action::Write], "topic:panel/old", Safety::S3, Some(500)),
    ];
    let grants = Grants::new(Role::Guest.grants().into_iter().chain(own).collect());
    let case = stand.case(&grants, Some(Role::Guest), None);
    for (topic, expect) in [
        (
            "panel/old",
            [
                "publish: no, grant: write topic:panel/old until 1970-01-01T00:00:00.500Z ended at 1970-01-01T00:00:00.500Z",
                "subscribe: yes, grant: read topic:panel/#",
                "receive: yes, grant: read topic:panel/#",
            ],
        ),
        (
            "panel/x",
            [
                "publish: no, grant: read topic:panel/# does not give write",
                "subscribe: yes, grant: read topic:panel/#",
                "receive: yes, grant: read topic:panel/#",
            ],
        ),
        (
            "hes/1/oak/$res/me",
            [
                "publish: no, only the gateway and its broker publish there",
                "subscribe: no, only the client me hears these, if it is this account's: say --client me",
                "receive: no, only the client me hears these, if it is this account's: say --client me",
            ],
        ),
        (
            "$SYS/broker/uptime",
            [
                "publish: no, only the gateway and its broker publish there",
                "subscribe: no, role guest: read,write,notify # up to S1 does not give manage",
                "receive: no, no right to manage this",
            ],
        ),
    ] {
        assert_eq!(said(&case.topic(&Topic::new(topic).unwrap())), expect, "{topic}");
    }
    let me = ClientId::new("me").unwrap();
    let own = stand.case(&grants, Some(Role::Guest), Some(&me)).topic(&Topic::new("hes/1/oak/$res/me").unwrap());
    assert!(own[1].allowed && own[2].allowed);
}

fn scopes() -> impl Strategy<Value = &'static str> {
    let scopes =
        ["#", "zigbee/+", "zigbee/lamp_0x1", "zigbee/uid:0x1/on", "other/+", "topic:#", "topic:a/+", "topic:a/b"];
    prop::sample::select(scopes.to_vec())
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let actions = prop::sample::subsequence(Action::ALL.to_vec(), 0..=4);
    let safety = prop::sample::select(Safety::ALL.to_vec());
    let until = prop::sample::select(vec![None, Some(999), Some(1_000), Some(1_001)]);
    let one = (actions, scopes(), safety, until)
        .prop_map(|(actions, scope, safety, until)| grant(&actions, scope, safety, until));
    prop::collection::vec(one, 0..4)
}

fn topics() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a/b",
        "a/c",
        "x",
        "$SYS/broker/uptime",
        "hes/1",
        "hes/1/oak/$status",
        "hes/1/oak/zigbee/$status",
        "hes/1/oak/zigbee/lamp_0x1/$doc",
        "hes/1/oak/zigbee/lamp_0x1/$status",
        "hes/1/oak/zigbee/lamp_0x1/property/on",
        "hes/1/oak/zigbee/lamp_0x1/property/nothing",
        "hes/1/oak/zigbee/nobody/property/on",
        "hes/1/elm/zigbee/lamp_0x1/property/on",
        "hes/1/oak/zigbee/lamp_0x1/set",
    ])
}

proptest! {
    #[test]
    fn never_disagrees_with_the_gates(
        grants in grants(),
        role in prop::sample::select(vec![None, Some(Role::Owner), Some(Role::Resident), Some(Role::Guest), Some(Role::Cluster)]),
        topic in topics(),
    ) {
        let stand = Stand::new();
        let grants = Grants::new(role.map(Role::grants).into_iter().flatten().chain(grants).collect());
        let (case, topic) = (stand.case(&grants, role, None), Topic::new(topic).unwrap());
        let found = case.topic(&topic);
        let allowed = |deed: &str| found.iter().find(|it| it.deed == deed).map(|it| it.allowed);
        let (place, space) = (stand.gate.place(topic.as_str()), stand.gate.space(&Filter::from(&topic), None));
        let publishes = place == Place::Interface
            || (place == Place::Open && case.gates.publish(NOW, &grants, &topic).is_ok());
        let is_open = matches!(space, Space::Open | Space::System);
        let subscribes = is_open && case.gates.subscribe(NOW, &grants, &Filter::from(&topic)).is_ok();
        let receives = is_open && case.gates.receive(NOW, &grants, &topic).is_ok();
        prop_assert_eq!(allowed("publish"), Some(publishes));
        prop_assert_eq!(allowed("subscribe"), Some(subscribes));
        prop_assert_eq!(allowed("receive"), Some(receives));
        prop_assert!(found.iter().all(|it| !it.why.is_empty()));
    }
}
