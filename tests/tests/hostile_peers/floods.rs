//! What is sent to a home until it gives way, which it must not.

use hes_tests::chance::Chance;

use crate::Village;

/// How much memory a flood may cost at most, in KiB.
const ROOM: u64 = 64 << 10;

/// Makes a frame: version, kind, session, number and body.
fn frame(kind: u8, session: u64, number: u64, body: &[u8]) -> Vec<u8> {
    [&[1, kind][..], &session.to_be_bytes(), &number.to_be_bytes(), body].concat()
}

/// All kinds of floods; those that hold what was sent before are made of that.
fn floods(sent: &[Vec<u8>], chance: &mut Chance) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let bytes = |most: usize, chance: &mut Chance| -> Vec<u8> {
        let length = chance.below(most);
        (0..length).map(|_| chance.byte()).collect()
    };
    let garbage = (0..500).map(|_| bytes(300, chance)).collect();
    let kinds = (0..=255_u8).map(|kind| frame(kind, 1, 1, &bytes(100, chance))).collect();
    let cut = |sent: &Vec<u8>| (0..sent.len().min(60)).map(|at| sent[..at].to_vec()).collect::<Vec<_>>();
    let truncated = sent.iter().rev().take(10).flat_map(cut).collect();
    // the last frame was sealed, and belongs to the session that is
    let forged = (1..=200_u64).map(|number| {
        let mut forged = sent.last().unwrap().clone();
        forged[10..18].copy_from_slice(&(1_000_000 + number).to_be_bytes());
        forged
    });
    let beginnings =
        (0..1_000).map(|_| frame(1, chance.number(), 0, &(0..32).map(|_| chance.byte()).collect::<Vec<_>>()));
    let beginnings = beginnings.collect();
    let ends = (0..500).map(|_| frame(3, chance.number(), 0, &[7; 400])).collect();
    let strange = (0..500).map(|_| frame(4, chance.number(), chance.number(), &[7; 64])).collect();
    vec![
        ("garbage", garbage),
        ("every kind", kinds),
        ("cut short", truncated),
        ("replayed", sent.to_vec()),
        ("forged", forged.collect()),
        ("handshakes begun", beginnings),
        ("handshakes ended", ends),
        ("of sessions that are not", strange),
        ("huge", vec![frame(4, 1, 1, &vec![7; 1_100_000]); 20]),
    ]
}

#[test]
fn a_flood_of_frames_is_counted_and_the_true_link_goes_on() {
    let mut village = Village::found();
    for _ in 0..50 {
        village.elm.is_answered();
    }
    // what was sent before belongs to an older session
    village.elm.come_back(&village.oak.gateway);
    village.elm.is_answered();
    let sent = village.elm.sent.clone();
    let before = village.oak.gateway.program().resident().unwrap();
    for (name, frames) in floods(&sent, &mut Chance::new(7)) {
        for frame in frames {
            village.elm.send(frame).unwrap();
        }
        village.is_unharmed(name);
        village.elm.is_answered();
        assert!(village.counted("hes_peer_up{peer=\"elm\"}", 1.0), "{name}");
    }
    for (reason, least) in
        [("malformed", 500.0), ("repeated", 3.0), ("forged", 200.0), ("too_many", 500.0), ("unknown", 500.0)]
    {
        let name = format!("hes_peer_frames_refused_total{{peer=\"elm\",reason=\"{reason}\"}}");
        let count = village.oak.gateway.metric(&name).unwrap();
        assert!(count >= least, "{reason}: {count}");
    }
    let after = village.oak.gateway.program().resident().unwrap();
    assert!(after < before + ROOM, "{before} KiB, then {after} KiB");
    village.is_sound();
}
