"""The gateway without a broker of its own, beside mosquitto."""

import pytest

from peers import Alongside, Client, Cluster, Gateway, Mosquitto, Zigbee2Mqtt, until
from peers.devices import BULB, DEVICES, documents


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alongside")
    mosquitto = Mosquitto(folder).start()
    Zigbee2Mqtt(folder, mosquitto.port, Mosquitto.user, Mosquitto.password).start()
    Gateway(folder, [Cluster(broker=mosquitto), Alongside(mosquitto)], built_in=False).start()
    with Client(mosquitto.port, Mosquitto.user, Mosquitto.password) as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices have appeared")
        yield client


@pytest.mark.parametrize("version", [4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def test_a_bulb_is_switched_through_the_other_broker(client, version):
    with Client(*client.account, version=version) as asker:
        for on in (False, True):
            answer = asker.set(f"{BULB}/on", on)
            assert (answer.status, answer.value, answer.body["confirmed"]) == (200, on, "device")
        assert asker.get(f"{BULB}/on").value is True


def test_the_devices_are_listed_through_the_other_broker(client):
    answer = client.ask("hes/1/home/$req/devices")
    assert sorted(listing["device"] for listing in answer.body["devices"]) == sorted(DEVICES)
