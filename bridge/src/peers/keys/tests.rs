use std::fs;

use hes_schemas::Millis;
use tempfile::TempDir;

use super::{super::trial::*, *};

fn open(folder: &TempDir, now: Timestamp) -> Keys {
    Keys::open_or_make(folder.path(), &home("oak"), LIFE, now).unwrap()
}

fn current(keys: &Keys, now: Timestamp) -> KeyId {
    keys.current(now).unwrap().certificate().key().id().clone()
}

fn files(folder: &TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

#[test]
fn keeps_its_keys_over_restarts_for_its_owners_eyes_only() {
    let folder = TempDir::new().unwrap();
    let first = open(&folder, noon());
    let later = noon() + Millis::from_secs(3_600);
    let second = open(&folder, later);
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(current(&first, later), current(&second, later));
    assert_eq!(first.pairwise(), second.pairwise());
    assert_eq!(files(&folder), 3);
    #[cfg(unix)]
    for entry in fs::read_dir(folder.path()).unwrap() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&entry.unwrap().metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let shown = format!("{first:?} {:?} {:?}", first.current(noon()), first.identity());
    assert!(!shown.contains("PRIVATE") && !shown.contains("BEGIN"), "{shown}");
}

#[test]
fn rotates_in_time_and_knows_the_key_before_until_what_it_signed_has_ended() {
    let folder = TempDir::new().unwrap();
    let keys = open(&folder, noon());
    let first = current(&keys, noon());
    assert!(!keys.tend(noon() + Millis::from_secs(86_399)).unwrap());
    let due = keys.due(noon());
    assert_eq!(due, noon() + LIFE);
    assert!(keys.tend(due).unwrap());
    assert_ne!(current(&keys, due), first);
    assert!(keys.find(first.as_str(), due).is_some());
    let after = due + OVERLAP + Millis::from_secs(6);
    keys.tend(after).unwrap();
    assert!(keys.find(first.as_str(), after).is_none());
    assert_eq!(files(&folder), 3, "its file has gone too");
}

#[test]
fn rotates_on_request_and_forgets_an_hour_later() {
    let folder = TempDir::new().unwrap();
    let keys = open(&folder, noon());
    let first = current(&keys, noon());
    keys.rotate(noon() + Millis::from_secs(1)).unwrap();
    let soon = noon() + Millis::from_secs(3_600);
    keys.tend(soon).unwrap();
    assert!(keys.find(first.as_str(), soon).is_some());
    let after = soon + Millis::from_secs(2);
    keys.tend(after).unwrap();
    assert!(keys.find(first.as_str(), after).is_none());
    assert!(keys.current(after).is_some());
}

#[test]
fn refuses_to_rotate_so_often_that_it_could_not_know_what_was_signed() {
    let folder = TempDir::new().unwrap();
    let keys = open(&folder, noon());
    let refused = (0..100_u32).find(|second| keys.rotate(noon() + Millis::from_secs(*second)).is_err());
    assert_eq!(refused, Some(63));
    assert!(files(&folder) < 70);
    assert!(keys.rotate(noon() + Millis::from_secs(7_200)).is_ok());
    assert_eq!(files(&folder), 4, "the one before, and the new one");
}

#[test]
fn goes_on_when_the_time_of_day_was_wrong() {
    let folder = TempDir::new().unwrap();
    let morning = Timestamp::from_millis(5_000);
    let keys = open(&folder, morning);
    assert!(keys.current(noon()).is_none());
    assert!(keys.tend(noon()).unwrap());
    assert!(keys.current(noon()).is_some());
    // a board without a battery starts in 1970 again
    let again = open(&folder, morning);
    assert!(again.current(morning).is_some());
    again.tend(noon()).unwrap();
    assert_eq!(current(&again, noon()), current(&keys, noon()));
}

#[test]
fn takes_up_no_key_that_its_identity_does_not_vouch_for() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (keys, stranger) = (open(&folder, noon()), open(&other, noon()));
    for entry in fs::read_dir(other.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("signing-") {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    fs::write(folder.path().join("signing-x.key"), "nonsense").unwrap();
    fs::write(folder.path().join("signing-y.key"), "non\nsense").unwrap();
    let again = open(&folder, noon());
    assert_eq!(current(&again, noon()), current(&keys, noon()));
    assert!(again.find(current(&stranger, noon()).as_str(), noon()).is_none());
    fs::write(folder.path().join("identity.key"), "no key").unwrap();
    assert!(Keys::open_or_make(folder.path(), &home("oak"), LIFE, noon()).is_err());
}

#[test]
fn publishes_the_keys_that_hold_and_nothing_secret() {
    let folder = TempDir::new().unwrap();
    let keys = open(&folder, noon());
    keys.rotate(noon()).unwrap();
    let set = serde_json::to_value(keys.jwks(noon())).unwrap();
    let shown = set["keys"].as_array().unwrap();
    assert_eq!(shown.len(), 2);
    for key in shown {
        let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert!(serde_json::from_value::<jsonwebtoken::jwk::Jwk>(key.clone()).is_ok());
    }
    assert_eq!(shown[1]["kid"], current(&keys, noon()).as_str());
}

#[test]
fn names_a_key_by_its_thumbprint() {
    let folder = TempDir::new().unwrap();
    let identity = open(&folder, noon()).identity().clone();
    let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(identity.jwk()).unwrap();
    let other = jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap();
    assert_eq!(identity.id().as_str(), other);
    assert_eq!(KeyId::parse(&other).as_ref(), Some(identity.id()));
    let text = serde_json::to_string(&identity).unwrap();
    assert_eq!(serde_json::from_str::<PublicKey>(&text).unwrap(), identity);
    for (from, to) in [("EC", "RSA"), ("P-256", "P-384"), ("\"x\":\"", "\"x\":\"A"), ("\"y\":\"", "\"y\":\"=")] {
        assert!(serde_json::from_str::<PublicKey>(&text.replace(from, to)).is_err(), "{from}");
    }
    // no point of the curve
    let zero = "A".repeat(43);
    let text = format!(r#"{{"kty":"EC","crv":"P-256","x":"{zero}","y":"{zero}"}}"#);
    assert!(serde_json::from_str::<PublicKey>(&text).is_err());
}
