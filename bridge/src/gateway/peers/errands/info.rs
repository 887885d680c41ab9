//! What is listed of peers, pairings and invitations.

use hes_schemas::message::{InvitationInfo, PairingInfo, PeerInfo, Presence};

use super::super::Held;
use crate::{peers::invitation::Invitation, store::PairingRow};

pub(super) fn peer_info(held: &Held) -> PeerInfo {
    let standing = held.line.standing();
    PeerInfo {
        home: held.row.home.clone(),
        state: if standing.is_up { Presence::Online } else { Presence::Offline },
        since: standing.since,
        reason: standing.reason,
        url: held.row.url.clone(),
        fingerprint: held.line.fingerprint().to_string(),
        paired: held.row.since,
    }
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
