"""The real Zigbee2MQTT as a cluster, on the built-in broker and on mosquitto."""

import pytest

from peers import Client, until
from peers.devices import BULB, CLUSTER, DEVICES, PLUG, WEATHER, documents, reading, topics_of
from peers.zigbee2mqtt import DEVICES as HARDWARE


@pytest.fixture(scope="module")
def client(house):
    with house.client() as client:
        topics = [f"{CLUSTER}/{device}/$doc" for device in DEVICES]
        client.subscribe(f"{CLUSTER}/+/$doc")
        client.until(lambda: client.topics.keys() >= set(topics), "all devices have appeared")
        yield client


@pytest.fixture
def failing_plug(house):
    yield house.zigbee
    house.zigbee.reach("plug", "answers")


def test_all_five_devices_and_the_group_appear(client):
    found = documents(client)
    assert sorted(found) == sorted(DEVICES)
    assert {found[device]["native"] for device in DEVICES} == {*HARDWARE.values(), "all_lights"}
    assert {"on", "brightness"} <= found["kitchen_bulb"]["properties"].keys()


def test_the_devices_of_the_owner_are_listed(client):
    answer = client.ask("hes/1/home/$req/devices")
    assert answer.status == 200
    assert sorted(listing["device"] for listing in answer.body["devices"]) == sorted(DEVICES)


@pytest.mark.parametrize("on", [True, False])
def test_a_bulb_is_switched_and_the_device_confirms(client, on):
    answer = client.set(f"{BULB}/on", on)
    assert (answer.status, answer.body["confirmed"], answer.value) == (200, "device", on)
    assert answer.label == "200"
    until(lambda: reading(client, f"{BULB}/on").get("value") is on, "the value is retained")


def test_brightness_is_in_percent(client):
    answer = client.set(f"{BULB}/brightness", 40)
    assert answer.status == 200
    assert abs(answer.value - 40) <= 0.5


def test_a_value_is_asked_of_the_device_itself(house, client):
    assert client.set(f"{PLUG}/on", False).status == 200
    house.zigbee.report("plug", genOnOff={"onOff": 1})
    answer = client.get(f"{PLUG}/on", {"max_age": 0})
    assert (answer.status, answer.value, answer.body["confirmed"]) == (200, True, "device")


def test_a_sensor_is_read_from_what_it_reported(client):
    def good():
        answer = client.get(f"{WEATHER}/temperature")
        return answer.status == 200 and answer.body["quality"] == "good" and answer

    answer = until(good, "the sensor has reported")
    assert 20 <= answer.value <= 25
    assert answer.body["unit"] == "°C"


def test_the_lamps_of_a_group_are_switched_together(client):
    assert client.set("zigbee/all_lights/on", True).status == 200
    assert client.get("zigbee/hue/on", {"max_age": 0}).value is True
    assert client.get(f"{BULB}/on", {"max_age": 0}).value is True


def test_native_names_and_values_work_as_well(client):
    answer = client.ask(f"hes/1/home/{BULB}/native/state/set", {"value": "OFF"})
    assert (answer.status, answer.value) == (200, "OFF")
    assert client.get(f"{BULB}/on").value is False


def test_an_unreachable_plug_answers_with_the_reason_of_its_peer(failing_plug, client):
    failing_plug.reach("plug", "fails")
    answer = client.set(f"{PLUG}/on", True, ttl=5)
    assert answer.status in (502, 504)
    assert "Delivery failed" in answer.body["detail"]
    assert "value" not in answer.body


def test_a_silent_plug_answers_with_the_reason_when_the_radio_gives_up_in_time(failing_plug, client):
    failing_plug.reach("plug", "silent")
    answer = client.set(f"{PLUG}/on", True, ttl=60)
    assert (answer.status, answer.body["error"]) == (502, "cluster_error")
    assert "Timeout" in answer.body["detail"]


def test_a_silent_plug_answers_at_the_deadline(failing_plug, client):
    base = failing_plug.base
    with witness_of(failing_plug) as witness:
        witness.subscribe(f"{base}/bridge/logging")
        failing_plug.reach("plug", "silent")
        answer = client.set(f"{PLUG}/on", True, ttl=1)
        assert answer.status in (502, 504)
        assert answer.body["error"]
        # the radio gives up later than we do; what it says then belongs to nobody
        witness.until(lambda: any(b"Timeout" in payload for _, payload in witness.heard), "the radio gives up")
    failing_plug.reach("plug", "answers")
    assert client.set(f"{PLUG}/on", False).status == 200


def test_a_rename_leaves_no_ghost(house, client):
    uid = documents(client)["plug"]["uid"]
    house.zigbee.request("device/rename", **{"from": "plug", "to": "hall/socket"})
    client.until(lambda: f"{CLUSTER}/hall_socket/$doc" in client.topics, "the new name has appeared")
    until(lambda: topics_of(client, "plug") == [], "nothing is left of the old name")
    assert documents(client)["hall_socket"]["uid"] == uid
    assert client.get(f"{PLUG}/on").status == 404
    assert client.set("zigbee/hall_socket/on", True).status == 200

    house.zigbee.request("device/rename", **{"from": "hall/socket", "to": "plug"})
    client.until(lambda: f"{CLUSTER}/plug/$doc" in client.topics, "the old name is back")
    until(lambda: topics_of(client, "hall_socket") == [], "nothing is left of the other name")


# the last one, because the bulb does not come back
def test_a_device_that_leaves_takes_all_its_topics_along(house, client):
    assert topics_of(client, "kitchen_bulb")
    house.zigbee.request("device/remove", id="kitchen/bulb", force=True)
    until(lambda: topics_of(client, "kitchen_bulb") == [], "nothing is left of the bulb")
    assert sorted(documents(client)) == sorted({*DEVICES} - {"kitchen_bulb"})
    assert client.get(f"{BULB}/on").status == 404
    listed = client.ask("hes/1/home/$req/devices").body["devices"]
    assert "kitchen_bulb" not in {listing["device"] for listing in listed}


def witness_of(zigbee):
    """Makes a client on the broker that Zigbee2MQTT is connected to."""
    return Client(*zigbee.account)
