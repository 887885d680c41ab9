//! Answers: one for each request, in time, to its asker, and true.

use hes_engine::Letter;
use hes_schemas::{Datum, Status, Timestamp, message::Answer};

use crate::{
    requests::{Request, Requests},
    support::{EVE, house::read},
    values::Values,
};

/// Takes note of an answer.
pub(crate) fn take(letter: &Letter, requests: &mut Requests, values: &Values) {
    let request = requests.by_correlation(letter.correlation.as_deref().expect("each request had some"));
    let space = request.way.space.as_deref().expect("it can be answered");
    let topic = letter.topic.as_str();
    assert!(topic == space || topic.starts_with(&format!("{space}/")), "{topic} is not the asker's");
    assert_eq!(letter.asker.door, request.way.door);
    assert!(!request.is_lost, "an answer from another life: {request:?}");
    request.answers += 1;
    assert!(request.answers <= request.allowed, "answered twice: {request:?}");
    let answer = read(letter);
    assert_eq!(answer.status, letter.status);
    let is_expected = request.expects.is_empty() || request.expects.contains(&answer.status.code());
    assert!(is_expected, "{answer:?} to {request:?}");
    match &request.first_answer {
        Some(first) => assert_eq!(*first, letter.payload, "the same request, another answer"),
        None => {
            request.first_answer = Some(letter.payload.clone());
            check_truth(request, &answer, values);
        }
    }
}

/// Finds requests that should have been answered by now.
pub(crate) fn check_deadlines(now: Timestamp, requests: &Requests) {
    for request in requests.all.iter().filter(|request| !request.is_lost && request.way.space.is_some()) {
        assert!(request.answers > 0 || now < request.deadline, "never answered: {request:?}");
    }
}

fn check_truth(request: &Request, answer: &Answer, values: &Values) {
    let outcomes = outcomes(request, answer);
    let is_any_success = answer.value.is_some() || outcomes.iter().any(|(_, status, _)| status.is_success());
    assert!(!is_any_success || request.way.user != EVE, "{answer:?} for one who may do nothing");
    for ((tag, key), (_, status, value)) in request.tags.iter().zip(&outcomes) {
        let has_acted = request.acted.contains(tag);
        if status.is_success() {
            assert!(has_acted, "{tag} is said to be done, and never went out");
            let is_shown = value.is_none() || *value == Some(Datum::text(tag));
            let is_silent = request.ask.topic.contains("/sound/");
            let is_reported = is_silent || values.was_reported(key, tag);
            assert!(is_shown && is_reported, "{tag} was never reported: {answer:?}");
        }
        assert!(!has_acted || !is_innocent(*status), "{status}, and yet {tag} acted: {request:?}");
    }
}

/// Returns how each of the things that a request asks for came out.
fn outcomes(request: &Request, answer: &Answer) -> Vec<(String, Status, Option<Datum>)> {
    let several = answer.results.iter().chain(answer.values.get("label"));
    let several: Vec<_> = several.map(|it| (it.target.clone(), it.status, it.value.clone())).collect();
    if several.is_empty() {
        let all = request.tags.iter();
        return all.map(|_| (String::new(), answer.status, answer.value.clone())).collect();
    }
    several
}

/// Says whether a status promises that nothing was done.
const fn is_innocent(status: Status) -> bool {
    matches!(
        status,
        Status::BadRequest
            | Status::Forbidden
            | Status::MethodNotAllowed
            | Status::Expired
            | Status::Conflict
            | Status::PreconditionFailed
            | Status::TooLarge
            | Status::UnsupportedContentType
            | Status::Unprocessable
            | Status::TooMany
    )
}
