//! What may be seen of other homes.

use std::sync::Arc;

use hes_schemas::{DeviceDocument, DevicePath, HomeId, Timestamp, UserName, rights::Grants};

use super::Register;

impl Register {
    /// Takes note of what may be shown of a device of another home; nothing if it has gone.
    pub(crate) fn mirror(&self, path: DevicePath, document: Option<&DeviceDocument>) {
        self.1.mirror(path, document);
    }

    /// Takes note of what a user may do in another home; nothing if that has ended.
    pub(crate) fn grant_abroad(&self, now: Timestamp, home: HomeId, user: UserName, grants: Option<Arc<Grants>>) {
        self.1.grant(now, home, user, grants);
    }

    /// Says whether a user may do anything in any other home.
    pub(crate) fn is_abroad(&self, user: &str) -> bool {
        self.1.is_known(user)
    }

    /// Says whether a user may be shown what is said below another home: `rest` is the topic behind the home.
    pub(crate) fn may_see_abroad(
        &self,
        now: Timestamp,
        user: &str,
        bounds: Option<Arc<Grants>>,
        (home, rest): (&str, &str),
    ) -> bool {
        self.sees_abroad(now, self.1.grants(home, user), bounds, (home, rest))
    }

    /// Says whether a user might be shown it until lately, and so is shown its end.
    pub(crate) fn might_see_abroad(
        &self,
        now: Timestamp,
        user: &str,
        bounds: Option<Arc<Grants>>,
        (home, rest): (&str, &str),
    ) -> bool {
        self.sees_abroad(now, self.1.former_grants(now, home, user), bounds, (home, rest))
    }

    fn sees_abroad(
        &self,
        now: Timestamp,
        grants: Option<Arc<Grants>>,
        bounds: Option<Arc<Grants>>,
        (home, rest): (&str, &str),
    ) -> bool {
        let grants = grants.map(|grants| bounds.map_or_else(|| Arc::clone(&grants), |it| Arc::new(grants.within(it))));
        grants.is_some_and(|grants| self.1.with(home, |devices| devices.see(now, &grants, rest).is_ok()) == Some(true))
    }
}
