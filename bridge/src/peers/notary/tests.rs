use hes_schemas::Millis;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{super::trial::*, *};
use crate::peers::keys::SecretKey;

/// What is said wrongly, and how.
type Lie = (&'static str, fn(&mut Value));

/// oak issues, elm bears; fir is a third home that both trust.
struct Scene {
    elm: House,
    oak: House,
    fir: House,
}

impl Scene {
    fn new() -> Self {
        let (elm, oak) = neighbours();
        let fir = House::new("fir");
        for (one, other) in [(&elm, &fir), (&oak, &fir), (&fir, &oak), (&fir, &elm)] {
            one.trust(other);
        }
        Self { elm, oak, fir }
    }
}

fn notary(house: &House) -> HomeNotary {
    HomeNotary::new(Arc::clone(house.station.keys()), Arc::clone(house.station.book()))
}

fn claims(house: &House) -> Claims {
    let until = noon() + Millis::from_secs(600);
    Claims {
        sub: notary(house).pairwise("oak-1-1", &home("elm"), &UserName::new("anna").unwrap()),
        act: home("elm"),
        federation: "oak-1-1".to_owned(),
        jti: "1-1".to_owned(),
        from: noon(),
        until,
        scope: "read,write:zigbee/lamp".to_owned(),
    }
}

fn statement() -> Statement {
    let at = seconds(noon());
    Statement {
        iss: home("elm"),
        aud: home("oak"),
        sub: UserName::new("anna").unwrap(),
        federation: "oak-1-1".to_owned(),
        transcript: "00".repeat(32),
        iat: at,
        exp: at + 300,
    }
}

/// What the head of an honest text is, signed by the key in use.
fn header(typ: &str, house: &House) -> Header {
    let key = house.station.keys().current(noon()).unwrap();
    let kid = key.certificate().key().id().to_string();
    Header { typ: Some(typ.to_owned()), kid: Some(kid), ..Header::new(Algorithm::ES256) }
}

fn encode(header: &Header, said: &Value, key: &SecretKey) -> String {
    jsonwebtoken::encode(header, said, key.encoding()).unwrap()
}

fn read_claims(text: &str) -> Value {
    let body = text.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(body.as_bytes()).unwrap()).unwrap()
}

/// The honest token, and whether the claims of one that oak's key has signed are accepted.
fn token(scene: &Scene) -> (String, Value) {
    let token = notary(&scene.oak).issue(&claims(&scene.oak), &home("elm")).unwrap();
    let said = read_claims(&token);
    (token, said)
}

fn is_accepted(scene: &Scene, token: &str) -> bool {
    notary(&scene.oak).check(noon(), token, &home("elm")).is_ok()
}

#[test]
fn accepts_what_it_issued_from_whom_it_is_bound_to() {
    let scene = Scene::new();
    let (token, said) = token(&scene);
    assert_eq!(notary(&scene.oak).check(noon(), &token, &home("elm")), Ok(claims(&scene.oak)));
    assert_eq!(said["cnf"]["jkt"], scene.elm.station.keys().fingerprint().as_str());
    assert_eq!((&said["aud"], &said["iss"], &said["act"]["sub"]), (&json!("oak"), &json!("oak"), &json!("elm")));
    let at = |seconds: i64| Timestamp::from_millis(noon().as_millis() + seconds * 1_000);
    for (second, holds) in [(-86_400, false), (-6, false), (-5, true), (604, true), (605, false), (86_400, false)] {
        assert_eq!(notary(&scene.oak).check(at(second), &token, &home("elm")).is_ok(), holds, "{second}");
    }
    let long = Claims { until: at(86_400), ..claims(&scene.oak) };
    let long = read_claims(&notary(&scene.oak).issue(&long, &home("elm")).unwrap());
    assert_eq!(long["exp"].as_u64().unwrap() - long["iat"].as_u64().unwrap(), 600);
    assert_eq!(notary(&scene.oak).issue(&claims(&scene.oak), &home("ash")), None, "whose key is not known");
}

#[test]
fn accepts_no_token_that_says_anything_wrongly() {
    let scene = Scene::new();
    let (_, honest) = token(&scene);
    let (head, key) = (header("at+jwt", &scene.oak), scene.oak.station.keys().current(noon()).unwrap());
    let accepted = |said: &Value| is_accepted(&scene, &encode(&head, said, key.secret()));
    assert!(accepted(&honest));
    for claim in honest.as_object().unwrap().keys() {
        let mut said = honest.clone();
        said.as_object_mut().unwrap().remove(claim);
        assert!(!accepted(&said), "without {claim}");
        for wrong in [json!(null), json!(true), json!(-1), json!(1.5), json!(""), json!([]), json!({}), json!("0")] {
            // any text of one sign names a federation, and a token
            let is_text = matches!(claim.as_str(), "federation" | "jti" | "sub") && wrong == "0";
            said[claim] = wrong.clone();
            assert!(is_text || !accepted(&said), "{claim} is {wrong}");
        }
        said[claim] = json!([honest[claim]]);
        assert!(!accepted(&said), "{claim} in a list");
    }
    let lies: [Lie; 17] = [
        ("another issuer", |it| it["iss"] = json!("elm")),
        ("another audience", |it| it["aud"] = json!("fir")),
        ("several audiences", |it| it["aud"] = json!(["oak", "fir"])),
        ("another actor", |it| it["act"]["sub"] = json!("fir")),
        ("no actor", |it| it["act"] = json!({})),
        ("no key", |it| it["cnf"] = json!({})),
        ("another key", |it| it["cnf"]["jkt"] = json!("A".repeat(43))),
        ("a key of another kind", |it| it["cnf"] = json!({ "x5t#S256": it["cnf"]["jkt"] })),
        ("expired", |it| it["exp"] = json!(it["iat"].as_u64().unwrap() - 6)),
        ("ended before it began", |it| it["exp"] = it["iat"].clone()),
        ("not yet", |it| it["nbf"] = json!(it["nbf"].as_u64().unwrap() + 6)),
        ("made later", |it| {
            for claim in ["iat", "nbf"] {
                it[claim] = json!(it[claim].as_u64().unwrap() + 6);
            }
        }),
        ("begun before it was made", |it| it["nbf"] = json!(it["iat"].as_u64().unwrap() - 1)),
        ("too long", |it| it["exp"] = json!(it["iat"].as_u64().unwrap() + 601)),
        ("for ever", |it| it["exp"] = json!(u64::MAX)),
        ("no rights", |it| it["scope"] = json!("everything")),
        ("nobody", |it| it["sub"] = json!("An na")),
    ];
    for (name, lie) in lies {
        let mut said = honest.clone();
        lie(&mut said);
        assert!(!accepted(&said), "{name}");
    }
}

#[test]
fn accepts_no_token_of_another_key_type_or_algorithm() {
    let scene = Scene::new();
    let (token, said) = token(&scene);
    let (honest, key) = (header("at+jwt", &scene.oak), scene.oak.station.keys().current(noon()).unwrap());
    let with = |change: fn(&mut Header)| {
        let mut head = honest.clone();
        change(&mut head);
        encode(&head, &said, key.secret())
    };
    let refused = [
        ("another type", with(|it| it.typ = Some("JWT".to_owned()))),
        ("a statement's type", with(|it| it.typ = Some("hes-statement+jwt".to_owned()))),
        ("no type", with(|it| it.typ = None)),
        ("no key", with(|it| it.kid = None)),
        ("an unknown key", with(|it| it.kid = Some("x".to_owned()))),
        ("another known key", with(|it| it.kid = it.kid.as_ref().map(|kid| kid.to_lowercase()))),
        ("a condition", with(|it| it.crit = Some(vec!["exp".to_owned()]))),
        ("another home's key", {
            let fir = scene.fir.station.keys().current(noon()).unwrap();
            encode(&header("at+jwt", &scene.fir), &said, fir.secret())
        }),
        ("another home's key under our name", {
            encode(&honest, &said, scene.fir.station.keys().current(noon()).unwrap().secret())
        }),
        ("another home's own token", notary(&scene.fir).issue(&claims(&scene.fir), &home("elm")).unwrap()),
        ("the public key as a secret", {
            let jwk = key.certificate().key().jwk().to_string();
            let head = Header { alg: Algorithm::HS256, ..honest.clone() };
            jsonwebtoken::encode(&head, &said, &EncodingKey::from_secret(jwk.as_bytes())).unwrap()
        }),
        ("another signature", format!("{}A", token)),
        ("half a signature", token.get(..token.len() - 43).unwrap().to_owned()),
        ("no signature", format!("{}.", token.rsplit_once('.').unwrap().0)),
        ("a part too few", token.rsplit_once('.').unwrap().0.to_owned()),
        ("a part too many", format!("{token}.e30")),
        ("nothing", String::new()),
        ("much", "e".repeat(100_000)),
    ];
    for (name, text) in &refused {
        assert!(!is_accepted(&scene, text), "{name}");
    }
    let body = token.split('.').nth(1).unwrap();
    for alg in ["none", "None", "HS256", "ES384", "RS256", "EdDSA"] {
        let head = json!({ "typ": "at+jwt", "alg": alg, "kid": honest.kid });
        let head = data_encoding::BASE64URL_NOPAD.encode(head.to_string().as_bytes());
        for signature in ["", "AAAA", token.rsplit_once('.').unwrap().1] {
            assert!(!is_accepted(&scene, &format!("{head}.{body}.{signature}")), "{alg}");
        }
    }
    assert!(is_accepted(&scene, &token));
}

#[test]
fn accepts_a_token_from_no_other_home_than_the_one_it_is_for() {
    let scene = Scene::new();
    let (token, said) = token(&scene);
    assert!(notary(&scene.oak).check(noon(), &token, &home("fir")).is_err(), "fir has stolen it");
    assert!(notary(&scene.oak).check(noon(), &token, &home("ash")).is_err(), "nobody knows ash");
    assert!(notary(&scene.fir).check(noon(), &token, &home("elm")).is_err(), "it is not fir's");
    // elm has another identity than when the token was made
    let other = House::new("elm");
    scene.oak.station.book().unpin(&home("elm"));
    assert!(!is_accepted(&scene, &token), "the trust has ended");
    scene.oak.trust(&other);
    assert!(!is_accepted(&scene, &token), "it is bound to another key");
    let key = scene.oak.station.keys().current(noon()).unwrap();
    let mut bound = said;
    bound["cnf"]["jkt"] = json!(other.station.keys().fingerprint());
    assert!(is_accepted(&scene, &encode(&header("at+jwt", &scene.oak), &bound, key.secret())));
}

#[test]
fn accepts_what_a_key_signed_before_it_was_rotated() {
    let scene = Scene::new();
    let (token, _) = token(&scene);
    let stated = notary(&scene.elm).state(&statement()).unwrap();
    for house in [&scene.elm, &scene.oak] {
        house.station.keys().rotate(noon()).unwrap();
    }
    assert!(is_accepted(&scene, &token));
    assert_eq!(notary(&scene.oak).verify(noon(), &home("elm"), &stated), Ok(statement()));
    let anew = notary(&scene.elm).state(&statement()).unwrap();
    assert_ne!(stated, anew);
    assert_eq!(notary(&scene.oak).verify(noon(), &home("elm"), &anew), Ok(statement()), "before any handshake");
}

#[test]
fn accepts_a_statement_of_its_peer_only_and_for_itself_only() {
    let scene = Scene::new();
    let (notary_of_oak, elm) = (notary(&scene.oak), home("elm"));
    let stated = notary(&scene.elm).state(&statement()).unwrap();
    let verified = |text: &str| notary_of_oak.verify(noon(), &elm, text).is_ok();
    assert!(verified(&stated));
    assert!(notary_of_oak.verify(noon(), &home("fir"), &stated).is_err());
    assert!(notary(&scene.fir).verify(noon(), &elm, &stated).is_err(), "it is for oak");
    let key = scene.elm.station.keys().current(noon()).unwrap();
    let (honest, head) = (read_claims(&stated), header("hes-statement+jwt", &scene.elm));
    assert!(verified(&encode(&head, &honest, key.secret())), "the key is known by now");
    for claim in honest.as_object().unwrap().keys() {
        let mut said = honest.clone();
        said.as_object_mut().unwrap().remove(claim);
        assert!(!verified(&encode(&head, &said, key.secret())), "without {claim}");
        said[claim] = json!([honest[claim]]);
        assert!(!verified(&encode(&head, &said, key.secret())), "{claim} in a list");
    }
    let lies: [Lie; 5] = [
        ("another issuer", |it| it["iss"] = json!("fir")),
        ("another audience", |it| it["aud"] = json!("elm")),
        ("expired", |it| it["exp"] = json!(it["iat"].as_u64().unwrap() - 6)),
        ("not yet", |it| it["iat"] = json!(it["iat"].as_u64().unwrap() + 61)),
        ("after its key's end", |it| {
            let at = it["iat"].as_u64().unwrap() + 100_000;
            (it["iat"], it["exp"]) = (json!(at), json!(at + 60));
        }),
    ];
    for (name, lie) in lies {
        let mut said = honest.clone();
        lie(&mut said);
        assert!(!verified(&encode(&head, &said, key.secret())), "{name}");
    }
    let ahead = json!(honest["iat"].as_u64().unwrap() + 60);
    let mut early = honest.clone();
    early["iat"] = ahead;
    assert!(verified(&encode(&head, &early, key.secret())), "a clock may be a minute ahead");
    let late = noon() + Millis::from_secs(26 * 3_600);
    let mut long = honest.clone();
    long["exp"] = json!(seconds(late) + 86_400);
    let long = encode(&head, &long, key.secret());
    assert!(verified(&long) && notary_of_oak.verify(late, &elm, &long).is_err(), "its key has ended");
    assert!(!verified(&encode(&header("at+jwt", &scene.elm), &honest, key.secret())), "a token's type");
}

#[test]
fn believes_no_certificate_but_the_identitys() {
    let scene = Scene::new();
    let elm = home("elm");
    // fir states in the name of elm, with its own certificate or one that it made for itself
    let fir = scene.fir.station.keys().current(noon()).unwrap();
    let said = serde_json::to_value(statement()).unwrap();
    let own = fir.certificate().as_str().to_owned();
    let forged = {
        let at = seconds(noon());
        let cnf = json!({ "jwk": fir.certificate().key().jwk() });
        let said = json!({ "iss": "elm", "nbf": at, "exp": at + 600, "cnf": cnf });
        let mut head = header("hes-key+jwt", &scene.fir);
        head.kid = Some(scene.elm.station.keys().fingerprint().to_string());
        encode(&head, &said, fir.secret())
    };
    let stolen = scene.elm.station.keys().current(noon()).unwrap().certificate().as_str().to_owned();
    for (name, certificate) in [("own", own), ("forged", forged), ("stolen", stolen), ("none", String::new())] {
        let mut head = header("hes-statement+jwt", &scene.fir);
        head.extras.insert("hes-key", &certificate);
        let text = encode(&head, &said, fir.secret());
        assert!(notary(&scene.oak).verify(noon(), &elm, &text).is_err(), "{name}");
    }
}

#[test]
fn names_guests_so_that_no_two_homes_can_compare_them() {
    let scene = Scene::new();
    let (oak, fir) = (notary(&scene.oak), notary(&scene.fir));
    let anna = UserName::new("anna").unwrap();
    let name = oak.pairwise("oak-1-1", &home("elm"), &anna);
    assert_eq!(name, oak.pairwise("oak-1-1", &home("elm"), &anna));
    assert!(name.as_str().starts_with("guest-") && name.as_str().len() == 38, "{name}");
    let others = [
        oak.pairwise("oak-1-2", &home("elm"), &anna),
        oak.pairwise("oak-1-1", &home("fir"), &anna),
        oak.pairwise("oak-1-1", &home("elm"), &UserName::new("ann").unwrap()),
        oak.pairwise("oak-1-1e", &home("lm"), &anna),
        fir.pairwise("oak-1-1", &home("elm"), &anna),
    ];
    assert!(!others.contains(&name));
    assert_eq!(oak.digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
