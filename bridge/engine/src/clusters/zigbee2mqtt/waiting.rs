//! Messages of devices that are not known yet: after a start or a rename they may come before the list that names them.

use rustc_hash::FxHashMap;

/// The last message on each topic whose device is not known.
///
/// Limits: 20,000 messages and 4 MiB, beyond which messages are refused; a message waits for 3 lists.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    letters: FxHashMap<Box<str>, (Box<[u8]>, u8)>,
    bytes: usize,
}

/// One message that waits.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Letter {
    pub(super) topic: Box<str>,
    pub(super) payload: Box<[u8]>,
    /// How many lists it has seen.
    lists: u8,
}

impl Waiting {
    const LETTERS: usize = 20_000;
    const BYTES: usize = 4 * 1024 * 1024;
    const LISTS: u8 = 3;

    /// Keeps a message; false if there is no room.
    pub(super) fn keep(&mut self, topic: &str, payload: &[u8]) -> bool {
        self.forget(topic);
        let bytes = self.bytes + topic.len() + payload.len();
        if bytes > Self::BYTES || self.letters.len() >= Self::LETTERS {
            return false;
        }
        self.bytes = bytes;
        self.letters.insert(topic.into(), (payload.into(), 0));
        true
    }

    /// Keeps a message for another list; false if it has seen enough of them.
    pub(super) fn keep_on(&mut self, letter: Letter) -> bool {
        let lists = letter.lists + 1;
        let is_kept = lists < Self::LISTS;
        if is_kept {
            self.bytes += letter.topic.len() + letter.payload.len();
            self.letters.insert(letter.topic, (letter.payload, lists));
        }
        is_kept
    }

    /// Drops the message on a topic.
    pub(super) fn forget(&mut self, topic: &str) {
        if let Some((topic, (payload, _))) = self.letters.remove_entry(topic) {
            self.bytes -= topic.len() + payload.len();
        }
    }

    /// Hands out all messages, in the order of their topics.
    pub(super) fn take(&mut self) -> Vec<Letter> {
        self.bytes = 0;
        let letters = std::mem::take(&mut self.letters).into_iter();
        let mut letters: Vec<_> = letters.map(|(topic, (payload, lists))| Letter { topic, payload, lists }).collect();
        letters.sort_unstable();
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_message_of_a_topic_within_bounds() {
        let mut waiting = Waiting::default();
        assert!(waiting.keep("a", b"1") && waiting.keep("a", b"22") && waiting.keep("b", b"3"));
        assert!(!waiting.keep("c", &vec![0; Waiting::BYTES]));
        waiting.forget("b");
        assert_eq!(waiting.bytes, 3);
        assert_eq!(waiting.take(), [Letter { topic: "a".into(), payload: b"22".to_vec().into(), lists: 0 }]);
        assert_eq!((waiting.bytes, waiting.take().len()), (0, 0));
    }

    #[test]
    fn refuses_more_messages_than_it_can_hold() {
        let mut waiting = Waiting::default();
        let kept = (0..Waiting::LETTERS + 5).filter(|number| waiting.keep(&number.to_string(), b"")).count();
        assert_eq!(kept, Waiting::LETTERS);
    }

    #[test]
    fn gives_up_after_three_lists() {
        let mut waiting = Waiting::default();
        waiting.keep("a", b"1");
        let mut seen = 0;
        while let Some(letter) = waiting.take().pop() {
            seen += 1;
            waiting.keep_on(letter);
        }
        assert_eq!(seen, 3);
    }
}
