//! Subscriptions in other homes: here they have the home before their ids, `elm-s1-42`, and are told as if they were our own.

use hes_schemas::{
    ClientId, HomeId, Millis, Sid, Timestamp, UserName,
    link::{Entry, LinkNotification},
    message::{EventKind, Notification, Renew, Unsubscribe},
};

use crate::{call::Call, engine::Engine};

/// For how long a change is worth telling: who reads it later asks for the value that is true by then.
const CHANGE: Millis = Millis::from_secs(60);

/// For how long it is worth telling what a device told of, or whether it is there.
const EVENT: Millis = Millis::from_secs(3_600);

/// How many subscriptions the guest of another home may have, over all its clients.
const OF_A_GUEST: usize = 1_000;

impl Engine {
    /// Tells a guest something, in its own home.
    pub(crate) fn notify_across(
        &mut self,
        now: Timestamp,
        (peer, user): (HomeId, UserName),
        client: ClientId,
        notification: Notification,
    ) {
        let until = now
            + match notification.event {
                EventKind::PropertyChanged => CHANGE,
                EventKind::DeviceEvent
                | EventKind::DeviceOnline
                | EventKind::DeviceOffline
                | EventKind::DeviceAdded
                | EventKind::DeviceRemoved => EVENT,
            };
        let told = LinkNotification { user, client, until, notification };
        self.log(now, &peer, Entry::Notification(told), until);
    }

    /// Returns what another home tells which subscriber; it can tell of its own devices only, and what was subscribed to there.
    pub(crate) fn notification_came(
        &mut self,
        now: Timestamp,
        peer: &HomeId,
        told: LinkNotification,
    ) -> Option<(UserName, ClientId, Notification)> {
        let is_theirs = told.notification.device.split_once('/').is_some_and(|(home, _)| home == peer.as_str());
        let sid = with_home(peer, &told.notification.sid).filter(|_| is_theirs && now < told.until);
        match sid.filter(|sid| self.is_federated(peer, &told.user) && self.is_wanted_abroad(sid, &told)) {
            Some(sid) => Some((told.user, told.client, Notification { sid, ..told.notification })),
            None => {
                self.counters.notifications_refused += 1;
                None
            }
        }
    }

    /// Says whether the user is a guest who has as many subscriptions as all its clients together may have.
    pub(crate) fn is_crowded(&self, user: &UserName) -> bool {
        self.home_of_guest(user).is_some() && self.subscriptions.of_user(user).len() >= OF_A_GUEST
    }
}

/// Returns the home and its own name for a subscription that is not of this home.
pub(crate) fn split_sid(sid: &Sid) -> Option<(HomeId, Sid)> {
    let (head, number) = sid.as_str().rsplit_once('-')?;
    let (home, life) = head.rsplit_once('-')?;
    Some((home.parse().ok()?, Sid::new(&format!("{life}-{number}")).ok()?))
}

/// Names a subscription of another home; nothing if that home's own name for it is none of ours, or too long.
pub(super) fn with_home(home: &HomeId, sid: &Sid) -> Option<Sid> {
    let named = Sid::new(&format!("{home}-{sid}")).ok()?;
    (split_sid(&named)? == (home.clone(), sid.clone())).then_some(named)
}

/// Has a call name a subscription as the other home does.
pub(super) fn without_home(home: &HomeId, call: Call) -> Call {
    let own = |sid: Sid| match split_sid(&sid) {
        Some((there, own)) if there == *home => own,
        Some(_) | None => sid,
    };
    match call {
        Call::Renew(renew) => Call::Renew(Renew { sid: own(renew.sid), ..renew }),
        Call::Unsubscribe(unsubscribe) => Call::Unsubscribe(Unsubscribe { sid: own(unsubscribe.sid), ..unsubscribe }),
        Call::Get(..)
        | Call::Set(..)
        | Call::SetMany(..)
        | Call::Retrieve(_)
        | Call::Update(_)
        | Call::Devices(_)
        | Call::Subscribe(_)
        | Call::Federate(_)
        | Call::Token(_)
        | Call::Peer(_)
        | Call::Across(..) => call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_elsewhere_names_its_home() {
        let (elm, sid) = (HomeId::new("elm-1").unwrap(), Sid::new("s3-42").unwrap());
        let named = with_home(&elm, &sid).unwrap();
        assert_eq!(named.as_str(), "elm-1-s3-42");
        assert_eq!(split_sid(&named), Some((elm, sid)));
    }

    #[test]
    fn no_home_can_name_a_subscription_of_this_one_or_of_a_third() {
        let elm = HomeId::new("elm").unwrap();
        for sid in ["s3", "ash-s3-42", "x-y-z"] {
            assert_eq!(with_home(&elm, &Sid::new(sid).unwrap()), None, "{sid}");
        }
        assert_eq!(split_sid(&Sid::new("s3-42").unwrap()), None);
        let long = HomeId::new(&"e".repeat(62)).unwrap();
        assert_eq!(with_home(&long, &Sid::new("s3-42").unwrap()), None);
    }
}
