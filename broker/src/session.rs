//! What others can reach of a client: for as long as its session lasts, connected or not.

use std::sync::{
    Arc, Mutex, OnceLock, Weak,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use arc_swap::ArcSwap;

use crate::{
    Change, Client, Limits, Publish, Qos, Rights, SessionRecord, Will,
    delivery::{Delivery, Stored},
    figures::{Counters, count},
    hearing::Hearing,
    hub::Hub,
    ids::StoredIds,
    mailbox::{Mail, Mailbox, Put},
    own::Own,
    parcel::Parcel,
    pledge::{Pledge, Posting},
    presence::Presence,
    report::Notice,
    subscription::Subscription,
    sync::lock,
    terms::{Agreement, Terms},
    wire::Violation,
};

/// A client's session, as seen by those who have something for it.
#[derive(Debug)]
pub(crate) struct Session {
    /// Unlike the client id, no two sessions ever share it.
    pub(crate) key: u64,
    /// Its client id.
    pub(crate) id: Arc<str>,
    pub(crate) mailbox: Mailbox,
    pub(crate) presence: Presence,
    pub(crate) hearing: Hearing,
    /// What its client may take, on the present connection or the last one.
    pub(crate) agreement: Agreement,
    /// The client on the present connection, or on the last one.
    client: ArcSwap<Client>,
    /// How long it outlives its connection, in seconds.
    expiry: AtomicU32,
    /// Whether the store knows it.
    is_stored: AtomicBool,
    /// Whether it has been said that messages for it were lost, since its client was last here.
    is_lossy: AtomicBool,
    /// Whether its connection waits for what the store could not take.
    is_overdue: AtomicBool,
    pub(crate) own: Own,
    stored_ids: Mutex<StoredIds>,
    /// Who looks after what comes when it has ended.
    heir: OnceLock<Weak<Hub>>,
    counters: Arc<Counters>,
}

impl Session {
    pub(crate) fn new(key: u64, client: Client, terms: Terms, limits: &Limits, counters: Arc<Counters>) -> Self {
        let limits = terms.limits(limits);
        Self {
            key,
            id: Arc::clone(client.id()),
            client: ArcSwap::from_pointee(client),
            mailbox: Mailbox::new(&limits),
            expiry: AtomicU32::new(0),
            hearing: Hearing::default(),
            agreement: Agreement::new(terms, &limits),
            is_stored: AtomicBool::new(false),
            is_lossy: AtomicBool::new(false),
            is_overdue: AtomicBool::new(false),
            own: Own::default(),
            stored_ids: Mutex::default(),
            heir: OnceLock::new(),
            presence: Presence::default(),
            counters,
        }
    }

    /// Returns the client on the present connection, or on the last one.
    pub(crate) fn client(&self) -> Arc<Client> {
        self.client.load_full()
    }

    /// Gives it to a connection with terms of its own, at a time in milliseconds.
    pub(crate) fn seat(&self, client: Client, terms: Terms, limits: &Limits, expiry: u32, now: u64) {
        self.client.store(Arc::new(client));
        self.agree(terms, limits);
        self.set_expiry(expiry);
        self.hearing.begin(0, now);
        self.mailbox.come_back();
        self.is_lossy.store(false, Ordering::Relaxed);
    }

    /// Has its client take what its account may at the moment; returns the limits if they are others than before.
    pub(crate) fn follow_account(&self, limits: &Limits) -> Option<Limits> {
        let account = self.client.load().rights().allowance();
        self.agreement.follow(account).map(|terms| self.agree(terms, limits))
    }

    fn agree(&self, terms: Terms, limits: &Limits) -> Limits {
        let limits = terms.limits(limits);
        self.agreement.change(terms, &limits);
        self.mailbox.resize(limits.queue_bytes);
        limits
    }

    /// Gives it other rights while its client is away.
    pub(crate) fn change_rights(&self, client: &Client, rights: Arc<dyn Rights>) {
        self.client.store(Arc::new(Client::new(Arc::clone(&self.id), client.version(), rights)));
    }

    /// Returns how many seconds it outlives its connection; `u32::MAX` means for ever.
    pub(crate) fn expiry(&self) -> u32 {
        self.expiry.load(Ordering::Relaxed)
    }

    pub(crate) fn set_expiry(&self, expiry: u32) {
        self.expiry.store(expiry, Ordering::Relaxed);
    }

    /// Says whether it outlives its connection.
    pub(crate) fn is_kept(&self) -> bool {
        self.expiry() > 0
    }

    /// Notes whether the store knows it; returns whether it did.
    pub(crate) fn note_stored(&self, is_stored: bool) -> bool {
        self.is_stored.swap(is_stored, Ordering::AcqRel)
    }

    /// Says whether the store knows it.
    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored.load(Ordering::Acquire)
    }

    /// Notes that the store could not take something, and is to be asked again.
    pub(crate) fn note_overdue(&self) {
        self.is_overdue.store(true, Ordering::Relaxed);
    }

    /// Has the connection ask the store again for what it could not take.
    pub(crate) fn try_again(&self) {
        if self.is_overdue.swap(false, Ordering::Relaxed) {
            self.mailbox.admit(Mail::Again);
        }
    }

    /// Returns what the store is to keep of it.
    pub(crate) fn record(&self, will: Option<Will>) -> SessionRecord {
        let client = self.client.load();
        SessionRecord {
            key: self.key,
            client: Arc::clone(&self.id),
            user: client.rights().user().into(),
            expiry: self.expiry(),
            will,
            bounds: client.rights().bounds(),
        }
    }

    /// Puts a message into the mailbox, if this client may see it; returns whether it waits there.
    pub(crate) fn deliver(self: &Arc<Self>, posting: &Posting, subscription: &Arc<Subscription>) -> bool {
        let parcel = &posting.parcel;
        let is_own = subscription.no_local && parcel.origin == self.key;
        let is_before = parcel.number <= subscription.since;
        !is_own && !is_before && self.may_hear(parcel) && self.put(posting, subscription)
    }

    /// Puts a message into the mailbox that another member of its group was to have, however old it is.
    pub(crate) fn stand_in(self: &Arc<Self>, posting: &Posting, subscription: &Arc<Subscription>) -> bool {
        self.may_receive(&posting.parcel.publish) && self.put(posting, subscription)
    }

    /// Puts an answer or a notification into the mailbox; returns whether it waits there.
    pub(crate) fn answer(self: &Arc<Self>, posting: &Posting) -> bool {
        let subscription = self.own.find(posting.parcel.publish.topic.as_str());
        subscription.is_some_and(|subscription| self.put(posting, &subscription))
    }

    fn put(self: &Arc<Self>, posting: &Posting, subscription: &Arc<Subscription>) -> bool {
        let (delivery, is_kept) = (Delivery::new(&posting.parcel, subscription), self.is_kept());
        let put = match &posting.pledge {
            Some(pledge) if is_kept && delivery.qos() > Qos::AtMostOnce => self.put_stored(delivery, pledge),
            _ => self.mailbox.put(delivery, is_kept),
        };
        self.count(put, &posting.parcel);
        put == Put::Waits
    }

    /// Has a message stored before it waits.
    fn put_stored(self: &Arc<Self>, mut delivery: Delivery, pledge: &Pledge) -> Put {
        let place = match self.mailbox.expect(&delivery) {
            Ok(place) => place,
            Err(put) => return put,
        };
        let packet_id = match delivery.qos() {
            Qos::ExactlyOnce => match lock(&self.stored_ids).take() {
                None => {
                    self.mailbox.renounce(place, &delivery);
                    return Put::Lost;
                }
                id => id,
            },
            Qos::AtMostOnce | Qos::AtLeastOnce => None,
        };
        let stored = Stored { place, packet_id };
        delivery.stored = Some(stored);
        pledge.deliver(self, delivery.record(stored), delivery);
        Put::Waits
    }

    fn count(&self, put: Put, parcel: &Parcel) {
        match put {
            Put::Waits => {}
            Put::Away => count(&self.counters.dropped_away),
            Put::Dropped => count(&self.counters.dropped_queue_full),
            Put::Overflow => {
                count(&self.counters.too_slow);
                count(&self.counters.dropped_queue_full);
            }
            Put::Lost => {
                count(&self.counters.dropped_session_full);
                if !self.is_lossy.swap(true, Ordering::Relaxed) {
                    Notice::SessionFull { client: &self.id, topic: parcel.publish.topic.as_str() }.report();
                }
            }
        }
    }

    /// Takes a message that the store has.
    pub(crate) fn arrive(&self, delivery: Delivery) {
        let Some(Stored { place, .. }) = delivery.stored else { return };
        if let Some(delivery) = self.mailbox.arrive(place, delivery)
            && let Some(hub) = self.heir.get().and_then(Weak::upgrade)
        {
            hub.hand_over(&delivery);
        }
    }

    /// Expects a message no longer that the store could not take, and returns the change by which the store forgets it.
    pub(crate) fn renounce(&self, delivery: &Delivery) -> Option<Change> {
        if let Some(stored) = delivery.stored {
            self.mailbox.renounce(stored.place, delivery);
        }
        self.forget(delivery)
    }

    /// Ends it: takes out the messages that wait, and has the hub look after those that are still to come.
    pub(crate) fn close(&self, hub: &Arc<Hub>) -> Vec<Delivery> {
        let _known = self.heir.set(Arc::downgrade(hub));
        self.mailbox.close()
    }

    /// Gives back what a stored message has, and returns the change by which the store forgets it.
    pub(crate) fn forget(&self, delivery: &Delivery) -> Option<Change> {
        let stored = delivery.stored?;
        stored.packet_id.into_iter().for_each(|id| self.free(id));
        Some(Change::Settled(self.key, stored.place))
    }

    /// Gives back the packet id of a stored message.
    pub(crate) fn free(&self, packet_id: u16) {
        lock(&self.stored_ids).free(packet_id);
    }

    /// Takes note of a message that was stored before the broker was away.
    pub(crate) fn restore(&self, stored: Stored) {
        self.mailbox.restore(stored.place);
        stored.packet_id.into_iter().for_each(|id| lock(&self.stored_ids).take_again(id));
    }

    /// Tells the client to go because it has not read what it asked for.
    pub(crate) fn give_up(&self) {
        if self.mailbox.end(Violation::TOO_SLOW) {
            count(&self.counters.too_slow);
        }
    }

    /// Says whether its account still holds.
    pub(crate) fn is_live(&self) -> bool {
        self.client.load().rights().is_live()
    }

    /// Says whether the client may see a message.
    pub(crate) fn may_receive(&self, publish: &Publish) -> bool {
        let client = self.client.load();
        let rights = client.rights();
        if publish.is_end() { rights.may_receive_end(&publish.topic) } else { rights.may_receive(&publish.topic) }
    }

    /// Says the same of a message that is being given to its receivers; what was found for those before need not be
    /// found again.
    fn may_hear(&self, parcel: &Parcel) -> bool {
        if parcel.publish.is_end() {
            return self.may_receive(&parcel.publish);
        }
        self.client.load().rights().may_receive_after(&parcel.publish.topic, &parcel.precedent)
    }
}
