"""The ways in: TCP, TLS, WebSocket and both, with paho and with mosquitto's tools."""

import ssl
import subprocess
import uuid
from types import SimpleNamespace

import pytest

from peers import Authority, Door, Guest, Listener, Refused, until

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A broker with a listener of each kind; `users` takes no clients without a certificate."""
    folder = tmp_path_factory.mktemp("transports")
    authority = Authority(folder)
    certificate, key = map(str, authority.issue("broker"))
    tls = {"certificate": certificate, "key": key}
    users = {"client_certificate": "required", "client_ca": str(authority.certificate), "certificate_is_user": True}
    listeners = {
        "tls": Listener(**tls),
        "users": Listener(**tls, **users),
        "websocket": Listener(transport="websocket"),
        "secure_websocket": Listener(transport="websocket", **tls),
    }
    door = Door(folder, listeners=listeners.values()).start()
    ports = {"tcp": door.port, **{name: listener.port for name, listener in listeners.items()}}
    return SimpleNamespace(door=door, ports=ports, authority=authority)


@pytest.fixture(params=[4, 5], ids=["mqtt_3_1_1", "mqtt_5"])
def version(request):
    return request.param


def visitor(place, way, version, **options):
    """Makes a guest that comes in by one of the ways."""
    is_secure = way in ("tls", "secure_websocket")
    transport = "websockets" if "websocket" in way else "tcp"
    dress = lambda client: is_secure and client.tls_set(place.authority.certificate)
    return Guest(place.door.account(port=place.ports[way]), version, dress=dress, transport=transport, **options)


@pytest.mark.parametrize("way", ["tcp", "tls", "websocket", "secure_websocket"])
def test_all_goes_through_each_way_in(place, way, version):
    payloads = ["", "x", "y" * 200, "z" * 70_000, "m" * MEBIBYTE]
    with visitor(place, way, version) as guest, place.door.guest(version) as other:
        guest.subscribe("in/+")
        other.subscribe("out/+")
        for qos in (0, 1, 2):
            for payload in payloads:
                other.publish("in/x", payload, qos)
                guest.publish("out/x", payload, qos)
        other.fence()
        guest.fence()
        assert guest.payloads() == other.payloads() == 3 * payloads


@pytest.mark.parametrize("way", ["tls", "secure_websocket"])
def test_a_kept_session_is_the_same_by_another_way(place, way, version):
    guest = visitor(place, way, version, name="wanderer", keep=3600).connect()
    guest.subscribe("way/+")
    guest.vanish()
    other = place.door.guest(version)
    with other:
        other.publish("way/x", "x")
    again = place.door.guest(version, "wanderer", keep=3600).connect()
    assert again.session_present
    again.until_heard("x")
    again.forget()


def test_a_certificate_is_an_account(place, version):
    certificate, key = place.authority.issue("owner", "clientAuth")
    with certified(place, version, certificate, key) as guest:
        guest.subscribe("certified/+")
        guest.publish("certified/x", "x")
        guest.until_heard("x")


def test_who_shows_no_good_certificate_does_not_come_in(place, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    unknown = place.authority.issue("nobody", "clientAuth")
    for certificate, key in [(None, None), stranger.issue("owner", "clientAuth"), unknown]:
        with pytest.raises((OSError, Refused)):
            certified(place, 5, certificate, key).connect()


def certified(place, version, certificate, key):
    """Makes a guest that says with a certificate who it is."""
    dress = lambda client: client.tls_set(place.authority.certificate, certificate, key)
    return Guest((place.ports["users"], None, None), version, dress=dress)


def test_who_does_not_trust_the_authority_does_not_come_in(place, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    guest = Guest(place.door.account(port=place.ports["tls"]), dress=lambda client: client.tls_set(stranger.certificate))
    with pytest.raises(ssl.SSLCertVerificationError):
        guest.connect()


@pytest.mark.parametrize("way", ["tcp", "tls"])
def test_the_tools_publish_and_subscribe_with_each_quality(place, version, way):
    for qos in (0, 1, 2):
        topic, listener = f"tools/{uuid.uuid4().hex}", f"tools-{uuid.uuid4().hex}"
        keep = ["-c", *(["-x", "600"] if version == 5 else [])]
        tool(place, way, version, "sub", "-i", listener, *keep, "-E", "-q", qos, "-t", topic)
        tool(place, way, version, "pub", "-q", max(qos, 1), "-t", topic, "-m", "one")
        tool(place, way, version, "pub", "-q", max(qos, 1), "-t", topic, "-m", "two")
        if qos == 0:
            tool(place, way, version, "pub", "-q", 1, "-r", "-t", topic, "-m", "kept")
            said = tool(place, way, version, "sub", "-C", 1, "-F", "%q %r %p", "-q", 2, "-t", topic)
            assert said == "1 1 kept\n"
            continue
        said = tool(place, way, version, "sub", "-i", listener, *keep, "-q", qos, "-C", 2, "-F", "%q %r %p", "-t", topic)
        assert said == f"{qos} 0 one\n{qos} 0 two\n"


def test_the_owner_reads_the_figures_of_the_broker_and_others_do_not(place, version):
    lines = tool(place, "tcp", version, "sub", "-t", "$SYS/#", "-C", 5, "-v").splitlines()
    assert len(lines) == 5 and all(line.startswith("$SYS/broker/") for line in lines)
    with place.door.guest(version, user="zigbee2mqtt") as guest:
        guest.subscribe("$SYS/#")
        assert guest.fence().payloads() == []


def test_one_who_explores_everything_stays_connected(place, version):
    place.door.add_user(f"resident{version}", "resident")
    with place.door.guest(version, user=f"resident{version}") as explorer, place.door.guest(version) as owner:
        explorer.subscribe("#", 0)
        explorer.subscribe("$SYS/#", 0)
        owner.publish("private/x", "x")
        owner.fence()
        with place.door.guest(version, user=f"resident{version}") as other:
            other.subscribe("hes/1/home/$status")
            other.until(lambda: other.heard, "it sees that the gateway is online")
        explorer.until(lambda: "hes/1/home/$status" in [heard.topic for heard in explorer.heard], "it sees so too")
        assert explorer.ended is None
        assert "private/x" not in [heard.topic for heard in explorer.heard]


def test_a_new_certificate_holds_without_a_restart(place):
    successor = Authority(place.authority.folder, "successor")
    trusts_it = lambda client: client.tls_set(successor.certificate)
    with visitor(place, "tls", 5) as old:
        successor.issue("broker")
        guest = Guest(place.door.account(port=place.ports["tls"]), dress=trusts_it)

        def is_let_in():
            try:
                return guest.connect()
            except ssl.SSLCertVerificationError:
                return None

        until(is_let_in, "the new certificate is shown")
        guest.leave()
        assert old.fence().ended is None


def tool(place, way, version, name, *arguments):
    """Runs one of mosquitto's tools to its end and returns what it printed."""
    port, user, password = place.door.account(port=place.ports[way])
    secure = ["--cafile", place.authority.certificate] if way == "tls" else []
    patience = ["-W", 30] if name == "sub" else []
    head = [f"mosquitto_{name}", "-V", "5" if version == 5 else "311", "-h", "127.0.0.1", "-p", port, "-u", user, "-P", password]
    command = list(map(str, [*head, *secure, *patience, *arguments]))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout
