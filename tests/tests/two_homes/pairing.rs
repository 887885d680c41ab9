//! Two homes come to trust each other.

use hes_tests::{
    neighbours::{await_link, introduce, pair, say, state, text, try_say},
    patience::until,
};

use crate::home;

#[test]
fn two_homes_become_peers_once_both_owners_have_seen_the_same_number() {
    let (mut oak, mut elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    let accounts = || oak.query(&["user", "list"]);
    until("the account of the invitation has gone", || (!accounts().contains("invited-")).then_some(()));
    assert!(accounts().contains("peer-elm"));
    elm.stop();
    until("the other home is missed", || (state(&oak, &elm)? == "offline").then_some(()));
    elm.restart();
    await_link(&oak, &elm);
    oak.kill();
    oak.restart();
    await_link(&oak, &elm);
}

#[test]
fn nothing_is_trusted_before_both_have_confirmed() {
    let (oak, elm) = (home("oak"), home("elm"));
    let (number, _) = introduce(&oak, &elm);
    assert!(try_say(&oak, &["peer", "confirm", "elm", "000 000x"]).is_err());
    assert_eq!((state(&oak, &elm), state(&elm, &oak)), (None, None));
    say(&oak, &["peer", "confirm", "elm", &number]);
    assert_eq!((state(&oak, &elm).as_deref(), state(&elm, &oak)), (Some("offline"), None));
    say(&elm, &["peer", "confirm", "oak", &number]);
    await_link(&oak, &elm);
}

#[test]
fn an_invitation_serves_once_and_a_number_is_not_guessed() {
    let (oak, elm, fir) = (home("oak"), home("elm"), home("fir"));
    let url = format!("mqtt://{}", oak.address());
    let invitation = say(&oak, &["peer", "invite", &url]);
    let code = text(&invitation, "code");
    let joined = say(&elm, &["peer", "join", code]);
    let refused = try_say(&fir, &["peer", "join", code]).unwrap_err();
    assert!(refused.contains("used"), "{refused}");
    for _ in 0..3 {
        assert!(try_say(&oak, &["peer", "confirm", "elm", "1"]).is_err());
    }
    assert!(try_say(&oak, &["peer", "confirm", "elm", text(&joined, "number")]).is_err());
    assert_eq!(state(&oak, &elm), None);
}

#[test]
fn trust_ends_when_one_owner_says_so_and_can_begin_again() {
    let (oak, elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    say(&oak, &["peer", "remove", "elm", "--yes"]);
    assert_eq!(state(&oak, &elm), None);
    until("the other home has no way any more", || (state(&elm, &oak)? == "offline").then_some(()));
    say(&elm, &["peer", "remove", "oak", "--yes"]);
    pair(&oak, &elm);
}

#[test]
fn the_account_of_a_gateway_goes_with_the_trust_in_it_and_not_before() {
    let (oak, elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    let (data, password) = (oak.path("data").display().to_string(), oak.write("password", "another one"));
    for command in
        [&["remove", "peer-elm"][..], &["passwd", "peer-elm", "--password-file", &password.display().to_string()]]
    {
        let refused = oak.command(&[&["user"], command, &["--data", &data]].concat());
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains("hes-bridge peer remove elm"), "{said}");
    }
    assert_eq!(state(&oak, &elm).as_deref(), Some("online"));
    say(&oak, &["peer", "remove", "elm", "--yes"]);
    assert!(!oak.query(&["user", "list"]).contains("peer-elm"));
}

#[test]
fn a_home_that_stops_in_good_order_alarms_nobody() {
    let (mut oak, mut elm) = (home("oak"), home("elm"));
    pair(&oak, &elm);
    await_link(&oak, &elm);
    elm.stop();
    until("oak misses elm", || (state(&oak, &elm)? == "offline").then_some(()));
    elm.restart();
    await_link(&oak, &elm);
    oak.stop();
    until("elm misses oak", || (state(&elm, &oak)? == "offline").then_some(()));
    for output in [oak.program().output(), elm.program().output()] {
        let lost: Vec<&str> = output.lines().filter(|line| line.contains("Link to other home down")).collect();
        assert!(lost.is_empty(), "{lost:#?}");
    }
}
