"""The gateway without a broker of its own, beside mosquitto."""

import json
from types import SimpleNamespace

import pytest

from peers import Alongside, Client, Cluster, Gateway, Mosquitto, Zigbee2Mqtt, snapshot, until
from peers.client import CBOR, HOME, property_topic
from peers.devices import BULB, CLUSTER, DEVICES, PLUG, WEATHER, cluster_state, documents, reading, topics_of

STATUS = f"{HOME}/$status"
SET = property_topic(f"{BULB}/on", "set")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alongside")
    mosquitto = Mosquitto(folder).start()
    zigbee = Zigbee2Mqtt(folder, mosquitto.port, Mosquitto.user, Mosquitto.password).start()
    gateway = Gateway(folder, [Cluster(broker=mosquitto), Alongside(mosquitto)], built_in=False)
    gateway.start()
    return SimpleNamespace(mosquitto=mosquitto, zigbee=zigbee, gateway=gateway)


@pytest.fixture
def client(house):
    """A client of mosquitto; the house is whole when a test begins."""
    with connect(house) as client:
        until(lambda: is_whole(client), "the house is whole")
        yield client


def connect(house, version=5):
    return Client(house.mosquitto.port, Mosquitto.user, Mosquitto.password, version)


def is_whole(client):
    return gateway_state(client) == cluster_state(client) == "online" and sorted(documents(client)) == sorted(DEVICES)


def told(client, topic):
    """Returns the latest that a client has heard on a topic, or nothing."""
    return json.loads(client.topics.get(topic, b"{}"))


def gateway_state(client):
    return snapshot(client, STATUS).get(STATUS, {}).get("state")


@pytest.mark.parametrize("version", [4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def test_a_bulb_is_switched_through_the_other_broker(house, client, version):
    with connect(house, version) as asker:
        for on in (False, True):
            answer = asker.set(f"{BULB}/on", on)
            assert (answer.status, answer.value, answer.body["confirmed"]) == (200, on, "device")
        assert asker.get(f"{BULB}/on").value is True


def test_the_devices_are_listed_through_the_other_broker(client):
    answer = client.ask(f"{HOME}/$req/devices")
    assert sorted(listing["device"] for listing in answer.body["devices"]) == sorted(DEVICES)


def test_cbor_is_spoken_through_the_other_broker(client):
    answer = client.set(f"{BULB}/brightness", 30, encoding=CBOR)
    assert (answer.status, answer.label) == (200, "200")
    assert abs(answer.value - 30) <= 0.5
    assert client.get(f"{BULB}/brightness", {}, encoding=CBOR).value == answer.value


def test_an_unreachable_plug_answers_with_the_reason_of_its_peer(house, client):
    house.zigbee.reach("plug", "fails")
    answer = client.set(f"{PLUG}/on", True, ttl=5)
    house.zigbee.reach("plug", "answers")
    assert (answer.status, answer.body["error"]) == (502, "cluster_error")
    assert "Delivery failed" in answer.body["detail"]


def test_a_change_is_told_and_retained_by_the_other_broker(house, client):
    assert client.set(f"{PLUG}/on", False).status == 200
    topic = f"{CLUSTER}/plug/property/on"
    client.subscribe(topic)
    house.zigbee.report("plug", genOnOff={"onOff": 1})
    client.until(lambda: told(client, topic).get("value") is True, "the change is told")
    assert reading(client, f"{PLUG}/on")["value"] is True


def test_a_subscription_notifies_through_the_other_broker(house, client):
    client.subscribe(f"{HOME}/$notify/{client.name}/#")
    assert client.set(f"{PLUG}/on", False).status == 200
    request = {"scope": f"{PLUG}/on", "events": ["property_changed"], "lease": 60, "initial": False}
    granted = client.ask(f"{HOME}/$req/subscribe", request)
    assert granted.status == 201
    topic = f"{HOME}/$notify/{client.name}/{granted.body['sid']}"
    for on in (True, False):
        house.zigbee.report("plug", genOnOff={"onOff": int(on)})
        client.until(lambda on=on: told(client, topic).get("value") is on, "it is notified")
    assert client.ask(f"{HOME}/$req/unsubscribe", {"sid": granted.body["sid"]}).status in (200, 204)


def test_a_subscription_outlives_a_killed_gateway(house, client):
    client.subscribe(f"{HOME}/$notify/{client.name}/#")
    assert client.set(f"{PLUG}/on", False).status == 200
    request = {"scope": f"{PLUG}/on", "events": ["property_changed"], "lease": 600, "initial": False}
    sid = client.ask(f"{HOME}/$req/subscribe", request).body["sid"]
    topic = f"{HOME}/$notify/{client.name}/{sid}"
    house.zigbee.report("plug", genOnOff={"onOff": 1})
    client.until(lambda: told(client, topic).get("value") is True, "it is notified")
    last = told(client, topic)["seq"]
    client.subscribe(STATUS)
    house.gateway.kill()
    client.until(lambda: told(client, STATUS).get("state") == "offline", "the last will is heard")
    house.gateway.start()
    until(lambda: is_whole(client), "the house is whole again")
    until(lambda: client.set(f"{PLUG}/on", False, ttl=3).status == 200, "the plug is switched again")
    client.until(lambda: told(client, topic).get("value") is False, "it is notified again")
    assert told(client, topic)["seq"] > last
    assert client.ask(f"{HOME}/$req/unsubscribe", {"sid": sid}).status in (200, 204)


def test_a_retained_request_is_refused_and_cleared(house, client):
    assert client.set(f"{BULB}/on", False).status == 200
    answer = client.ask(SET, payload=b"true", retain=True)
    assert (answer.status, answer.body["error"]) == (400, "retained_request")
    # these have no expiry, so that the broker would keep them for ever
    for topic in (SET, property_topic(f"{BULB}/on", "get"), f"{HOME}/$req/devices"):
        client.publish(topic, b"true", retain=True)
    until(lambda: requests_retained(client) == {}, "nothing is retained where requests go")

    house.gateway.kill()
    client.publish(SET, b"true", retain=True)
    client.fence()
    house.gateway.start()
    until(lambda: requests_retained(client) == {}, "nothing is retained where requests go, again")
    until(lambda: client.get(f"{BULB}/on", {"max_age": 0}, ttl=3).body.get("value") is False, "the bulb is still off")


def requests_retained(client):
    return snapshot(client, f"{CLUSTER}/+/property/+/set", f"{CLUSTER}/+/property/+/get", f"{HOME}/$req/+")


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"payload": b"\xff", "encoding": "application/xml"}, 415, "unsupported_content_type"),
        ({"payload": b"{"}, 400, "malformed"),
        ({"body": {"value": "purple"}}, 422, "bad_value"),
        ({"payload": b"[" * 5000}, 413, "too_large"),
    ],
    ids=["content_type", "cut", "wrong_type", "deep"],
)
def test_what_is_wrong_is_refused_through_the_other_broker(client, request_, status, error):
    answer = client.ask(SET, **request_)
    assert (answer.status, answer.body["error"], answer.label) == (status, error, str(status))


@pytest.mark.parametrize("topic", ["zigbee2mqtt/kitchen/bulb/set", STATUS, f"{CLUSTER}/plug/$doc", "other/topic"])
def test_a_foreign_response_topic_is_not_answered(client, topic):
    before = snapshot(client, topic)
    client.subscribe(topic).fence()
    count = len(client.heard)
    client.send(property_topic(f"{BULB}/on", "get"), reply_to=topic)
    # requests are answered in their order, so the first would have been answered before this one
    assert client.get(f"{BULB}/on").status == 200
    client.fence()
    assert [heard for heard in client.heard[count:] if heard[0] == topic] == []
    assert snapshot(client, topic) == before


def test_the_last_will_of_a_killed_gateway_says_that_it_is_offline(house, client):
    client.subscribe(STATUS)
    house.gateway.kill()
    client.until(lambda: told(client, STATUS).get("state") == "offline", "the last will is heard")
    house.gateway.start()
    client.until(lambda: told(client, STATUS).get("state") == "online", "it is back")


def test_a_gateway_that_is_told_to_stop_says_that_it_and_its_clusters_are_offline(house, client):
    assert house.gateway.stop() == 0
    assert (gateway_state(client), cluster_state(client)) == ("offline", "offline")
    house.gateway.start()
    until(lambda: is_whole(client), "the house is whole again")


def test_what_went_while_the_gateway_was_away_leaves_no_ghost(house, client):
    assert client.set(f"{PLUG}/on", True).status == 200
    assert topics_of(client, "plug")
    house.gateway.kill()
    house.zigbee.request("device/rename", **{"from": "plug", "to": "cellar"})
    ghosts = [f"{HOME}/gone/lamp/$doc", f"{CLUSTER}/lamp/property/on", f"{CLUSTER}/plug/property/vanished"]
    for ghost in ghosts:
        client.publish(ghost, b'{"value":1}', retain=True)
    client.fence()
    house.gateway.start()
    until(lambda: topics_of(client, "cellar"), "the new name has appeared")
    until(lambda: topics_of(client, "plug") == [], "nothing is left of the old name")
    until(lambda: snapshot(client, *ghosts) == {}, "nothing is left of what never was")
    house.zigbee.request("device/rename", **{"from": "cellar", "to": "plug"})
    until(lambda: topics_of(client, "cellar") == [], "nothing is left of the other name")
    until(lambda: is_whole(client), "the house is whole again")


def test_a_broker_that_lost_what_it_retained_is_told_all_again(house, client):
    assert client.set(f"{BULB}/on", True).status == 200
    version = reading(client, f"{BULB}/on")["version"]
    house.mosquitto.kill()
    house.mosquitto.lose_all()
    house.mosquitto.start()
    with connect(house) as other:
        until(lambda: is_whole(other), "all is told again")
        until(lambda: reading(other, f"{WEATHER}/temperature").get("quality") == "good", "the sensor's value is good")
        until(lambda: other.set(f"{BULB}/on", False, ttl=3).status == 200, "the bulb is switched")
        assert reading(other, f"{BULB}/on")["version"] > version


def test_both_doors_show_the_same(tmp_path):
    mosquitto = Mosquitto(tmp_path).start()
    gateway = Gateway(tmp_path, [Cluster(), Alongside(mosquitto)]).start()
    Zigbee2Mqtt(tmp_path, gateway.port, "zigbee2mqtt", gateway.passwords["zigbee2mqtt"]).start()
    with gateway.client() as inside:
        until(lambda: is_whole(inside), "the house is whole")
        with Client(mosquitto.port, Mosquitto.user, Mosquitto.password) as outside:
            until(lambda: shown(inside) == shown(outside), "both show the same")
            for asker, on in [(inside, True), (outside, False), (inside, True)]:
                assert asker.set(f"{BULB}/on", on).value is on
            assert inside.ask(f"{HOME}/$req/devices").body["devices"] == outside.ask(f"{HOME}/$req/devices").body["devices"]
        mosquitto.kill()
        assert inside.set(f"{BULB}/on", False).status == 200
        mosquitto.start()
        with Client(mosquitto.port, Mosquitto.user, Mosquitto.password) as outside:
            until(lambda: shown(inside) == shown(outside), "both show the same again")
            assert reading(outside, f"{BULB}/on")["value"] is False


def shown(client):
    """Returns what is retained of the house, without what never rests: the sensors, and when something was heard last."""
    found = snapshot(client, f"{HOME}/#")
    calm = {topic: told for topic, told in found.items() if "/living_weather/" not in topic and "/hall_motion/" not in topic}
    return {topic: {name: value for name, value in told.items() if name != "time"} for topic, told in calm.items()}
