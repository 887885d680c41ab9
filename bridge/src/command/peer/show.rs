//! `hes-bridge peer show`: one home, and what its link has done.

use clap::Args;
use hes_schemas::{
    HomeId,
    message::{KeysInfo, LinkInfo, PeerInfo, PeersInfo, Presence},
};

use super::{super::connect::ConnectArgs, Exit, Failure, Output, Session, Task, json, list, session};

/// Show a home that is trusted, and what its link has done
///
/// The figures count from the start of the gateway. Frames that were refused are somebody's who is not that home, or came
/// twice: over a broker that nobody has to trust, that harms nobody.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer show elm
  hes-bridge peer show elm --json | jq .link.round_trip     in seconds")]
pub(super) struct ShowArgs {
    /// The other home
    peer: HomeId,

    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for ShowArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let listed = list(&client).await?;
        client.close().await;
        let PeersInfo { peers, keys, .. } = &listed;
        let Some(peer) = peers.iter().find(|peer| peer.home == self.peer) else {
            return Err(Failure::new(Exit::Refused, unknown(&self.peer, &listed)));
        };
        output.print(&if session.is_json { json(peer) } else { shown(peer, keys.as_ref()) })?;
        Ok(Exit::Success)
    }
}

/// Says that there is no such peer, and what there is.
fn unknown(home: &HomeId, listed: &PeersInfo) -> String {
    if let Some(waiting) = listed.pairings.iter().find(|pairing| pairing.home == *home) {
        return format!("{home} waits to be confirmed: hes-bridge peer confirm {home} '{}'", waiting.number);
    }
    let names: Vec<&str> = listed.peers.iter().map(|peer| peer.home.as_str()).collect();
    if names.is_empty() {
        return format!("there is no trust with {home}, nor with any other home");
    }
    format!("there is no trust with {home}; there is with {}", names.join(", "))
}

fn shown(peer: &PeerInfo, keys: Option<&KeysInfo>) -> String {
    let mut lines = vec![
        ("home", peer.home.to_string()),
        ("state", state(peer)),
        ("trusted", format!("since {}", peer.paired)),
        ("fingerprint", peer.fingerprint.clone()),
        ("met at", peer.url.clone().unwrap_or_else(|| "the broker of this home".to_owned())),
    ];
    lines.extend(peer.link.into_iter().flat_map(link));
    lines.extend(keys.map(|keys| ("here", format!("{} signatures made, {} verified", keys.signed, keys.verified))));
    let lines = lines.into_iter().map(|(name, value)| format!("{name:<13} {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn state(peer: &PeerInfo) -> String {
    let since = peer.since.map(|since| format!(" since {since}")).unwrap_or_default();
    let reason = peer.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    match peer.state {
        Presence::Online => format!("online{since}"),
        Presence::Offline => format!("offline{since}{reason}"),
    }
}

fn link(link: LinkInfo) -> Vec<(&'static str, String)> {
    let LinkInfo { round_trip, queued, dropped, sealed, opened, refused, handshakes } = link;
    let took = round_trip.map_or_else(|| "not known yet".to_owned(), |took| format!("{} ms", took.get()));
    vec![
        ("round trip", took),
        ("waiting", format!("{queued} to be acknowledged, {dropped} given up")),
        ("messages", format!("{sealed} sealed, {opened} opened, {refused} frames refused")),
        ("handshakes", handshakes.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use hes_schemas::Millis;

    use super::*;

    fn peer() -> PeerInfo {
        let link = LinkInfo { round_trip: Some(Millis::new(7)), queued: 2, sealed: 9, ..LinkInfo::default() };
        PeerInfo {
            home: "elm".parse().unwrap(),
            state: Presence::Offline,
            since: Some("2026-11-23T00:00:00Z".parse().unwrap()),
            reason: Some("no heartbeat".to_owned()),
            url: None,
            fingerprint: "f1".to_owned(),
            paired: "2026-11-22T00:00:00Z".parse().unwrap(),
            link: Some(link),
        }
    }

    #[test]
    fn a_peer_is_shown_with_what_its_link_has_done() {
        let text = shown(&peer(), None);
        for line in [
            "state         offline since 2026-11-23T00:00:00.000Z: no heartbeat",
            "met at        the broker of this home",
            "round trip    7 ms",
            "waiting       2 to be acknowledged, 0 given up",
            "messages      9 sealed, 0 opened, 0 frames refused",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
    }

    #[test]
    fn an_unknown_peer_is_answered_with_those_that_there_are() {
        let listed = PeersInfo { peers: vec![peer()], ..PeersInfo::default() };
        let fir = "fir".parse().unwrap();
        assert_eq!(unknown(&fir, &listed), "there is no trust with fir; there is with elm");
    }
}
