//! The words of the gateway's log; the only place that puts facts into them. Never payloads, passwords or tokens.

use hes_engine::Notice;
use hes_schemas::{ClusterId, HomeId};
use tracing::{debug, error, info, trace, warn};

use super::departed::Departed;
use crate::store::Figures;

/// Reports that a listener shows another certificate.
pub(crate) fn certificate_replaced(path: &std::path::Path) {
    info!(path = %path.display(), "Certificate replaced");
}

/// Reports that files changed and cannot be used.
pub(crate) fn certificate_kept(error: &str) {
    error!(error, "Certificate not replaced, the one before is shown on");
}

/// Reports what the engine noticed.
pub(crate) fn notice(notice: &Notice) {
    match notice {
        Notice::ClusterOnline(cluster) => info!(%cluster, "Cluster online"),
        Notice::ClusterOffline(cluster, reason) => info!(%cluster, %reason, "Cluster offline"),
        Notice::ClusterComplaint(cluster, text) => warn!(%cluster, %text, "Cluster complains"),
        Notice::Unreadable(cluster, reason) => warn!(%cluster, %reason, "Message of a cluster set aside"),
        Notice::DeviceAdded(cluster, uid) => debug!(%cluster, %uid, "Device added"),
        Notice::DeviceRenamed(cluster, uid) => info!(%cluster, %uid, "Device renamed"),
        Notice::DeviceRemoved(cluster, uid) => info!(%cluster, %uid, "Device removed"),
        Notice::Refused(symbol) => debug!(error = symbol.as_str(), "Request refused"),
        Notice::Answered(status) => trace!(%status, "Request answered"),
        Notice::Unanswerable => debug!("Request without a place for its answer"),
        Notice::Repeated => debug!("Request repeated, not carried out again"),
        Notice::Federation(id, standing) => info!(federation = %id, ?standing, "Federation changed"),
        Notice::Unproven(home) => debug!(%home, "Word of another home set aside, it proves nothing"),
        Notice::LeaseEnded(sid) => debug!(%sid, "Subscription ended, nobody renewed it"),
        Notice::PeerOnline(home) => info!(%home, "Link to another home up"),
        Notice::PeerOffline(home, reason) => info!(%home, %reason, "Link to another home down"),
        Notice::PeerLied(home, what, count) => warn!(%home, what, count, "Word of another home set aside"),
        Notice::LeftOut(home, count) => {
            warn!(%home, count, "Not told to another home, it does not take so much at a time")
        }
    }
}

/// Reports what of the configuration may not do what was meant.
pub(crate) fn remark(remark: &crate::settings::Complaint) {
    warn!("{remark}");
}

/// Reports how much of the store could not be read; each row has been reported already.
pub(crate) fn damaged(rows: u64) {
    if rows > 0 {
        warn!(rows, "Part of the store is damaged and was left aside; a copy would bring it back");
    }
}

/// Reports what has gone because its cluster is not configured any more.
pub(crate) fn departed(departed: &Departed) {
    let Departed { clusters, devices, subscriptions, .. } = departed;
    let clusters = clusters.iter().map(ClusterId::as_str).collect::<Vec<_>>().join(", ");
    info!(%clusters, devices, subscriptions, "Forgotten what belongs to no cluster of the configuration");
}

/// Reports what the store has done in this life.
pub(crate) fn stored(figures: Figures) {
    let Figures { commits, failures, refused, panics } = figures;
    if failures + refused + panics > 0 {
        warn!(commits, failures, refused, panics, "Store closed; not all went well");
    } else {
        info!(commits, "Store closed");
    }
}

pub(crate) fn not_rotated(error: &dyn std::error::Error) {
    warn!(%error, "The signing key cannot be rotated; the one before goes on until it ends");
}

pub(crate) fn metrics(address: std::net::SocketAddr) {
    info!(%address, "Showing metrics");
}

pub(crate) fn command_dropped(cluster: &ClusterId) {
    warn!(%cluster, "Command dropped, the link is down or full");
}

pub(crate) fn not_recalled(cluster: &ClusterId, error: &dyn std::error::Error) {
    warn!(%cluster, %error, "Devices of the cluster cannot be read back");
}

pub(crate) fn linked(cluster: &ClusterId, url: &str) {
    info!(%cluster, %url, "Link up");
}

pub(crate) fn unlinked(cluster: &ClusterId, reason: &str) {
    warn!(%cluster, %reason, "Link down, trying again");
}

pub(crate) fn alongside(url: &str) {
    info!(%url, "Serving alongside");
}

pub(crate) fn alongside_lost(url: &str, reason: &str) {
    warn!(%url, %reason, "Other broker lost, trying again");
}

pub(crate) fn no_thread(error: &std::io::Error) {
    tracing::error!(%error, "Nothing is served on the other broker");
}

pub(crate) fn outbox_full() {
    warn!("Other broker too slow, what it lacks is sent again later");
}

pub(crate) fn answer_dropped() {
    warn!("Answer dropped, the other broker is away or too slow");
}

pub(crate) fn peer_up(peer: &HomeId) {
    info!(%peer, "Other home linked");
}

pub(crate) fn peer_down(peer: &HomeId, reason: &str) {
    warn!(%peer, %reason, "Link to other home down");
}

pub(crate) fn peer_gone(peer: &HomeId) {
    info!(%peer, "Link to other home ended, with a goodbye");
}

pub(crate) fn peer_untimely(peer: &HomeId) {
    warn!(%peer, "Other home not let in: its key does not hold at this time, so a clock is wrong, here or there");
}

pub(crate) fn peer_malformed(peer: &HomeId, error: &dyn std::fmt::Display) {
    debug!(%peer, %error, "Message of another home set aside");
}

pub(crate) fn peer_too_large(peer: &HomeId, bytes: usize) {
    warn!(%peer, bytes, "Message for another home dropped, it is too large");
}

pub(crate) fn peer_refused(account: &str, topic: &str) {
    debug!(account, topic, "Another home may not say that");
}

pub(crate) fn peer_without_way(peer: &HomeId) {
    warn!(%peer, "There is no way to that home; remove it and pair again");
}

pub(crate) fn peer_not_kept(peer: &HomeId, error: &dyn std::error::Error) {
    error!(%peer, %error, "How another home is met cannot be stored");
}

pub(crate) fn lobby_down(reason: &str) {
    warn!(%reason, "Broker of an invitation not reached, trying again");
}

pub(crate) fn paired(home: &HomeId) {
    info!(%home, "Invitation used; the number waits to be confirmed");
}

pub(crate) fn pairing_failed(home: &HomeId, reason: &str) {
    warn!(%home, %reason, "Pairing failed");
}

pub(crate) fn trusted(home: &HomeId) {
    info!(%home, "Trust with another home begins");
}

pub(crate) fn distrusted(home: &HomeId) {
    info!(%home, "Trust with another home ends");
}

pub(crate) fn accounts_stay(error: &dyn std::error::Error) {
    error!(%error, "Accounts of invitations cannot be ended; it is tried again");
}

pub(crate) fn pairing_not_kept(home: &HomeId, error: &dyn std::error::Error) {
    error!(%home, %error, "A pairing cannot be stored; it will not outlive this gateway");
}
