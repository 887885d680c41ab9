//! What was seen, held against what was due.

use std::collections::BTreeMap;

use super::player::Seen;

/// Compares what is due with what was seen: the same things, and those of one topic and quality in the same order.
pub(super) fn compare_all(due: &[Seen], seen: &[Seen], is_unsure: bool) -> Result<(), String> {
    let fits = |due: &Seen, seen: &Seen| match (due, seen) {
        (Seen::Message(due, id, is_again), Seen::Message(seen, other, is_seen_again)) => {
            due == seen && (is_again == is_seen_again || is_unsure) && (id.is_none() || id == other)
        }
        (due, seen) => due == seen,
    };
    let mut rest = seen.to_vec();
    for due in due {
        let Some(at) = rest.iter().position(|seen| fits(due, seen)) else {
            return Err(format!("misses {due:?} among {seen:?}"));
        };
        rest.remove(at);
    }
    if !rest.is_empty() {
        return Err(format!("sees {rest:?} beyond {due:?}"));
    }
    if order(due) != order(seen) {
        return Err(format!("sees {seen:?} in another order than {due:?}"));
    }
    Ok(())
}

fn order(seen: &[Seen]) -> BTreeMap<(&str, u8), Vec<&str>> {
    let mut order: BTreeMap<(&str, u8), Vec<&str>> = BTreeMap::new();
    for seen in seen {
        if let Seen::Message(message, ..) = seen {
            order.entry((&message.topic, message.qos)).or_default().push(&message.payload);
        }
    }
    order
}
