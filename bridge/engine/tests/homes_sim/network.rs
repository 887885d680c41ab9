//! The links: sealed channels that lose nothing and keep the order, until they are cut.

use std::collections::VecDeque;

use hes_schemas::{Timestamp, link::LinkMessage};

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Lower,
    Upper,
}

/// What arrives at an end.
#[derive(Debug)]
pub(crate) enum Packet {
    /// The way is open, in a new session.
    Up(u64),
    Down,
    Said(u64, Box<LinkMessage>),
}

/// How a link is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both ends are told.
    Both,
    /// One end is told, and the other one thinks that all is well.
    HalfOpen(End),
    /// What is said at one end does not arrive any more, and nobody is told.
    OneWay(End),
    /// Nothing arrives any more, and nobody is told.
    Silent,
}

/// A link between two homes.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) homes: (usize, usize),
    sides: [Side; 2],
    sessions: u64,
    /// No new session can begin before somebody heals it.
    pub(crate) is_parted: bool,
}

/// An end of it, with what is on its way there.
#[derive(Debug, Default)]
struct Side {
    arriving: VecDeque<(Timestamp, Packet)>,
    session: Option<u64>,
    /// Nothing that is said here arrives in this session.
    is_mute: bool,
}

impl End {
    pub(crate) const BOTH: [Self; 2] = [Self::Lower, Self::Upper];

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Lower => 0,
            Self::Upper => 1,
        }
    }
}

impl Link {
    pub(crate) fn new(homes: (usize, usize)) -> Self {
        Self { homes, sides: [Side::default(), Side::default()], sessions: 0, is_parted: false }
    }

    /// Returns the home at an end.
    pub(crate) const fn home(&self, end: End) -> usize {
        match end {
            End::Lower => self.homes.0,
            End::Upper => self.homes.1,
        }
    }

    /// Returns the end at which a home is, if the link ties it to the other one.
    pub(crate) fn end_of(&self, home: usize, other: usize) -> Option<End> {
        End::BOTH.into_iter().find(|end| self.home(*end) == home && self.home(end.other()) == other)
    }

    /// Says whether each end hears the other.
    pub(crate) fn is_whole(&self) -> bool {
        let [lower, upper] = &self.sides;
        let is_coming = |side: &Side| side.arriving.iter().any(|(_, packet)| matches!(packet, Packet::Up(_)));
        let is_up = |side: &Side| side.session == Some(self.sessions) || is_coming(side);
        self.sessions > 0 && is_up(lower) && is_up(upper) && !lower.is_mute && !upper.is_mute
    }

    /// Sends something from an end; lost if the end has no session, or nobody hears it.
    pub(crate) fn say(&mut self, from: End, at: Timestamp, message: LinkMessage) {
        let Side { session, is_mute, .. } = self.sides[from.place()];
        if let Some(session) = session.filter(|session| *session == self.sessions && !is_mute) {
            self.push(from.other(), at, Packet::Said(session, Box::new(message)));
        }
    }

    /// Cuts it; what is on its way is lost where nothing arrives any more.
    pub(crate) fn cut(&mut self, how: Cut, at: Timestamp) {
        let told: &[End] = match how {
            Cut::Both => &End::BOTH,
            Cut::HalfOpen(End::Lower) => &[End::Lower],
            Cut::HalfOpen(End::Upper) => &[End::Upper],
            Cut::OneWay(_) | Cut::Silent => &[],
        };
        for end in End::BOTH {
            if how != Cut::OneWay(end.other()) {
                self.sides[end.place()].is_mute = true;
                self.sides[end.other().place()].arriving.retain(|(_, packet)| matches!(packet, Packet::Down));
            }
            if told.contains(&end) {
                self.push(end, at, Packet::Down);
            }
        }
    }

    /// Takes a home that died off the link; the other end is not told.
    pub(crate) fn lose(&mut self, end: End) {
        let side = &mut self.sides[end.place()];
        (side.session, side.is_mute) = (None, true);
        side.arriving.clear();
    }

    /// Begins another session; `tells` says that an end with an old one is told first that it is over.
    pub(crate) fn open(&mut self, at: [Timestamp; 2], tells: bool) {
        self.sessions += 1;
        for end in End::BOTH {
            let side = &mut self.sides[end.place()];
            side.arriving.retain(|(_, packet)| matches!(packet, Packet::Down));
            side.is_mute = false;
            if tells && side.session.is_some() {
                self.push(end, at[end.place()], Packet::Down);
            }
            self.push(end, at[end.place()], Packet::Up(self.sessions));
        }
    }

    /// Returns when the next packet arrives, and where.
    pub(crate) fn next(&self) -> Option<(Timestamp, End)> {
        let first = |end: End| self.sides[end.place()].arriving.front().map(|(at, _)| (*at, end));
        End::BOTH.into_iter().filter_map(first).min_by_key(|(at, _)| *at)
    }

    /// Lets the next packet arrive at an end; nothing if the end does not listen to it any more.
    pub(crate) fn arrive(&mut self, end: End) -> Option<Packet> {
        let side = &mut self.sides[end.place()];
        let (_, packet) = side.arriving.pop_front()?;
        match &packet {
            Packet::Up(session) => side.session = Some(*session),
            Packet::Down => {
                side.session.take()?;
            }
            Packet::Said(session, _) => {
                side.session.filter(|mine| mine == session)?;
            }
        }
        Some(packet)
    }

    fn push(&mut self, to: End, at: Timestamp, packet: Packet) {
        let arriving = &mut self.sides[to.place()].arriving;
        let at = arriving.back().map_or(at, |(last, _)| at.max(*last));
        arriving.push_back((at, packet));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn arrived(link: &mut Link) -> Vec<String> {
        let mut all = Vec::new();
        while let Some((_, end)) = link.next() {
            if let Some(packet) = link.arrive(end) {
                all.push(format!("{end:?} {packet:?}"));
            }
        }
        all
    }

    #[test]
    fn loses_what_is_on_its_way_when_it_is_cut() {
        let mut link = Link::new((0, 1));
        link.open([at(1), at(2)], false);
        assert_eq!(arrived(&mut link), ["Lower Up(1)", "Upper Up(1)"]);
        link.say(End::Lower, at(3), LinkMessage::Bye);
        assert_eq!(arrived(&mut link), ["Upper Said(1, Bye)"]);
        link.say(End::Lower, at(4), LinkMessage::Bye);
        link.say(End::Upper, at(4), LinkMessage::Bye);
        link.cut(Cut::OneWay(End::Lower), at(5));
        link.say(End::Lower, at(6), LinkMessage::Bye);
        assert_eq!(arrived(&mut link), ["Lower Said(1, Bye)"]);
        assert!(!link.is_whole());
        link.open([at(7), at(7)], true);
        link.cut(Cut::HalfOpen(End::Upper), at(8));
        link.say(End::Lower, at(9), LinkMessage::Bye);
        assert_eq!(arrived(&mut link), ["Lower Down", "Upper Down"]);
    }
}
