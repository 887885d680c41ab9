"""What MQTT 5 adds, as paho sees it, with either router."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from peers import Door, Refused, Will, until

NEVER_RETAINED = 2
IF_NEW = 1


@pytest.fixture(scope="module", params=["rumqttd", "direct"])
def door(request, tmp_path_factory):
    return Door(tmp_path_factory.mktemp(request.param), request.param).start()


@pytest.fixture
def guest(door):
    with door.guest() as guest:
        yield guest


@pytest.fixture
def publisher(door):
    with door.guest() as publisher:
        yield publisher


def test_a_session_ends_when_it_has_waited_long_enough(door, guest):
    guest.subscribe("waited/+")
    waiting = door.guest(keep=1, will=Will("waited/x", "it has ended", properties={"WillDelayInterval": 3600})).connect()
    waiting.subscribe("what/ever")
    waiting.vanish()
    # a delayed will is published when its session ends, if that is before
    guest.until_heard("it has ended")
    waiting.connect()
    assert not waiting.session_present
    waiting.forget()


def test_a_guest_says_when_it_leaves_how_long_its_session_is_kept(door):
    guest = door.guest(keep=3600).connect()
    guest.leave(SessionExpiryInterval=0)
    guest.connect()
    assert not guest.session_present
    guest.forget()


def test_a_delayed_will_is_not_heard_if_its_client_comes_back(door, guest):
    guest.subscribe("delayed/+")
    dying = door.guest(keep=3600, will=Will("delayed/x", "gone", properties={"WillDelayInterval": 3600})).connect()
    dying.vanish()
    dying.connect()
    dying.leave()
    assert guest.fence().payloads() == []
    dying.forget()
    assert guest.fence().payloads() == []


@pytest.mark.parametrize("power_cut", [False, True])
def test_a_delayed_will_is_heard_when_its_time_has_come(door, power_cut):
    guest = door.guest(keep=3600).connect()
    guest.subscribe("due/+")
    dying = door.guest(keep=3600, will=Will("due/x", "gone", 2, properties={"WillDelayInterval": 1})).connect()
    dying.vanish()
    if power_cut:
        door.survive_power_cut()
        guest.connect()
    guest.until_heard("gone")
    guest.forget()
    dying.forget()


def test_a_will_is_heard_if_its_client_says_so_when_it_leaves(door, guest):
    guest.subscribe("said/+")
    with_will = ReasonCode(PacketTypes.DISCONNECT, identifier=4)
    door.guest(will=Will("said/x", "gone", properties={"ContentType": "text"})).connect().leave(with_will)
    assert guest.until_heard("gone")[0].properties["ContentType"] == "text"


def test_a_shared_subscription_gives_each_message_to_one_of_three(door, publisher):
    members = [door.guest().connect() for _ in range(3)]
    payloads = [f"{number}" for number in range(60)]
    for member in members:
        assert member.subscribe("$share/team/shared/+") == 2
    for payload in payloads:
        publisher.publish("shared/x", payload)
    heard = [member.fence().payloads() for member in members]
    assert sorted(sum(heard, [])) == sorted(payloads)
    assert all(heard), "each has had some"
    for member in members:
        member.leave()


def test_what_a_member_did_not_acknowledge_goes_to_another(door, publisher):
    dying, living = door.guest(slow=True).connect(), door.guest().connect()
    for member in (dying, living):
        member.subscribe("$share/heirs/inherited/+", 1)
    payloads = [f"{number}" for number in range(20)]
    for payload in payloads:
        publisher.publish("inherited/x", payload, 1)
    dying.until(lambda: dying.heard, "it has had some")
    dying.vanish()
    living.until(lambda: len(living.heard) >= len(payloads), "the other has had all")
    assert sorted(living.fence().payloads()) == sorted(payloads)
    living.leave()


def test_groups_and_others_hear_beside_each_other(door, publisher):
    filters = ["$share/one/beside/+", "$share/two/beside/+", "$share/one/beside/#", "beside/x"]
    guests = [door.guest().connect() for _ in filters]
    for guest, text in zip(guests, filters):
        guest.subscribe(text)
    publisher.publish("beside/x", "x")
    for guest in guests:
        assert guest.fence().payloads() == ["x"]
        guest.leave()


def test_a_message_names_the_subscriptions_that_it_came_through(guest, publisher):
    for identifier, text in ((1, "named/+/x"), (268435455, "named/#"), (3, "named/other")):
        guest.subscribe(text, identifier=identifier)
    publisher.publish("named/a/x", "x")
    guest.fence()
    found = [number for heard in guest.heard for number in heard.properties["SubscriptionIdentifier"]]
    assert sorted(found) == [1, 268435455]


def test_ones_own_messages_do_not_come_back_if_not_wanted(guest, publisher):
    guest.subscribe("local/#", noLocal=True)
    guest.publish("local/x", "mine")
    publisher.publish("local/x", "another's")
    assert guest.fence().payloads() == ["another's"]


def test_retained_messages_come_as_the_subscription_wants(guest, publisher):
    publisher.publish("kept/x", "old", retain=True)
    guest.subscribe("kept/+", retainHandling=NEVER_RETAINED)
    assert guest.fence().payloads() == []
    guest.subscribe("kept/+", retainHandling=IF_NEW)
    assert guest.fence().payloads() == []
    guest.unsubscribe("kept/+")
    guest.subscribe("kept/+", retainHandling=IF_NEW)
    guest.subscribe("kept/+", retainHandling=IF_NEW)
    assert guest.fence().payloads() == ["old"]
    guest.subscribe("kept/+")
    assert guest.fence().payloads() == ["old", "old"]
    publisher.publish("kept/x", "", retain=True)


@pytest.mark.parametrize("as_published", [False, True])
def test_the_retain_flag_comes_as_the_subscription_wants(guest, publisher, as_published):
    guest.subscribe("flag/+", retainAsPublished=as_published)
    publisher.publish("flag/x", "kept", retain=True)
    publisher.publish("flag/x", "said")
    assert [heard.retain for heard in guest.until_heard("kept", "said")] == [as_published, False]
    publisher.publish("flag/x", "", retain=True)


def test_a_topic_may_have_an_alias(guest, publisher):
    assert publisher.told["TopicAliasMaximum"] >= 2
    guest.subscribe("alias/#")
    for topic, alias in (("alias/one", 1), ("alias/two", 2), ("", 1), ("", 2), ("alias/three", 1), ("", 1)):
        publisher.publish(topic, topic, TopicAlias=alias)
    guest.fence()
    assert [heard.topic for heard in guest.heard] == [f"alias/{name}" for name in ("one", "two", "one", "two", "three", "three")]


def test_an_alias_above_the_maximum_ends_the_connection(door):
    guest = door.guest().connect()
    guest.send("alias/x", "x", TopicAlias=guest.told["TopicAliasMaximum"] + 1)
    assert guest.until_ended().value == 0x94


def test_the_time_that_a_message_has_left_is_counted_down(door, guest, publisher):
    away = door.guest(keep=3600).connect()
    away.subscribe("left/+")
    away.leave()
    publisher.publish("left/long", "long", MessageExpiryInterval=1000)
    publisher.publish("left/short", "short", retain=True, MessageExpiryInterval=1)
    until(lambda: "short" not in look(door, "left/short"), "the second has passed")
    away.connect()
    away.fence()
    assert away.payloads() == ["long"]
    assert 0 < away.heard[0].properties["MessageExpiryInterval"] < 1000
    away.forget()


def look(door, topic):
    """Returns what a new subscriber finds retained."""
    with door.guest() as fresh:
        fresh.subscribe(topic)
        return fresh.fence().payloads()


def test_a_guest_is_sent_no_more_than_it_takes_at_a_time(door, publisher):
    with door.guest(slow=True, ReceiveMaximum=1) as guest:
        guest.subscribe("one/at/+", 1)
        for payload in ("1", "2", "3"):
            publisher.publish("one/at/once", payload, 1)
            publisher.publish("one/at/will", f"{payload} of quality 0", 0)
        # what needs no acknowledgement waits for none, so it comes first
        guest.until(lambda: len(guest.heard) >= 4, "the first has come")
        assert guest.payloads("one/at/once") == ["1"]
        for number in (1, 2, 3):
            guest.until(lambda number=number: len(guest.payloads("one/at/once")) == number, "the next has come")
            guest.acknowledge([heard for heard in guest.heard if heard.topic == "one/at/once"][-1])


def test_a_message_larger_than_a_guest_takes_is_left_out(door, publisher):
    with door.guest(MaximumPacketSize=200) as guest:
        guest.subscribe("large/+")
        publisher.publish("large/x", "x" * 300)
        publisher.publish("large/x", "small")
        assert guest.fence().payloads() == ["small"]


def test_a_packet_larger_than_the_broker_takes_ends_the_connection(door):
    guest = door.guest().connect()
    guest.send("large/x", "x" * guest.told["MaximumPacketSize"])
    assert guest.until_ended().value == 0x95


def test_a_guest_is_told_where_its_answers_go(door):
    with door.guest(name="asker", RequestResponseInformation=1) as guest:
        assert guest.told["ResponseInformation"] == "hes/1/home/$res/asker"
        assert guest.subscribe(guest.told["ResponseInformation"]) == 2


def test_all_that_a_message_says_about_itself_arrives(guest, publisher):
    said = {
        "PayloadFormatIndicator": 1,
        "ContentType": "text/plain",
        "ResponseTopic": "said/answer",
        "CorrelationData": b"\x00\x01",
        "UserProperty": [("one", "1"), ("one", "2"), ("", "")],
    }
    guest.subscribe("said/+")
    publisher.publish("said/x", "x", **said)
    assert guest.until_heard("x")[0].properties == said


def test_wrong_filters_and_topics_are_refused_one_by_one(guest):
    assert guest.subscribe("$share//x") == 0x8F
    assert guest.subscribe("hes/1/home/$req/#") == 0x87
    assert guest.publish("hes/1/home/zigbee/lamp/$doc", "x", 1) == 0x87
    assert guest.publish("nobody/listens", "x", 1) in (0, 0x10)


def test_all_sessions_are_told_when_the_broker_ends(door):
    guest = door.guest().connect()
    door.restart()
    assert guest.until_ended().value == 0x8B


def test_an_account_that_is_removed_ends_its_sessions(door):
    door.add_user("visitor", "guest")
    guest = door.guest(user="visitor").connect()
    door.command_line("user", "remove", "visitor", "--data", door.data)
    assert guest.until_ended().is_failure
    with pytest.raises(Refused):
        guest.connect()
