//! Homes that are about to trust each other, and what may come between.

use hes_tests::{
    gateway::Gateway,
    neighbours::{await_link, introduce, pair, say, state, text, try_say},
    patience::until,
};

/// Starts a home.
fn home(name: &str) -> Gateway {
    Gateway::prepare(env!("CARGO_BIN_EXE_hes-tests-gateway")).named(name).start()
}

/// Ends a home without warning, and starts it again.
fn kill_and_restart(gateway: &mut Gateway) {
    gateway.kill();
    gateway.restart();
}

/// Waits until no account is left of an invitation.
fn await_own_account(host: &Gateway) {
    until("the account of the invitation has gone", || {
        (!host.query(&["user", "list"]).contains("invited-")).then_some(())
    });
}

#[test]
fn an_invitation_outlives_the_gateway_that_made_it() {
    let (mut oak, elm) = (home("oak"), home("elm"));
    let invitation = say(&oak, &["peer", "invite", &format!("mqtt://{}", oak.address())]);
    kill_and_restart(&mut oak);
    let joined = say(&elm, &["peer", "join", text(&invitation, "code")]);
    let number = text(&joined, "number");
    say(&oak, &["peer", "confirm", "elm", number]);
    say(&elm, &["peer", "confirm", "oak", number]);
    await_link(&oak, &elm);
    await_own_account(&oak);
}

#[test]
fn a_pairing_waits_for_its_owners_over_the_end_of_either_gateway() {
    let (mut oak, mut elm) = (home("oak"), home("elm"));
    let (number, _) = introduce(&oak, &elm);
    assert!(try_say(&oak, &["peer", "confirm", "elm", "1"]).is_err());
    kill_and_restart(&mut oak);
    kill_and_restart(&mut elm);
    say(&elm, &["peer", "confirm", "oak", &number]);
    kill_and_restart(&mut elm);
    say(&oak, &["peer", "confirm", "elm", &number]);
    await_link(&oak, &elm);
    await_own_account(&oak);
}

#[test]
fn a_guest_that_has_not_taken_its_account_is_let_in_after_a_restart_of_the_host() {
    let (mut oak, mut elm) = (home("oak"), home("elm"));
    let (number, _) = introduce(&oak, &elm);
    elm.kill();
    say(&oak, &["peer", "confirm", "elm", &number]);
    kill_and_restart(&mut oak);
    elm.restart();
    say(&elm, &["peer", "confirm", "oak", &number]);
    await_link(&oak, &elm);
    await_own_account(&oak);
    kill_and_restart(&mut oak);
    await_link(&oak, &elm);
}

#[test]
fn a_guest_that_forgot_its_pairing_begins_anew_with_the_same_code() {
    let (oak, mut elm) = (home("oak"), home("elm"));
    let invitation = say(&oak, &["peer", "invite", &format!("mqtt://{}", oak.address())]);
    let code = text(&invitation, "code");
    let before = say(&elm, &["peer", "join", code]);
    kill_and_restart(&mut elm);
    let joined = say(&elm, &["peer", "join", code]);
    assert!(try_say(&oak, &["peer", "confirm", "elm", text(&before, "number")]).is_err());
    say(&oak, &["peer", "confirm", "elm", text(&joined, "number")]);
    say(&elm, &["peer", "confirm", "oak", text(&joined, "number")]);
    await_link(&oak, &elm);
}

#[test]
fn who_joins_is_told_at_once_why_it_cannot_be() {
    let (mut oak, elm) = (home("oak"), home("elm"));
    let address = oak.address();
    let join = |url: &str| {
        let invitation = say(&oak, &["peer", "invite", url]);
        try_say(&elm, &["peer", "join", text(&invitation, "code")]).unwrap_err()
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (url, expect) in [
        (format!("mqtt://127.0.0.1:{port}"), "refused"),
        ("mqtt://no-such-home.invalid:1883".to_owned(), "no-such-home.invalid"),
        (format!("mqtts://{address}"), "does not speak TLS"),
    ] {
        let error = join(&url);
        assert!(error.contains(expect) && error.contains("cannot be reached"), "{url}: {error}");
    }
    let invitation = say(&oak, &["peer", "invite", &format!("mqtt://{address}")]);
    oak.stop();
    let gone = try_say(&elm, &["peer", "join", text(&invitation, "code")]).unwrap_err();
    assert!(gone.contains("refused"), "{gone}");
    assert_eq!(state(&elm, &oak), None);
}

#[test]
fn owners_see_what_a_link_has_done_and_have_another_key_sign_without_a_break() {
    let (oak, elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    let shown = || say(&oak, &["peer", "show", "elm"]);
    let before = until("the other home has answered a call", || {
        let shown = shown();
        shown["link"]["round_trip"].is_number().then_some(shown)
    });
    let key = || say(&oak, &["peer", "list"])["keys"]["key"].clone();
    let old = key();
    let rotated = say(&oak, &["peer", "rotate"]);
    assert!(rotated["key"] != old && rotated["key"] == key(), "{rotated}");
    until("both have shown each other their keys again", || {
        (shown()["link"]["handshakes"].as_u64() > before["link"]["handshakes"].as_u64()).then_some(())
    });
    let after = shown();
    assert_eq!((&after["state"], &after["since"]), (&before["state"], &before["since"]), "{after}");
    let unknown = try_say(&oak, &["peer", "show", "fir"]).unwrap_err();
    assert!(unknown.contains("there is with elm"), "{unknown}");
}
