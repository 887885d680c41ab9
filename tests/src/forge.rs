//! Tokens as somebody would have them who may not: signed with keys that were stolen, or made for it.

use std::{fmt, fs, path::Path};

use data_encoding::BASE64URL_NOPAD;
use hes_bridge::peers::keys::{Keys, LIFE};
use hes_schemas::{HomeId, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::{
    SecretKey,
    elliptic_curve::sec1::ToEncodedPoint,
    pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A token that would hold, and the key that it has to be signed with.
pub struct Forge {
    head: Value,
    claims: Value,
    key: EncodingKey,
    /// The public key, in every form in which it could be mistaken for a secret.
    public: Vec<(&'static str, Vec<u8>)>,
    stranger: Stranger,
}

/// A key that nobody here knows, and where it would be found by who believes what a token says of itself.
struct Stranger {
    key: EncodingKey,
    jwk: Value,
    kid: String,
}

/// What is said wrongly, and how.
type Lie = (&'static str, fn(&mut Value));

impl Forge {
    /// Makes a forge from a token that holds, and the key in PEM that has signed it.
    #[must_use]
    pub fn of(token: &str, pem: &str) -> Self {
        let mut parts = token.split('.').map(read);
        let (head, claims) = (parts.next().expect("a head"), parts.next().expect("claims"));
        Self { head, claims, key: key(pem), public: public_forms(pem), stranger: Stranger::new() }
    }

    /// Returns the token that holds, after a change.
    #[must_use]
    pub fn honest(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        signed(&self.head, &claims, &self.key, Algorithm::ES256)
    }

    /// Returns tokens of which none holds, each with what is wrong with it.
    #[must_use]
    pub fn forgeries(&self) -> Vec<(String, String)> {
        let mut all = self.broken();
        all.extend(self.wrong_claims());
        all
    }

    /// Returns those of them that nothing signed can be like, whatever it is for.
    #[must_use]
    pub fn broken(&self) -> Vec<(String, String)> {
        let mut all = self.wrong_shapes();
        all.extend(self.wrong_heads());
        all.extend(self.wrong_keys());
        all.extend(self.wrong_texts());
        all
    }

    fn wrong_shapes(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for claim in self.claims.as_object().expect("claims are a map").keys() {
            let without = self.honest(|it| drop(it.as_object_mut().expect("a map").remove(claim)));
            all.push((format!("without {claim}"), without));
            for wrong in [json!(null), json!(true), json!([]), json!({}), json!([self.claims[claim]]), json!("")] {
                all.push((format!("{claim} is {wrong}"), self.honest(|it| it[claim] = wrong.clone())));
            }
        }
        all
    }

    fn wrong_claims(&self) -> Vec<(String, String)> {
        let lies: [Lie; 14] = [
            ("another issuer", |it| it["iss"] = json!("fir")),
            ("another audience", |it| it["aud"] = json!("fir")),
            ("several audiences", |it| it["aud"] = json!([it["aud"], "fir"])),
            ("issuer and audience in a list", |it| it["iss"] = json!([it["iss"]])),
            ("another subject", |it| it["sub"] = json!("nobody")),
            ("expired", |it| it["exp"] = json!(time(it, "iat") - 60)),
            ("expired long ago", |it| {
                for claim in ["iat", "nbf", "exp"] {
                    it[claim] = json!(time(it, claim) - 86_400);
                }
            }),
            ("ends before it begins", |it| it["exp"] = json!(time(it, "nbf") - 1)),
            ("not yet", |it| it["nbf"] = json!(time(it, "nbf") + 120)),
            ("made tomorrow", |it| {
                for claim in ["iat", "nbf", "exp"] {
                    it[claim] = json!(time(it, claim) + 86_400);
                }
            }),
            ("made later than it holds from", |it| it["iat"] = json!(time(it, "iat") + 120)),
            ("for an hour", |it| it["exp"] = json!(time(it, "iat") + 3_600)),
            ("for ever", |it| it["exp"] = json!(u64::MAX)),
            ("times as texts", |it| it["exp"] = json!(time(it, "exp").to_string())),
        ];
        lies.map(|(what, lie)| (what.to_owned(), self.honest(lie))).into()
    }

    fn wrong_heads(&self) -> Vec<(String, String)> {
        let with = |what: &str, change: &dyn Fn(&mut Value)| {
            let mut head = self.head.clone();
            change(&mut head);
            (what.to_owned(), signed(&head, &self.claims, &self.key, Algorithm::ES256))
        };
        let mut all = vec![
            with("no type", &|it| drop(it.as_object_mut().expect("a map").remove("typ"))),
            with("the type of any token", &|it| it["typ"] = json!("JWT")),
            with("a type that is a number", &|it| it["typ"] = json!(1)),
            with("no algorithm", &|it| drop(it.as_object_mut().expect("a map").remove("alg"))),
            with("an algorithm that is a list", &|it| it["alg"] = json!(["ES256"])),
            with("something that must be understood", &|it| {
                it["crit"] = json!(["exp"]);
                it["exp"] = json!(1);
            }),
        ];
        for other in ["at+jwt", "hes-statement+jwt", "hes-key+jwt", "hes-channel+jwt"] {
            if self.head["typ"] != other {
                all.push(with(&format!("the type {other}"), &|it| it["typ"] = json!(other)));
            }
        }
        all
    }

    fn wrong_keys(&self) -> Vec<(String, String)> {
        let Stranger { key, jwk, kid } = &self.stranger;
        let with = |what: &str, extra: Value| {
            let mut head = self.head.clone();
            for (name, value) in extra.as_object().expect("a map") {
                head[name] = value.clone();
            }
            (what.to_owned(), signed(&head, &self.claims, key, Algorithm::ES256))
        };
        let mut all = vec![
            with("another key", json!({})),
            with("another key that it brings along", json!({ "jwk": jwk })),
            with("another key by its own name", json!({ "kid": kid })),
            with("another key by its name and with it", json!({ "kid": kid, "jwk": jwk })),
            with("another key that is to be fetched", json!({ "jku": "http://127.0.0.1:9/keys.json", "kid": kid })),
            with("a certificate that is to be fetched", json!({ "x5u": "http://127.0.0.1:9/key.pem" })),
            with("a certificate that it brings along", json!({ "x5c": ["MIIB"], "hes-key": "x" })),
            with("a key in a file", json!({ "kid": "../../../../../../dev/null" })),
            with("a key by a question to a database", json!({ "kid": "x' OR '1'='1" })),
            with("an empty key", json!({ "kid": "" })),
            with("a key that is no text", json!({ "kid": [self.head["kid"]] })),
        ];
        for (form, public) in &self.public {
            for (name, algorithm) in
                [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
            {
                let mut head = self.head.clone();
                head["alg"] = json!(name);
                let text = signed(&head, &self.claims, &EncodingKey::from_secret(public), algorithm);
                all.push((format!("{name} with the public key as {form}"), text));
            }
        }
        all
    }

    fn wrong_texts(&self) -> Vec<(String, String)> {
        let token = self.honest(|_| {});
        let (said, signature) = token.rsplit_once('.').expect("a signature");
        let body = said.split_once('.').expect("a body").1;
        let raw = BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64url");
        let with = |bytes: &[u8]| format!("{said}.{}", BASE64URL_NOPAD.encode(bytes));
        let flipped = |at: usize| {
            let mut bytes = raw.clone();
            bytes[at] ^= 1;
            with(&bytes)
        };
        let mut all = vec![
            ("the first bit flipped", flipped(0)),
            ("the last bit flipped", flipped(raw.len() - 1)),
            ("a signature of zeroes", with(&[0; 64])),
            ("half a signature", with(&raw[..32])),
            ("a longer signature", with(&[raw.as_slice(), &[0]].concat())),
            ("no signature", format!("{said}.")),
            ("another body", format!("{}.{}.{signature}", said.split_once('.').expect("a head").0, write(&json!({})))),
        ]
        .into_iter()
        .map(|(what, text)| (what.to_owned(), text))
        .collect::<Vec<_>>();
        for alg in ["none", "None", "NONE", "", "HS256", "RS256", "PS256", "ES384", "ES512", "EdDSA", "ES256K"] {
            let mut head = self.head.clone();
            head["alg"] = json!(alg);
            for (what, signature) in [("nothing", ""), ("something", "AAAA"), ("the signature", signature)] {
                all.push((format!("{alg} with {what}"), format!("{}.{body}.{signature}", write(&head))));
            }
        }
        all
    }
}

impl Stranger {
    fn new() -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        let (pem, jwk) = signing_key(folder.path(), "home");
        let kid = jwk["kid"].as_str().unwrap_or_default().to_owned();
        Self { key: key(&pem), jwk, kid }
    }
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forge").field("head", &self.head).field("claims", &self.claims).finish_non_exhaustive()
    }
}

/// Takes the key out of a data directory that signs for a home at the moment: in PEM, and the public one as a JSON Web Key.
#[must_use]
pub fn signing_key(data: &Path, home: &str) -> (String, Value) {
    let keys = keys(data, home);
    let kept = fs::read_dir(data).expect("a data directory").flatten().map(|entry| entry.path());
    let current = keys.jwks(now()).keys.pop().expect("a key signs");
    let jwk = serde_json::to_value(&current).expect("a key is JSON");
    let kid = jwk["kid"].as_str().expect("a key has an id").to_owned();
    let path = kept.into_iter().find(|path| path.ends_with(format!("signing-{kid}.key"))).expect("the key is kept");
    let text = fs::read_to_string(path).expect("its owner may read it");
    (text.split_once('\n').expect("a certificate comes first").1.to_owned(), jwk)
}

/// Returns a public key in every form in which it could be mistaken for a secret.
fn public_forms(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let public = SecretKey::from_pkcs8_pem(pem).expect("a key in PEM").public_key();
    let text = public.to_public_key_pem(LineEnding::LF).expect("a key can be written");
    let point = public.to_encoded_point(false);
    let half = |part: Option<&[u8]>| BASE64URL_NOPAD.encode(part.expect("a point has two"));
    let (x, y) = (half(point.x().map(|x| x.as_slice())), half(point.y().map(|y| y.as_slice())));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    vec![
        ("PEM", text.clone().into_bytes()),
        ("PEM without its end", text.trim_end().as_bytes().to_vec()),
        ("a point", point.as_bytes().to_vec()),
        ("JSON", jwk.to_string().into_bytes()),
        ("nothing", Vec::new()),
    ]
}

/// Opens the keys of a home.
#[must_use]
pub fn keys(data: &Path, home: &str) -> Keys {
    Keys::open_or_make(data, &HomeId::new(home).expect("an id"), LIFE, now()).expect("the keys can be used")
}

/// Returns the time of day.
#[must_use]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("it is not that late"))
}

fn key(pem: &str) -> EncodingKey {
    EncodingKey::from_ec_pem(pem.as_bytes()).expect("a key in PEM")
}

fn signed(head: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let said = format!("{}.{}", write(head), write(claims));
    let signature = crypto::sign(said.as_bytes(), key, algorithm).expect("the key signs");
    format!("{said}.{signature}")
}

fn write(part: &Value) -> String {
    BASE64URL_NOPAD.encode(part.to_string().as_bytes())
}

fn read(part: &str) -> Value {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn time(claims: &Value, claim: &str) -> u64 {
    claims[claim].as_u64().expect("a time")
}
