//! The user properties of MQTT 5 that go with messages.

use hes_engine::{Letter, Post};
use hes_schemas::{TraceParent, user_property};

/// Returns the trace that a request is a part of; nothing if it names none, several, or not one.
pub(super) fn trace<'m>(marks: impl Iterator<Item = (&'m str, &'m str)>) -> Option<TraceParent> {
    let mut named = marks.filter(|(name, _)| *name == user_property::TRACEPARENT);
    match (named.next(), named.next()) {
        (Some((_, text)), None) => TraceParent::read(text),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// Returns what is said beside a message: where it comes from, if that is another home.
pub(super) fn of_post<T: From<String> + From<&'static str>>(post: &Post) -> Vec<(T, T)> {
    let properties = post.origin.as_ref().map(|origin| origin.properties()).unwrap_or_default();
    properties.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Returns what is said beside an answer: its status, and the trace of the request.
pub(super) fn of_letter<T: From<String> + From<&'static str>>(letter: &Letter) -> Vec<(T, T)> {
    let status = (user_property::STATUS.into(), letter.status.code().to_string().into());
    let trace = letter.trace.map(|trace| (user_property::TRACEPARENT.into(), trace.to_string().into()));
    std::iter::once(status).chain(trace).collect()
}
