//! `hes-bridge peer list`: which homes there are.

use clap::Args;
use comfy_table::Color;
use hes_schemas::message::{InvitationInfo, PairingInfo, PeerInfo, PeersInfo, Presence};

use super::{
    super::{
        connect::ConnectArgs,
        render::{Field, Look, table},
    },
    Exit, Failure, Output, Session, Task, json, list, session,
};

/// List the homes that are trusted, those that wait to be confirmed, and invitations
#[derive(Debug, Args)]
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
        } else if peers == PeersInfo::default() {
            output.note("there is no peer; invite one with hes-bridge peer invite mqtts://HOST:PORT");
        } else {
            output.print(&rendered(&peers, output.look()))?;
        }
        Ok(Exit::Success)
    }
}

fn rendered(peers: &PeersInfo, look: Look) -> String {
    let rows = peers.peers.iter().map(peer).chain(peers.pairings.iter().map(pairing));
    let rows: Vec<Vec<Field>> = rows.chain(peers.invitations.iter().map(invitation)).collect();
    table(&["HOME", "STATE", "SINCE", "ADDRESS", "FINGERPRINT", "REASON"], &rows, look)
}

fn peer(peer: &PeerInfo) -> Vec<Field> {
    let state = match peer.state {
        Presence::Online => Field::new("online").coloured(Color::Green),
        Presence::Offline => Field::new("offline").coloured(Color::Red),
    };
    let since = peer.since.map(|since| since.to_string()).unwrap_or_default();
    let url = peer.url.as_deref().unwrap_or("here");
    let rest = [&since, url, &peer.fingerprint, peer.reason.as_deref().unwrap_or_default()].map(Field::new);
    [Field::new(peer.home.as_str()), state].into_iter().chain(rest).collect()
}

fn pairing(pairing: &PairingInfo) -> Vec<Field> {
    let state = Field::new(&format!("to be confirmed: {}", pairing.number)).coloured(Color::Yellow);
    let rest = ["", "", &pairing.fingerprint, ""].map(Field::new);
    [Field::new(pairing.home.as_str()), state].into_iter().chain(rest).collect()
}

fn invitation(invitation: &InvitationInfo) -> Vec<Field> {
    let state = Field::new(&format!("invited until {}", invitation.until)).coloured(Color::Yellow);
    let rest = ["", &invitation.url, "", ""].map(Field::new);
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
        };
        let text = rendered(&peers, Look::default());
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert!(lines[1].starts_with("elm") && lines[1].contains("offline") && lines[1].ends_with("no heartbeat"));
        assert!(lines[2].starts_with("ash") && lines[2].contains("to be confirmed: 123 456"));
        assert!(lines[3].contains("invited until 2026-11-23T00:15:00.000Z") && lines[3].contains("mqtts://oak"));
        assert!(!text.contains("f0"));
    }
}
