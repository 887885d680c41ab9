"""A bridge of mosquitto to the built-in broker: all crosses once in each direction, and nothing comes back."""

from types import SimpleNamespace

import pytest

from peers import Door, Guest, Mosquitto

MANY = [f"{number}" for number in range(50)]


@pytest.fixture(scope="module", params=[("mqttv311", "rumqttd"), ("mqttv50", "direct")], ids=["mqtt_3_1_1", "mqtt_5"])
def bridged(request, tmp_path_factory):
    """Both brokers share all topics, and each has a guest whose session is kept; `far` is the one on our side."""
    version, router = request.param
    folder = tmp_path_factory.mktemp(version)
    door = Door(folder, router).start()
    mosquitto = Mosquitto.bridged(folder, door.account("zigbee2mqtt"), version, "topic # both 1").start()
    near = Guest(mosquitto.account, keep=3600).connect()
    far = door.guest(keep=3600).connect()
    for guest in (near, far):
        guest.subscribe("shared/+", 1)
    return SimpleNamespace(door=door, mosquitto=mosquitto, near=near, far=far, version=version)


def test_all_crosses_once_and_nothing_comes_back(bridged):
    meet(bridged)
    for number in MANY:
        bridged.near.publish("shared/near", number, 1)
        bridged.far.publish("shared/far", number, 1)
    meet(bridged)
    for guest in (bridged.near, bridged.far):
        assert guest.payloads("shared/near") == MANY
        assert guest.payloads("shared/far") == MANY


def test_what_is_retained_is_so_on_both_sides(bridged):
    meet(bridged)
    bridged.near.publish("kept/near", "near", 1, retain=True)
    bridged.far.publish("kept/far", "far", 1, retain=True)
    meet(bridged)
    for account in (bridged.door.account(), bridged.mosquitto.account):
        with Guest(account) as late:
            late.subscribe("kept/+", 1)
            late.fence()
            assert sorted((heard.payload, heard.retain) for heard in late.heard) == [("far", True), ("near", True)]


def test_nothing_is_lost_while_either_broker_is_away(bridged):
    if bridged.version == "mqttv50":
        pytest.skip("there mosquitto does not ask for its session to be kept")
    for guest in (bridged.near, bridged.far):
        guest.subscribe("shared/to/+", 1)
    meet(bridged)
    bridged.door.kill()
    for number in MANY:
        bridged.near.publish("shared/to/far", number, 1)
    bridged.door.start()
    bridged.far.connect()
    meet(bridged)
    bridged.mosquitto.stop()
    for number in MANY:
        bridged.far.publish("shared/to/near", number, 1)
    bridged.door.survive_power_cut()
    bridged.far.connect()
    bridged.mosquitto.start()
    bridged.near.connect()
    meet(bridged)
    # quality of service 1 may say something twice when a connection is lost
    assert list(dict.fromkeys(bridged.far.payloads("shared/to/far"))) == MANY
    assert list(dict.fromkeys(bridged.near.payloads("shared/to/near"))) == MANY


def test_topics_cross_under_prefixes(tmp_path):
    door = Door(tmp_path).start()
    rules, state = ["topic # both 1 here/ there/", "try_private false"], "$SYS/broker/connection/bridge/state"
    mosquitto = Mosquitto.bridged(tmp_path, door.account("zigbee2mqtt"), "mqttv311", *rules).start()
    with door.guest() as far, Guest(mosquitto.account) as near:
        far.subscribe("+/+", 1)
        near.subscribe("+/+", 1)
        far.subscribe(state, 1)
        far.until(lambda: far.payloads(state) == ["1"], "the owner sees that the bridge is there")
        for number in MANY:
            near.publish("here/near", number, 1)
            far.publish("there/far", number, 1)
        near.until(lambda: len(near.payloads("here/far")) == len(MANY), "all have come here")
        far.until(lambda: len(far.payloads("there/near")) == len(MANY), "all have come there")
        mosquitto.kill()
        far.until(lambda: far.payloads(state) == ["1", "0"], "the owner sees that it is gone")
        assert {heard.topic for heard in far.heard} == {state, "there/near", "there/far"}


def meet(bridged):
    """Returns when all that was under way in either direction has arrived, echoes included."""
    for sender, receiver in 2 * ((bridged.near, bridged.far), (bridged.far, bridged.near)):
        seen = len(receiver.payloads("shared/fence"))
        sender.publish("shared/fence", sender.name, 1)
        receiver.until(lambda: sender.name in receiver.payloads("shared/fence")[seen:], "the fence has crossed")
