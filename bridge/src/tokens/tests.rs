use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// What a token says wrongly, and how.
type Lie<'l> = (&'l str, &'l dyn Fn(&mut Value));

fn home(id: &str) -> HomeId {
    HomeId::new(id).unwrap()
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

fn order<'o>(home: &'o HomeId, user: &'o UserName, scope: Option<&'o Words>) -> Order<'o> {
    Order { home, user, generation: 7, scope, now: now(), lifetime: Millis::from_secs(60) }
}

/// Signs any claims, as only the key's owner could.
fn signed(key: &TokenKey, typ: &str, change: impl FnOnce(&mut Value)) -> String {
    let at = seconds(now());
    let mut claims = json!({ "iss": "oak", "aud": "oak", "sub": "anna", "iat": at, "nbf": at, "exp": at + 60, "jti": "1", "generation": 7 });
    change(&mut claims);
    let header = Header { typ: Some(typ.to_owned()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &claims, key.signing()).unwrap()
}

#[test]
fn verifies_what_it_issued_with_all_that_it_says() {
    let folder = TempDir::new().unwrap();
    let key = TokenKey::open_or_make(folder.path()).unwrap();
    let (home, anna) = (home("oak"), UserName::new("anna").unwrap());
    let words: Words = "read,write:zigbee/lamp  notify:#".parse().unwrap();
    let token = issue(&key, &order(&home, &anna, Some(&words))).unwrap();
    let token = secrecy::ExposeSecret::expose_secret(&token);
    assert!(is_token(token.as_bytes()));
    let proof = verify_in(folder.path(), &home, token).unwrap();
    assert_eq!((proof.user.as_str(), proof.generation), ("anna", 7));
    assert_eq!(proof.bounds, Some(words.grants()));
    assert_eq!(words.to_string(), "read,write:zigbee/lamp notify:#");
}

#[test]
fn refuses_what_is_not_for_this_home_now() {
    let folder = TempDir::new().unwrap();
    let key = TokenKey::open_or_make(folder.path()).unwrap();
    let holds = |token: &str| verify(&key, &home("oak"), token).is_ok();
    let at = seconds(now());
    assert!(holds(&signed(&key, "at+jwt", |_| {})));
    let wrong: [Lie<'_>; 14] = [
        ("ends before it begins", &|it| it["exp"] = json!(at - 1)),
        ("no id", &|it| it["jti"] = json!("")),
        ("expired", &|it| it["exp"] = json!(at - 10)),
        ("not begun", &|it| it["nbf"] = json!(at + 30)),
        ("made later", &|it| it["iat"] = json!(at + 30)),
        ("too long", &|it| it["exp"] = json!(at + 3600)),
        ("another home", &|it| it["aud"] = json!("elm")),
        ("several homes", &|it| it["aud"] = json!(["oak", "elm"])),
        ("another issuer", &|it| it["iss"] = json!("elm")),
        ("no audience", &|it| drop(it.as_object_mut().unwrap().remove("aud"))),
        ("no end", &|it| drop(it.as_object_mut().unwrap().remove("exp"))),
        ("no beginning", &|it| drop(it.as_object_mut().unwrap().remove("nbf"))),
        ("nobody", &|it| it["sub"] = json!("An na")),
        ("nonsense", &|it| it["scope"] = json!("everything")),
    ];
    for (name, change) in wrong {
        assert!(!holds(&signed(&key, "at+jwt", change)), "{name}");
    }
    assert!(!holds(&signed(&key, "JWT", |_| {})), "another type");
    let mut wanting = Header { typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::ES256) };
    let honest = signed(&key, "at+jwt", |_| {});
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&honest).unwrap().claims;
    for (crit, is_good) in [(None, true), (Some(vec!["exp".to_owned()]), false)] {
        wanting.crit = crit;
        let token = jsonwebtoken::encode(&wanting, &claims, key.signing()).unwrap();
        assert_eq!(holds(&token), is_good, "what must be understood is not");
    }
}

#[test]
fn refuses_what_another_key_signed_or_none_did() {
    let (own, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let key = TokenKey::open_or_make(own.path()).unwrap();
    let token = signed(&TokenKey::open_or_make(other.path()).unwrap(), "at+jwt", |_| {});
    assert!(verify(&key, &home("oak"), &token).is_err());
    let good = signed(&key, "at+jwt", |_| {});
    let body = good.split('.').nth(1).unwrap();
    // {"typ":"at+jwt","alg":"none"} and {"typ":"at+jwt","alg":"HS256"}
    for header in ["eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJub25lIn0", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9"] {
        for signature in ["", "AAAA"] {
            assert!(verify(&key, &home("oak"), &format!("{header}.{body}.{signature}")).is_err());
        }
    }
    assert!(verify(&key, &home("oak"), &format!("{good}A")).is_err());
    assert!(verify(&key, &home("oak"), "").is_err());
}

#[test]
fn keeps_its_key_for_its_owner_and_makes_it_once() {
    let folder = TempDir::new().unwrap();
    assert!(TokenKey::open(folder.path()).is_err());
    let first = TokenKey::open_or_make(folder.path()).unwrap();
    let token = signed(&first, "at+jwt", |_| {});
    let second = TokenKey::open_or_make(folder.path()).unwrap();
    assert!(verify(&second, &home("oak"), &token).is_ok());
    assert_eq!(format!("{first:?}"), "TokenKey");
    let path = folder.path().join("token.key");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o600
    );
    std::fs::write(&path, "no key").unwrap();
    assert!(matches!(TokenKey::open_or_make(folder.path()), Err(KeyError::NoKey(_))));
}

#[test]
fn reads_no_scope_that_a_token_could_not_hold() {
    for text in [
        "",
        " ",
        "read",
        "read:",
        "eat:#",
        "read:a b",
        "read:topic:a\"b",
        "read:zigbee/Front\u{7f}door",
        "read:a/b/c/d",
    ] {
        assert!(text.parse::<Words>().is_err(), "{text}");
    }
}
