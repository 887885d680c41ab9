//! Messages that flow from publishers to subscribers as fast as a broker takes them, counted one by one.
//!
//! All clients are tasks on one thread. A publisher runs ahead of the slowest subscriber by no more than a window, since
//! a broker may drop what a subscriber has not read, or end its connection. Each message says who sent it and its number, and each subscriber
//! has to get each number of each publisher once and in order.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use hes_tests::wire::{self, Qos};
use tokio::{
    io::AsyncWriteExt,
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Builder,
    sync::Notify,
    task::LocalSet,
    time::timeout,
};

use crate::{
    clients::{connect, fill, subscribe},
    frames::{Frames, published},
    peers::{Lane, TOPICS},
    template::{Template, origin},
};

/// Bytes of each payload.
pub(crate) const PAYLOAD: usize = 256;

/// How many messages wait at most: for a subscriber, and for all of them unless they are many.
const WINDOW: u64 = 8_000;
const LEAST_WINDOW: u64 = 500;
/// How many messages of `QoS` 1 of one publisher wait for their acknowledgement at most.
const IN_FLIGHT: u64 = 100;
/// How many messages are written at once at most.
const BATCH: u64 = 64;
/// How long nothing may come before messages count as lost.
const SILENCE: Duration = Duration::from_secs(10);

/// Who sends what to whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) publishers: usize,
    pub(crate) subscribers: usize,
    pub(crate) qos: Qos,
    /// Whether the subscribers use a filter with a wildcard.
    pub(crate) is_wild: bool,
}

/// How long it goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// For a time.
    For(Duration),
    /// Until each publisher has sent so many messages.
    Messages(u64),
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flowed {
    /// How many messages reached subscribers.
    pub(crate) delivered: u64,
    /// How long that took, from the first byte written to the last message read.
    pub(crate) took: Duration,
}

/// What publishers and subscribers know of each other.
#[derive(Debug)]
struct Common {
    shape: Shape,
    topic: String,
    extent: Extent,
    began: Cell<Option<Instant>>,
    /// By each publisher.
    sent: RefCell<Vec<u64>>,
    publishing: Cell<usize>,
    /// By each subscriber.
    received: RefCell<Vec<u64>>,
    progress: Notify,
}

/// Lets messages flow, and waits until all have arrived.
pub(crate) fn flow(lane: &Lane, shape: Shape, extent: Extent) -> Flowed {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    LocalSet::new().block_on(&runtime, run(lane, shape, extent))
}

async fn run(lane: &Lane, shape: Shape, extent: Extent) -> Flowed {
    static FLOWS: AtomicUsize = AtomicUsize::new(0);
    let flow = FLOWS.fetch_add(1, Ordering::Relaxed);
    let common = Rc::new(Common {
        shape,
        topic: format!("{TOPICS}/{flow}/x"),
        extent,
        began: Cell::new(None),
        sent: RefCell::new(vec![0; shape.publishers]),
        publishing: Cell::new(shape.publishers),
        received: RefCell::new(vec![0; shape.subscribers]),
        progress: Notify::new(),
    });
    let filter = if shape.is_wild { format!("{TOPICS}/{flow}/+") } else { common.topic.clone() };
    let mut readers = Vec::new();
    for number in 0..shape.subscribers {
        let mut stream = connect(lane, &format!("s{flow}-{number}")).await;
        subscribe(&mut stream, &filter, shape.qos).await;
        readers.push(tokio::task::spawn_local(read(Rc::clone(&common), number, stream)));
    }
    let mut streams = Vec::new();
    for number in 0..shape.publishers {
        streams.push(connect(lane, &format!("p{flow}-{number}")).await);
    }
    let began = Instant::now();
    common.began.set(Some(began));
    for (number, stream) in streams.into_iter().enumerate() {
        tokio::task::spawn_local(publish(Rc::clone(&common), number, stream));
    }
    common.all_arrived(lane).await;
    let took = began.elapsed();
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    let delivered = common.received.borrow().iter().sum();
    Flowed { delivered, took }
}

impl Common {
    /// Returns how many messages a publisher that has sent so many may send yet.
    fn left(&self, sent: u64) -> u64 {
        match self.extent {
            Extent::Messages(count) => count - sent,
            Extent::For(time) => {
                let is_over = self.began.get().is_none_or(|began| began.elapsed() >= time);
                if is_over { 0 } else { u64::MAX }
            }
        }
    }

    fn total(&self) -> u64 {
        self.sent.borrow().iter().sum()
    }

    fn slowest(&self) -> u64 {
        self.received.borrow().iter().copied().min().unwrap_or_default()
    }

    async fn all_arrived(&self, lane: &Lane) {
        while self.publishing.get() > 0 || self.slowest() < self.total() {
            let progress = timeout(SILENCE, self.progress.notified()).await;
            let missing = self.total() - self.slowest();
            assert!(progress.is_ok(), "{}, {}: {missing} messages were lost", lane.name, self.shape.name);
        }
        let expected = self.total();
        assert!(self.received.borrow().iter().all(|count| *count == expected), "no message comes twice");
    }
}

/// Publishes as many messages as are wanted.
async fn publish(common: Rc<Common>, publisher: usize, stream: TcpStream) {
    let (reader, mut writer) = stream.into_split();
    let acknowledged = Rc::new(Cell::new(0));
    let reading = (common.shape.qos == Qos::One).then(|| {
        let reading = acknowledgements(reader, Rc::clone(&acknowledged), Rc::clone(&common));
        tokio::task::spawn_local(reading)
    });
    let template = Template::new(&common.topic, common.shape.qos, publisher);
    let subscribers = u64::try_from(common.shape.subscribers).unwrap_or(1);
    let window = (WINDOW / subscribers).max(LEAST_WINDOW);
    let (mut batch, mut sent) = (Vec::new(), 0);
    while common.left(sent) > 0 {
        let ahead = window.saturating_sub(common.total() - common.slowest());
        let room = match common.shape.qos {
            Qos::Zero => ahead,
            Qos::One | Qos::Two => ahead.min(IN_FLIGHT.saturating_sub(sent - acknowledged.get())),
        };
        if room == 0 {
            common.progress.notified().await;
            continue;
        }
        batch.clear();
        for _ in 0..room.min(BATCH).min(common.left(sent)) {
            template.write(&mut batch, sent);
            sent += 1;
        }
        // counted before it is written, so that the others see what is under way
        if let Some(count) = common.sent.borrow_mut().get_mut(publisher) {
            *count = sent;
        }
        writer.write_all(&batch).await.expect("the broker takes messages");
    }
    while reading.is_some() && acknowledged.get() < sent {
        common.progress.notified().await;
    }
    common.publishing.set(common.publishing.get() - 1);
    common.progress.notify_waiters();
    goodbye(writer).await;
}

async fn goodbye(mut writer: OwnedWriteHalf) {
    // a broker that closes first has understood
    drop(writer.write_all(&wire::disconnect()).await);
}

async fn acknowledgements(reader: OwnedReadHalf, acknowledged: Rc<Cell<u64>>, common: Rc<Common>) {
    let mut frames = Frames::new();
    while fill(&reader, &mut frames).await {
        while let Some((first, body)) = frames.next() {
            let code = body.get(2).copied().unwrap_or_default();
            assert!(first == 0x40 && code < 0x80, "a message is acknowledged: {first:02x} {body:02x?}");
            acknowledged.set(acknowledged.get() + 1);
        }
        common.progress.notify_waiters();
    }
}

/// Reads messages, and acknowledges them if need be, until it is told to end.
async fn read(common: Rc<Common>, subscriber: usize, stream: TcpStream) {
    let (reader, mut writer) = stream.into_split();
    let (mut frames, mut answers) = (Frames::new(), Vec::new());
    let mut expected: Vec<u64> = vec![0; common.shape.publishers];
    while fill(&reader, &mut frames).await {
        let mut count = 0;
        while let Some((first, body)) = frames.next() {
            let Some(message) = published(first, body).filter(|_| first & 0xf0 == 0x30) else {
                panic!("{first:02x} {body:02x?} came instead of a message");
            };
            let (publisher, number) = origin(message.payload).expect("the payload says where it comes from");
            let next = expected.get_mut(publisher).expect("a publisher");
            assert_eq!(number, *next, "messages come once and in order");
            *next += 1;
            count += 1;
            if message.packet_id > 0 {
                answers.extend(wire::puback(message.packet_id));
            }
        }
        if let Some(received) = common.received.borrow_mut().get_mut(subscriber) {
            *received += count;
        }
        common.progress.notify_waiters();
        if !answers.is_empty() {
            writer.write_all(&answers).await.expect("the broker takes acknowledgements");
            answers.clear();
        }
    }
    panic!("the broker has closed a subscriber's connection");
}
