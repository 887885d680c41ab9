//! Messages that come in any order, as the store is done with them, and leave in the order in which they were published.

use std::collections::VecDeque;

use crate::delivery::Delivery;

/// The places of messages that are to come, in their order.
#[derive(Debug, Default)]
pub(super) struct Line {
    last: u64,
    places: VecDeque<(u64, Slot)>,
}

#[derive(Debug)]
enum Slot {
    /// The store is at it.
    Expected,
    /// It has come, and waits for those before it.
    Here(Box<Delivery>),
    /// It does not come.
    Left,
}

impl Line {
    /// Has places begin behind one.
    pub(super) fn begin_behind(&mut self, place: u64) {
        self.last = self.last.max(place);
    }

    /// Takes the next place.
    pub(super) fn join(&mut self) -> u64 {
        self.last += 1;
        self.places.push_back((self.last, Slot::Expected));
        self.last
    }

    /// Notes that the message at a place has come.
    pub(super) fn fill(&mut self, place: u64, delivery: Delivery) {
        self.set(place, Slot::Here(Box::new(delivery)));
    }

    /// Notes that the message at a place does not come.
    pub(super) fn leave(&mut self, place: u64) {
        self.set(place, Slot::Left);
    }

    fn set(&mut self, place: u64, slot: Slot) {
        if let Ok(at) = self.places.binary_search_by_key(&place, |(place, _)| *place)
            && let Some((_, old)) = self.places.get_mut(at)
        {
            *old = slot;
        }
    }

    /// Takes the next message, if it has come.
    pub(super) fn next(&mut self) -> Option<Delivery> {
        while let Some((_, slot)) = self.places.pop_front_if(|(_, slot)| !matches!(slot, Slot::Expected)) {
            if let Slot::Here(delivery) = slot {
                return Some(*delivery);
            }
        }
        None
    }

    /// Takes all that have come.
    pub(super) fn close(&mut self) -> impl Iterator<Item = Delivery> {
        std::mem::take(&mut self.places).into_iter().filter_map(|(_, slot)| match slot {
            Slot::Here(delivery) => Some(*delivery),
            Slot::Expected | Slot::Left => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hes_schemas::{Filter, Topic};

    use super::*;
    use crate::{Publish, Qos, parcel::Parcel, subscription::Subscription};

    fn delivery(payload: &'static str) -> Delivery {
        let parcel = Arc::new(Parcel::new(Publish::new(Topic::new("a").unwrap(), payload), 0, None));
        Delivery::new(&parcel, &Arc::new(Subscription::new(Filter::new("a").unwrap(), Qos::AtLeastOnce, None)))
    }

    fn left(line: &mut Line) -> Vec<String> {
        let payload = |delivery: Delivery| String::from_utf8_lossy(&delivery.parcel.publish.payload).into_owned();
        std::iter::from_fn(|| line.next()).map(payload).collect()
    }

    #[test]
    fn lets_messages_go_in_the_order_of_their_places() {
        let mut line = Line::default();
        line.begin_behind(6);
        assert_eq!([line.join(), line.join(), line.join(), line.join()], [7, 8, 9, 10]);
        line.fill(9, delivery("third"));
        line.leave(8);
        assert!(left(&mut line).is_empty());
        line.fill(7, delivery("first"));
        assert_eq!(left(&mut line), ["first", "third"]);
        line.fill(10, delivery("fourth"));
        assert_eq!(left(&mut line), ["fourth"]);
    }

    #[test]
    fn gives_all_that_have_come_when_it_is_closed() {
        let mut line = Line::default();
        assert_eq!([line.join(), line.join()], [1, 2]);
        line.fill(2, delivery("second"));
        assert_eq!(line.close().count(), 1);
    }
}
