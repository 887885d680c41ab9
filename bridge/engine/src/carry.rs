//! A request is carried out: what the cache knows is answered at once, the rest goes to the devices' lanes.

use std::collections::BTreeMap;

use hes_schemas::{
    Datum, DevicePath, Fault, HomeId, PropertyName, Symbol, Target, Timestamp,
    message::{Outcome, Retrieve, RetrieveMany, Update, UpdateMany, UpdateOne, UpdateProperties},
};

use crate::{
    call::Call,
    directory::Slot,
    engine::Engine,
    intake::Request,
    lanes::{Part, Work},
    requests::{Form, Pending},
    target::Found,
    task::{Away, Place, Plan, Task, Want, Wish},
    timers::Timer,
};

/// What is left to be done of a request.
#[derive(Debug, Default)]
struct Open {
    /// By this home's devices.
    asks: Vec<(Slot, Vec<Part>)>,
    /// By other homes.
    aways: BTreeMap<HomeId, Vec<Away>>,
}

/// A property by the name that the request used, found or not.
type Named = (String, Result<Found, Fault>);

impl Engine {
    pub(crate) fn carry_out(&mut self, now: Timestamp, call: Call, request: Request) {
        match call {
            Call::Get(path, target, retrieve) => self.get(now, &path, target, retrieve, request),
            Call::Set(path, target, update) => {
                let found = self.found(now, &path, target, &request);
                let Update { value, if_version, challenge, .. } = update;
                let want = Want::Write(Wish { value, if_version, challenge });
                self.run(now, Form::Single, vec![Task { label: String::new(), place: found.into(), want }], request);
            }
            Call::SetMany(path, update) => self.set_many(now, &path, update, request),
            Call::Retrieve(retrieve) => self.retrieve(now, retrieve, request),
            Call::Update(update) => self.update(now, update, request),
            Call::Devices(devices) => self.list(now, devices, request),
            Call::Subscribe(subscribe) => self.subscribe(now, subscribe, request),
            Call::Renew(renew) => self.renew(now, renew, request),
            Call::Unsubscribe(unsubscribe) => self.unsubscribe(now, unsubscribe, request),
            Call::Federate(federate) => self.federate(now, federate.what, &request),
            Call::Token(token) => self.token(now, token.what, &request),
            Call::Peer(peer) => self.peer_errand(now, &peer.what, request),
            Call::Across(home, path, call) => self.ask_across(now, home, path, *call, request),
        }
    }

    fn found(&self, now: Timestamp, path: &DevicePath, target: Target, request: &Request) -> Result<Found, Fault> {
        let slot = self.find_device(now, &request.grants, &path.cluster, path.device.as_str())?;
        Ok(Found { slot, target })
    }

    fn get(&mut self, now: Timestamp, path: &DevicePath, target: Target, retrieve: Retrieve, request: Request) {
        let found = self.found(now, path, target, &request);
        let want = || Want::Read(retrieve.max_age);
        match found {
            Ok(Found { slot, target: Target::Device }) => {
                let names = match self.wanted_properties(now, slot, &retrieve.properties, &request) {
                    Ok(names) => names,
                    Err(fault) => return self.fail(&request, fault),
                };
                let task = |(label, found): Named| Task { label, place: found.into(), want: want() };
                let tasks = names.into_iter().map(task).collect();
                self.run(now, Form::Values, tasks, request);
            }
            found => {
                let task = Task { label: String::new(), place: found.into(), want: want() };
                self.run(now, Form::Single, vec![task], request);
            }
        }
    }

    /// Returns the properties that are asked for by name, or all that can be read.
    fn wanted_properties(
        &self,
        now: Timestamp,
        slot: Slot,
        names: &[String],
        request: &Request,
    ) -> Result<Vec<Named>, Fault> {
        if names.len() > self.limits.targets {
            return Err(self.too_many_targets());
        }
        if names.is_empty() {
            let names = self.readable(now, &request.grants, slot);
            return Ok(names.into_iter().map(|name| (name.to_string(), Ok(found(slot, name)))).collect());
        }
        let found = |name: &String| {
            let target = PropertyName::new(name).map_err(|_not_a_name| crate::target::unknown());
            (name.clone(), target.map(|name| found(slot, name)))
        };
        Ok(names.iter().map(found).collect())
    }

    fn set_many(&mut self, now: Timestamp, path: &DevicePath, update: UpdateProperties, request: Request) {
        if update.values.len() > self.limits.targets {
            let fault = self.too_many_targets();
            return self.fail(&request, fault);
        }
        let slot = match self.find_device(now, &request.grants, &path.cluster, path.device.as_str()) {
            Ok(slot) => slot,
            Err(fault) => return self.fail(&request, fault),
        };
        let mut challenges = update.challenges;
        let task = |(label, value): (String, Datum)| {
            let wish = Wish { value, if_version: None, challenge: challenges.remove(&label) };
            let name = PropertyName::new(&label).map_err(|_not_a_name| crate::target::unknown());
            Task { label, place: name.map(|name| found(slot, name)).into(), want: Want::Write(wish) }
        };
        let tasks = update.values.into_iter().map(task).collect();
        self.run(now, Form::Values, tasks, request);
    }

    fn retrieve(&mut self, now: Timestamp, retrieve: RetrieveMany, request: Request) {
        if retrieve.targets.len() > self.limits.targets {
            let fault = self.too_many_targets();
            return self.fail(&request, fault);
        }
        let max_age = retrieve.max_age;
        let mut tasks = Vec::new();
        for label in retrieve.targets {
            match self.place(now, &label, &request) {
                Place::Here(Found { slot, target: Target::Device }) => {
                    for name in self.readable(now, &request.grants, slot) {
                        let label = format!("{label}/{name}");
                        tasks.push(Task { label, place: Place::Here(found(slot, name)), want: Want::Read(max_age) });
                    }
                }
                place @ (Place::Here(_) | Place::There(_) | Place::Nowhere(_)) => {
                    tasks.push(Task { label, place, want: Want::Read(max_age) })
                }
            }
        }
        self.run(now, Form::Results, tasks, request);
    }

    fn update(&mut self, now: Timestamp, update: UpdateMany, request: Request) {
        if update.updates.len() > self.limits.targets {
            let fault = self.too_many_targets();
            return self.fail(&request, fault);
        }
        let mut tasks = Vec::new();
        for one in update.updates {
            let place = self.place(now, &one.target, &request);
            let UpdateOne { target, value, if_version, challenge } = one;
            tasks.push(Task { label: target, place, want: Want::Write(Wish { value, if_version, challenge }) });
        }
        self.run(now, Form::Results, tasks, request);
    }

    /// Finds where the words of a target mean something: here, or in another home that they begin with.
    fn place(&self, now: Timestamp, text: &str, request: &Request) -> Place {
        match self.home_of(text, request) {
            Some(home) => Place::There(home),
            None => self.find_text(now, &request.grants, text).into(),
        }
    }

    /// Plans each task, answers if nothing is left to be asked, and else lets the devices work.
    fn run(&mut self, now: Timestamp, form: Form, tasks: Vec<Task>, request: Request) {
        let mut outcomes = Vec::with_capacity(tasks.len());
        let mut open = Open::default();
        for (index, task) in tasks.into_iter().enumerate() {
            let challenge = task.want.challenge();
            let plan = match task.place {
                Place::Here(found) => self.plan(now, &request, index, &found, task.want),
                Place::There(home) => {
                    let away = Away { index, target: task.label.clone(), want: task.want };
                    open.aways.entry(home).or_default().push(away);
                    Plan::Done(Outcome::default())
                }
                Place::Nowhere(fault) => Plan::Done(Outcome::failed(fault)),
            };
            let outcome = match plan {
                Plan::Done(outcome) => outcome,
                Plan::Ask(slot, part) => {
                    let open_question = self.unconfirmed(now, &request.asker.user, slot, &part, challenge.as_ref());
                    open_question.unwrap_or_else(|| join(&mut open.asks, slot, part))
                }
            };
            outcomes.push(Outcome { target: task.label, ..outcome });
        }
        if open.asks.is_empty() && open.aways.is_empty() {
            return self.answer(&request.reply, form.answer(outcomes), request.memo.as_ref());
        }
        if self.requests.pending.len() >= self.limits.requests {
            return self
                .fail(&request, Fault::new(Symbol::TooMany, "too many requests are under way; try again later"));
        }
        self.wait(now, form, outcomes, open, request);
    }

    fn wait(&mut self, now: Timestamp, form: Form, outcomes: Vec<Outcome>, open: Open, request: Request) {
        let (key, deadline) = (self.requests.next_key(), now + request.ttl);
        let here: usize = open.asks.iter().map(|(_, parts)| parts.len()).sum();
        let left = here + open.aways.values().map(Vec::len).sum::<usize>();
        let slots = open.asks.iter().map(|(slot, _)| *slot).collect();
        let (reply, memo) = (request.reply.clone(), request.memo.clone());
        let spread = BTreeMap::new();
        self.requests.pending.insert(key, Pending { reply, form, outcomes, spread, left, slots, deadline, memo });
        self.timers.set(deadline, Timer::Deadline(key));
        for (slot, parts) in open.asks {
            self.lanes.push(Work {
                request: key,
                user: request.asker.user.clone(),
                slot,
                parts,
                deadline,
                is_started: false,
                is_read_back: false,
            });
            self.start(now, slot);
        }
        for (home, aways) in open.aways {
            self.ask_parts(now, key, home, aways, &request);
        }
    }

    /// Refuses a request as a whole; it may be tried again under the same id.
    pub(crate) fn fail(&mut self, request: &Request, fault: Fault) {
        if let Some(memo) = &request.memo {
            self.requests.forget(memo);
        }
        self.refuse(&request.reply, fault);
    }

    fn too_many_targets(&self) -> Fault {
        Fault::new(Symbol::TooLarge, format!("one request may name {} targets", self.limits.targets))
    }
}

/// Adds a part to what is asked of its device in one go; two values for one property cannot be.
fn join(asks: &mut Vec<(Slot, Vec<Part>)>, slot: Slot, part: Part) -> Outcome {
    let Some((_, parts)) = asks.iter_mut().find(|(other, _)| *other == slot) else {
        asks.push((slot, vec![part]));
        return Outcome::default();
    };
    let is_taken = |name: &PropertyName| parts.iter().any(|other| other.awaits.contains(name));
    if part.asked.is_some() && part.awaits.iter().any(is_taken) {
        return Outcome::failed(Fault::new(Symbol::Malformed, "the request names the property twice"));
    }
    parts.push(part);
    Outcome::default()
}

const fn found(slot: Slot, name: PropertyName) -> Found {
    Found { slot, target: Target::Property(name) }
}
