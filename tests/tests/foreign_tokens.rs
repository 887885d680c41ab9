//! Tokens that do not hold, wherever one can be presented: each is refused, and nobody learns from the answer why.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests panic to say what is wrong")]

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use hes_bridge::{
    peers::{book::Book, notary::HomeNotary},
    store::Store,
};
use hes_engine::homes::{Claims, Notary};
use hes_schemas::{
    Datum, Encoding, HomeId, Millis, UserName, encode,
    link::{Ask, Federation, LinkMessage, Reply, Statement, TokenMessage},
};
use hes_tests::{
    client::{Client, Request},
    forge::{self, Forge},
    gateway::Gateway,
    house::House,
    impostor::Impostor,
    neighbours::{federate, pair, say, say_as, text, try_say_as},
    patience::until,
    wire::{self, Account, Packet, Version, Wire},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_hes-tests-gateway");

/// What anna may use at home from oak.
const LAMP: &str = "read,write,notify:zigbee/lamp";

/// What is said wrongly, and how.
type Lie = (&'static str, fn(&mut Value));

/// Two homes that anna lives in: oak, and the house, whose lamp she may use.
struct Scene {
    oak: Gateway,
    house: House,
    federation: String,
}

impl Scene {
    fn new() -> Self {
        let (oak, house) = (Gateway::prepare(BINARY).named("oak").start(), House::start(BINARY));
        for gateway in [&oak, &house.gateway] {
            gateway.add_user("anna", "resident");
        }
        pair(&house.gateway, &oak);
        let federation = federate("anna", &oak, &house.gateway, LAMP);
        let scene = Self { oak, house, federation };
        scene.await_token();
        scene
    }

    fn await_token(&self) {
        until("the lamp can be read", || try_say_as("anna", &self.oak, &["get", "home/zigbee/lamp/on"]).ok());
    }

    /// Returns what is listed of the token that oak has for anna.
    fn issued(&self) -> Value {
        let listed = say(&self.house.gateway, &["token", "list"]);
        let of_oak = |it: &&Value| it["issuer"] == "home" && it["bearer"] == "oak";
        listed.as_array().and_then(|all| all.iter().find(of_oak)).cloned().unwrap_or_else(|| panic!("{listed}"))
    }

    /// Returns the notary of the house, as somebody has it who has stolen its keys.
    fn notary(&self) -> HomeNotary {
        let book = Book::default();
        book.pin(home("oak"), forge::keys(&self.oak.path("data"), "oak").identity().clone());
        HomeNotary::new(Arc::new(forge::keys(&self.house.gateway.path("data"), "home")), Arc::new(book))
    }

    /// Makes a forge of tokens that the house has given to oak for anna, under an id.
    fn forge(&self, jti: &str) -> Forge {
        let (notary, issued) = (self.notary(), self.issued());
        let claims = Claims {
            sub: notary.pairwise(&self.federation, &home("oak"), &UserName::new("anna").unwrap()),
            act: home("oak"),
            federation: self.federation.clone(),
            jti: jti.to_owned(),
            from: forge::now(),
            until: forge::now() + Millis::from_secs(300),
            scope: text(&issued, "scope").to_owned(),
        };
        let token = notary.issue(&claims, &home("oak")).unwrap();
        Forge::of(&token, &forge::signing_key(&self.house.gateway.path("data"), "home").0)
    }
}

fn home(name: &str) -> HomeId {
    HomeId::new(name).unwrap()
}

/// Returns tokens between homes that do not hold, also such as only the house itself could make.
fn forgeries(forge: &Forge) -> Vec<(String, String)> {
    let lies: [Lie; 7] = [
        ("another actor", |it| it["act"]["sub"] = json!("fir")),
        ("no actor", |it| it["act"] = json!({})),
        ("another key", |it| it["cnf"]["jkt"] = json!("A".repeat(43))),
        ("no key", |it| it["cnf"] = json!({})),
        ("a key of another kind", |it| it["cnf"] = json!({ "x5t#S256": it["cnf"]["jkt"] })),
        ("another guest", |it| it["sub"] = json!(format!("guest-{}", "a".repeat(32)))),
        ("an account for a guest", |it| it["sub"] = json!("anna")),
    ];
    let mut all = forge.forgeries();
    all.extend(lies.map(|(what, lie)| (what.to_owned(), forge.honest(lie))));
    all
}

/// Holds answers against each other: all have to be the same.
fn assert_alike<T: std::fmt::Debug + Ord>(answers: Vec<(String, T)>) {
    let mut groups: BTreeMap<T, Vec<String>> = BTreeMap::new();
    for (what, answer) in answers {
        groups.entry(answer).or_default().push(what);
    }
    assert_eq!(groups.len(), 1, "{groups:#?}");
}

/// Returns all that a broker says to who sends this first, and that it closes the connection.
fn knock(address: SocketAddr, version: Version, connect: &[u8]) -> Vec<String> {
    let mut wire = Wire::open(address, version).unwrap();
    wire.send(connect).unwrap();
    let mut said = Vec::new();
    loop {
        match wire.receive() {
            Ok(Packet::ConnAck(0)) => return vec!["let in".to_owned()],
            Ok(packet) => said.push(format!("{packet:?}")),
            Err(error) => {
                said.push(format!("{:?}", error.kind()));
                return said;
            }
        }
    }
}

/// Presents tokens as passwords, in both versions and with and without a name, and by enhanced authentication.
fn assert_nobody_is_let_in(address: SocketAddr, user: &str, tokens: &[(String, String)]) {
    for version in [Version::V5, Version::V311] {
        let knocked = tokens.iter().flat_map(|(what, token)| {
            ["", user].map(|user| {
                let connect = wire::connect(version, "thief", Some(&Account::new(user, token)));
                (what.clone(), knock(address, version, &connect))
            })
        });
        assert_alike(knocked.collect());
    }
    let knocked =
        tokens.iter().map(|(what, token)| (what.clone(), knock(address, Version::V5, &wire::bear("thief", token))));
    assert_alike(knocked.collect());
}

#[test]
fn no_token_opens_the_door_but_an_honest_one_and_all_others_are_told_the_same() {
    let house = House::start(BINARY);
    house.gateway.add_user("guest", "guest");
    let token = house.gateway.query(&["token", "guest"]);
    let pem = std::fs::read_to_string(house.gateway.path("data/token.key")).unwrap();
    let forge = Forge::of(token.trim_end(), &pem);
    let mut tokens = forge.forgeries();
    tokens.push(("another password".to_owned(), forge.honest(|it| it["generation"] = json!(9))));
    tokens.push(("a home's own statement".to_owned(), house_certificate(&house)));
    assert_nobody_is_let_in(house.gateway.address(), "guest", &tokens);
    let honest = forge.honest(|_| {});
    let thief = [("another user's".to_owned(), honest.clone())];
    let connect = |user: &str| wire::connect(Version::V5, "x", Some(&Account::new(user, &honest)));
    let refused = ["owner", "nobody"].map(|user| knock(house.gateway.address(), Version::V5, &connect(user)));
    let forged = wire::connect(Version::V5, "x", Some(&Account::new("guest", &tokens[0].1)));
    assert_eq!(refused[0], refused[1], "{thief:?}");
    assert_eq!(refused[0], knock(house.gateway.address(), Version::V5, &forged));
    for connect in [connect("guest"), wire::bear("y", &honest)] {
        let guest = Client::greet(house.gateway.address(), Version::V5, "x", &connect);
        assert_eq!(guest.map(drop), Ok(()), "the honest one");
    }
}

/// Returns the certificate of the key that signs for a house: something else that it has signed.
fn house_certificate(house: &House) -> String {
    let keys = forge::keys(&house.gateway.path("data"), "home");
    keys.current(forge::now()).unwrap().certificate().as_str().to_owned()
}

#[test]
fn no_forged_token_between_homes_is_verified_or_opens_the_door() {
    let scene = Scene::new();
    let issued = scene.issued();
    let forge = scene.forge(text(&issued, "jti"));
    let mut tokens = forgeries(&forge);
    let unknown = scene.forge("1-9999");
    tokens.push(("an id that was never given".to_owned(), unknown.honest(|_| {})));
    let mut owner = scene.house.owner();
    let mut verify = |token: &str| {
        let answer = owner.ask(Request::operation("token", &json!({ "do": { "verify": { "token": token } } })));
        (answer.status, answer.field("info").clone())
    };
    let honest = forge.honest(|_| {});
    let (status, verdict) = verify(&honest);
    assert_eq!((status, &verdict["holds"], &verdict["token"]["jti"]), (200, &json!(true), &issued["jti"]));
    let verdicts = tokens.iter().map(|(what, token)| {
        let (status, info) = verify(token);
        (what.clone(), (status, info.to_string()))
    });
    let verdicts: Vec<_> = verdicts.collect();
    assert_eq!(verdicts[0].1, (200, json!({ "holds": false }).to_string()));
    assert_alike(verdicts);
    // at the door not even the honest one is good for anything
    tokens.push(("the honest one".to_owned(), honest));
    assert_nobody_is_let_in(scene.house.gateway.address(), "anna", &tokens);
}

/// Says that a token is shown, and asks by it; returns all that is said to that.
fn shows(oak: &mut Impostor, id: u64, jti: &str, token: &str) -> String {
    oak.say(&LinkMessage::Token(TokenMessage::Shown { jti: jti.to_owned(), token: token.to_owned() }));
    let mut said = Vec::new();
    let reply = asks(oak, id, jti, &mut said);
    said.push(format!("{:?}", reply.body));
    said.join(" ").replace(&format!("{id}"), "ID")
}

/// Asks for the lamp by a token; `said` takes what is said about tokens before.
fn asks(oak: &mut Impostor, id: u64, jti: &str, said: &mut Vec<String>) -> Reply {
    oak.say(&LinkMessage::Ask(Ask {
        id,
        token: jti.to_owned(),
        path: "home/zigbee/lamp/property/on/get".to_owned(),
        body: Datum::Map(Box::default()),
        ttl: Millis::from_secs(10),
        since: None,
        request: None,
        client: None,
        trace: None,
        via: Vec::new(),
    }));
    oak.until("the request is answered", |message| {
        if let LinkMessage::Token(message) = message {
            said.push(format!("{message:?}"));
        }
        if let LinkMessage::Reply(reply) = message { (reply.id == id).then(|| reply.clone()) } else { None }
    })
}

#[test]
fn a_gateway_with_stolen_keys_gets_nothing_by_a_token_that_does_not_hold() {
    let mut scene = Scene::new();
    let forge = scene.forge("1-9999");
    let before = text(&scene.issued(), "jti").to_owned();
    scene.oak.kill();
    let mut oak = Impostor::of(&scene.oak, &scene.house.gateway);
    let tokens = forgeries(&forge);
    let answers =
        tokens.iter().zip(1000..).map(|((what, token), id)| (what.clone(), shows(&mut oak, id, "1-9999", token)));
    let answers: Vec<_> = answers.collect();
    assert!(answers[0].1.contains("Revoked") && answers[0].1.contains("401"), "{:?}", answers[0]);
    assert_alike(answers);
    // what oak has is oak's, and so would be one that the house had made
    for (jti, id) in [(before.as_str(), 2000), ("1-9999", 2001)] {
        let said = shows(&mut oak, id, jti, &scene.forge(jti).honest(|_| {}));
        assert!(said.contains("200") && !said.contains("Revoked"), "{said}");
    }
}

/// What is hashed for a wish for a token, written down once more from its description.
#[derive(serde::Serialize)]
struct Transcript<'t> {
    what: &'static str,
    purpose: &'static str,
    terms: &'t Federation,
}

/// Returns what was agreed on between the homes, from the store of a gateway that does not run.
fn terms(stolen: &Gateway) -> Federation {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let opened = Store::open(&stolen.path("data"), Duration::from_millis(10), forge::now()).await.unwrap();
        let terms = opened.restored.federations[0].proposals.values().next().unwrap().terms.clone();
        opened.store.close().await.unwrap();
        terms
    })
}

/// Wants a token, and returns what is said to that.
fn wants(oak: &mut Impostor, terms: &Federation, statement: &str) -> TokenMessage {
    let (federation, user) = (terms.id.clone(), UserName::new("anna").unwrap());
    oak.say(&LinkMessage::Token(TokenMessage::Wanted { federation, user, statement: statement.to_owned() }));
    oak.until("a wish is answered", |said| {
        let LinkMessage::Token(said) = said else { return None };
        matches!(said, TokenMessage::Given { .. } | TokenMessage::Refused { .. }).then(|| said.clone())
    })
}

#[test]
fn a_wish_for_a_token_that_is_not_proven_is_refused_and_a_true_one_gets_what_anybody_can_verify() {
    let mut scene = Scene::new();
    scene.oak.kill();
    let terms = terms(&scene.oak);
    let book = Book::default();
    book.pin(home("home"), forge::keys(&scene.house.gateway.path("data"), "home").identity().clone());
    let thief = HomeNotary::new(Arc::new(forge::keys(&scene.oak.path("data"), "oak")), Arc::new(book));
    let transcript = Transcript { what: "hes federation 1", purpose: "token", terms: &terms };
    let at = u64::try_from(forge::now().as_millis() / 1_000).unwrap();
    let statement = Statement {
        iss: home("oak"),
        aud: home("home"),
        sub: UserName::new("anna").unwrap(),
        federation: terms.id.clone(),
        transcript: thief.digest(&encode(Encoding::Cbor, &transcript)),
        iat: at,
        exp: at + 300,
    };
    let forge = Forge::of(&thief.state(&statement).unwrap(), &forge::signing_key(&scene.oak.path("data"), "oak").0);
    let lies: [Lie; 8] = [
        ("another home", |it| it["iss"] = json!("fir")),
        ("to another home", |it| it["aud"] = json!("oak")),
        ("another user", |it| it["sub"] = json!("owner")),
        ("another federation", |it| it["federation"] = json!("oak-9-9")),
        ("other terms", |it| it["transcript"] = json!("00".repeat(32))),
        ("too old", |it| it["exp"] = json!(it["iat"].as_u64().unwrap() - 1)),
        ("a day ahead", |it| {
            (it["iat"], it["exp"]) =
                (json!(it["iat"].as_u64().unwrap() + 86_400), json!(it["exp"].as_u64().unwrap() + 86_400));
        }),
        ("a day behind", |it| {
            (it["iat"], it["exp"]) =
                (json!(it["iat"].as_u64().unwrap() - 86_400), json!(it["exp"].as_u64().unwrap() - 86_400));
        }),
    ];
    let mut wishes = forge.broken();
    wishes.extend(lies.map(|(what, lie)| (what.to_owned(), forge.honest(lie))));
    let mut oak = Impostor::of(&scene.oak, &scene.house.gateway);
    let answers: Vec<_> =
        wishes.iter().map(|(what, wish)| (what.clone(), format!("{:?}", wants(&mut oak, &terms, wish)))).collect();
    assert!(answers[0].1.contains("Refused"), "{:?}", answers[0]);
    assert_alike(answers);
    let TokenMessage::Given { token, .. } = wants(&mut oak, &terms, &forge.honest(|_| {})) else {
        panic!("a true wish is granted")
    };
    verifies_for_anybody(&scene.house, &token);
}

/// Verifies a token as a service does that knows no more than the home's public keys.
fn verifies_for_anybody(house: &House, token: &str) {
    let mut owner = house.owner();
    owner.subscribe(&["hes/1/home/$jwks"]).unwrap();
    let keys: JwkSet = serde_json::from_slice(&owner.next("hes/1/home/$jwks").payload).unwrap();
    let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["home"]);
    validation.set_issuer(&["home"]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims;
    assert_eq!(claims["act"]["sub"], "oak");
    assert!(!claims.to_string().contains("anna"), "a service does not learn who it is: {claims}");
}

#[test]
fn what_was_revoked_stays_so_after_a_power_cut_and_others_go_on() {
    let mut scene = Scene::new();
    for gateway in [&scene.oak, &scene.house.gateway] {
        gateway.add_user("bert", "resident");
    }
    federate("bert", &scene.oak, &scene.house.gateway, LAMP);
    let reads = |oak: &Gateway, user: &str| try_say_as(user, oak, &["get", "home/zigbee/lamp/on"]).is_ok();
    until("bert can read the lamp", || reads(&scene.oak, "bert").then_some(()));
    let anna = scene.federation.clone();
    say(&scene.house.gateway, &["token", "revoke", "--federation", &anna]);
    scene.house.survive_power_cut();
    until("bert can read the lamp again", || reads(&scene.oak, "bert").then_some(()));
    assert!(!reads(&scene.oak, "anna"), "revoked before the power cut");
    let listed = say(&scene.house.gateway, &["token", "list"]).to_string();
    assert!(listed.contains("bert") && !listed.contains(&anna), "{listed}");
    say_as("bert", &scene.house.gateway, &["federation", "dissolve", &bert_of(&scene)]);
    scene.house.survive_power_cut();
    until("oak hears that it is over", || (!reads(&scene.oak, "bert")).then_some(()));
    let listed = say(&scene.house.gateway, &["token", "list"]).to_string();
    assert!(!listed.contains("bert"), "{listed}");
}

/// Returns the name of bert's federation.
fn bert_of(scene: &Scene) -> String {
    let listed = say_as("bert", &scene.house.gateway, &["federation", "list"]);
    text(&listed[0], "id").to_owned()
}
