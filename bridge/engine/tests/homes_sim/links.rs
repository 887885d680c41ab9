//! The links of the world: what is said arrives, and what is cut is mended.

use hes_engine::Input;
use hes_schemas::{Millis, link::LinkMessage};

use crate::{
    home::home_id,
    network::{Cut, End, Packet},
    world::World,
};

impl World {
    /// Lets the next packet arrive.
    pub(crate) fn arrive(&mut self, link: usize, end: End) {
        let (home, other) = (self.links[link].home(end), self.links[link].home(end.other()));
        let peer = home_id(self.name(other));
        match self.links[link].arrive(end) {
            Some(Packet::Up(_)) => self.handle(home, Input::PeerUp(peer)),
            Some(Packet::Down) => self.handle(home, Input::PeerDown(peer, "the way is closed".to_owned())),
            Some(Packet::Said(_, message)) => self.handle(home, Input::PeerSaid(&peer, *message)),
            None => {}
        }
    }

    /// Lets a message go from one home to another.
    pub(crate) fn say(&mut self, from: usize, to: usize, message: LinkMessage) {
        let delay = Millis::new(self.chance.span(60));
        for link in &mut self.links {
            if let Some(end) = link.end_of(from, to) {
                return link.say(end, self.now + delay, message);
            }
        }
    }

    /// Cuts a link, which is mended after a while.
    pub(crate) fn cut(&mut self, link: usize, how: Cut) {
        self.links[link].cut(how, self.now);
        let longest = if matches!(how, Cut::Both) { 3_000 } else { 20_000 };
        self.retry(link, longest);
    }

    /// Has a link mended after a while.
    pub(crate) fn retry(&mut self, link: usize, longest: u64) {
        self.retries[link] = Some(self.now + Millis::new(self.chance.span(longest)));
    }

    /// Lets the gateways of a link find each other, if nothing keeps them from it.
    pub(crate) fn reopen(&mut self, link: usize) {
        self.retries[link] = None;
        let (one, other) = self.links[link].homes;
        if self.links[link].is_parted || !self.is_alive(one) || !self.is_alive(other) {
            return;
        }
        let at = [0, 1].map(|_| self.now + Millis::new(self.chance.span(50)));
        let tells = self.chance.once_in(2);
        self.links[link].open(at, tells);
    }
}
