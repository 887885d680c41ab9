"""Another machine: a network namespace with one cable to this one."""

import ipaddress
import itertools
import os
import subprocess

# 198.18.0.0/15 is set aside for tests of networks (RFC 2544).
CABLES = (network for network in ipaddress.ip_network("198.18.0.0/16").subnets(new_prefix=30))
NUMBERS = itertools.count(1)


class Machine:
    """A network namespace. `here` and `there` are the addresses at the ends of its cable; only root can make one."""

    def __init__(self):
        self.name = f"hes{os.getpid()}-{next(NUMBERS)}"
        self.here, self.there = map(str, next(CABLES).hosts())
        self.plug = f"h{os.getpid()}x{next(NUMBERS)}"
        ip("netns", "add", self.name)
        ip("link", "add", self.plug, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("address", "add", f"{self.here}/30", "dev", self.plug)
        self._inside("address", "add", f"{self.there}/30", "dev", "eth0")
        self._inside("link", "set", "lo", "up")
        self._inside("link", "set", "eth0", "up")
        self.connect()

    @property
    def prefix(self):
        """Returns what to put before a command so that it runs there."""
        return ["ip", "netns", "exec", self.name]

    def connect(self):
        ip("link", "set", self.plug, "up")

    def cut(self):
        """Unplugs the cable: nobody is told, packets just do not arrive."""
        ip("link", "set", self.plug, "down")

    def remove(self):
        ip("netns", "delete", self.name)

    def _inside(self, *words):
        ip("-netns", self.name, *words)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
