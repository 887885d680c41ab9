//! Where the answer to a request goes, and how it is written.

use hes_schemas::{
    Address, ClientId, Encoding, Fault, HomeId, RequestId, Root, Symbol, Topic, TraceParent, encode, message::Answer,
};

use crate::{
    input::{Asker, Delivery, Door},
    output::Letter,
};

/// The way back to an asker.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) asker: Asker,
    /// Nothing if the asker named no place and has none of its own.
    pub(crate) topic: Option<Topic>,
    pub(crate) encoding: Encoding,
    pub(crate) correlation: Option<Box<[u8]>>,
    pub(crate) id: Option<RequestId>,
    pub(crate) delivery: Delivery,
    pub(crate) trace: Option<TraceParent>,
}

impl Reply {
    pub(crate) fn letter(&self, mut answer: Answer) -> Option<Letter> {
        answer.id.clone_from(&self.id);
        Some(Letter {
            asker: self.asker.clone(),
            topic: self.topic.clone()?,
            payload: encode(self.encoding, &answer),
            encoding: self.encoding,
            correlation: self.correlation.clone(),
            status: answer.status,
            trace: self.trace,
            delivery: self.delivery,
        })
    }

    /// Returns the client that owns the answer space, to which notifications go as well.
    pub(crate) fn client(&self, root: &Root) -> Option<ClientId> {
        let mut levels = root.strip(self.topic.as_ref()?.as_str())?.split('/').skip(1);
        (levels.next()? == "$res").then_some(levels.next()?)?.parse().ok()
    }
}

/// Returns where answers go if the request does not say: to the asker's own answer space, if it has one.
pub(crate) fn default_topic(root: &Root, home: &HomeId, door: &Door) -> Option<Topic> {
    let address = match door {
        Door::Own(client) => Address::Answer(home.clone(), client.clone()?),
        Door::Alongside => return None,
        Door::Link(peer, _) => Address::Link(home.clone(), peer.clone()),
    };
    Some(root.topic(&address))
}

/// Returns the topic that a request names, if answers may go there.
///
/// A gateway that publishes wherever it is told would lend its rights to whoever asks.
///
/// # Errors
/// [`Symbol::ForeignResponseTopic`].
pub(crate) fn named_topic(root: &Root, home: &HomeId, door: &Door, named: &str) -> Result<Topic, Fault> {
    let own = match door {
        Door::Own(client) => client.as_ref().map(ClientId::as_str),
        Door::Alongside | Door::Link(..) => None,
    };
    let home = match door {
        Door::Own(_) | Door::Alongside => home,
        // the answer goes back across the link, to the asker's answer space there
        Door::Link(peer, _) => peer,
    };
    let is_own = root
        .strip(named)
        .and_then(|rest| rest.strip_prefix(home.as_str()))
        .and_then(|rest| rest.strip_prefix("/$res/"))
        .and_then(|rest| rest.split('/').next())
        .is_some_and(|client| match door {
            Door::Own(_) => Some(client) == own,
            Door::Alongside | Door::Link(..) => !client.is_empty(),
        });
    let refused = || Fault::new(Symbol::ForeignResponseTopic, "answers go to the asker's own $res topic only");
    if !is_own {
        return Err(refused());
    }
    Topic::new(named).map_err(|_not_a_topic| refused())
}

impl Door {
    /// Returns the client that came through, if it is known.
    #[must_use]
    pub const fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Own(client) => client.as_ref(),
            Self::Alongside | Self::Link(..) => None,
        }
    }
}
