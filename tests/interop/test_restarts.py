"""Kill and restart: whoever dies, the house converges."""

from types import SimpleNamespace

import pytest

from peers import BuiltInHouse, Client, Cluster, Gateway, Mosquitto, Zigbee2Mqtt, until
from peers.devices import BULB, DEVICES, WEATHER, cluster_state, cluster_status, device_state, documents, reading


def test_a_dead_zigbee2mqtt_is_told_of_and_comes_back(house):
    converge(house)
    house.zigbee.kill()
    with house.client() as client:
        until(lambda: cluster_state(client) == "offline", "the cluster is said to be offline")
        until(lambda: reading(client, f"{WEATHER}/temperature").get("quality") == "stale", "its values are said to be stale")
        until(lambda: device_state(client, "plug") == "unknown", "nobody knows of its devices")
        assert client.set(f"{BULB}/on", True, ttl=3).status == 503
    house.zigbee.start()
    converge(house)
    with house.client() as client:
        until(lambda: device_state(client, "plug") == "online", "the plug is said to be online again")


def test_a_killed_broker_comes_back(house):
    before = converge(house)
    house.broker.kill()
    house.broker.start()
    assert_not_older(before, converge(house))


def test_a_killed_gateway_comes_back(house):
    if isinstance(house, BuiltInHouse):
        pytest.skip("there the gateway is the broker, which the test above has killed")
    before = converge(house)
    house.gateway.kill()
    house.gateway.start()
    assert_not_older(before, converge(house))


def test_a_gateway_that_is_told_to_stop_ends_well_and_comes_back(house):
    before = converge(house)
    assert house.gateway.stop() == 0
    house.gateway.start()
    assert_not_older(before, converge(house))


def test_what_was_renamed_while_the_gateway_was_away_leaves_no_ghost(house):
    if isinstance(house, BuiltInHouse):
        pytest.skip("there Zigbee2MQTT cannot be asked to rename while the gateway is away")
    converge(house)
    house.gateway.kill()
    house.zigbee.request("device/rename", **{"from": "hue", "to": "shade"})
    house.gateway.start()
    with house.client() as client:
        expected = sorted({*DEVICES, "shade"} - {"hue"})
        until(lambda: sorted(documents(client)) == expected, "only the new name is there")
    house.zigbee.request("device/rename", **{"from": "shade", "to": "hue"})
    converge(house)


def test_devices_are_remembered_when_everybody_else_lost_them(house):
    converge(house)
    house.zigbee.kill()
    house.broker.kill()
    house.gateway.kill()
    if not isinstance(house, BuiltInHouse):
        house.broker.lose_all()
        house.broker.start()
    house.gateway.start()
    with house.client() as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices are known")
        assert reading(client, f"{WEATHER}/temperature")["quality"] == "stale"
        assert client.get(f"{WEATHER}/temperature").body["quality"] == "stale"
        assert cluster_state(client) == "offline"
        assert client.set(f"{BULB}/on", True, ttl=3).status == 503
    house.zigbee.start()
    converge(house)


def test_a_link_comes_up_when_its_broker_does(tmp_path):
    mosquitto = Mosquitto(tmp_path)
    gateway = Gateway(tmp_path, [Cluster(broker=mosquitto)]).start()
    with gateway.client() as client:
        assert cluster_status(client)["state"] == "offline"
        until(lambda: "refused" in (cluster_status(client).get("error") or "").lower(), "it is said why")
        mosquitto.start()
        Zigbee2Mqtt(tmp_path, mosquitto.port, Mosquitto.user, Mosquitto.password).start()
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices are there")
        until(lambda: cluster_state(client) == "online", "the cluster is online")
        assert cluster_status(client).get("error") is None


def test_a_wrong_password_for_another_broker_is_said(tmp_path):
    mosquitto = Mosquitto(tmp_path).start()
    mosquitto.password = "another one"
    gateway = Gateway(tmp_path, [Cluster(broker=mosquitto)]).start()
    with gateway.client() as client:
        until(lambda: "refuses the user or the password" in (cluster_status(client).get("error") or ""), "it is said why")


def test_a_broker_that_lets_nobody_subscribe_is_said(tmp_path):
    (tmp_path / "other").mkdir()
    other = Gateway(tmp_path / "other").start()
    other.add_user("stranger", "guest")
    account = SimpleNamespace(name="other", url=other.url, user="stranger", password=other.passwords["stranger"])
    gateway = Gateway(tmp_path, [Cluster(broker=account)]).start()
    with gateway.client() as client:
        until(lambda: "let this user subscribe" in (cluster_status(client).get("error") or ""), "it is said why")


def test_a_message_of_four_mebibytes_is_no_trouble(house):
    converge(house)
    with Client(*house.zigbee.account) as other:
        other.publish(f"{house.zigbee.base}/bridge/definitions", b" " * (4 << 20), retain=True)
        other.fence()
        house.gateway.stop()
        house.gateway.start()
        converge(house)
    with Client(*house.zigbee.account) as other:
        other.publish(f"{house.zigbee.base}/bridge/definitions", b"", retain=True)
        other.fence()


def converge(house):
    """Waits until the house is whole again; returns the version of each value that the bulb has retained."""
    with house.client() as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices are there")
        until(lambda: cluster_state(client) == "online", "the cluster is online")
        until(lambda: reading(client, f"{WEATHER}/temperature").get("quality") == "good", "the sensor's value is good")
        for name, value in [("on", False), ("on", True), ("brightness", 50)]:
            done = lambda name=name, value=value: client.set(f"{BULB}/{name}", value, ttl=3).status == 200
            until(done, f"the bulb takes {name} {value}")
        answer = client.get(f"{BULB}/on", {"max_age": 0})
        assert (answer.status, answer.value) == (200, True)
        return {name: reading(client, f"{BULB}/{name}")["version"] for name in ("on", "brightness")}


def assert_not_older(before, after):
    assert all(after[name] >= version for name, version in before.items()), (before, after)
