//! The figures as topics below `$SYS`, for the owner's eyes: a projection that is made anew from time to time.

mod load;
mod topics;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hes_schemas::{Filter, Topic};
use tokio::time::MissedTickBehavior;

pub(crate) use topics::Moment;

use self::load::Loads;
use crate::{
    Publish,
    figures::Figures,
    hub::Hub,
    parcel::Parcel,
    pledge::Posting,
    session::Session,
    sync::{lock, read},
};

/// What was told last, and what the next figures are compared with.
#[derive(Debug)]
pub(crate) struct System {
    told: Mutex<Vec<Publish>>,
    loads: Mutex<Loads>,
}

impl System {
    pub(crate) fn new(now: Instant) -> Self {
        Self { told: Mutex::default(), loads: Mutex::new(Loads::new(now)) }
    }

    /// Calls `each` for all that was told last and matches a filter.
    pub(crate) fn each(&self, filter: &Filter, mut each: impl FnMut(Publish)) {
        if filter.as_str().starts_with("$SYS") {
            let told = lock(&self.told);
            told.iter().filter(|publish| filter.matches(&publish.topic)).for_each(|publish| each(publish.clone()));
        }
    }

    /// Takes over what is to be told, and returns what of it is new.
    fn change(&self, now: Vec<Publish>) -> Vec<Publish> {
        let mut told = lock(&self.told);
        let is_new =
            |publish: &&Publish| !told.iter().any(|old| old.topic == publish.topic && old.payload == publish.payload);
        let changed = now.iter().filter(is_new).cloned().collect();
        *told = now;
        changed
    }
}

/// Tells the figures from time to time, until the broker stops.
pub(crate) async fn tell_always(hub: Arc<Hub>, period: Duration) {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => tell(&hub),
            () = hub.stop.cancelled() => return,
        }
    }
}

/// Tells what of the figures is new.
pub(crate) fn tell(hub: &Hub) {
    let figures = figures(hub);
    let now = Instant::now();
    let moment = Moment {
        figures,
        uptime: now.saturating_duration_since(hub.started),
        loads: lock(&hub.system.loads).look(now, &figures),
    };
    let publishes = topics::topics(&moment).filter_map(|(topic, payload)| {
        Some(Publish::new(Topic::new(&format!("$SYS/broker/{topic}")).ok()?, payload).retained())
    });
    for publish in hub.system.change(publishes.collect()) {
        hub.fan_out(&Posting { parcel: Arc::new(Parcel::new(publish, 0, None)), pledge: None });
    }
}

/// Reads the figures, those too that have to be added up from all sessions.
pub(crate) fn figures(hub: &Hub) -> Figures {
    let sessions: Vec<Arc<Session>> = read(&hub.sessions).values().map(Arc::clone).collect();
    let waiting: usize = sessions.iter().map(|session| session.mailbox.waiting()).sum();
    let away = sessions.iter().filter(|session| session.mailbox.is_away()).count();
    let number = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    Figures {
        away: number(away),
        queued: number(waiting),
        subscriptions: number(hub.exact.subscribers() + hub.wild.subscribers()),
        ..hub.counters.read()
    }
}
