//! What will be said in a while.

use hes_schemas::Timestamp;

use super::message::Message;

const MOST: usize = 256;

/// Messages with the time they are due, earliest first.
///
/// Limits: 256; what comes beyond is not said, as a flooded radio loses it.
#[derive(Debug, Default)]
pub(crate) struct Agenda(Vec<(Timestamp, Message)>);

impl Agenda {
    /// Notes a message, after those that are due at the same time.
    pub(crate) fn push(&mut self, due: Timestamp, message: Message) {
        if self.0.len() >= MOST {
            return;
        }
        let at = self.0.partition_point(|(earlier, _)| *earlier <= due);
        self.0.insert(at, (due, message));
    }

    /// Says when the next message is due.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.0.first().map(|(due, _)| *due)
    }

    /// Takes the messages that are due.
    pub(crate) fn take(&mut self, now: Timestamp) -> Vec<Message> {
        let count = self.0.partition_point(|(due, _)| *due <= now);
        self.0.drain(..count).map(|(_, message)| message).collect()
    }
}
