//! Attacks: identities that are not one's own, words that nobody agreed on, proofs of something else, tokens of somebody else.

use hes_schemas::{
    Safety, Timestamp,
    link::{Entry, Federation, FederationMessage, LinkMessage, Log, Member, TokenMessage},
    rights::Role,
};
use serde_json::json;

use crate::world::{Packet, World, anna, everyday, home};

type Change = fn(&mut Federation);

/// Returns what a home said when it agreed to something, as it was sent to another.
fn agreed(world: &World, from: &str, to: &str) -> (Federation, String) {
    let is_meant = |it: &&Packet| it.from.as_str() == from && it.to.as_str() == to;
    let said = world.arrived.iter().filter(is_meant).chain(world.air.iter().filter(is_meant));
    said.filter_map(|it| match &it.message {
        LinkMessage::Log(Log { entry: Entry::Federation(FederationMessage::Agreed { federation, proof }), .. }) => {
            Some(((**federation).clone(), proof.clone()))
        }
        _ => None,
    })
    .next_back()
    .unwrap()
}

/// Has a home say that it agrees, and returns whether it was believed; nothing is said back either way.
fn is_believed(world: &mut World, from: &str, to: &str, terms: Federation, proof: &str) -> bool {
    let before = (world.homes[&home(to)].shelf.clone(), world.homes[&home(to)].engine.counters().unproven);
    world.air.clear();
    let message = FederationMessage::Agreed { federation: Box::new(terms), proof: proof.to_owned() };
    world.forge(from, to, message);
    let after = &world.homes[&home(to)];
    let is_counted = after.engine.counters().unproven == before.1 + 1;
    // that something came is acknowledged, whatever it was
    let said =
        world.arrived.last().is_some_and(|it| it.from == home(to) && !matches!(it.message, LinkMessage::Beat(_)));
    assert!(!is_counted || (after.shelf == before.0 && !said), "what is refused leaves no trace and no answer");
    !is_counted
}

#[test]
fn nobody_but_the_named_user_can_accept_and_nobody_learns_that_there_is_something_to_accept() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("elm", "mallory", Role::Resident.grants());
    let id = world.create("oak", "elm");
    world.deliver();
    let accept = |id: &str| json!({"accept": {"federation": id}});
    let (named, unknown) = (accept(&id), accept("oak-9-9"));
    let refused = world.ask("elm", "mallory", "federate", named);
    let missing = world.ask("elm", "mallory", "federate", unknown);
    assert_eq!((refused.status.code(), refused.error, refused.detail), (404, missing.error, missing.detail));
    assert_eq!(missing.status.code(), 404);
    for what in ["show", "leave", "withdraw", "dissolve", "approve"] {
        assert_eq!(world.fails("elm", "mallory", json!({what: {"federation": id}})).0, 404, "{what}");
    }
}

#[test]
fn an_account_that_somebody_else_named_gives_nothing_by_itself() {
    let mut world = World::of(&["oak", "elm"]);
    world.account("elm", "mallory", Role::Owner.grants());
    let id = world.create_as("elm", "mallory", "oak", &anna("oak"));
    world.later(600_000);
    assert!(world.may().is_empty());
    let guest = crate::world::guest("oak", &id, "elm", "mallory");
    assert_eq!(world.guest_asks("oak", &guest, "zigbee/lamp/property/on/get", ""), Some(404));
}

#[test]
fn a_proposal_of_which_any_word_was_altered_is_refused() {
    let mut world = World::of(&["oak", "elm"]);
    world.create("oak", "elm");
    world.deliver();
    let (terms, proof) = agreed(&world, "oak", "elm");
    let changes: [Change; 8] = [
        |it| it.purpose.push('!'),
        |it| it.until = it.until + hes_schemas::Millis::new(1),
        |it| it.gives[0].grants[0].safety = Safety::S3,
        |it| it.gives[1].grants[0] = everyday("#"),
        |it| it.gives.swap(0, 1),
        |it| it.members[1].user = "rosa".parse().unwrap(),
        |it| it.members.swap(0, 1),
        |it| (it.id, it.proposal) = ("oak-1-7".to_owned(), "oak-1-7".to_owned()),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut altered = terms.clone();
        change(&mut altered);
        assert!(!is_believed(&mut world, "oak", "elm", altered, &proof), "change {at}");
    }
    assert!(is_believed(&mut world, "oak", "elm", terms, &proof), "the true one is no news, but true");
}

#[test]
fn a_proof_for_something_else_or_for_another_home_is_refused() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    let first = world.join("oak", "elm");
    world.create("oak", "elm");
    world.create("oak", "fir");
    world.deliver();
    let (elm_terms, elm_proof) = agreed(&world, "oak", "elm");
    let (fir_terms, fir_proof) = agreed(&world, "oak", "fir");
    assert_ne!(elm_terms.id, first);
    assert!(!is_believed(&mut world, "oak", "elm", elm_terms.clone(), &fir_proof), "another audience");
    assert!(!is_believed(&mut world, "oak", "fir", fir_terms, &elm_proof), "another federation");
    assert!(!is_believed(&mut world, "fir", "elm", elm_terms.clone(), &elm_proof), "another speaker, no member");
    let mut stolen = elm_terms;
    stolen.members[0] = Member { home: home("fir"), user: stolen.members[0].user.clone() };
    (stolen.by, stolen.id, stolen.proposal) = (home("fir"), "fir-1-1".to_owned(), "fir-1-1".to_owned());
    stolen.gives.clear();
    assert!(!is_believed(&mut world, "fir", "elm", stolen, &elm_proof), "another home's proof");
}

#[test]
fn a_wish_for_a_token_proves_nothing_else_and_agreement_is_no_wish() {
    let mut world = World::of(&["oak", "elm"]);
    let id = world.join("oak", "elm");
    let wish = wish_of_elm(&world);
    let (terms, proof) = agreed(&world, "elm", "oak");
    assert!(!is_believed(&mut world, "elm", "oak", terms, &wish));
    assert_eq!(wants(&mut world, "elm", &id, &anna("elm"), &proof), "refused");
}

/// Returns what elm stated when it wanted a token of oak.
fn wish_of_elm(world: &World) -> String {
    let wish = world.arrived.iter().find_map(|it| match &it.message {
        LinkMessage::Token(TokenMessage::Wanted { statement, .. }) if it.from == home("elm") => Some(statement.clone()),
        _ => None,
    });
    wish.unwrap()
}

/// Has a home want a token of oak for one of its users, and returns how that is answered.
fn wants(world: &mut World, from: &str, id: &str, user: &str, statement: &str) -> &'static str {
    let (federation, user) = (id.to_owned(), user.parse().unwrap());
    let wanted = TokenMessage::Wanted { federation, user, statement: statement.to_owned() };
    world.air.clear();
    world.arrive(Packet { from: home(from), to: home("oak"), message: LinkMessage::Token(wanted) });
    match world.air.pop_back().map(|it| it.message) {
        Some(LinkMessage::Token(TokenMessage::Refused { .. })) => "refused",
        Some(LinkMessage::Token(TokenMessage::Given { .. })) => "given",
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_is_given_to_nobody_else_and_every_refusal_looks_the_same() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    let id = world.join("oak", "elm");
    let wish = wish_of_elm(&world);
    assert_eq!(wants(&mut world, "elm", &id, &anna("elm"), &wish), "given");
    for (from, id, user, statement) in [
        ("fir", id.as_str(), anna("elm"), wish.as_str()),
        ("fir", id.as_str(), anna("fir"), wish.as_str()),
        ("elm", id.as_str(), "rosa".to_owned(), wish.as_str()),
        ("elm", "oak-7-7", anna("elm"), wish.as_str()),
        ("elm", id.as_str(), anna("elm"), ""),
        ("elm", id.as_str(), anna("elm"), &wish[1..]),
    ] {
        assert_eq!(wants(&mut world, from, id, &user, statement), "refused", "{from} {user}");
    }
    world.later(400_000);
    assert_eq!(wants(&mut world, "elm", &id, &anna("elm"), &wish), "refused", "too old");
}

#[test]
fn a_token_that_somebody_else_shows_or_that_was_altered_is_revoked_for_them() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.join("oak", "elm");
    let given = world.arrived.iter().find_map(|it| match &it.message {
        LinkMessage::Token(TokenMessage::Given { jti, token, .. }) if it.from == home("oak") => {
            Some((jti.clone(), token.clone()))
        }
        _ => None,
    });
    let (jti, token) = given.unwrap();
    let mut shows = |from: &str, jti: &str, token: &str| {
        let message = LinkMessage::Token(TokenMessage::Shown { jti: jti.to_owned(), token: token.to_owned() });
        world.air.clear();
        world.arrive(Packet { from: home(from), to: home("oak"), message });
        world.air.pop_back().map(|it| it.message)
    };
    assert_eq!(shows("elm", &jti, &token), None, "it is taken");
    for (from, jti, token) in
        [("fir", jti.as_str(), token.as_str()), ("elm", "9-9", &token), ("elm", &jti, &token[1..])]
    {
        let revoked = LinkMessage::Token(TokenMessage::Revoked { jti: jti.to_owned() });
        assert_eq!(shows(from, jti, token), Some(revoked), "{from} {jti}");
    }
}

#[test]
fn nobody_speaks_for_the_member_of_another_home() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    let id = world.join("oak", "elm");
    let elm = Member { home: home("elm"), user: anna("elm").parse().unwrap() };
    world.forge("fir", "oak", FederationMessage::Left { federation: id.clone(), member: elm });
    world.forge("fir", "oak", FederationMessage::Dissolved { federation: id.clone() });
    let fir = Member { home: home("fir"), user: anna("fir").parse().unwrap() };
    world.forge("fir", "oak", FederationMessage::Left { federation: id, member: fir });
    world.later(10_000);
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
    assert_eq!(world.homes[&home("oak")].engine.counters().unproven, 3);
}

#[test]
fn who_adds_itself_can_be_accepted_by_nobody() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    let id = world.join("oak", "elm");
    // fir signs a proposal that elm is said to have made
    let (mut terms, _) = agreed(&world, "elm", "oak");
    terms.members.push(Member { home: home("fir"), user: anna("fir").parse().unwrap() });
    (terms.by, terms.adds, terms.proposal) = (home("elm"), home("fir"), "elm-1-99".to_owned());
    let proof = sign(&world, "fir", "oak", &terms);
    assert!(is_believed(&mut world, "fir", "oak", terms.clone(), &proof), "that fir agrees is true");
    let accept = json!({"accept": {"federation": id}});
    assert_eq!(world.fails("oak", &anna("oak"), accept.clone()), (404, "unknown"), "elm has not proposed it");
    world.forge("fir", "oak", FederationMessage::Dissolved { federation: id.clone() });
    assert_eq!(world.standing("oak", &id), "active");
    // fir proposes itself a further identity
    terms.members[2].home = home("ash");
    terms.members[2].user = "x".parse().unwrap();
    terms.members.push(Member { home: home("fir"), user: anna("fir").parse().unwrap() });
    (terms.by, terms.adds, terms.proposal) = (home("fir"), home("ash"), "fir-1-99".to_owned());
    let proof = sign(&world, "fir", "oak", &terms);
    is_believed(&mut world, "fir", "oak", terms, &proof);
    assert_eq!(world.fails("oak", &anna("oak"), accept), (404, "unknown"), "fir is no member");
}

#[test]
fn who_is_named_by_a_stranger_has_no_say_in_the_federation_of_another() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    world.account("elm", "bert", Vec::new());
    let id = world.create("oak", "elm");
    world.deliver();
    let (mut terms, _) = agreed(&world, "oak", "elm");
    terms.members = vec![
        Member { home: home("fir"), user: "mallory".parse().unwrap() },
        Member { home: home("elm"), user: "bert".parse().unwrap() },
    ];
    (terms.by, terms.proposal) = (home("fir"), "fir-1-99".to_owned());
    terms.gives.clear();
    let proof = sign(&world, "fir", "elm", &terms);
    assert!(is_believed(&mut world, "fir", "elm", terms, &proof));
    world.accept("elm", &id);
    world.later(10_000);
    for what in ["show", "accept", "withdraw", "leave", "dissolve"] {
        assert_eq!(world.fails("elm", "bert", json!({what: {"federation": id}})).0, 404, "{what}");
    }
    assert_eq!(world.may(), ["elm may oak", "oak may elm"]);
}

#[test]
fn strangers_do_not_crowd_out_what_members_propose() {
    let mut world = World::of(&["oak", "elm", "fir"]);
    let id = world.join("oak", "elm");
    let (terms, _) = agreed(&world, "elm", "oak");
    let believed = (0..20).filter(|at| {
        let mut junk = terms.clone();
        junk.members[1] = Member { home: home("fir"), user: "mallory".parse().unwrap() };
        (junk.by, junk.adds, junk.proposal) = (home("fir"), home("oak"), format!("fir-1-{at}"));
        junk.gives.clear();
        let proof = sign(&world, "fir", "oak", &junk);
        is_believed(&mut world, "fir", "oak", junk, &proof)
    });
    assert_eq!(believed.count(), 4);
    let info = world.does("oak", &anna("oak"), json!({"show": {"federation": id}}));
    assert_eq!(info["consents"].as_array().unwrap().len(), 1, "nobody is asked about what no member proposes");
    assert_eq!(world.fails("oak", &anna("oak"), json!({"accept": {"federation": id}})), (404, "unknown"));
}

/// Signs as a home whose gateway is in the wrong hands.
fn sign(world: &World, by: &str, aud: &str, terms: &Federation) -> String {
    use hes_engine::homes::Notary;
    use hes_schemas::{Encoding, encode, link::Statement};
    let notary = crate::notary::Stamps(home(by));
    let seconds = |time: Timestamp| u64::try_from(time.as_millis() / 1000).unwrap();
    let transcript = Transcript { what: "hes federation 1", purpose: "agree", terms };
    let transcript = notary.digest(&encode(Encoding::Cbor, &transcript));
    let member = terms.members.iter().find(|member| member.home == home(by)).unwrap();
    notary
        .state(&Statement {
            iss: home(by),
            aud: home(aud),
            sub: member.user.clone(),
            federation: terms.id.clone(),
            transcript,
            iat: seconds(world.now),
            exp: seconds(terms.until),
        })
        .unwrap()
}

/// What is hashed, written down once more from its description.
#[derive(serde::Serialize)]
struct Transcript<'t> {
    what: &'static str,
    purpose: &'static str,
    terms: &'t Federation,
}
