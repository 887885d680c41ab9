"""Two homes of which one has a clock that is a day wrong."""

import pytest

from peers import Cluster, Complaint, Home, Zigbee2Mqtt, linked, until
from peers.devices import BULB

LAMP = f"elm/{BULB}/on"


@pytest.mark.parametrize("days", ["+1d", "-1d"])
def test_a_clock_a_day_wrong_grants_nothing_is_named_and_is_mended(days, tmp_path):
    oak, elm = Home(tmp_path, "oak").start(), Home(tmp_path, "elm", [Cluster()]).start()
    oak.invite(elm)
    elm.give(oak, f"read,write,notify:{BULB}")
    zigbee = Zigbee2Mqtt(tmp_path, elm.port, "zigbee2mqtt", elm.passwords["zigbee2mqtt"]).start()
    until(lambda: is_read(oak), "the lamp can be read")
    right = elm.command
    elm.stop()
    elm.env["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    elm.command = ["faketime", "-f", days, *right]
    elm.start()
    until(lambda: blames(oak, "elm") or blames(elm, "oak"), "one of them says that a clock is wrong", within=60)
    assert not is_read(oak)
    elm.stop()
    elm.command = right
    elm.start()
    linked(oak, elm)
    until(lambda: is_read(oak), "the lamp can be read again", within=60)
    zigbee.stop()


def blames(home, other):
    return "clock" in ((home.peer(other) or {}).get("reason") or "")


def is_read(oak):
    try:
        return oak.say("get", LAMP, user="anna")[0]["status"] == 200
    except Complaint:
        return False
