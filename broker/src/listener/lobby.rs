//! Those who have connected and not said who they are.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

/// A lobby holds at least as many.
const LEAST: usize = 64;

/// Where all wait until they are let in. When one more comes than there is room for, who has waited longest must go:
/// a crowd of the mute never keeps anyone out.
#[derive(Debug)]
pub(crate) struct Lobby {
    limit: usize,
    patience: Duration,
    crowd: Mutex<Crowd>,
}

#[derive(Debug, Default)]
struct Crowd {
    last: u64,
    /// One for each door.
    rooms: Vec<Room>,
}

#[derive(Debug)]
struct Room {
    limit: usize,
    /// By the order in which they came; dropping the sender shows one out.
    guests: BTreeMap<u64, oneshot::Sender<()>>,
}

/// The right to wait in a lobby, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    lobby: Arc<Lobby>,
    door: usize,
    ticket: u64,
    deadline: Instant,
    shown_out: oneshot::Receiver<()>,
}

/// Why one may wait no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwelcome {
    /// It took too long.
    Late,
    /// Its place was needed for another.
    Crowded,
}

impl Lobby {
    /// Makes one with room for so many, for doors that may each have so many.
    pub(crate) fn new(limit: usize, patience: Duration, doors: impl Iterator<Item = usize>) -> Self {
        let limit = limit.max(LEAST);
        let room = |most: usize| Room { limit: most.clamp(LEAST, limit), guests: BTreeMap::new() };
        Self { limit, patience, crowd: Mutex::new(Crowd { last: 0, rooms: doors.map(room).collect() }) }
    }

    /// Lets one wait who has come through a door.
    pub(crate) fn enter(self: &Arc<Self>, door: usize) -> Waiting {
        let (stay, shown_out) = oneshot::channel();
        let mut crowd = self.crowd();
        if crowd.rooms.iter().map(|room| room.guests.len()).sum::<usize>() >= self.limit {
            crowd.show_one_out();
        }
        crowd.last += 1;
        let ticket = crowd.last;
        if let Some(room) = crowd.rooms.get_mut(door) {
            if room.guests.len() >= room.limit {
                room.guests.pop_first();
            }
            room.guests.insert(ticket, stay);
        }
        drop(crowd);
        Waiting { lobby: Arc::clone(self), door, ticket, deadline: Instant::now() + self.patience, shown_out }
    }

    /// Has who has waited longest go.
    pub(crate) fn show_one_out(&self) {
        self.crowd().show_one_out();
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crowd {
    fn show_one_out(&mut self) {
        let oldest = |room: &&mut Room| room.guests.first_key_value().map_or(u64::MAX, |(ticket, _)| *ticket);
        if let Some(room) = self.rooms.iter_mut().min_by_key(oldest) {
            room.guests.pop_first();
        }
    }
}

impl Waiting {
    /// Waits for what it came for, but not beyond its time nor when its place is needed.
    ///
    /// # Errors
    /// [`Unwelcome`] if it has to go before.
    pub(crate) async fn wait_for<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Unwelcome> {
        tokio::select! {
            biased;
            done = what => Ok(done),
            _gone = &mut self.shown_out => Err(Unwelcome::Crowded),
            () = sleep_until(self.deadline) => Err(Unwelcome::Late),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(room) = self.lobby.crowd().rooms.get_mut(self.door) {
            room.guests.remove(&self.ticket);
        }
    }
}

impl Unwelcome {
    /// Says why, for the log.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Late => "CONNECT came too late",
            Self::Crowded => "too many wait to be let in",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn crowd(lobby: &Arc<Lobby>, door: usize, many: usize) -> Vec<Waiting> {
        (0..many).map(|_| lobby.enter(door)).collect()
    }

    async fn is_shown_out(waiting: &mut Waiting) -> bool {
        tokio::select! {
            biased;
            ended = waiting.wait_for(pending::<()>()) => ended == Err(Unwelcome::Crowded),
            () = ready(()) => false,
        }
    }

    #[tokio::test]
    async fn shows_out_who_has_waited_longest_when_more_come_than_fit() {
        let lobby = Arc::new(Lobby::new(1_000, LONG, [70, 1_000].into_iter()));
        let mut elsewhere = lobby.enter(1);
        let mut guests = crowd(&lobby, 0, 71);
        assert!(is_shown_out(&mut guests[0]).await);
        assert!(!is_shown_out(&mut guests[1]).await && !is_shown_out(&mut elsewhere).await);
        drop(guests.remove(1));
        let _one_more = lobby.enter(0);
        assert!(!is_shown_out(&mut guests[1]).await);
    }

    #[tokio::test]
    async fn counts_all_doors_together_too() {
        let lobby = Arc::new(Lobby::new(100, LONG, [100, 100].into_iter()));
        let (mut one, mut other) = (crowd(&lobby, 0, 50), crowd(&lobby, 1, 51));
        assert!(is_shown_out(&mut one[0]).await);
        assert!(!is_shown_out(&mut one[1]).await && !is_shown_out(&mut other[0]).await);
    }

    #[tokio::test]
    async fn lets_nobody_wait_for_ever() {
        let lobby = Arc::new(Lobby::new(1, Duration::ZERO, [1].into_iter()));
        let mut waiting = lobby.enter(0);
        assert_eq!(waiting.wait_for(ready(5)).await, Ok(5));
        assert_eq!(waiting.wait_for(pending::<()>()).await, Err(Unwelcome::Late));
    }
}
