//! Facts worth reporting; the shell words them.

use hes_schemas::{ClusterId, HomeId, Sid, Status, Symbol, Uid, link::FederationId, message::Standing};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A cluster came or went.
    ClusterOnline(ClusterId),
    /// A cluster came or went.
    ClusterOffline(ClusterId, String),
    /// A cluster complains.
    ClusterComplaint(ClusterId, String),
    /// A message of a cluster could not be understood.
    Unreadable(ClusterId, String),
    /// A device has joined.
    DeviceAdded(ClusterId, Uid),
    /// A device has another name.
    DeviceRenamed(ClusterId, Uid),
    /// A device has gone.
    DeviceRemoved(ClusterId, Uid),
    /// A request was refused.
    Refused(Symbol),
    /// A request ended.
    Answered(Status),
    /// A request could not be answered, because it named no place for the answer.
    Unanswerable,
    /// The same request came again.
    Repeated,
    /// A subscription ended because nobody renewed it.
    LeaseEnded(Sid),
    /// A federation stands otherwise than before.
    Federation(FederationId, Standing),
    /// A home said something about federations that it has no right to, or that it did not prove.
    Unproven(HomeId),
    /// The link to another home is up.
    PeerOnline(HomeId),
    /// The link to another home is down, and why.
    PeerOffline(HomeId, String),
    /// Another home said something that no honest one says, and how often it has: told at each power of two.
    PeerLied(HomeId, &'static str, u64),
    /// Another home was not told so many things, because each is larger than it takes.
    LeftOut(HomeId, u64),
}

/// How much an engine holds; each has its bound in [`crate::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests that wait for devices.
    pub requests: usize,
    /// What waits for the device for which most does.
    pub longest_lane: usize,
    /// Answers remembered for requests that come again.
    pub answers: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Values remembered for subscriptions with an interval or a delta.
    pub told: usize,
    /// What other homes retain.
    pub mirrored: usize,
    /// What waits to be told to other homes, to that for which most does.
    pub parcels: usize,
    /// What is to be done later; it follows from the others.
    pub timers: usize,
}

/// How much there is to do for one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerLoad {
    /// Which one.
    pub home: HomeId,
    /// It has said hello, and has not fallen silent.
    pub is_linked: bool,
    /// Entries of the log that it has not acknowledged.
    pub queued: usize,
    /// Entries of the log that were given up for want of room.
    pub dropped: u64,
}

/// How often things happened since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests that came in.
    pub requests: u64,
    /// Final answers that went out.
    pub answers: u64,
    /// Requests without a place for an answer.
    pub unanswerable: u64,
    /// Requests that came again and were not carried out again.
    pub repeated: u64,
    /// Retained requests refused.
    pub retained_refused: u64,
    /// Changes of properties.
    pub changes: u64,
    /// Notifications sent.
    pub notifications: u64,
    /// Messages of clusters that could not be understood.
    pub unreadable: u64,
    /// Reports about devices or properties that nobody described.
    pub unknown_reports: u64,
    /// Stored answers forgotten before their time for want of room.
    pub answers_forgotten: u64,
    /// What peers said that no honest one says.
    pub lies: u64,
    /// Parts of states that were not the next ones.
    pub states_repeated: u64,
    /// Entries of logs that were not the next ones.
    pub entries_repeated: u64,
    /// Times that a peer's log told of entries that it had given up.
    pub entries_lost: u64,
    /// Entries of logs to peers that were given up for want of room.
    pub parcels_dropped: u64,
    /// Events of other homes that came again by another way.
    pub events_repeated: u64,
    /// Events of other homes that there was no room to remember.
    pub events_dropped: u64,
    /// What other homes retain that there was no room for.
    pub mirrors_dropped: u64,
    /// Versions of what nobody tells of any more that were forgotten for want of room.
    pub versions_forgotten: u64,
    /// What peers said about federations and tokens without a right to, or without proof.
    pub unproven: u64,
    /// Federations that had ended and were forgotten for want of room.
    pub federations_forgotten: u64,
    /// Tokens issued to other homes.
    pub tokens_issued: u64,
    /// Tokens refused to other homes.
    pub tokens_refused: u64,
    /// Wishes for tokens that came too fast and were not looked at.
    pub tokens_dropped: u64,
    /// Things that other homes were not told, because they take less at a time.
    pub left_out: u64,
    /// Requests of other homes that were not looked at: one too many, or the same number twice.
    pub asks_refused: u64,
    /// Answers of other homes to what they were not asked, or no longer.
    pub replies_unknown: u64,
    /// Notifications of other homes that are not theirs to send, or came too late.
    pub notifications_refused: u64,
    /// Values told without being remembered for an interval or a delta, for want of room.
    pub intervals_forgotten: u64,
}
