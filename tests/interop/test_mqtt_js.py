"""mqtt.js over WebSocket, with and without TLS, in 3.1.1 and 5."""

from types import SimpleNamespace

import pytest

from peers import Authority, Door, Listener, MqttJs, digest

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mqttjs")
    authority = Authority(folder)
    certificate, key = map(str, authority.issue("broker"))
    plain, secure = Listener(transport="websocket"), Listener(transport="websocket", certificate=certificate, key=key)
    door = Door(folder, "direct", [plain, secure]).start()
    urls = {"ws": f"ws://localhost:{plain.port}/mqtt", "wss": f"wss://localhost:{secure.port}/mqtt"}
    return SimpleNamespace(door=door, urls=urls, authority=authority)


@pytest.fixture(params=["ws", "wss"])
def way(request):
    return request.param


@pytest.fixture(params=[4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def version(request):
    return request.param


@pytest.fixture
def connect(place, way, version, tmp_path):
    """Connects mqtt.js; what it is given are further options of its own."""

    def connected(**options):
        client = MqttJs(tmp_path)
        _, user, password = place.door.account()
        account = {"username": user, "password": password, "protocolVersion": version, "clientId": f"js-{tmp_path.name}"}
        client.do("connect", url=place.urls[way], ca=str(place.authority.certificate), options={**account, **options})
        return client

    return connected


def kept(version):
    """Returns the options with which a session is kept, and the broker alone knows its subscriptions."""
    keep = {"properties": {"sessionExpiryInterval": 3600}} if version == 5 else {}
    return {"clean": False, "resubscribe": False, **keep}


def test_all_qualities_and_a_mebibyte_go_both_ways(place, connect, version):
    client = connect()
    client.do("subscribe", filter="js/in/+", qos=2)
    with place.door.guest(version) as guest:
        guest.subscribe("js/out/+")
        for qos in (0, 1, 2):
            for payload in ("small", "x" * MEBIBYTE):
                guest.publish("js/in/x", payload, qos)
                client.do("publish", topic="js/out/x", payload=payload if payload == "small" else MEBIBYTE, qos=qos)
        guest.until(lambda: len(guest.heard) == 6, "all have come out")
        assert guest.payloads() == 3 * ["small", "x" * MEBIBYTE]
        client.until(lambda: len(client.messages()) == 6, "all have come in")
    assert [(seen["payload"], seen["qos"]) for seen in client.messages()] == [
        (payload, qos) for qos in (0, 1, 2) for payload in ("small", digest("x" * MEBIBYTE))
    ]
    client.leave()


def test_a_kept_session_goes_on_over_a_lost_connection_and_a_power_cut(place, connect, version):
    client = connect(**kept(version))
    client.do("subscribe", filter="js/kept/+", qos=2)
    with place.door.guest(version) as guest:
        client.do("vanish")
        for number in range(20):
            guest.publish("js/kept/x", f"{number}")
        client.until(lambda: len(client.messages()) == 20, "it has come back and heard all")
    place.door.kill()
    closed = client.send("publish", topic="js/said/x", payload="while the broker is away", qos=2)
    place.door.start()
    client.done(closed)
    with place.door.guest(version) as guest:
        guest.publish("js/kept/x", "last")
        client.until(lambda: "last" in client.payloads(), "it has come back again")
    assert client.payloads() == [*(f"{number}" for number in range(20)), "last"]
    assert [event["session_present"] for event in client.events if event["event"] == "connected"] == [False, True, True]
    client.leave()


def test_aliases_stand_for_the_right_topics(place, connect, version):
    if version == 4:
        pytest.skip("3.1.1 has none")
    client = connect(autoAssignTopicAlias=True, properties={"topicAliasMaximum": 2})
    client.do("subscribe", filter="js/alias/#", qos=1)
    topics = [f"js/alias/{name}" for name in "abcabcbca"]
    for topic in topics:
        client.do("publish", topic=topic, payload=topic, qos=1)
    client.until(lambda: len(client.messages()) == len(topics), "all have come back")
    assert [(seen["topic"], seen["payload"]) for seen in client.messages()] == [(topic, topic) for topic in topics]
    client.leave()
