//! What is listed of peers, pairings and invitations.

use hes_engine::PeerLoad;
use hes_schemas::{
    Millis, Timestamp,
    message::{InvitationInfo, KeysInfo, LinkInfo, PairingInfo, PeerInfo, Presence},
};

use super::super::{Held, LineFigures};
use crate::{
    peers::{invitation::Invitation, keys::Keys},
    store::PairingRow,
};

pub(super) fn peer_info(held: &Held, loads: &[PeerLoad]) -> PeerInfo {
    let standing = held.line.standing();
    let load = loads.iter().find(|load| load.home == held.row.home);
    PeerInfo {
        home: held.row.home.clone(),
        state: if standing.is_up { Presence::Online } else { Presence::Offline },
        since: standing.since,
        reason: standing.reason,
        url: held.row.url.clone(),
        fingerprint: held.line.fingerprint().to_string(),
        paired: held.row.since,
        link: Some(link_info(held.line.figures(), load)),
    }
}

fn link_info(figures: LineFigures, load: Option<&PeerLoad>) -> LinkInfo {
    let LineFigures { round_trip, channel, .. } = figures;
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    LinkInfo {
        // whole milliseconds, and no way takes none
        round_trip: round_trip.map(|it| Millis::new(u64::try_from(it.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX))),
        queued: load.map_or(0, |load| count(load.queued)),
        dropped: load.map_or(0, |load| load.dropped),
        sealed: channel.sealed,
        opened: channel.opened,
        refused: channel.all_refused(),
        handshakes: channel.handshakes,
    }
}

pub(super) fn keys_info(keys: &Keys, now: Timestamp) -> Option<KeysInfo> {
    let figures = keys.figures();
    Some(KeysInfo {
        fingerprint: keys.fingerprint().to_string(),
        key: keys.current(now)?.certificate().key().id().to_string(),
        until: keys.due(now),
        signed: figures.signed,
        verified: figures.verified,
    })
}

pub(super) fn pairing_info(waiting: &PairingRow) -> PairingInfo {
    PairingInfo {
        home: waiting.paired.home.clone(),
        number: waiting.paired.number.to_string(),
        fingerprint: waiting.paired.identity.id().to_string(),
        until: waiting.until,
    }
}

pub(super) fn invitation_info(invitation: &Invitation) -> InvitationInfo {
    InvitationInfo {
        code: None,
        url: invitation.url().to_owned(),
        fingerprint: invitation.fingerprint().to_string(),
        until: invitation.until(),
    }
}
