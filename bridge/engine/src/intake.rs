//! A request comes in: who asks, what, until when, and where does the answer go?

use std::{hash::Hasher, sync::Arc};

use hes_schemas::{
    Address, Datum, Fault, Limits, Millis, RequestId, Symbol, Timestamp, Topic, decode_datum,
    message::{Answer, Format, Head},
    rights::Grants,
};
use rustc_hash::FxHasher;

use crate::{
    call::Call,
    engine::Engine,
    input::{Asked, Asker},
    notice::Notice,
    output::Letter,
    reply::{Reply, default_topic, named_topic},
    requests::{Again, Memo, MemoKey},
    timers::Timer,
};

/// A request that has been understood and may be carried out.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) asker: Asker,
    pub(crate) grants: Arc<Grants>,
    pub(crate) reply: Reply,
    pub(crate) ttl: Millis,
    pub(crate) memo: Option<MemoKey>,
}

impl Engine {
    pub(crate) fn asked(&mut self, now: Timestamp, asked: &Asked<'_>) {
        self.counters.requests += 1;
        let mut reply = self.way_back(asked);
        match self.understand(now, asked, &mut reply) {
            Ok(Some((call, request))) => self.carry_out(now, call, request),
            Ok(None) => {}
            Err(fault) => self.refuse(&reply, fault),
        }
    }

    /// Answers that nothing was done, and why.
    pub(crate) fn refuse(&mut self, reply: &Reply, fault: Fault) {
        self.note(Notice::Refused(fault.symbol));
        self.answer(reply, Answer::failed(fault), None);
    }

    /// Sends the final answer.
    pub(crate) fn answer(&mut self, reply: &Reply, answer: Answer, memo: Option<&MemoKey>) {
        self.note(Notice::Answered(answer.status));
        let Some(mut letter) = reply.letter(answer) else {
            self.counters.unanswerable += 1;
            return self.note(Notice::Unanswerable);
        };
        self.counters.answers += 1;
        if let Some(memo) = memo {
            self.requests.readdress(memo, &mut letter);
            self.counters.answers_forgotten += self.requests.store(memo, &letter, &self.limits);
        }
        self.deliver(letter);
    }

    /// Returns the way back as far as the packet itself tells.
    fn way_back(&self, asked: &Asked<'_>) -> Reply {
        let format = Format::new(asked.content_type);
        let id = asked.correlation.and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|it| it.parse().ok());
        Reply {
            asker: asked.asker.clone(),
            topic: default_topic(&self.root, &self.home, &asked.asker.door),
            encoding: format.ok().and_then(|format| format.encoding(asked.payload)).unwrap_or_default(),
            correlation: asked.correlation.map(Into::into),
            id,
            delivery: asked.delivery,
            trace: asked.trace,
        }
    }

    fn understand(
        &mut self,
        now: Timestamp,
        asked: &Asked<'_>,
        reply: &mut Reply,
    ) -> Result<Option<(Call, Request)>, Fault> {
        if let Some(named) = asked.response_topic {
            reply.topic = Some(named_topic(&self.root, &self.home, &reply.asker.door, named)?);
        }
        if asked.retained {
            self.counters.retained_refused += 1;
            return Err(Fault::new(Symbol::RetainedRequest, "a retained request would act again and again"));
        }
        let (call, head) = match self.parse(asked) {
            Ok(parsed) => parsed,
            Err(fault) => {
                self.complete(reply, asked, &salvage(asked))?;
                return Err(fault);
            }
        };
        self.complete(reply, asked, &head)?;
        let ttl = asked.expiry.or(head.ttl).unwrap_or(self.limits.ttl).min(self.limits.max_ttl);
        if ttl == Millis::new(0) {
            return Err(Fault::new(Symbol::Expired, "the request had expired when it came"));
        }
        let memo = if call.acts() { memo_key(reply, asked) } else { None };
        if let Some(key) = &memo
            && self.is_repeated(now, key, asked, &head, ttl)?
        {
            return Ok(None);
        }
        let grants = self.grants(&asked.asker.user);
        let grants = asked.bounds.as_ref().map(|bounds| Arc::new(grants.within(Arc::clone(bounds)))).unwrap_or(grants);
        Ok(Some((call, Request { asker: asked.asker.clone(), grants, reply: reply.clone(), ttl, memo })))
    }

    fn parse(&self, asked: &Asked<'_>) -> Result<(Call, Head), Fault> {
        let nothing = || Fault::new(Symbol::Unknown, "nothing can be asked on this topic");
        let address = self.root.parse(asked.topic).ok_or_else(nothing)?;
        let home = match &address {
            Address::Get(device, _) | Address::Set(device, _) => &device.home,
            Address::Request(home, _) => home,
            Address::HomeStatus(_)
            | Address::Keys(_)
            | Address::ClusterStatus(..)
            | Address::Document(_)
            | Address::DeviceStatus(_)
            | Address::Value(..)
            | Address::Event(..)
            | Address::Answer(..)
            | Address::Notify(..)
            | Address::Link(..) => return Err(nothing()),
        };
        let abroad = Some(home.clone()).filter(|home| *home != self.home);
        let (call, head) = Call::parse(address, Format::new(asked.content_type)?, asked.payload)?;
        let Some(home) = abroad else { return Ok((call, head)) };
        let path = self.root.strip(asked.topic).ok_or_else(nothing)?;
        Ok((Call::Across(home, path.into(), Box::new(call)), head))
    }

    /// Adds what the body says of the way back, where the packet did not.
    fn complete(&self, reply: &mut Reply, asked: &Asked<'_>, head: &Head) -> Result<(), Fault> {
        if head.id.is_some() {
            reply.id.clone_from(&head.id);
        }
        if let (None, Some(named)) = (asked.response_topic, &head.reply_to) {
            reply.topic = Some(named_topic(&self.root, &self.home, &reply.asker.door, named.as_str())?);
        }
        Ok(())
    }

    /// Says whether the request came before; if its answer is known, it is sent again.
    ///
    /// An `id` names one request for good. Correlation Data only tells answers apart that are still awaited: a script
    /// that is run twice counts from 1 again, so with another body it is another request once the first is answered.
    fn is_repeated(
        &mut self,
        now: Timestamp,
        key: &MemoKey,
        asked: &Asked<'_>,
        head: &Head,
        ttl: Millis,
    ) -> Result<bool, Fault> {
        let fingerprint = fingerprint(asked);
        let is_another = |memo: &Memo| memo.fingerprint != fingerprint && memo.letter.is_some() && head.id.is_none();
        if let Some(memo) = self.requests.memo(key).filter(|memo| memo.until > now && !is_another(memo)) {
            if memo.fingerprint != fingerprint {
                return Err(Fault::new(Symbol::RequestIdReused, "another request had the same id; use a new one"));
            }
            let (asker, correlation) = (asked.asker.clone(), asked.correlation.map(Into::into));
            let Asked { delivery, trace, .. } = *asked;
            match memo.letter.clone() {
                Some(letter) => self.deliver(Letter { asker, correlation, delivery, trace, ..letter }),
                None => {
                    memo.again = Some(Again { asker, correlation, trace });
                    memo.delivery = memo.delivery.max(delivery);
                }
            }
            self.counters.repeated += 1;
            self.note(Notice::Repeated);
            return Ok(true);
        }
        let until = now + self.limits.remember.max(ttl);
        if self.requests.needs_timer() {
            self.timers.set(now + self.limits.remember, Timer::Forget);
        }
        let memo = Memo { fingerprint, until, again: None, delivery: asked.delivery, letter: None };
        self.requests.remember(key.clone(), memo);
        Ok(false)
    }
}

/// Reads what a request that cannot be understood says of itself, so that its asker learns which one it was.
fn salvage(asked: &Asked<'_>) -> Head {
    let encoding = Format::new(asked.content_type).ok().and_then(|format| format.encoding(asked.payload));
    let body = encoding.and_then(|it| decode_datum(it, asked.payload, Limits::REQUEST).ok()).unwrap_or_default();
    let text = |key: &str| body.field(key).and_then(Datum::as_text);
    Head {
        id: text("id").and_then(|id| RequestId::new(id).ok()),
        reply_to: text("reply_to").and_then(|topic| Topic::new(topic).ok()),
        ttl: None,
    }
}

/// Returns what makes the request the same again: its own id, or its Correlation Data, of which a hash will do if it is long.
fn memo_key(reply: &Reply, asked: &Asked<'_>) -> Option<MemoKey> {
    let hex = |bytes: &[u8]| {
        let mut hasher = FxHasher::default();
        hasher.write(bytes);
        let head: String = bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
        RequestId::new(&format!("{head}-{}-{:016x}", bytes.len(), hasher.finish())).ok()
    };
    let id = reply.id.clone().or_else(|| asked.correlation.and_then(hex))?;
    Some((asked.asker.user.clone(), reply.topic.clone()?, id))
}

fn fingerprint(asked: &Asked<'_>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(asked.topic.as_bytes());
    hasher.write(asked.payload);
    hasher.finish()
}
