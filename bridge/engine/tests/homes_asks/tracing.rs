//! A request and its answer carry the trace that they are a part of; what is shown of another home says where it comes from.

use hes_engine::{Asked, Asker, Delivery, Door, Input, Post};
use hes_schemas::{TraceParent, UserName, link::LinkMessage};
use serde_json::json;

use crate::{
    asking::joined,
    world::{World, anna, home},
};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Reads the lamp of elm at oak, as a part of a trace or of none.
fn reads(world: &mut World, trace: Option<&str>) {
    let asker = Asker { user: UserName::new(&anna("oak")).unwrap(), door: Door::Own("anna-oak-1".parse().ok()) };
    world.handle(
        "oak",
        Input::Asked(Asked {
            asker,
            bounds: None,
            topic: "hes/1/elm/zigbee/lamp/property/on/get",
            payload: b"",
            retained: false,
            content_type: None,
            response_topic: None,
            correlation: Some(b"7"),
            expiry: None,
            trace: trace.and_then(TraceParent::read),
            delivery: Delivery::AtLeastOnce,
        }),
    );
    world.deliver();
}

/// Returns the trace that elm was asked with last, and that on the answer to it.
fn traces(world: &World) -> (Option<String>, Option<String>) {
    let asked = world.arrived.iter().rev().find_map(|packet| match &packet.message {
        LinkMessage::Ask(ask) => Some(ask.trace),
        _ => None,
    });
    let answered = world.homes[&home("oak")].letters.last().unwrap().trace;
    let text = |trace: Option<TraceParent>| trace.map(|it| it.to_string());
    (text(asked.flatten()), text(answered))
}

#[test]
fn a_trace_goes_to_the_other_home_and_comes_back_with_the_answer() {
    let mut world = joined();
    reads(&mut world, Some(TRACE));
    assert_eq!(traces(&world), (Some(TRACE.to_owned()), Some(TRACE.to_owned())));
}

#[test]
fn a_request_without_a_trace_is_given_none() {
    let mut world = joined();
    reads(&mut world, None);
    assert_eq!(traces(&world), (None, None));
}

/// Returns what is retained somewhere at a home.
fn retained(world: &World, at: &str, topic: &str) -> Post {
    let mut posts = Vec::new();
    world.homes[&home(at)].engine.retained(&topic.parse().unwrap(), &mut |post| posts.push(post));
    posts.pop().unwrap()
}

#[test]
fn what_is_shown_of_another_home_says_which_message_of_it_that_is() {
    let mut world = joined();
    let topic = "hes/1/elm/zigbee/lamp/property/on";
    let first = retained(&world, "oak", topic).origin.unwrap();
    world.hears("elm", "u-lamp/state", &json!({"state": "OFF"}));
    world.deliver();
    world.later(1_000);
    let second = retained(&world, "oak", topic).origin.unwrap();
    assert_eq!((first.home.as_str(), first.via.is_empty()), ("elm", true));
    assert!(second.stamp > first.stamp, "{second:?} is not later than {first:?}");
    assert_eq!(retained(&world, "elm", topic).origin, None, "at its own home there is nothing to say");
}

#[test]
fn where_a_message_comes_from_is_spelled_in_four_user_properties() {
    let world = joined();
    let mut origin = *retained(&world, "oak", "hes/1/elm/zigbee/lamp/property/on").origin.unwrap();
    (origin.stamp.epoch, origin.stamp.seq, origin.via) = (5, 812, vec![home("fir"), home("ash")]);
    let expect = [("hes-id", "elm-5-812"), ("hes-epoch", "5"), ("hes-seq", "812"), ("hes-via", "fir,ash")];
    assert_eq!(origin.properties(), expect.map(|(name, value)| (name, value.to_owned())));
}
