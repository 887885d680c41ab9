//! Stories of invitations and pairings that outlive the gateway.

use hes_schemas::{HomeId, Millis, UserName};
use tempfile::TempDir;

use super::{NOW, open};
use crate::{
    peers::{
        invitation::Invitation,
        keys::{Keys, LIFE},
        pairing::{Number, Paired, Used},
    },
    store::{InvitationRow, Ledger, PairingRow, PairingSide, PeerRow},
};

const LATER: Millis = Millis::from_secs(900);

fn elm() -> HomeId {
    HomeId::new("elm").unwrap()
}

fn keys(folder: &TempDir) -> Keys {
    Keys::open_or_make(folder.path(), &HomeId::new("oak").unwrap(), LIFE, NOW).unwrap()
}

fn invitation(keys: &Keys, secret: u8) -> Invitation {
    Invitation::new(keys, "mqtts://oak.example", [secret; 32], NOW + LATER).unwrap()
}

fn pairing(keys: &Keys, invitation: &Invitation) -> PairingRow {
    let number = Number::parse("012 345").unwrap();
    let paired = Paired { home: elm(), identity: keys.identity().clone(), number };
    let until = NOW + LATER + LATER;
    PairingRow { paired, until, attempts: 2, side: PairingSide::Host, invitation: invitation.clone() }
}

fn peer(keys: &Keys, invited: &Invitation) -> PeerRow {
    PeerRow {
        home: elm(),
        identity: keys.identity().clone(),
        since: NOW,
        account: None,
        url: None,
        user: None,
        password: None,
        invited: Some(name(invited)),
    }
}

fn name(invitation: &Invitation) -> UserName {
    UserName::new(&invitation.account().0).unwrap()
}

async fn names(ledger: &Ledger) -> Vec<UserName> {
    ledger.accounts().await.unwrap().into_iter().map(|account| account.name).collect()
}

#[tokio::test]
async fn keeps_invitations_and_pairings_as_they_were() {
    let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let keys = keys(&home);
    let (open_one, used_one) = (invitation(&keys, 1), invitation(&keys, 2));
    let used = Used { home: elm(), identity: keys.identity().clone(), done: vec![1, 2, 3] };
    let store = open(&folder).await.store;
    store.ledger().make_invited(&open_one, "hash").await.unwrap();
    store.ledger().make_invited(&used_one, "hash").await.unwrap();
    let row = InvitationRow { invitation: used_one.clone(), used: Some(used.clone()) };
    store.ledger().keep_invitation(&row).await.unwrap();
    store.ledger().keep_pairing(&pairing(&keys, &used_one)).await.unwrap();
    drop(store);
    let store = open(&folder).await.store;
    let rows = store.ledger().invitations().await.unwrap();
    let kept: Vec<_> = rows.into_iter().map(|row| (row.invitation.code(), row.used)).collect();
    assert!(kept.contains(&(open_one.code(), None)) && kept.contains(&(used_one.code(), Some(used))), "{kept:?}");
    let rows = store.ledger().pairings().await.unwrap();
    let wanted = pairing(&keys, &used_one);
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0].paired, rows[0].until, rows[0].attempts), (&wanted.paired, wanted.until, 2));
    assert_eq!((rows[0].side, rows[0].invitation.code()), (PairingSide::Host, used_one.code()));
}

#[tokio::test]
async fn ends_the_account_of_an_invitation_once_nobody_needs_it() {
    let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let keys = keys(&home);
    let store = open(&folder).await.store;
    let ledger = store.ledger();
    let (unused, waiting, handing) = (invitation(&keys, 1), invitation(&keys, 2), invitation(&keys, 3));
    for it in [&unused, &waiting, &handing] {
        ledger.make_invited(it, "hash").await.unwrap();
    }
    ledger.keep_pairing(&pairing(&keys, &waiting)).await.unwrap();
    ledger.keep_peer(&peer(&keys, &handing)).await.unwrap();
    ledger.end_invitation(&handing).await.unwrap();
    assert!(ledger.end_invited(NOW).await.unwrap().is_empty());
    assert_eq!(ledger.end_invited(NOW + LATER).await.unwrap(), [unused.account().0]);
    assert_eq!(ledger.end_invited(NOW + LATER + LATER).await.unwrap(), [waiting.account().0]);
    assert_eq!(names(ledger).await, [name(&handing)]);
    ledger.keep_peer(&PeerRow { invited: None, ..peer(&keys, &handing) }).await.unwrap();
    ledger.end_invited(NOW).await.unwrap();
    assert!(names(ledger).await.is_empty() && ledger.pairings().await.unwrap().is_empty());
}
