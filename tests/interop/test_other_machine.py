"""A cluster's own broker on another machine: the cable between is cut, and plugged in again."""

import pytest

from peers import Cluster, Gateway, Machine, Mosquitto, Zigbee2Mqtt, until
from peers.devices import BULB, DEVICES, WEATHER, cluster_state, cluster_status, documents, reading


@pytest.fixture
def machine():
    machine = Machine()
    yield machine
    machine.remove()


@pytest.fixture
def gateway(machine, tmp_path):
    """A gateway here; mosquitto and Zigbee2MQTT are there."""
    mosquitto = Mosquitto(tmp_path, machine=machine).start()
    Zigbee2Mqtt(tmp_path, *mosquitto.account, machine=machine).start()
    return Gateway(tmp_path, [Cluster(broker=mosquitto)]).start()


def test_a_cut_cable_is_told_of_and_mended(machine, gateway):
    with gateway.client() as client:
        is_whole(client)
        machine.cut()
        until(lambda: cluster_state(client) == "offline", "the cluster is said to be offline")
        until(lambda: reading(client, f"{WEATHER}/temperature").get("quality") == "stale", "its values are said to be stale")
        answer = client.set(f"{BULB}/on", True, ttl=3)
        assert (answer.status, answer.body["error"]) == (503, "cluster_offline")
        machine.connect()
        is_whole(client)
        assert cluster_status(client).get("error") is None


def is_whole(client):
    """Waits until all devices are there, and a lamp does what it is told."""
    until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices are there")
    until(lambda: cluster_state(client) == "online", "the cluster is online", within=60)
    for value in (False, True):
        done = lambda value=value: client.set(f"{BULB}/on", value, ttl=3).status == 200
        until(done, f"the lamp takes {value}")
    until(lambda: reading(client, f"{WEATHER}/temperature").get("quality") == "good", "the sensor's value is good")
