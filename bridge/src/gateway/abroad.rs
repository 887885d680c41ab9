//! What users of this home may see of others, and which devices those have.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use hes_schemas::{DeviceDocument, DevicePath, HomeId, Millis, Timestamp, UserName, rights::Grants};
use rustc_hash::FxHashMap;

use super::register::Register;

/// For how long the ends of things are shown to who might see them before: their home tells of them within moments.
const FAREWELL: Millis = Millis::from_secs(60);

/// By home, and by the user of this home.
type ByUser<T> = RwLock<FxHashMap<HomeId, FxHashMap<UserName, T>>>;

/// All other homes that something is known of.
#[derive(Debug, Default)]
pub(crate) struct Abroad {
    grants: ByUser<Arc<Grants>>,
    /// What users might do before, and until when that counts.
    former: ByUser<(Timestamp, Arc<Grants>)>,
    devices: RwLock<BTreeMap<HomeId, Register>>,
}

impl Abroad {
    pub(super) fn mirror(&self, path: DevicePath, document: Option<&DeviceDocument>) {
        let mut homes = self.devices.write().unwrap_or_else(PoisonError::into_inner);
        let register = homes.entry(path.home).or_default();
        match document {
            Some(document) => register.add_document(path.cluster, document),
            None => register.remove(&path.cluster, &path.device),
        }
    }

    pub(super) fn grant(&self, now: Timestamp, home: HomeId, user: UserName, grants: Option<Arc<Grants>>) {
        if let Some(before) = self.grants(home.as_str(), user.as_str()) {
            let mut former = self.former.write().unwrap_or_else(PoisonError::into_inner);
            former.values_mut().for_each(|users| users.retain(|_, (until, _)| now < *until));
            former.entry(home.clone()).or_default().insert(user.clone(), (now + FAREWELL, before));
        }
        let mut homes = self.grants.write().unwrap_or_else(PoisonError::into_inner);
        let users = homes.entry(home).or_default();
        match grants {
            Some(grants) => drop(users.insert(user, grants)),
            None => drop(users.remove(&user)),
        }
        homes.retain(|_, users| !users.is_empty());
    }

    /// Says whether a user may do anything anywhere.
    pub(super) fn is_known(&self, user: &str) -> bool {
        let homes = self.grants.read().unwrap_or_else(PoisonError::into_inner);
        homes.values().any(|users| users.contains_key(user))
    }

    /// Returns what a user may do in a home.
    pub(super) fn grants(&self, home: &str, user: &str) -> Option<Arc<Grants>> {
        let homes = self.grants.read().unwrap_or_else(PoisonError::into_inner);
        homes.get(home)?.get(user).cloned()
    }

    /// Returns what a user might do in a home until lately.
    pub(super) fn former_grants(&self, now: Timestamp, home: &str, user: &str) -> Option<Arc<Grants>> {
        let homes = self.former.read().unwrap_or_else(PoisonError::into_inner);
        let (until, grants) = homes.get(home)?.get(user)?;
        (now < *until).then(|| Arc::clone(grants))
    }

    /// Looks at the devices of a home while nothing changes; the look takes no other lock than theirs.
    pub(super) fn with<T>(&self, home: &str, look: impl FnOnce(&Register) -> T) -> Option<T> {
        let homes = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        homes.get(home).map(look)
    }
}

#[cfg(test)]
mod tests {
    use hes_schemas::{
        Timestamp,
        rights::{Action, Grant, Safety, Scope},
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn register() -> Register {
        let register = Register::default();
        let json = serde_json::json!({
            "id": "lamp", "uid": "0x1", "name": "Lamp", "native": "lamp", "kind": [], "rev": 1, "events": {},
            "properties": { "on": { "type": "boolean", "privacy": "S0", "safety": "S1" } },
        });
        let document: DeviceDocument = serde_json::from_value(json).unwrap();
        let path = |device: &str| DevicePath {
            home: HomeId::new("elm").unwrap(),
            cluster: "zigbee".parse().unwrap(),
            device: device.parse().unwrap(),
        };
        register.mirror(path("lamp"), Some(&document));
        register
    }

    fn grants(scope: &str) -> Option<Arc<Grants>> {
        let grant =
            Grant { actions: vec![Action::Read], scope: Scope::new(scope).unwrap(), safety: Safety::S1, until: None };
        Some(Arc::new(Grants::new(vec![grant])))
    }

    fn sees(register: &Register, user: &str, rest: &str) -> bool {
        register.may_see_abroad(NOW, user, None, ("elm", rest))
    }

    #[test]
    fn a_user_sees_what_the_other_home_lets_it_see_and_for_as_long() {
        let (register, elm) = (register(), HomeId::new("elm").unwrap());
        let anna = UserName::new("anna").unwrap();
        assert!(!sees(&register, "anna", "zigbee/lamp/property/on"));
        register.grant_abroad(NOW, elm.clone(), anna.clone(), grants("zigbee/lamp"));
        for (rest, is_seen) in [
            ("zigbee/lamp/property/on", true),
            ("zigbee/lamp/$doc", true),
            ("$status", true),
            ("zigbee/door/property/open", false),
            ("$req/devices", false),
        ] {
            assert_eq!(sees(&register, "anna", rest), is_seen, "{rest}");
        }
        assert!(!sees(&register, "bert", "zigbee/lamp/property/on"));
        assert!(register.is_abroad("anna") && !register.is_abroad("bert"));
        register.grant_abroad(NOW, elm, anna, None);
        assert!(!sees(&register, "anna", "zigbee/lamp/property/on") && !register.is_abroad("anna"));
    }

    #[test]
    fn who_might_see_something_is_shown_its_end_for_a_while() {
        let (register, elm) = (register(), HomeId::new("elm").unwrap());
        let anna = UserName::new("anna").unwrap();
        let might = |now, user: &str| register.might_see_abroad(now, user, None, ("elm", "zigbee/lamp/property/on"));
        assert!(!might(NOW, "anna"));
        register.grant_abroad(NOW, elm.clone(), anna.clone(), grants("zigbee/lamp"));
        register.grant_abroad(NOW, elm, anna, None);
        assert!(might(NOW, "anna") && !might(NOW, "bert") && !might(NOW + FAREWELL, "anna"));
    }

    #[test]
    fn a_token_narrows_what_is_seen_of_other_homes_too() {
        let (register, elm) = (register(), HomeId::new("elm").unwrap());
        register.grant_abroad(NOW, elm, UserName::new("anna").unwrap(), grants("zigbee/lamp"));
        let sees = |bounds| register.may_see_abroad(NOW, "anna", bounds, ("elm", "zigbee/lamp/property/on"));
        assert!(sees(grants("zigbee/+")) && !sees(grants("zigbee/door")));
    }
}
