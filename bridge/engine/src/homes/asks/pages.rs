//! The devices of all homes, a page at a time: first those here, then those of the other homes in the order of their names.

use std::collections::BTreeMap;

use hes_schemas::{
    Fault, HomeId, Millis, Operation, Symbol, Timestamp,
    message::{Answer, Devices, HomeOutcome, Listing},
    rights::Action,
};

use super::{
    Goal, Waiting,
    across::{operation_path, time_there},
};
use crate::{call::Call, engine::Engine, input::Door, intake::Request, reply::Reply};

/// How long a page waits for other homes at most: one that is late should not keep the others back.
const PATIENCE: Millis = Millis::from_secs(5);

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Start {
    /// Here, after a device.
    Here(Option<(String, String)>),
    /// In another home, after one of its devices.
    There(HomeId, String),
}

/// A page that is to be filled by other homes.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) devices: Devices,
    pub(crate) start: Start,
    pub(crate) homes: Vec<HomeId>,
    /// The devices here.
    pub(crate) listings: Vec<Listing>,
    pub(crate) limit: usize,
}

/// A page that other homes are filling.
#[derive(Debug)]
pub(super) struct Page {
    reply: Reply,
    limit: usize,
    listings: Vec<Listing>,
    /// What each home said; nothing while it has not.
    homes: BTreeMap<HomeId, Option<Result<Answer, Fault>>>,
}

impl Engine {
    /// Reads where a page begins.
    ///
    /// # Errors
    /// [`Symbol::Malformed`].
    pub(crate) fn start_of(&self, devices: &Devices) -> Result<Start, Fault> {
        let malformed = || Fault::new(Symbol::Malformed, "after is <cluster>/<device>, or that with a home before it");
        let Some(after) = devices.after.as_deref() else { return Ok(Start::Here(None)) };
        let (first, rest) = after.split_once('/').ok_or_else(malformed)?;
        match rest.split_once('/') {
            None => Ok(Start::Here(Some((first.to_owned(), rest.to_owned())))),
            Some((cluster, device)) if first == self.home.as_str() => {
                Ok(Start::Here(Some((cluster.to_owned(), device.to_owned()))))
            }
            Some(_) => Ok(Start::There(HomeId::new(first).map_err(|_no_home| malformed())?, rest.to_owned())),
        }
    }

    /// Returns the other homes that a page is to be filled by; what a guest asks for is here only.
    pub(crate) fn homes_to_list(&self, devices: &Devices, start: &Start, request: &Request) -> Vec<HomeId> {
        if matches!(request.asker.door, Door::Link(..)) {
            return Vec::new();
        }
        let is_wanted = |home: &HomeId| devices.home.as_ref().is_none_or(|wanted| wanted == home);
        let is_ahead = |home: &HomeId| match start {
            Start::Here(_) => true,
            Start::There(first, _) => home >= first,
        };
        self.homes_of(&request.asker.user).into_iter().filter(|home| is_wanted(home) && is_ahead(home)).collect()
    }

    /// Asks all homes that a page may be filled by, at once.
    pub(crate) fn list_across(&mut self, now: Timestamp, span: Span, request: Request) {
        let Span { devices, start, homes, listings, limit } = span;
        let number = self.homes.asks.next_number(self.epoch);
        let said = homes.iter().map(|home| (home.clone(), None)).collect();
        let page = Page { reply: request.reply.clone(), limit, listings, homes: said };
        let room = limit.saturating_sub(page.listings.len());
        self.homes.asks.pages.insert(number, page);
        for home in homes {
            let after = match &start {
                Start::There(first, after) if *first == home => Some(after.clone()),
                Start::Here(_) | Start::There(..) => None,
            };
            let limit = u32::try_from(room).ok();
            let devices = Devices { limit, after, cluster: devices.cluster.clone(), ..Devices::default() };
            self.ask_for_page(now, number, home, devices, &request);
        }
    }

    fn ask_for_page(&mut self, now: Timestamp, page: u64, home: HomeId, devices: Devices, request: &Request) {
        if let Err(fault) = self.may_ask(now, &home, Action::Read, request) {
            return self.page_done(page, &home, Err(fault));
        }
        let question = self.question(operation_path(&home, Operation::Devices), Call::Devices(devices), request);
        let (goal, deadline) = (Goal::Page(page), now + time_there(request.ttl).min(PATIENCE));
        self.ask(now, Waiting::new(home, question, deadline, goal));
    }

    /// Notes what a home said of a page, and answers when it was the last.
    pub(super) fn page_done(&mut self, number: u64, home: &HomeId, result: Result<Answer, Fault>) {
        let Some(page) = self.homes.asks.pages.get_mut(&number) else { return };
        page.homes.insert(home.clone(), Some(result));
        if page.homes.values().any(Option::is_none) {
            return;
        }
        let Some(page) = self.homes.asks.pages.remove(&number) else { return };
        let (reply, answer) = page.answer();
        self.answer(&reply, answer, None);
    }
}

impl Page {
    /// Puts together what the homes said. A home whose devices do not all fit ends the page; the next one goes on from there.
    fn answer(self) -> (Reply, Answer) {
        let Self { reply, limit, mut listings, homes: said } = self;
        let (mut homes, mut next) = (Vec::new(), None);
        for (home, said) in said {
            let answer = match said.map_or_else(|| Err(silent()), |result| result.and_then(succeeded)) {
                Ok(answer) => answer,
                Err(fault) => {
                    homes.push(HomeOutcome::failed(home, fault));
                    continue;
                }
            };
            let devices = answer.devices.unwrap_or_default();
            let room = limit.saturating_sub(listings.len());
            let is_open = answer.next.is_some() || devices.len() > room;
            listings.extend(devices.into_iter().take(room));
            homes.push(HomeOutcome::done(home));
            if is_open {
                next = listings.last().map(token);
                break;
            }
        }
        (reply, Answer { devices: Some(listings), next, homes, ..Answer::default() })
    }
}

/// Spells where the next page begins.
fn token(last: &Listing) -> String {
    format!("{}/{}/{}", last.home, last.cluster, last.device)
}

/// Returns an answer that is one, or the fault that it tells of.
fn succeeded(answer: Answer) -> Result<Answer, Fault> {
    match answer.error {
        None => Ok(answer),
        Some(symbol) => Err(Fault { status: answer.status, symbol, detail: answer.detail.unwrap_or_default() }),
    }
}

fn silent() -> Fault {
    Fault::new(Symbol::NotConfirmed, "the other home did not answer in time")
}
