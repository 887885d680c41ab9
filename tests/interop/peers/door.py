"""The gateway as nothing but a broker."""

import json
from dataclasses import dataclass

from .gateway import Gateway
from .guest import Guest
from .process import free_port


@dataclass(frozen=True)
class Router:
    """Which router finds the receivers."""

    name: str

    def config(self, _folder):
        return f'router = "{self.name}"\n'


class Listener:
    """A further listener on a port of its own; the keys are those of the config."""

    def __init__(self, **keys):
        self.port = free_port()
        self.keys = {"address": f"127.0.0.1:{self.port}", **keys}

    def config(self, _folder):
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in self.keys.items())
        return "\n[[broker.listener]]\n" + "".join(lines)


class Door(Gateway):
    """A gateway without clusters. Who comes is a `Guest`."""

    def __init__(self, folder, router="rumqttd", listeners=()):
        super().__init__(folder, [Router(router), *listeners])

    def account(self, user="owner", port=None):
        """Returns the port of its broker, or another, with the credentials of an account."""
        return (port or self.port, user, self.passwords[user])

    def guest(self, version=5, name=None, *, user="owner", **options):
        """Makes a guest with an account, not connected yet."""
        return Guest(self.account(user), version, name, **options)

    def restart(self):
        """Ends it as it wants to be ended, and starts it again."""
        assert self.stop() == 0
        self.start()

    def survive_power_cut(self):
        """Ends it without a warning, and starts it again."""
        self.kill()
        self.start()
