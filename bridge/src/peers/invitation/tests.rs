use proptest::prelude::*;

use super::{super::trial::*, *};

fn invitation(url: &str) -> Invitation {
    let house = House::new("oak");
    Invitation::new(house.station.keys(), url, [9; 32], noon()).unwrap()
}

#[test]
fn reads_what_it_writes_in_small_letters_too() {
    for url in ["mqtts://oak.example:8883", "", &"x".repeat(255)] {
        let made = invitation(url);
        for code in [made.code(), made.code().to_lowercase(), format!(" {}\n", made.code())] {
            let read: Invitation = code.parse().unwrap();
            assert_eq!(read.code(), made.code());
            assert_eq!((read.home(), read.url(), read.until()), (made.home(), url, noon()));
            assert_eq!((read.fingerprint(), read.secret()), (made.fingerprint(), Some(&[9; 32])));
        }
    }
    let house = House::new("oak");
    assert!(Invitation::new(house.station.keys(), &"x".repeat(256), [0; 32], noon()).is_none());
}

#[test]
fn prints_a_code_that_can_be_said_and_drawn() {
    let made = invitation("mqtts://oak.example:8883");
    assert!(made.code().len() < 200 && made.code().starts_with("HES1-"), "{}", made.code());
    assert!(made.code().bytes().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == b'-'));
    let drawn = made.qr().unwrap();
    assert!(drawn.lines().count() < 40 && drawn.lines().all(|line| line.chars().count() < 80));
    assert!(!format!("{made:?}").contains("9, 9"));
}

#[test]
fn tells_a_slip_from_an_invitation() {
    let code = invitation("mqtt://oak").code();
    for at in PREFIX.len()..code.len() {
        let mut slip = code.clone().into_bytes();
        slip[at] = if slip[at] == b'A' { b'B' } else { b'A' };
        assert!(String::from_utf8(slip).unwrap().parse::<Invitation>().is_err(), "{at}");
        assert!(code.get(..at).unwrap().parse::<Invitation>().is_err());
    }
    assert_eq!("HES2-AAAA".parse::<Invitation>().unwrap_err(), InvitationError::Form);
    assert_eq!("HES1-AAAAAAAAAAAAAAAA".parse::<Invitation>().unwrap_err(), InvitationError::Sum);
}

#[test]
fn reads_anything_without_coming_to_harm() {
    proptest!(|(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,60}")| {
        let mut sealed = bytes.clone();
        sealed.extend(sum(&bytes));
        drop(format!("{PREFIX}{}", BASE32_NOPAD.encode(&sealed)).parse::<Invitation>());
        prop_assert!(text.parse::<Invitation>().is_err());
    });
}
