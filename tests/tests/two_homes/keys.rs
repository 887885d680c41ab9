//! Signing keys change while people use the other home.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use hes_tests::{
    client::{Client, Request},
    gateway::Gateway,
    neighbours::say,
    patience::until,
};
use serde_json::{Value, json};

use crate::{anna_at, homes_of_anna};

/// How often both homes change their keys.
const ROTATIONS: usize = 4;

#[test]
fn keys_are_rotated_under_load_and_no_request_is_refused() {
    let (oak, elm) = homes_of_anna();
    let (reader, writer) = (anna_at(&oak), anna_at(&oak));
    let is_over = AtomicBool::new(false);
    let asked = thread::scope(|scope| {
        let reads = scope.spawn(|| all_answered(reader, &is_over, |_| Request::get("zigbee/lamp/on")));
        let writes = scope
            .spawn(|| all_answered(writer, &is_over, |round| Request::set("zigbee/lamp/on", &json!(round % 2 == 0))));
        let over = Over(&is_over);
        for _ in 0..ROTATIONS {
            rotate_both(&oak, &elm.gateway);
        }
        drop(over);
        [reads, writes].map(|asking| asking.join().unwrap_or_default())
    });
    assert!(asked.iter().all(|count| *count > ROTATIONS), "{asked:?}");
}

/// Has those who ask stop, also when the story goes wrong.
struct Over<'o>(&'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Rotates the keys of both homes at once, and waits until each speaks by a session that the new ones vouch for.
fn rotate_both(oak: &Gateway, elm: &Gateway) {
    let before = [oak, elm].map(|home| (key(home), handshakes(home)));
    for home in [oak, elm] {
        say(home, &["peer", "rotate"]);
    }
    for (home, (key_before, handshakes_before)) in [oak, elm].into_iter().zip(before) {
        assert!(key_before.is_some() && key(home) != key_before, "another key signs at {}", home.home());
        until("another session has begun", || (handshakes(home) > handshakes_before).then_some(()));
    }
}

fn key(home: &Gateway) -> Option<String> {
    let listed = say(home, &["peer", "list"]);
    listed.pointer("/keys/key").and_then(Value::as_str).map(str::to_owned)
}

fn handshakes(home: &Gateway) -> u64 {
    let listed = say(home, &["peer", "list"]);
    listed.pointer("/peers/0/link/handshakes").and_then(Value::as_u64).unwrap_or_default()
}

/// Asks elm one thing after another until it is over; returns how many were asked, all of which were answered with 200.
fn all_answered(mut anna: Client, is_over: &AtomicBool, request: impl Fn(usize) -> Request) -> usize {
    let mut asked = 0;
    while !is_over.load(Ordering::Relaxed) {
        let answer = anna.ask(request(asked).at("elm"));
        assert_eq!(answer.status, 200, "request {asked}: {answer:?}");
        asked += 1;
    }
    asked
}
