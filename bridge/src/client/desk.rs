//! The desk: who waits for what, and who gets what comes.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use hes_schemas::{
    Address, Encoding, Filter, HomeId, Limits, Root, Status, Topic, decode,
    message::{Answer, HomeState, Notification, Presence},
};
use rumqttc::v5::mqttbytes::v5::{PubAck, PubAckReason, Publish, SubAck, SubscribeReasonCode};
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};

use super::ClientError;

/// How many notifications wait to be taken; what comes beyond is lost and shows as a gap in `seq`.
const NOTIFICATIONS: usize = 10_000;

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Question {
    /// Its Correlation Data.
    pub(super) number: u64,
    /// Where its answer arrives.
    pub(super) answer: oneshot::Receiver<Result<Answer, ClientError>>,
}

#[derive(Debug)]
pub(super) struct Desk {
    root: Root,
    homes: watch::Receiver<Vec<(HomeId, Presence)>>,
    accepted: watch::Sender<u64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last: u64,
    questions: HashMap<u64, Asked>,
    /// The numbers of requests whose packets have no id yet, in the order of sending.
    unsent: VecDeque<u64>,
    /// The requests that the broker has not acknowledged, by packet id.
    sent: HashMap<u16, u64>,
    /// Subscriptions that the broker has not acknowledged, in the order of sending.
    applications: VecDeque<(Filter, oneshot::Sender<Result<(), ClientError>>)>,
    /// Nothing once the line is down, so that whoever waits is told.
    mouth: Option<Mouth>,
    end: Option<ClientError>,
}

#[derive(Debug)]
struct Asked {
    topic: Topic,
    answer: oneshot::Sender<Result<Answer, ClientError>>,
}

/// Where news goes that nobody asked for.
#[derive(Debug)]
struct Mouth {
    homes: watch::Sender<Vec<(HomeId, Presence)>>,
    notifications: mpsc::Sender<Notification>,
}

impl Desk {
    pub(super) fn new(root: Root) -> (Self, mpsc::Receiver<Notification>) {
        let (announce, homes) = watch::channel(Vec::new());
        let (notifications, told) = mpsc::channel(NOTIFICATIONS);
        let state = State {
            last: 0,
            questions: HashMap::new(),
            unsent: VecDeque::new(),
            sent: HashMap::new(),
            applications: VecDeque::new(),
            mouth: Some(Mouth { homes: announce, notifications }),
            end: None,
        };
        (Self { root, homes, accepted: watch::Sender::new(0), state: Mutex::new(state) }, told)
    }

    /// Notes a request that is about to be sent.
    pub(super) fn ask(&self, topic: &Topic) -> Result<Question, ClientError> {
        let mut state = self.open()?;
        state.last += 1;
        let number = state.last;
        let (sender, answer) = oneshot::channel();
        state.questions.insert(number, Asked { topic: topic.clone(), answer: sender });
        state.unsent.push_back(number);
        Ok(Question { number, answer })
    }

    /// Forgets a request whose answer nobody waits for.
    pub(super) fn forget(&self, number: u64) {
        self.state().questions.remove(&number);
    }

    /// Notes a subscription that is about to be sent.
    pub(super) fn apply(&self, filter: &Filter) -> Result<oneshot::Receiver<Result<(), ClientError>>, ClientError> {
        let (sender, granted) = oneshot::channel();
        self.open()?.applications.push_back((filter.clone(), sender));
        Ok(granted)
    }

    /// Waits until a home is announced that is none of some.
    pub(super) async fn other_home(&self, but: &[HomeId]) -> Result<HomeId, ClientError> {
        let mut homes = self.homes.clone();
        let is_other = |(home, _): &&(HomeId, Presence)| !but.contains(home);
        let known = homes.wait_for(|homes| homes.iter().any(|it| is_other(&it))).await.map_err(|_ended| self.why())?;
        known.iter().find(is_other).map(|(home, _)| home.clone()).ok_or_else(|| self.why())
    }

    /// Returns the homes that are announced by this time.
    pub(super) fn homes(&self) -> Vec<HomeId> {
        self.homes.borrow().iter().map(|(home, _)| home.clone()).collect()
    }

    /// Refuses to ask a home that is not there.
    pub(super) fn check_online(&self, home: &HomeId) -> Result<(), ClientError> {
        let is_offline = |(known, state): &(HomeId, Presence)| known == home && *state == Presence::Offline;
        if self.homes.borrow().iter().any(is_offline) {
            return Err(ClientError::HomeOffline { home: home.clone() });
        }
        Ok(())
    }

    /// Waits until a home is announced; refuses to ask one that is not there.
    pub(super) async fn named_home(&self, home: &HomeId) -> Result<(), ClientError> {
        let mut homes = self.homes.clone();
        let state = |homes: &[(HomeId, Presence)]| homes.iter().find(|(known, _)| known == home).map(|it| it.1);
        let known = homes.wait_for(|homes| state(homes).is_some()).await.map_err(|_ended| self.why())?;
        match state(&known) {
            Some(Presence::Offline) => Err(ClientError::HomeOffline { home: home.clone() }),
            Some(Presence::Online) | None => Ok(()),
        }
    }

    /// Refuses a home where only others are announced; where none is, nobody knows.
    pub(super) fn check_no_other_home(&self, home: &HomeId) -> Result<(), ClientError> {
        let homes = self.homes();
        if homes.is_empty() || homes.contains(home) {
            return Ok(());
        }
        Err(ClientError::OtherHomes { home: home.clone(), homes })
    }

    /// Returns how many requests were accepted with 202.
    pub(super) fn accepted(&self) -> watch::Receiver<u64> {
        self.accepted.subscribe()
    }

    /// Returns why the line is down.
    pub(super) fn why(&self) -> ClientError {
        self.state().end.clone().unwrap_or(ClientError::Closed)
    }

    /// Notes that the next request has gone out under a packet id.
    pub(super) fn sent(&self, packet: u16) {
        let mut state = self.state();
        if let Some(number) = state.unsent.pop_front() {
            state.sent.insert(packet, number);
        }
    }

    /// Notes that the broker took a request, or not.
    pub(super) fn acknowledged(&self, ack: &PubAck) {
        let mut state = self.state();
        let Some(number) = state.sent.remove(&ack.pkid) else { return };
        if matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) {
            return;
        }
        if let Some(Asked { topic, answer }) = state.questions.remove(&number) {
            tell(answer, Err(ClientError::Denied { topic: topic.to_string() }));
        }
    }

    /// Notes that the broker granted a subscription, or not.
    pub(super) fn granted(&self, ack: &SubAck) {
        let Some((filter, granted)) = self.state().applications.pop_front() else { return };
        let is_granted = ack.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_)));
        tell(granted, if is_granted { Ok(()) } else { Err(ClientError::Denied { topic: filter.to_string() }) });
    }

    /// Takes a message to whom it is for.
    pub(super) fn receive(&self, publish: &Publish) {
        let address = std::str::from_utf8(&publish.topic).ok().and_then(|topic| self.root.parse(topic));
        if let Some(Address::Answer(..)) = address {
            self.receive_answer(publish);
        } else if let Some(Address::Notify(..)) = address {
            self.receive_notification(publish);
        } else if let Some(Address::HomeStatus(home)) = address {
            self.receive_announcement(home, publish);
        }
    }

    fn receive_answer(&self, publish: &Publish) {
        let Some(number) = number(publish) else { return };
        let answer = read::<Answer>(publish);
        // the final answer follows
        if answer.as_ref().is_ok_and(|answer| answer.status == Status::Accepted) {
            self.accepted.send_modify(|count| *count += 1);
            return;
        }
        if let Some(asked) = self.state().questions.remove(&number) {
            tell(asked.answer, answer);
        }
    }

    fn receive_notification(&self, publish: &Publish) {
        let Ok(notification) = read::<Notification>(publish) else { return };
        if let Some(mouth) = &self.state().mouth {
            // when nobody takes them, the reader sees a gap in seq
            let _taken_or_lost = mouth.notifications.try_send(notification);
        }
    }

    fn receive_announcement(&self, home: HomeId, publish: &Publish) {
        let Ok(HomeState { state, .. }) = read(publish) else { return };
        if let Some(mouth) = &self.state().mouth {
            mouth.homes.send_modify(|homes| {
                homes.retain(|(other, _)| *other != home);
                homes.push((home, state));
            });
        }
    }

    /// Notes that the line is down, and lets everybody know who waits.
    pub(super) fn end(&self, why: ClientError) {
        let mut state = self.state();
        state.end = Some(why);
        state.mouth = None;
        state.questions.clear();
        state.applications.clear();
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, ClientError> {
        let state = self.state();
        match &state.end {
            Some(why) => Err(why.clone()),
            None => Ok(state),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // nothing in here can panic half-way
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a result to whom it is for, who may have stopped waiting.
fn tell<T>(to: oneshot::Sender<T>, result: T) {
    let _heard_or_gone = to.send(result);
}

fn number(publish: &Publish) -> Option<u64> {
    let correlation = publish.properties.as_ref()?.correlation_data.as_ref()?;
    std::str::from_utf8(correlation).ok()?.parse().ok()
}

fn read<T: DeserializeOwned>(publish: &Publish) -> Result<T, ClientError> {
    let content_type = publish.properties.as_ref().and_then(|properties| properties.content_type.as_deref());
    let encoding = match content_type {
        Some(content_type) => Encoding::from_content_type(content_type),
        None => Encoding::guess(&publish.payload),
    };
    let encoding = encoding.ok_or(ClientError::ContentType)?;
    decode(encoding, &publish.payload, Limits::CLUSTER).map_err(|cause| ClientError::Unreadable { cause })
}

#[cfg(test)]
mod tests {
    use rumqttc::v5::mqttbytes::{QoS, v5::PublishProperties};

    use super::*;

    fn desk() -> (Desk, mpsc::Receiver<Notification>) {
        Desk::new(Root::default())
    }

    fn topic() -> Topic {
        Topic::new("hes/1/oak/$req/devices").unwrap()
    }

    fn publish(topic: &str, payload: &str, correlation: Option<&str>) -> Publish {
        let correlation_data = correlation.map(|it| it.to_owned().into());
        let properties = PublishProperties { correlation_data, ..PublishProperties::default() };
        Publish::new(topic, QoS::AtLeastOnce, payload.to_owned(), Some(properties))
    }

    fn answer(number: u64, status: u16) -> Publish {
        publish("hes/1/oak/$res/me", &format!(r#"{{"status":{status}}}"#), Some(&number.to_string()))
    }

    fn announcement(home: &str, state: &str) -> Publish {
        let payload = format!(r#"{{"state":"{state}","epoch":1,"since":"2026-11-22T15:00:00Z"}}"#);
        publish(&format!("hes/1/{home}/$status"), &payload, None)
    }

    #[test]
    fn each_answer_goes_to_who_asked_and_only_the_final_one() {
        let (desk, _told) = desk();
        let (mut one, mut two) = (desk.ask(&topic()).unwrap(), desk.ask(&topic()).unwrap());
        let accepted = desk.accepted();
        desk.receive(&answer(two.number, 202));
        assert_eq!((*accepted.borrow(), two.answer.try_recv().is_err()), (1, true));
        desk.receive(&answer(two.number, 404));
        desk.receive(&answer(one.number, 200));
        desk.receive(&answer(99, 500));
        assert_eq!(one.answer.try_recv().unwrap().unwrap().status, Status::Ok);
        assert_eq!(two.answer.try_recv().unwrap().unwrap().status, Status::NotFound);
    }

    #[test]
    fn a_request_that_the_broker_refuses_fails_at_once() {
        let (desk, _told) = desk();
        let (mut one, mut two) = (desk.ask(&topic()).unwrap(), desk.ask(&topic()).unwrap());
        desk.sent(7);
        desk.sent(8);
        desk.acknowledged(&PubAck { pkid: 8, reason: PubAckReason::NotAuthorized, properties: None });
        desk.acknowledged(&PubAck { pkid: 7, reason: PubAckReason::Success, properties: None });
        assert!(matches!(two.answer.try_recv(), Ok(Err(ClientError::Denied { .. }))));
        assert!(one.answer.try_recv().is_err());
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_a_failure_and_not_silence() {
        let (desk, _told) = desk();
        let mut question = desk.ask(&topic()).unwrap();
        desk.receive(&publish("hes/1/oak/$res/me", "{}", Some("1")));
        assert!(matches!(question.answer.try_recv(), Ok(Err(ClientError::Unreadable { .. }))));
    }

    #[test]
    fn everybody_who_waits_is_told_when_the_line_is_down() {
        let (desk, mut told) = desk();
        let mut question = desk.ask(&topic()).unwrap();
        let mut granted = desk.apply(&Filter::new("a").unwrap()).unwrap();
        desk.end(ClientError::NoHome { address: "there".to_owned() });
        assert!(question.answer.try_recv().is_err() && granted.try_recv().is_err());
        assert!(matches!(told.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(matches!(desk.ask(&topic()), Err(ClientError::NoHome { .. })));
        assert!(matches!(desk.why(), ClientError::NoHome { .. }));
    }

    #[tokio::test]
    async fn the_homes_that_are_announced_are_tried_one_by_one() {
        let (desk, _told) = desk();
        let [oak, elm] = ["oak", "elm"].map(|home| HomeId::new(home).unwrap());
        desk.receive(&announcement("elm", "online"));
        desk.receive(&announcement("oak", "offline"));
        assert_eq!(desk.homes(), [elm.clone(), oak.clone()]);
        assert_eq!(desk.other_home(&[]).await.unwrap(), elm);
        assert_eq!(desk.other_home(&[elm]).await.unwrap(), oak);
        assert!(matches!(desk.check_online(&oak), Err(ClientError::HomeOffline { .. })));
        desk.receive(&announcement("oak", "online"));
        assert!(desk.check_online(&oak).is_ok());
    }

    #[tokio::test]
    async fn a_home_that_is_named_is_asked_unless_only_others_are_there() {
        let (desk, _told) = desk();
        let [oak, elm] = ["oak", "elm"].map(|home| HomeId::new(home).unwrap());
        assert!(desk.check_no_other_home(&elm).is_ok(), "nobody knows");
        desk.receive(&announcement("oak", "online"));
        assert!(desk.named_home(&oak).await.is_ok() && desk.check_no_other_home(&oak).is_ok());
        let error = desk.check_no_other_home(&elm).unwrap_err();
        assert_eq!(error.to_string(), "there is no home elm at that address, only oak");
        desk.receive(&announcement("elm", "offline"));
        assert!(matches!(desk.named_home(&elm).await, Err(ClientError::HomeOffline { .. })));
    }

    #[test]
    fn notifications_arrive_in_their_order() {
        let (desk, mut told) = desk();
        for seq in 1..=2 {
            let payload = format!(
                r#"{{"sid":"s1","seq":{seq},"event":"device_online","device":"a/b/c","time":"2026-11-22T15:00:00Z"}}"#
            );
            desk.receive(&publish("hes/1/oak/$notify/me/s1", &payload, None));
        }
        assert_eq!((told.try_recv().unwrap().seq, told.try_recv().unwrap().seq), (1, 2));
    }
}
