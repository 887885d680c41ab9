"""Sessions and qualities of service as paho sees them, over restarts and power cuts, with either router."""

import pytest

from peers import Door, Guest, Refused, Will, until

QUALITIES = [0, 1, 2]


@pytest.fixture(scope="module", params=["rumqttd", "direct"])
def door(request, tmp_path_factory):
    return Door(tmp_path_factory.mktemp(request.param), request.param).start()


@pytest.fixture(params=[4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def version(request):
    return request.param


@pytest.fixture
def publisher(door, version):
    with door.guest(version) as publisher:
        yield publisher


@pytest.mark.parametrize("sent", QUALITIES)
def test_a_message_comes_with_the_lesser_quality_of_both(door, version, publisher, sent):
    for granted in QUALITIES:
        with door.guest(version) as guest:
            assert guest.subscribe("lesser/+", granted) == granted
            publisher.publish("lesser/one", "x", sent)
            assert [heard.qos for heard in guest.until_heard("x")] == [min(sent, granted)]


def test_each_version_hears_the_other(door, publisher):
    for version in (4, 5):
        with door.guest(version) as guest:
            guest.subscribe("each/+/other")
            for qos in QUALITIES:
                publisher.publish("each/the/other", f"{qos}", qos)
            guest.until(lambda: len(guest.heard) == 3, "all have come")
            assert sorted(guest.payloads()) == ["0", "1", "2"]


def test_a_thousand_messages_come_once_and_in_order(door, version, publisher):
    payloads = [f"{number}" for number in range(1000)]
    for qos in (1, 2):
        with door.guest(version) as guest:
            guest.subscribe("many/#", qos)
            for payload in payloads:
                publisher.send("many/x", payload, qos)
            guest.until_heard(*payloads)
            assert guest.fence().payloads() == payloads


def test_what_is_published_while_a_guest_is_away_waits_for_it(door, version, publisher):
    guest = kept(door, version)
    guest.subscribe("away/+")
    guest.vanish()
    for qos in QUALITIES:
        publisher.publish("away/x", f"{qos}", qos)
    guest.connect()
    assert guest.session_present
    guest.until_heard("1", "2")
    assert guest.fence().payloads() == ["1", "2"]
    guest.forget()


@pytest.mark.parametrize("end", ["restart", "survive_power_cut"])
def test_a_kept_session_outlives_the_broker(door, version, publisher, end):
    guest = kept(door, version)
    guest.subscribe("outlives/one/+", 2)
    guest.subscribe("outlives/two", 1)
    guest.leave()
    for number in range(20):
        publisher.publish("outlives/one/x", f"before {number}")
        publisher.publish("outlives/two", f"too {number}")
    getattr(door, end)()
    publisher.connect()
    publisher.publish("outlives/one/x", "after")
    guest.connect()
    assert guest.session_present
    guest.until(lambda: len(guest.heard) >= 41, "all have come")
    guest.fence()
    assert guest.payloads("outlives/one/x") == [*(f"before {number}" for number in range(20)), "after"]
    assert guest.payloads("outlives/two") == [f"too {number}" for number in range(20)]
    assert {heard.qos for heard in guest.heard if heard.topic == "outlives/two"} == {1}
    guest.forget()


def test_quality_two_is_exactly_once_over_power_cuts(door, version):
    receiver, sender = kept(door, version), kept(door, version)
    receiver.subscribe("exactly/+")
    payloads = [f"{number}" for number in range(300)]
    sent = [sender.send("exactly/once", payload) for payload in payloads]
    for enough in (20, 120):
        until(lambda: len(receiver.heard) >= enough, "some have come")
        door.kill()
        door.start()
        receiver.connect_when_possible()
        sender.connect_when_possible()
    receiver.until(lambda: len(receiver.heard) >= len(payloads), "all have come")
    sender.until(lambda: sender.is_acknowledged(*sent), "all are acknowledged")
    assert receiver.fence().payloads() == payloads
    receiver.forget()
    sender.forget()


def test_quality_one_loses_nothing_over_a_power_cut(door, version):
    receiver, sender = kept(door, version), kept(door, version)
    receiver.subscribe("at/least/+", 1)
    payloads = [f"{number}" for number in range(300)]
    sent = [sender.send("at/least/once", payload, 1) for payload in payloads]
    until(lambda: len(receiver.heard) >= 50, "some have come")
    door.survive_power_cut()
    receiver.connect_when_possible()
    sender.connect_when_possible()
    sender.until(lambda: sender.is_acknowledged(*sent), "all are acknowledged")
    assert list(dict.fromkeys(receiver.fence().payloads())) == payloads
    receiver.forget()
    sender.forget()


def test_what_was_not_acknowledged_comes_again(door, version, publisher):
    guest = kept(door, version, slow=True)
    guest.subscribe("again/+", 1)
    publisher.publish("again/x", "one", 1)
    first = guest.until_heard("one")[0]
    guest.vanish()
    publisher.publish("again/x", "two", 1)
    guest.connect()
    second = guest.until_heard("one", "one", "two")[1]
    assert second.mid == first.mid
    for heard in guest.heard[1:]:
        guest.acknowledge(heard)
    guest.leave()
    guest.connect()
    publisher.publish("again/x", "three", 1)
    guest.until_heard("one", "one", "two", "three")
    guest.forget()


def test_a_session_that_is_not_kept_is_gone(door, version, publisher):
    guest = door.guest(version).connect()
    guest.subscribe("gone/+")
    guest.leave()
    publisher.publish("gone/x", "lost")
    guest.connect()
    assert not guest.session_present
    publisher.publish("gone/x", "nobody listens")
    assert guest.fence().payloads() == []
    guest.leave()


def test_a_clean_start_forgets_what_was_kept(door, version, publisher):
    guest = kept(door, version)
    guest.subscribe("clean/+")
    guest.leave()
    publisher.publish("clean/x", "lost")
    guest.forget()
    guest.connect()
    assert not guest.session_present
    assert guest.fence().payloads() == []
    guest.forget()


@pytest.mark.parametrize("end", ["restart", "survive_power_cut"])
def test_what_is_retained_outlives_the_broker(door, version, publisher, end):
    for number in range(5):
        publisher.publish(f"retained/{end}/{number}", f"{number}", retain=True)
    publisher.publish(f"retained/{end}/0", "", retain=True)
    getattr(door, end)()
    with door.guest(version) as guest:
        guest.subscribe(f"retained/{end}/#", 1)
        guest.until(lambda: len(guest.heard) == 4, "all have come")
        assert sorted(guest.fence().payloads()) == ["1", "2", "3", "4"]
        assert {(heard.qos, heard.retain) for heard in guest.heard} == {(1, True)}
    publisher.connect()
    for number in range(5):
        publisher.publish(f"retained/{end}/{number}", "", retain=True)


def test_the_will_of_one_that_vanishes_is_heard_and_of_one_that_leaves_is_not(door, version):
    with door.guest(version) as guest:
        guest.subscribe("will/+")
        for name, end in (("a", "leave"), ("b", "vanish")):
            dying = door.guest(version, will=Will(f"will/{name}", f"{name} is gone", 2, True)).connect()
            getattr(dying, end)()
        heard = guest.until_heard("b is gone")[0]
        assert (heard.qos, heard.retain) == (2, False)
        assert guest.fence().payloads() == ["b is gone"]
    with door.guest(version) as late:
        late.subscribe("will/+")
        assert late.until_heard("b is gone")[0].retain
        late.publish("will/b", "", retain=True)


def test_the_will_of_one_that_is_silent_is_heard(door):
    with door.guest() as guest:
        guest.subscribe("silent/+")
        door.guest(will=Will("silent/x", "gone")).connect(keepalive=1).fall_silent()
        guest.until_heard("gone")


def test_another_connection_with_the_same_name_takes_over(door, version):
    with door.guest(version) as guest:
        guest.subscribe("took/+")
        old = door.guest(version, "twin", will=Will("took/over", "the old one is gone")).connect()
        new = door.guest(version, "twin", will=Will("took/over", "the new one is gone")).connect()
        ended = old.until_ended()
        assert version == 4 or ended.value == 0x8E
        guest.until_heard("the old one is gone")
        new.leave()
        assert guest.fence().payloads() == ["the old one is gone"]


def test_who_gives_no_name_is_given_one(door, version):
    with door.guest(version, "") as guest, door.guest(version, "") as other:
        guest.subscribe("named/+")
        other.publish("named/x", "x")
        guest.until_heard("x")
        if version == 5:
            names = [guest.told["AssignedClientIdentifier"], other.told["AssignedClientIdentifier"]]
            assert len(set(names)) == 2


def test_a_wrong_password_is_refused(door, version):
    with pytest.raises(Refused, match="Bad user name or password"):
        Guest((door.port, "owner", "wrong"), version).connect()


def test_a_name_of_another_account_is_refused(door, version):
    with door.guest(version, "mine"):
        with pytest.raises(Refused, match="Client identifier not valid"):
            door.guest(version, "mine", user="zigbee2mqtt").connect()


def test_what_an_account_may_not_do_is_refused(door, version, publisher):
    with door.guest(version, user="zigbee2mqtt") as guest:
        assert guest.subscribe("hes/1/home/$res/other") == (0x87 if version == 5 else 0x80)
        assert guest.publish("hes/1/home/zigbee/lamp/$doc", "x", 1) == (0x87 if version == 5 else 0)
        assert guest.subscribe("mine/+") == 2
        assert guest.publish("mine/x", "x") == 0
        guest.until_heard("x")
    with pytest.raises(Refused, match="Not authorized"):
        door.guest(version, user="zigbee2mqtt", will=Will("hes/1/home/$status", "offline")).connect()


def kept(door, version, **options):
    """Connects a guest whose session is kept."""
    return door.guest(version, keep=3600, **options).connect()
