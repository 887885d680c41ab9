"""What is wrong is answered with the right status, changes nothing, and the gateway lives."""

import random

import pytest

from peers import Refused, snapshot, until
from peers.client import CBOR, HOME, JSON, property_topic
from peers.devices import BULB, DEVICES, WEATHER, documents

SET = property_topic(f"{BULB}/on", "set")
GET = property_topic(f"{BULB}/on", "get")


@pytest.fixture(scope="module")
def house(built_in_house):
    with built_in_house.client() as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices have appeared")
    return built_in_house


@pytest.fixture
def client(house):
    """A client that hears what reaches the cluster; afterwards the bulb is still off and the gateway well."""
    with house.client() as client:
        assert client.set(f"{BULB}/on", False).status == 200
        client.subscribe("zigbee2mqtt/kitchen/bulb/set")
        yield client
    assert house.gateway.is_running
    with house.client() as other:
        answer = other.get(f"{BULB}/on", {"max_age": 0})
        assert (answer.status, answer.value) == (200, False)


def check(client, topic, status, error, **request):
    answer = refused(client, topic, **request)
    assert (answer.status, answer.body["error"], answer.label) == (status, error, str(status))


def refused(client, topic, **request):
    """Returns the answer to a request that neither gets a value nor reaches the cluster."""
    answer = client.ask(topic, **request)
    assert "value" not in answer.body, answer
    client.fence()
    assert not any(heard.startswith("zigbee2mqtt/") for heard, _ in client.heard), answer
    return answer


def test_a_retained_set_is_refused_and_not_kept(client):
    check(client, SET, 400, "retained_request", body={"value": True}, retain=True)
    assert snapshot(client, f"{HOME}/+/+/property/+/set") == {}


@pytest.mark.parametrize("path", ["zigbee/nobody/on", f"{BULB}/nothing", "elsewhere/kitchen_bulb/on"])
@pytest.mark.parametrize("verb", ["get", "set"])
def test_what_is_unknown_is_not_found(client, path, verb):
    check(client, property_topic(path, verb), 404, "unknown", body={"value": True} if verb == "set" else None)


@pytest.mark.parametrize("value", ["purple", 3, None, [True], {"on": True}])
def test_a_value_of_a_wrong_type_does_not_fit(client, value):
    check(client, SET, 422, "bad_value", body={"value": value})


@pytest.mark.parametrize("value", [-1, 100.5, 1e300])
def test_a_value_out_of_range_does_not_fit(client, value):
    check(client, property_topic(f"{BULB}/brightness", "set"), 422, "bad_value", body={"value": value})


def test_what_can_only_be_read_is_not_written(client):
    check(client, property_topic(f"{WEATHER}/temperature", "set"), 405, "read_only", body={"value": 21})


@pytest.mark.parametrize("encoding", ["application/xml", "text/html", "application/cbor-seq", "\u00fc"])
def test_an_unknown_content_type_is_not_spoken(client, encoding):
    check(client, SET, 415, "unsupported_content_type", payload=b"true", encoding=encoding)


@pytest.mark.parametrize(
    ("payload", "encoding"),
    [
        (b'{"value": ', JSON),
        (b'{"value": true} x', JSON),
        (b'{"value": 1e999}', JSON),
        (b'{"value": true, "colour": 1}', JSON),
        (b'"\\ud800"', JSON),
        (b"\xff\xfe", JSON),
        (b"\xa1evalue", CBOR),
        (b"\xa1evalue\xf5\x00", CBOR),
        (b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", CBOR),
    ],
    ids=["cut", "trailing", "infinite", "extra_field", "surrogate", "no_text", "cut_cbor", "trailing_cbor", "huge_cbor"],
)
def test_a_malformed_payload_is_a_bad_request(client, payload, encoding):
    assert refused(client, SET, payload=payload, encoding=encoding).status in (400, 413, 422)


@pytest.mark.parametrize(
    "payload",
    [b"[" * 5000, b'{"value": "' + b"x" * 100_000 + b'"}', b"[" + b"1," * 5000 + b"1]"],
    ids=["deep", "long", "many"],
)
def test_a_payload_beyond_the_limits_is_too_large(client, payload):
    check(client, SET, 413, "too_large", payload=payload)


def test_a_payload_of_five_mebibytes_ends_with_a_refusal(client):
    with client.twin() as other:
        try:
            assert other.ask(SET, payload=b"[" + b" " * (5 << 20) + b"]").status == 413
        except Refused:
            pass


@pytest.mark.parametrize(
    "topic", [f"{HOME}/$res/somebody", "zigbee2mqtt/kitchen/bulb/set", f"{HOME}/$status", "other/topic"]
)
def test_a_foreign_response_topic_is_not_answered(house, client, topic):
    with house.client(name="somebody") as witness, client.twin() as asker:
        witness.subscribe(topic)
        before = len(witness.heard)
        try:
            asker.send(GET, reply_to=topic)
            asker.fence()
        except Refused:
            pass
        client.get(f"{BULB}/on")
        witness.fence()
        told = [heard for heard in witness.heard[before:] if heard[0] == topic and b"since" not in heard[1]]
        assert told == []


def test_a_thousand_random_payloads_are_each_answered(client):
    chance = random.Random(1)
    encodings = [JSON, CBOR, None, "application/json; charset=utf-8", "x"]
    tokens = {}
    for _ in range(10):
        for _ in range(100):
            payload = mutate(chance)
            tokens[client.send(SET, payload=payload, encoding=chance.choice(encodings))] = payload
        for token in list(tokens):
            payload = tokens.pop(token)
            answer = client.answer(token, f"{payload!r} is answered")
            assert 400 <= answer.status < 500, (payload, answer)


def mutate(chance):
    """Makes a payload that is nearly a good one, but never sets the bulb."""
    good = chance.choice([b'{"value": "no"}', b'{"value": 17, "if_version": 4}', b"\xa1evaluecabc", b"[1, 2, {}]", b""])
    payload = bytearray(good or chance.randbytes(chance.randrange(64)))
    for _ in range(chance.randrange(1, 5)):
        if payload:
            payload[chance.randrange(len(payload))] = chance.randrange(256)
    return bytes(payload) or b"\x00"
