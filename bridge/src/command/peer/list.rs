//! `hes-bridge peer list`: which homes there are.

use clap::Args;
use comfy_table::Color;
use hes_schemas::message::{InvitationInfo, JoiningInfo, PairingInfo, PeerInfo, PeersInfo, Presence};

use super::{
    super::{
        connect::ConnectArgs,
        render::{Field, Look, table},
    },
    Exit, Failure, Output, Session, Task, json, list, session,
};

/// List the homes that are trusted, those that wait to be confirmed, and invitations
///
/// RTT is how long a word takes to the other home and back; hes-bridge peer show tells more of one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge peer list
  hes-bridge peer list --json | jq -r '.peers[] | [.home, .state, .reason] | @tsv'")]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) connect: ConnectArgs,
}

impl Task for ListArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let peers = list(&client).await?;
        client.close().await;
        if session.is_json {
            output.print(&json(&peers))?;
        } else if is_empty(&peers) {
            output.note("there is no peer; invite one with hes-bridge peer invite mqtts://HOST:PORT");
        } else {
            output.print(&rendered(&peers, output.look()))?;
        }
        Ok(Exit::Success)
    }
}

const fn is_empty(peers: &PeersInfo) -> bool {
    let PeersInfo { peers, pairings, invitations, joining, keys: _ } = peers;
    peers.is_empty() && pairings.is_empty() && invitations.is_empty() && joining.is_empty()
}

fn rendered(peers: &PeersInfo, look: Look) -> String {
    let rows = peers.peers.iter().map(peer).chain(peers.pairings.iter().map(pairing));
    let rows = rows.chain(peers.joining.iter().map(joining));
    let rows: Vec<Vec<Field>> = rows.chain(peers.invitations.iter().map(invitation)).collect();
    table(&["HOME", "STATE", "SINCE", "RTT", "ADDRESS", "FINGERPRINT", "REASON"], &rows, look)
}

fn peer(peer: &PeerInfo) -> Vec<Field> {
    let state = match peer.state {
        Presence::Online => Field::new("online").coloured(Color::Green),
        Presence::Offline => Field::new("offline").coloured(Color::Red),
    };
    let since = peer.since.map(|since| since.to_string()).unwrap_or_default();
    let url = peer.url.as_deref().unwrap_or("here");
    let took = peer.link.and_then(|link| link.round_trip).filter(|_| peer.state == Presence::Online);
    let took = took.map(|took| format!("{} ms", took.get())).unwrap_or_default();
    let rest = [&since, &took, url, &peer.fingerprint, peer.reason.as_deref().unwrap_or_default()].map(Field::new);
    [Field::new(peer.home.as_str()), state].into_iter().chain(rest).collect()
}

fn pairing(pairing: &PairingInfo) -> Vec<Field> {
    let state = Field::new(&format!("to be confirmed: {}", pairing.number)).coloured(Color::Yellow);
    let rest = ["", "", "", &pairing.fingerprint, ""].map(Field::new);
    [Field::new(pairing.home.as_str()), state].into_iter().chain(rest).collect()
}

fn joining(joining: &JoiningInfo) -> Vec<Field> {
    let state = if joining.reached { "waiting for its answer" } else { "being looked for" };
    let state = Field::new(state).coloured(Color::Yellow);
    let rest = ["", "", &joining.url, "", ""].map(Field::new);
    [Field::new(joining.home.as_str()), state].into_iter().chain(rest).collect()
}

fn invitation(invitation: &InvitationInfo) -> Vec<Field> {
    let state = Field::new(&format!("invited until {}", invitation.until)).coloured(Color::Yellow);
    let rest = ["", "", &invitation.url, "", ""].map(Field::new);
    [Field::new("-"), state].into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_peers_from_those_to_be_confirmed_and_invited() {
        let time = |text: &str| text.parse().unwrap();
        let peers = PeersInfo {
            peers: vec![PeerInfo {
                home: "elm".parse().unwrap(),
                state: Presence::Offline,
                since: Some(time("2026-11-23T00:00:00Z")),
                reason: Some("no heartbeat".to_owned()),
                url: None,
                fingerprint: "f1".to_owned(),
                paired: time("2026-11-22T00:00:00Z"),
                link: None,
            }],
            pairings: vec![PairingInfo {
                home: "ash".parse().unwrap(),
                number: "123 456".to_owned(),
                fingerprint: "f2".to_owned(),
                until: time("2026-11-23T00:15:00Z"),
            }],
            invitations: vec![InvitationInfo {
                code: None,
                url: "mqtts://oak.example:8883".to_owned(),
                fingerprint: "f0".to_owned(),
                until: time("2026-11-23T00:15:00Z"),
            }],
            joining: vec![JoiningInfo {
                home: "fir".parse().unwrap(),
                url: "mqtts://fir.example:8883".to_owned(),
                reached: true,
                until: time("2026-11-23T00:15:00Z"),
            }],
            keys: None,
        };
        let text = rendered(&peers, Look::default());
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert!(lines[1].starts_with("elm") && lines[1].contains("offline") && lines[1].ends_with("no heartbeat"));
        assert!(lines[2].starts_with("ash") && lines[2].contains("to be confirmed: 123 456"));
        assert!(lines[3].starts_with("fir") && lines[3].contains("waiting for its answer"));
        assert!(lines[4].contains("invited until 2026-11-23T00:15:00.000Z") && lines[4].contains("mqtts://oak"));
        assert!(!text.contains("f0"));
    }
}
