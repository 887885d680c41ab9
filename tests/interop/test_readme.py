"""What the README and the demo tell people to paste works as it stands there."""

import json
import re
import shlex
import subprocess

import pytest

from peers import Process, until
from peers.client import HOME
from peers.devices import BULB, DEVICES, documents
from peers.gateway import ROOT, binary
from peers.process import free_port
from peers.zigbee2mqtt import WORK

FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
README = (ROOT / "README.md").read_text()


def blocks(language):
    return [text for kind, text in FENCED.findall(README) if kind == language]


def examples(tool):
    """Returns what the README has a shell run with one of mosquitto's tools, each with the output that it shows."""
    found = [re.split(r"^(?=\{|hes/1/)", text, maxsplit=1, flags=re.MULTILINE) for text in blocks("sh") if text.startswith(tool)]
    assert found, f"the README shows no {tool}"
    return [(parts[0], "".join(parts[1:]).strip()) for parts in found]


@pytest.fixture(scope="module")
def house(built_in_house):
    with built_in_house.client() as client:
        until(lambda: sorted(documents(client)) == sorted(DEVICES), "all devices have appeared")
    return built_in_house


@pytest.fixture
def client(house):
    with house.client() as client:
        yield client


def at(house, text):
    """Puts this house's account, port and bulb where the README has its own."""
    password = house.gateway.passwords["owner"]
    text = text.replace("-u owner -P …", f"-h 127.0.0.1 -p {house.gateway.port} -u owner -P {shlex.quote(password)}")
    text = text.replace('"127.0.0.1", 1883', f'"127.0.0.1", {house.gateway.port}').replace('password="…"', f"password={password!r}")
    return text.replace("zigbee/lamp", BULB)


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def shell(command, *options):
    return run(["bash", "-c", " ".join([command.strip(), *options])])


def test_the_line_that_watches_shows_values_of_that_form(house, client):
    assert client.set(f"{BULB}/brightness", 40).status == 200
    for command, shown in examples("mosquitto_sub"):
        topic, value = shown.split(" ", 1)
        command = at(house, command).replace("+/+/+/property/#", f"home/{BULB}/property/brightness")
        heard = shell(command, "-C 1 -W 30").strip().split(" ", 1)
        assert heard[0] == topic.replace("zigbee/lamp", BULB)
        assert json.loads(heard[1]).keys() == json.loads(value).keys()


def test_the_lines_that_ask_are_answered_in_that_form(house):
    for command, shown in examples("mosquitto_rr"):
        answer, shown = json.loads(shell(at(house, command), "-W 30")), json.loads(shown)
        assert list(answer) == list(shown)
        same = ("id", "status", "unit", "confirmed", "quality")
        assert {name: answer.get(name) for name in same} == {name: shown.get(name) for name in same}


def test_the_line_that_only_says_switches(house, client):
    for command, _ in examples("mosquitto_pub"):
        assert client.set(f"{BULB}/on", True).status == 200
        shell(at(house, command))
        until(lambda: client.get(f"{BULB}/on").value is False, f"{command} has switched the bulb")


def test_the_python_program_is_answered(house, client):
    assert client.set(f"{BULB}/on", False).status == 200
    for program in blocks("python"):
        told = run([WORK / "venv" / "bin" / "python", "-c", at(house, program)])
        assert "'status': 200" in told and "'value': True" in told


def test_the_lines_of_the_demo_can_be_pasted(tmp_path):
    port = free_port()
    demo = Process("demo", [binary(), "demo", "--listen", f"127.0.0.1:{port}", "--data", tmp_path / "data"], tmp_path)
    demo.start()
    demo.until(lambda: "mosquitto_sub" in demo.output, "it says what to try")
    lines = [line.strip() for line in demo.output.splitlines() if f":{port}" in line or f"-p {port}" in line]
    ours = [line for line in lines if "hes-bridge " in line and not line.startswith("hes-bridge serves")]
    assert len(ours) == 3
    for line in ours:
        assert shell(line).strip(), line
    for line in lines:
        if line.startswith("mosquitto_sub"):
            assert f"{HOME}/" in shell(line, "-C 5 -W 30")
    demo.stop()
