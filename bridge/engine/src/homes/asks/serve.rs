//! What guests ask: it goes the way of every request, and back across the link.

use hes_schemas::{
    Address, Datum, Encoding, Fault, HomeId, Limits, Millis, Symbol, Timestamp, UserName, datum_of, decode_datum,
    encode,
    link::{Ask, LinkMessage, Reply},
    message::{Answer, Listing},
};

use super::super::peers::{TAKES, clock};
use crate::{
    engine::Engine,
    input::{Asked, Asker, Delivery, Door},
    notice::Notice,
    output::{Letter, Output},
    target::unknown,
};

impl Engine {
    /// Carries out what a guest asks.
    pub(crate) fn ask_came(&mut self, now: Timestamp, peer: &HomeId, ask: Ask) {
        if !self.is_new(peer, ask.id) {
            self.counters.asks_refused += 1;
            return;
        }
        let left = time_left(now, &ask).ok_or_else(|| Fault::new(Symbol::Expired, "its time was over when it came"));
        match self.welcome(now, peer, &ask).and_then(|user| left.map(|left| (user, left))) {
            Ok((user, left)) => self.serve(now, peer, user, &Ask { ttl: left, ..ask }),
            Err(fault) => self.turn_away(peer, ask.id, fault),
        }
    }

    fn is_new(&self, peer: &HomeId, id: u64) -> bool {
        self.homes.asks.serving.get(peer).is_none_or(|serving| !serving.contains_key(&id))
    }

    /// Returns the guest whose request it is, if this is the home that is to carry it out.
    fn welcome(&mut self, now: Timestamp, peer: &HomeId, ask: &Ask) -> Result<UserName, Fault> {
        if !self.has_room(now, peer) {
            self.counters.asks_refused += 1;
            return Err(Fault::new(Symbol::TooMany, "too much is asked by your home; try again later"));
        }
        let guest = self.guest(now, peer, &ask.token);
        let guest = guest.ok_or_else(|| Fault::new(Symbol::TokenUnknown, "show the token first"))?;
        let is_ours = ask.path.split('/').next() == Some(self.home.as_str());
        // whoever asks here asks in person: a request that was here before, or goes on elsewhere, is none
        if !is_ours || ask.via.contains(&self.home) {
            return Err(unknown());
        }
        Ok(guest)
    }

    fn has_room(&mut self, now: Timestamp, peer: &HomeId) -> bool {
        let Some(serving) = self.homes.asks.serving.get_mut(peer) else { return true };
        let room = usize::try_from(TAKES.asks).unwrap_or(usize::MAX);
        if serving.len() >= room {
            serving.retain(|_, until| now < *until);
        }
        serving.len() < room
    }

    fn serve(&mut self, now: Timestamp, peer: &HomeId, user: UserName, ask: &Ask) {
        let ttl = ask.ttl.min(self.limits.max_ttl);
        self.homes.asks.serving.entry(peer.clone()).or_default().insert(ask.id, now + ttl);
        let topic = format!("{}/{}", self.root.as_str(), ask.path);
        let payload = encode(Encoding::Cbor, &ask.body);
        let client = ask.client.clone().map(|client| self.root.topic(&Address::Answer(peer.clone(), client)));
        let asked = Asked {
            asker: Asker { user, door: Door::Link(peer.clone(), ask.id) },
            bounds: None,
            topic: &topic,
            payload: &payload,
            retained: false,
            content_type: Some(Encoding::Cbor.content_type()),
            response_topic: client.as_ref().map(|topic| topic.as_str()),
            correlation: ask.request.as_ref().map(|id| id.as_str().as_bytes()),
            expiry: Some(ttl),
            trace: ask.trace,
            delivery: Delivery::AtLeastOnce,
        };
        self.asked(now, &asked);
    }

    fn turn_away(&mut self, peer: &HomeId, id: u64, fault: Fault) {
        self.note(Notice::Refused(fault.symbol));
        self.say(peer, reply(id, datum_of(&Answer::failed(fault))));
    }

    /// Ends a page where a message to the home that asks for it is full; the next page goes on there.
    pub(crate) fn fit_page(&self, door: &Door, mut page: Vec<Listing>, has_more: bool) -> (Vec<Listing>, bool) {
        let Door::Link(peer, _) = door else { return (page, has_more) };
        let mut room = self.room_at(peer);
        let fits = |listing: &&Listing| {
            let left = room.checked_sub(encode(Encoding::Cbor, *listing).len());
            room = left.unwrap_or(0);
            left.is_some()
        };
        // a device that is too large by itself is answered for as such
        let count = page.iter().take_while(fits).count().max(1);
        let is_cut = count < page.len();
        page.truncate(count);
        (page, has_more || is_cut)
    }

    /// Sends an answer to its asker, wherever that is.
    pub(crate) fn deliver(&mut self, letter: Letter) {
        self.served(&letter.asker);
        let output = self.envelope(letter);
        self.put(output);
    }

    /// Returns what sends an answer.
    pub(crate) fn envelope(&self, letter: Letter) -> Output {
        let Door::Link(peer, id) = &letter.asker.door else { return Output::Answer(letter) };
        let body = if letter.payload.len() > self.room_at(peer) { too_large() } else { body(&letter) };
        Output::Say(peer.clone(), reply(*id, body))
    }

    /// Notes that a peer has its answer, or will have it as soon as the store has what it tells of.
    pub(crate) fn served(&mut self, asker: &Asker) {
        let Door::Link(peer, id) = &asker.door else { return };
        let Some(serving) = self.homes.asks.serving.get_mut(peer) else { return };
        serving.remove(id);
        if serving.is_empty() {
            self.homes.asks.serving.remove(peer);
        }
    }
}

/// Returns how long a request may still act, however long it was held back on its way; nothing if it may not.
fn time_left(now: Timestamp, ask: &Ask) -> Option<Millis> {
    let held = ask.since.map_or(0, |since| clock(now).saturating_sub(since));
    ask.ttl.get().checked_sub(held).filter(|left| *left > 0 || held == 0).map(Millis::new)
}

fn body(letter: &Letter) -> Datum {
    decode_datum(letter.encoding, &letter.payload, Limits::CLUSTER).unwrap_or_else(|_too_much| too_large())
}

fn too_large() -> Datum {
    let fault = Fault::new(Symbol::TooLarge, "the answer is too large for a link; ask for less");
    datum_of(&Answer::failed(fault))
}

const fn reply(id: u64, body: Datum) -> LinkMessage {
    LinkMessage::Reply(Reply { id, body })
}
