"""Two gateways: on two machines with a cable between them, at a broker that neither owns, and over TLS."""

import pytest

from peers import Authority, Client, Cluster, Complaint, Home, Machine, Mosquitto, Zigbee2Mqtt, linked, until
from peers.devices import BULB
from peers.process import free_port

LAMP = f"elm/{BULB}/on"
TOPIC = f"hes/1/elm/{BULB}/property/on"

# What is in what the homes say to each other.
SECRETS = [b"zigbee", b"kitchen", b"bulb", b"anna", b"holidays", b"property", b"application/", b"eyJ"]


@pytest.fixture
def machine():
    machine = Machine()
    yield machine
    machine.remove()


def test_a_home_on_another_machine_is_used_until_the_cable_is_cut_and_again_after(machine, tmp_path):
    oak = Home(tmp_path, "oak", host=machine.here).start()
    elm = Home(tmp_path, "elm", [Cluster()], host=machine.there, prefix=machine.prefix).start()
    Zigbee2Mqtt(tmp_path, elm.port, "zigbee2mqtt", elm.passwords["zigbee2mqtt"], machine=machine).start()
    oak.invite(elm)
    elm.give(oak, f"read,write,notify:{BULB}")
    is_used(oak)
    machine.cut()
    with oak.client("anna") as anna:
        anna.subscribe(TOPIC)
        anna.until(lambda: b'"stale"' in anna.topics.get(TOPIC, b""), "the lamp is said to be stale")
    with pytest.raises(Complaint, match="503"):
        oak.say("set", LAMP, "true", user="anna")
    machine.connect()
    linked(oak, elm)
    is_used(oak)


def test_whoever_owns_the_broker_between_two_homes_learns_nothing(tmp_path):
    mosquitto = Mosquitto(tmp_path).start()
    password = tmp_path / "met.password"
    password.write_text(mosquitto.password + "\n")
    met = f'\n[peers]\nurl = "{mosquitto.url}"\nuser = "{mosquitto.user}"\npassword_file = "{password}"\n'
    oak, elm = Home(tmp_path, "oak", further=met).start(), with_a_lamp(tmp_path, further=met)
    with Client(*mosquitto.account) as spy:
        spy.subscribe("#")
        oak.invite(elm, mosquitto.url)
        elm.give(oak, f"read,write,notify:{BULB}")
        is_used(oak)
        passed = [payload for topic, payload in spy.heard if topic.startswith("hes/1/$link/")]
    assert len(passed) > 10
    assert [secret for secret in SECRETS if any(secret in payload for payload in passed)] == []
    mosquitto.kill()
    assert mosquitto.start().is_running
    linked(oak, elm)
    is_used(oak)


def test_homes_meet_over_tls_by_a_certificate_that_the_guest_knows(tmp_path):
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    certificate, key = authority.issue("oak")
    port = free_port()
    listener = f'\n[[broker.listener]]\naddress = "127.0.0.1:{port}"\ncertificate = "{certificate}"\nkey = "{key}"\n'
    oak = Home(tmp_path, "oak", further=listener).start()
    elm = with_a_lamp(tmp_path, further=trusting(authority))
    other = Home(tmp_path, "fir", further=trusting(stranger)).start()
    url = f"mqtts://localhost:{port}"
    code = oak.say("peer", "invite", url)["code"]
    with pytest.raises(Complaint, match="ca"):
        other.say("peer", "join", code)
    oak.invite(elm, url)
    elm.give(oak, f"read,write,notify:{BULB}")
    is_used(oak)


def with_a_lamp(folder, **options):
    """Starts elm with the real Zigbee2MQTT."""
    elm = Home(folder, "elm", [Cluster()], **options).start()
    Zigbee2Mqtt(folder, elm.port, "zigbee2mqtt", elm.passwords["zigbee2mqtt"]).start()
    return elm


def trusting(authority):
    return f'\n[peers]\nca = "{authority.certificate}"\n'


def is_used(oak):
    """Waits until anna lists, reads and writes the lamp of elm, and is told of what it then is."""
    until(lambda: f"elm/{BULB}" in devices(oak), "the lamp is listed")
    with oak.client("anna") as anna:
        anna.subscribe(TOPIC)
        for value in ("false", "true"):
            until(lambda value=value: done(oak, value), f"the lamp takes {value}")
            expected = f'"value":{value}'.encode()
            anna.until(lambda expected=expected: expected in anna.topics.get(TOPIC, b""), f"anna is told {value}")
    assert oak.say("get", LAMP, user="anna")[0]["value"] is True


def done(oak, value):
    try:
        return oak.say("set", LAMP, value, user="anna")[0]["confirmed"] == "device"
    except Complaint:
        return False


def devices(oak):
    try:
        return ["/".join((it["home"], it["cluster"], it["device"])) for it in oak.say("devices", user="anna")]
    except Complaint:
        return []
