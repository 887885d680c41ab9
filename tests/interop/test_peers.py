"""The peers themselves work: what a failure here shows is not the gateway's fault."""

import json

import pytest

from peers import Client, Mosquitto, Zigbee2Mqtt, snapshot
from peers.zigbee2mqtt import DEVICES, GROUP

BASE = Zigbee2Mqtt.base


@pytest.fixture(scope="module")
def zigbee(tmp_path_factory):
    folder = tmp_path_factory.mktemp("peers")
    mosquitto = Mosquitto(folder).start()
    return Zigbee2Mqtt(folder, mosquitto.port, Mosquitto.user, Mosquitto.password).start()


@pytest.fixture
def client(zigbee):
    with Client(*zigbee.account) as client:
        client.subscribe(f"{BASE}/#")
        yield client


def state(client, device):
    return json.loads(client.topics.get(f"{BASE}/{device}", b"{}"))


def set_and_wait(client, device, **values):
    client.publish(f"{BASE}/{device}/set", json.dumps(values))
    client.until(lambda: values.items() <= state(client, device).items(), f"{device} is {values}")


def test_zigbee2mqtt_knows_five_devices_and_a_group(zigbee, client):
    known = snapshot(client, f"{BASE}/bridge/devices", f"{BASE}/bridge/groups")
    devices = [device for device in known[f"{BASE}/bridge/devices"] if device["type"] != "Coordinator"]
    assert {device["ieee_address"]: device["friendly_name"] for device in devices} == DEVICES
    assert all(device["supported"] for device in devices)
    assert [group["friendly_name"] for group in known[f"{BASE}/bridge/groups"]] == [GROUP]


def test_a_lamp_keeps_its_state_over_a_kill(zigbee, client):
    set_and_wait(client, "kitchen/bulb", state="ON", brightness=99)
    zigbee.kill()
    zigbee.start()
    client.topics.clear()
    client.publish(f"{BASE}/kitchen/bulb/get", '{"state": "", "brightness": ""}')
    remembers = {"state": "ON", "brightness": 99}.items()
    client.until(lambda: remembers <= state(client, "kitchen/bulb").items(), "the lamp remembers")


def test_a_group_switches_its_lamps(client):
    set_and_wait(client, GROUP, state="OFF")
    set_and_wait(client, GROUP, state="ON")
    client.publish(f"{BASE}/hue/get", '{"state": ""}')
    client.until(lambda: state(client, "hue").get("state") == "ON", "the lamp itself says that it is on")


def test_a_sensor_reports_by_itself(client):
    heard = client.until(lambda: state(client, "living_weather").get("temperature"), "a temperature comes")
    client.until(lambda: state(client, "living_weather")["temperature"] != heard, "another one comes")


def test_a_button_press_is_reported(zigbee, client):
    set_and_wait(client, "plug", state="OFF")
    zigbee.report("plug", genOnOff={"onOff": 1})
    client.until(lambda: state(client, "plug")["state"] == "ON", "the press is heard")


@pytest.mark.parametrize(("how", "reason"), [("fails", "Delivery failed"), ("silent", "Timeout")])
def test_a_device_becomes_unreachable_and_comes_back(zigbee, client, how, reason):
    log = f"{BASE}/bridge/logging"
    zigbee.reach("plug", how)
    client.publish(f"{BASE}/plug/set", '{"state": "ON"}')
    told = lambda: any(topic == log and reason.encode() in payload for topic, payload in client.heard)
    client.until(told, "the log tells the reason")
    zigbee.reach("plug", "answers")
    set_and_wait(client, "plug", state="OFF")


def test_a_rename_is_done_at_once(zigbee, client):
    zigbee.request("device/rename", **{"from": "plug", "to": "hall/plug"})
    set_and_wait(client, "hall/plug", state="ON")
    zigbee.request("device/rename", **{"from": "hall/plug", "to": "plug"})
    set_and_wait(client, "plug", state="OFF")
