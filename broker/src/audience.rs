//! All who are subscribed to one filter.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{mailbox::Standing, pledge::Posting, session::Session, subscription::Subscription};

/// A subscription with the session that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Subscriber {
    pub(crate) session: Arc<Session>,
    pub(crate) subscription: Arc<Subscription>,
}

/// The subscribers of one filter: those who get every message, and the groups that share it.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    each: Vec<Subscriber>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    name: Arc<str>,
    members: Vec<Subscriber>,
    turn: AtomicUsize,
}

impl Subscriber {
    fn deliver(&self, posting: &Posting) -> bool {
        self.session.deliver(posting, &self.subscription)
    }
}

impl Audience {
    /// Gives a message to all, and to one member of each group.
    ///
    /// Returns how many groups had nobody who could take it.
    pub(crate) fn deliver(&self, posting: &Posting) -> usize {
        for subscriber in &self.each {
            subscriber.deliver(posting);
        }
        self.groups.iter().filter(|group| !group.deliver(posting)).count()
    }

    /// Gives a message to one member of a group in place of another, which it was for; returns whether one took it.
    pub(crate) fn hand_over(&self, group: &str, posting: &Posting) -> bool {
        let group = self.groups.iter().find(|known| *known.name == *group);
        group.is_some_and(|group| {
            group.offer(posting.parcel.weight(), |member| member.session.stand_in(posting, &member.subscription))
        })
    }

    /// Returns how many subscriptions there are.
    pub(crate) fn len(&self) -> usize {
        self.each.len() + self.groups.iter().map(|group| group.members.len()).sum::<usize>()
    }

    /// Adds a subscriber, or replaces what it asked for before.
    pub(crate) fn add(&mut self, subscriber: Subscriber) {
        let members = match &subscriber.subscription.group {
            None => &mut self.each,
            Some(name) => match self.groups.iter().position(|group| group.name == *name) {
                Some(at) => match self.groups.get_mut(at) {
                    Some(group) => &mut group.members,
                    None => return,
                },
                None => {
                    let group = Group { name: Arc::clone(name), members: vec![subscriber], turn: AtomicUsize::new(0) };
                    return self.groups.push(group);
                }
            },
        };
        match members.iter_mut().find(|old| old.session.key == subscriber.session.key) {
            Some(old) => *old = subscriber,
            None => members.push(subscriber),
        }
    }

    /// Removes what a session asked for.
    pub(crate) fn remove(&mut self, subscription: &Subscription, session: u64) {
        let is_other = |subscriber: &Subscriber| subscriber.session.key != session;
        match &subscription.group {
            None => self.each.retain(is_other),
            Some(name) => {
                self.groups
                    .iter_mut()
                    .filter(|group| group.name == *name)
                    .for_each(|group| group.members.retain(is_other));
                self.groups.retain(|group| !group.members.is_empty());
            }
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.each.is_empty() && self.groups.is_empty()
    }
}

impl Group {
    fn deliver(&self, posting: &Posting) -> bool {
        self.offer(posting.parcel.weight(), |member| member.deliver(posting))
    }

    /// Offers a message to the next member whose client is here, to those after it, and then to those that are away,
    /// until one takes it; the queue of a member only overflows if that of every other one would.
    fn offer(&self, weight: usize, mut offer: impl FnMut(&Subscriber) -> bool) -> bool {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.members.len().max(1);
        let (before, after) = self.members.split_at_checked(turn).unwrap_or((&self.members, &[]));
        let in_turn = || after.iter().chain(before);
        let standing = |standing| in_turn().filter(move |member| member.session.mailbox.standing(weight) == standing);
        standing(Standing::Reads).chain(standing(Standing::Away)).any(&mut offer)
            || standing(Standing::Full).take(1).any(offer)
    }
}
