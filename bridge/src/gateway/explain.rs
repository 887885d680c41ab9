//! Why somebody may, or may not: the gates' own answers, and the rights nearest to those that are missing.

use hes_broker::{Gate, Place, Space};
use hes_schemas::{
    Address, ClientId, DevicePath, Filter, Root, Safety, Target, Timestamp, Topic,
    rights::{Action, Grant, Grants, Role, Scope, Subject},
};
use serde::Serialize;

use super::{
    gates::{Closed, Gates, Verdict},
    register::Asked,
};

/// One thing that an account may do, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What: `publish`, `subscribe`, `receive`, `read`, `write` or `notify`.
    pub(crate) deed: &'static str,
    /// With which property, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) property: Option<String>,
    /// The class that it needs a right for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) safety: Option<Safety>,
    /// Whether it may.
    pub(crate) allowed: bool,
    /// By which right, or why not.
    pub(crate) why: String,
}

/// Somebody, with all that decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'c> {
    pub(crate) gate: &'c Gate,
    pub(crate) gates: Gates<'c>,
    pub(crate) now: Timestamp,
    /// The grants of the role first, then those of the account's own.
    pub(crate) grants: &'c Grants,
    pub(crate) role: Option<Role>,
    /// The client, for what belongs to one.
    pub(crate) client: Option<&'c ClientId>,
}

impl Case<'_> {
    /// Explains all that can be done with a topic.
    pub(crate) fn topic(&self, topic: &Topic) -> Vec<Finding> {
        let mut findings = vec![self.publish(topic), self.subscribe(&Filter::from(topic)), self.receive(topic)];
        if let Some((device, target)) = self.root().parse(topic.as_str()).and_then(device) {
            findings.extend(self.requests(&device, &target));
        }
        findings
    }

    /// Explains whether a filter may be subscribed to.
    pub(crate) fn subscribe(&self, filter: &Filter) -> Finding {
        match self.gate.space(filter, self.client) {
            Space::Own => Finding::yes("subscribe", "these are the client's own answers and notifications"),
            Space::Closed => Finding::no("subscribe", self.closed(filter)),
            Space::Link => Finding::no("subscribe", GATEWAYS),
            Space::Open | Space::System => {
                let mut finding =
                    self.finding("subscribe", self.gates.subscribe(self.now, self.grants, filter), |grant| {
                        grant.scope.topics().is_none_or(|granted| granted.intersects(filter))
                    });
                if finding.allowed && filter.has_wildcard() {
                    finding.why.push_str("; of what comes, only what may be received is shown");
                }
                finding
            }
        }
    }

    fn publish(&self, topic: &Topic) -> Finding {
        match self.gate.place(topic.as_str()) {
            Place::Interface => {
                Finding::yes("publish", "anybody may ask the gateway; what it does is said by read and write")
            }
            Place::Reserved => Finding::no("publish", "only the gateway and its broker publish there"),
            Place::Open => {
                let verdict = self.gates.publish(self.now, self.grants, topic);
                self.finding("publish", verdict, |grant| grant.scope.topics().is_some_and(|it| it.matches(topic)))
            }
        }
    }

    fn receive(&self, topic: &Topic) -> Finding {
        let filter = Filter::from(topic);
        match self.gate.space(&filter, self.client) {
            Space::Own => Finding::yes("receive", "these are the client's own answers and notifications"),
            Space::Closed => Finding::no("receive", self.closed(&filter)),
            Space::Link => Finding::no("receive", GATEWAYS),
            Space::Open | Space::System if self.is_abroad(topic) => Finding::no("receive", ABROAD),
            Space::Open | Space::System => {
                let verdict = self.gates.receive(self.now, self.grants, topic);
                let device = self.root().parse(topic.as_str()).and_then(device);
                self.finding("receive", verdict, |grant| match (&grant.scope, &device) {
                    (Scope::Topics(granted), None) => granted.matches(topic),
                    (Scope::Devices(_), Some((device, target))) => self.covers(grant, device, target),
                    (Scope::Topics(_), Some(_)) | (Scope::Devices(_), None) => false,
                })
            }
        }
    }

    /// Explains what the engine says to requests about a device.
    fn requests(&self, device: &DevicePath, target: &Target) -> Vec<Finding> {
        let path = format!("{}/{}", device.cluster, device.device);
        let mut findings = Vec::new();
        for (deed, action) in [("read", Action::Read), ("write", Action::Write), ("notify", Action::Notify)] {
            let asked = if device.home == *self.gates.home {
                self.gates.register.ask(self.now, self.grants, &path, target, action)
            } else {
                Vec::new()
            };
            if asked.is_empty() {
                findings.push(Finding::no(deed, words(Closed::Unknown)));
            }
            asked.into_iter().for_each(|asked| self.request(deed, device, asked, &mut findings));
        }
        findings
    }

    fn request(&self, deed: &'static str, device: &DevicePath, asked: Asked<'_>, findings: &mut Vec<Finding>) {
        let target = Target::Property(asked.property.clone());
        let mut add = |verdict: Verdict<'_>, class: Safety, more: &str| {
            let mut finding = self.finding(deed, verdict, |grant| self.covers(grant, device, &target));
            finding.why.push_str(more);
            finding.property = Some(asked.property.to_string());
            finding.safety = Some(class);
            findings.push(finding);
        };
        add(asked.verdict, asked.class, "");
        if let Some((class, verdict)) = asked.safe {
            add(verdict, class, "; for the value in the safe direction");
        }
    }

    fn finding(&self, deed: &'static str, verdict: Verdict<'_>, covers: impl Fn(&Grant) -> bool) -> Finding {
        match verdict {
            Ok(grant) => Finding::yes(deed, self.named(grant)),
            Err(Closed::NotGranted(action, class)) => Finding::no(deed, self.nearest(action, class, covers)),
            Err(closed) => Finding::no(deed, words(closed)),
        }
    }

    /// Says what comes nearest to the right that is missing.
    fn nearest(&self, action: Action, class: Safety, covers: impl Fn(&Grant) -> bool) -> String {
        let about = || self.grants.iter().filter(|grant| covers(grant));
        let gives = |grant: &&Grant| grant.actions.contains(&action);
        if let Some((grant, end)) =
            about().filter(gives).find_map(|it| Some((it, it.until.filter(|end| *end <= self.now)?)))
        {
            return format!("{} ended at {end}", self.named(grant));
        }
        if let Some(grant) = about().filter(gives).max_by_key(|grant| grant.safety).filter(|grant| grant.safety < class)
        {
            let (class, reach) = (class.as_str(), grant.safety.as_str());
            return format!("it is of class {class}, and {} reaches {reach}", self.named(grant));
        }
        match about().find(|grant| !gives(grant)) {
            Some(grant) => format!("{} does not give {}", self.named(grant), action.as_str()),
            None => format!("no right to {} this", action.as_str()),
        }
    }

    fn covers(&self, grant: &Grant, device: &DevicePath, target: &Target) -> bool {
        let path = format!("{}/{}", device.cluster, device.device);
        let Some(uid) = self.gates.register.uid(&path) else { return false };
        let property = match target {
            Target::Device => None,
            Target::Property(name) => Some(name.as_str()),
            Target::Native(_) => None,
        };
        grant.scope.covers(&Subject { cluster: &device.cluster, device: &device.device, uid: &uid, property })
    }

    /// Names a right: whether the role gives it or the account has it of its own, and how far it reaches.
    fn named(&self, grant: &Grant) -> String {
        let of_role = self.role.map(Role::grants).unwrap_or_default();
        let is_of_role = of_role.contains(grant);
        let from =
            self.role.filter(|_| is_of_role).map_or("grant".to_owned(), |role| format!("role {}", role.as_str()));
        let actions: Vec<&str> = grant.actions.iter().map(|action| action.as_str()).collect();
        let reach = match grant.scope {
            Scope::Devices(_) => format!(" up to {}", grant.safety.as_str()),
            Scope::Topics(_) => String::new(),
        };
        let until = grant.until.map(|until| format!(" until {until}")).unwrap_or_default();
        format!("{from}: {} {}{reach}{until}", actions.join(","), grant.scope)
    }

    fn closed(&self, filter: &Filter) -> String {
        let mut levels = self.root().strip(filter.as_str()).unwrap_or_default().split('/');
        match (levels.next(), levels.next(), levels.next()) {
            (_, Some("$res" | "$notify"), Some(owner)) if !owner.contains(['+', '#']) => {
                format!("only the client {owner} hears these, if it is this account's: say --client {owner}")
            }
            (_, Some("$res" | "$notify"), _) => "answers and notifications are for their own client alone".to_owned(),
            _ => "requests are for the gateway alone; nobody else hears them".to_owned(),
        }
    }

    /// Says whether a topic is below another home.
    fn is_abroad(&self, topic: &Topic) -> bool {
        let mut levels = self.root().strip(topic.as_str()).unwrap_or_default().split('/');
        levels.next().is_some_and(|home| !home.is_empty() && home != self.gates.home.as_str())
    }

    const fn root(&self) -> &Root {
        self.gates.root
    }
}

const GATEWAYS: &str = "only the gateway of the other home hears what is said to it, by the account of its pairing";

const ABROAD: &str = "what may be seen of another home is for that home to say, and is known while its token holds: \
                      hes-bridge federation list";

impl Finding {
    fn yes(deed: &'static str, why: impl Into<String>) -> Self {
        Self { deed, property: None, safety: None, allowed: true, why: why.into() }
    }

    fn no(deed: &'static str, why: impl Into<String>) -> Self {
        Self { allowed: false, ..Self::yes(deed, why) }
    }
}

fn device(address: Address) -> Option<(DevicePath, Target)> {
    match address {
        Address::Value(device, target) | Address::Get(device, target) | Address::Set(device, target) => {
            Some((device, target))
        }
        Address::Document(device) | Address::DeviceStatus(device) => Some((device, Target::Device)),
        Address::HomeStatus(_)
        | Address::Keys(_)
        | Address::ClusterStatus(..)
        | Address::Event(..)
        | Address::Request(..)
        | Address::Answer(..)
        | Address::Notify(..)
        | Address::Link(..) => None,
    }
}

const fn words(closed: Closed) -> &'static str {
    match closed {
        Closed::NotGranted(..) => "no right is about it",
        Closed::Unknown => "nothing of that name is known",
        Closed::TellsTooMuch => "it tells of more than the account may know",
        Closed::ReadOnly => "it can only be read, by anybody",
        Closed::WriteOnly => "it can only be written, by anybody",
    }
}

#[cfg(test)]
mod tests;
