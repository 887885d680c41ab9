"""The clients that people have: the mosquitto tools in both versions of MQTT, and aiomqtt with CBOR."""

import asyncio
import json
import subprocess
import uuid

import aiomqtt
import cbor2
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from peers import until
from peers.client import CBOR, HOME, property_topic
from peers.devices import BULB, DEVICES, documents, reading

ON = f"{HOME}/{BULB}/property/on"


@pytest.fixture(scope="module")
def house(built_in_house):
    with built_in_house.client() as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices have appeared")
    return built_in_house


@pytest.fixture(params=[4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def version(request):
    return request.param


@pytest.fixture
def client(house, version):
    with house.client(version=version) as client:
        yield client


def test_mosquitto_sub_reads_the_retained_value(house, client, version):
    client.set(f"{BULB}/on", True)
    line = mosquitto(house, "sub", version, "-t", ON, "-C", "1")
    assert json.loads(line)["value"] is True


@pytest.mark.parametrize(("payload", "on"), [("false", False), ("ON", True), ('{"value": false}', False)])
def test_mosquitto_pub_switches_with_a_bare_value(house, client, version, payload, on):
    assert client.set(f"{BULB}/on", not on).status == 200
    mosquitto(house, "pub", version, "-q", "1", "-t", f"{ON}/set", "-m", payload)
    until(lambda: reading(client, f"{BULB}/on").get("value") is on, f"{payload} has switched the bulb")


def test_mosquitto_rr_is_answered(house, version):
    name = f"rr-{uuid.uuid4().hex[:8]}"
    answers = f"{HOME}/$res/{name}"
    body = "{}" if version == 5 else json.dumps({"id": "1", "reply_to": answers})
    line = mosquitto(house, "rr", version, "-i", name, "-t", f"{ON}/get", "-e", answers, "-m", body)
    assert json.loads(line)["status"] == 200


def test_a_client_gets_and_sets_and_is_told_of_the_change(client):
    client.subscribe(ON)
    assert client.set(f"{BULB}/on", False).status == 200
    assert client.set(f"{BULB}/on", True).value is True
    client.until(lambda: json.loads(client.topics.get(ON, b"{}")).get("value") is True, "the change is told")
    assert client.get(f"{BULB}/on").value is True


def test_several_properties_are_set_at_once(client):
    answer = client.ask(f"{HOME}/{BULB}/set", {"values": {"on": True, "brightness": 60}})
    assert answer.status == 200
    assert {name: outcome["status"] for name, outcome in answer.body["values"].items()} == {"on": 200, "brightness": 200}


def test_a_subscription_notifies_until_it_is_ended(client):
    notices = f"{HOME}/$notify/{client.name}/#"
    client.subscribe(notices)
    request = {"scope": f"{BULB}/on", "events": ["property_changed"], "lease": 60, "initial": False}
    granted = client.ask(f"{HOME}/$req/subscribe", request)
    assert granted.status == 201
    sid = granted.body["sid"]
    heard = lambda: [json.loads(payload) for topic, payload in client.heard if topic.endswith(sid)]
    for on in (False, True):
        assert client.set(f"{BULB}/on", on).status == 200
    client.until(lambda: heard() and heard()[-1]["value"] is True, "the change is notified")
    numbers = [notice["seq"] for notice in heard()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert client.ask(f"{HOME}/$req/unsubscribe", {"sid": sid}).status in (200, 204)


def test_aiomqtt_speaks_cbor(house):
    asyncio.run(speak_cbor(house))


async def speak_cbor(house):
    name = f"aio-{uuid.uuid4().hex[:8]}"
    answers = f"{HOME}/$res/{name}"
    async with aiomqtt.Client(
        "127.0.0.1",
        house.gateway.port,
        username="owner",
        password=house.gateway.passwords["owner"],
        identifier=name,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:
        await client.subscribe(answers, qos=1)
        for verb, body in [("set", {"value": True}), ("get", {}), ("get", None)]:
            correlation = uuid.uuid4().bytes
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = answers
            properties.CorrelationData = correlation
            properties.ContentType = CBOR
            payload = b"" if body is None else cbor2.dumps(body)
            await client.publish(property_topic(f"{BULB}/on", verb), payload, qos=1, properties=properties)
            message = await asyncio.wait_for(anext(aiter(client.messages)), 30)
            assert message.properties.ContentType == CBOR
            assert message.properties.CorrelationData == correlation
            answer = cbor2.loads(message.payload)
            assert (answer["status"], answer["value"]) == (200, True)


def mosquitto(house, tool, version, *arguments):
    """Runs one of mosquitto's tools to its end and returns what it printed."""
    account = ["-h", "127.0.0.1", "-p", house.gateway.port, "-u", "owner", "-P", house.gateway.passwords["owner"]]
    patience = [] if tool == "pub" else ["-W", "30"]
    command = [f"mosquitto_{tool}", "-V", "5" if version == 5 else "311", *account, *patience, *arguments]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout
