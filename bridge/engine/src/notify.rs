//! Subscribers are told.

use hes_schemas::{
    Address, ClientId, Datum, Encoding, EventName, PropertyName, RequestId, Safety, Sid, Timestamp, UserName, encode,
    message::{Cause, EventKind, Notification},
    rights::Action,
};

use crate::{
    device::Device,
    directory::Slot,
    engine::Engine,
    interest::only_device,
    output::{Output, Post},
    record::Record,
    reports::BATCH,
    subscriptions::{Subscription, Told, ToldKey},
    timers::Timer,
};

/// What happened to a device.
#[derive(Debug)]
pub(crate) enum Happening<'h> {
    /// A property has another value.
    Changed(&'h PropertyName, (Cause, Option<RequestId>)),
    /// It tells of something.
    Event(&'h EventName, &'h Datum),
    /// It came, went, or can or cannot be reached.
    Device(EventKind),
    /// A property has a value since before the subscription.
    Initial(&'h PropertyName),
}

impl Happening<'_> {
    const fn kind(&self) -> EventKind {
        match self {
            Self::Changed(..) | Self::Initial(_) => EventKind::PropertyChanged,
            Self::Event(..) => EventKind::DeviceEvent,
            Self::Device(kind) => *kind,
        }
    }

    fn property(&self) -> Option<&str> {
        match self {
            Self::Changed(name, _) | Self::Initial(name) => Some(name.as_str()),
            Self::Event(name, _) => Some(name.as_str()),
            Self::Device(_) => None,
        }
    }
}

impl Engine {
    /// Tells every subscriber whom it concerns.
    pub(crate) fn tell(&mut self, now: Timestamp, slot: Slot, happening: &Happening<'_>) {
        let Some(device) = self.directory.device(slot) else { return };
        for sid in self.subscriptions.concerning(&device.subject(happening.property())) {
            self.tell_one(now, &sid, slot, happening);
        }
    }

    fn tell_one(&mut self, now: Timestamp, sid: &Sid, slot: Slot, happening: &Happening<'_>) {
        let Some(subscription) = self.subscriptions.get(sid) else { return };
        let Some(device) = self.directory.device(slot) else { return };
        if !self.concerns(now, subscription, device, happening) {
            return;
        }
        if let Happening::Changed(name, cause) = happening
            && self.is_held_back(now, sid, slot, name, cause)
        {
            return;
        }
        self.send_notification(now, sid, slot, happening);
    }

    fn concerns(
        &self,
        now: Timestamp,
        subscription: &Subscription,
        device: &Device,
        happening: &Happening<'_>,
    ) -> bool {
        let subject = device.subject(happening.property());
        let privacy = match happening {
            Happening::Changed(name, _) | Happening::Initial(name) => device.property(name).map(|it| it.privacy),
            Happening::Event(name, _) => device.record.shape.events.get(*name).map(|it| it.privacy),
            Happening::Device(_) => Some(Safety::S0),
        };
        let record = &subscription.record;
        now < record.until
            && record.events.contains(&happening.kind())
            && record.scope.covers(&subject)
            && self.grants(&record.user).permits(now, Action::Notify, &subject, privacy.unwrap_or_default())
    }

    /// Says whether a change is too small or too soon to be told; one that is too soon is told later.
    fn is_held_back(
        &mut self,
        now: Timestamp,
        sid: &Sid,
        slot: Slot,
        name: &PropertyName,
        cause: &(Cause, Option<RequestId>),
    ) -> bool {
        let Some(held) = self.directory.device(slot).and_then(|device| device.value(name)) else { return true };
        let Some(subscription) = self.subscriptions.get_mut(sid) else { return true };
        let (interval, delta) = (subscription.record.min_interval, subscription.record.delta);
        if !subscription.remembers() {
            return false;
        }
        let Some(told) = subscription.told.get_mut(&(slot, name.clone())) else { return false };
        let change = held.value.as_number().zip(told.value.as_number()).map(|(new, old)| (new - old).abs());
        if delta.zip(change).is_some_and(|(delta, change)| change < delta) {
            return true;
        }
        let next = told.at + interval;
        if next <= now {
            return false;
        }
        if told.held_back.replace(cause.clone()).is_none() {
            self.timers.set(next, Timer::Interval(sid.clone(), slot, name.clone()));
        }
        true
    }

    /// Tells the latest value of a change that came too soon.
    pub(crate) fn interval_over(&mut self, now: Timestamp, sid: &Sid, slot: Slot, name: &PropertyName) {
        let Some(subscription) = self.subscriptions.get_mut(sid) else { return };
        let Some(told) = subscription.told.get_mut(&(slot, name.clone())) else { return };
        let Some(cause) = told.held_back.take() else { return };
        let value = self.directory.device(slot).and_then(|device| device.value(name)).map(|held| &held.value);
        if value.is_some_and(|value| *value != told.value) {
            self.tell_one(now, sid, slot, &Happening::Changed(name, cause));
        }
    }

    /// Tells a new subscriber what is so already, some devices at a time.
    pub(crate) fn tell_initial(&mut self, now: Timestamp, sid: Sid, from: u32) {
        let Some(subscription) = self.subscriptions.get(&sid) else { return };
        if let Some((cluster, uid)) = only_device(&subscription.record.scope) {
            let slot = self.directory.by_uid(&cluster, &uid);
            return slot.into_iter().for_each(|slot| self.tell_values(now, &sid, slot));
        }
        for place in from..from.saturating_add(BATCH) {
            let Some(slot) = self.directory.place(place) else { return };
            self.tell_values(now, &sid, slot);
        }
        self.timers.set(now, Timer::Initial(sid, from.saturating_add(BATCH)));
    }

    fn tell_values(&mut self, now: Timestamp, sid: &Sid, slot: Slot) {
        let Some(device) = self.directory.device(slot) else { return };
        let names: Vec<PropertyName> = device.held().iter().map(|held| held.property.clone()).collect();
        for name in &names {
            self.tell_one(now, sid, slot, &Happening::Initial(name));
        }
    }

    /// Sends a notification to a client of this home.
    pub(crate) fn notify(&mut self, user: UserName, client: ClientId, notification: &Notification) {
        let post = self.notification_post(&client, notification);
        self.put(Output::Notify { user, client, post });
    }

    /// Returns a notification as it is published.
    pub(crate) fn notification_post(&self, client: &ClientId, notification: &Notification) -> Post {
        let topic = self.root.topic(&Address::Notify(self.home.clone(), client.clone(), notification.sid.clone()));
        Post { topic, payload: encode(Encoding::Json, notification), retain: false, origin: None }
    }

    fn send_notification(&mut self, now: Timestamp, sid: &Sid, slot: Slot, happening: &Happening<'_>) {
        let Some(device) = self.directory.device(slot) else { return };
        let Some(subscription) = self.subscriptions.get_mut(sid) else { return };
        let (seq, is_used_up) = subscription.next_seq();
        let path = device.path(&self.home).to_string();
        let notification = notification(now, sid.clone(), seq, path, device, happening);
        let told = subscription.remembers().then(|| told(now, slot, happening, device)).flatten();
        let (user, client) = (subscription.record.user.clone(), subscription.record.client.clone());
        let record = is_used_up.then(|| Record::Subscription(subscription.record.clone()));
        self.counters.notifications += 1;
        match self.home_of_guest(&user) {
            Some(there) => self.notify_across(now, there, client, notification),
            None => self.notify(user, client, &notification),
        }
        if let Some(record) = record {
            self.put(Output::Save(record));
        }
        if let Some((key, told)) = told
            && !self.subscriptions.remember(sid, key, told, self.limits.told)
        {
            self.counters.intervals_forgotten += 1;
        }
    }
}

fn told(now: Timestamp, slot: Slot, happening: &Happening<'_>, device: &Device) -> Option<(ToldKey, Told)> {
    let (Happening::Changed(name, _) | Happening::Initial(name)) = happening else { return None };
    let value = device.value(name).map(|held| held.value.clone()).unwrap_or_default();
    Some(((slot, (*name).clone()), Told { at: now, value, held_back: None }))
}

fn notification(
    now: Timestamp,
    sid: Sid,
    seq: u64,
    path: String,
    device: &Device,
    happening: &Happening<'_>,
) -> Notification {
    let blank = Notification {
        sid,
        seq,
        event: happening.kind(),
        device: path,
        property: happening.property().map(str::to_owned),
        value: None,
        unit: None,
        quality: None,
        version: None,
        time: now,
        cause: None,
        request: None,
        initial: false,
    };
    match happening {
        Happening::Changed(name, (cause, request)) => {
            Notification { cause: Some(*cause), request: request.clone(), ..with_reading(blank, device, name) }
        }
        Happening::Initial(name) => Notification { initial: true, ..with_reading(blank, device, name) },
        Happening::Event(_, value) => Notification { value: Some((*value).clone()), ..blank },
        Happening::Device(_) => blank,
    }
}

fn with_reading(blank: Notification, device: &Device, name: &PropertyName) -> Notification {
    let Some(reading) = device.value(name).map(|held| device.reading(held)) else { return blank };
    Notification {
        value: Some(reading.value),
        unit: reading.unit,
        quality: Some(reading.quality),
        version: Some(reading.version),
        time: reading.time,
        ..blank
    }
}
