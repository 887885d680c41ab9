"""Our own gateway, run as a person runs it: accounts, a config file, one binary."""

import os
import pathlib
import secrets
import subprocess
from dataclasses import dataclass

from .client import Client
from .process import Process, free_port

ROOT = pathlib.Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Cluster:
    """Where Zigbee2MQTT is to be found: on the built-in broker, or on another."""

    id: str = "zigbee"
    base: str = "zigbee2mqtt"
    broker: object = None

    def config(self, folder):
        text = f'\n[[cluster]]\nid = "{self.id}"\nkind = "zigbee2mqtt"\nbase = "{self.base}"\n'
        return text + remote(self.broker, folder) if self.broker else text


@dataclass(frozen=True)
class Alongside:
    """Another broker that the gateway serves the interface on, with an owner's rights for all who may publish there."""

    broker: object

    def config(self, folder):
        return f'\n[alongside]\nacts_as = "owner"\n{remote(self.broker, folder)}'


class Gateway(Process):
    """A gateway with an owner and an account for Zigbee2MQTT; `host` and `port` are those of its built-in broker."""

    host = "127.0.0.1"
    prefix = ()
    home = "home"

    def __init__(self, folder, parts=(), built_in=True, env=None):
        self.folder = folder
        self.data = folder / "gateway"
        self.port = free_port() if built_in else None
        self.passwords = {}
        self.config = folder / "hes-bridge.toml"
        listen = f'["{self.host}:{self.port}"]' if built_in else "[]"
        head = f'home = "{self.home}"\ndata = "{self.data}"\n\n[broker]\nlisten = {listen}\n'
        self.config.write_text(head + "".join(part.config(folder) for part in parts))
        self.add_user("owner", "owner")
        self.add_user("zigbee2mqtt", "cluster")
        command = [*self.prefix, binary(), "run", "--config", self.config, "--data", self.data]
        if built_in:
            command += ["--listen", f"{self.host}:{self.port}"]
        super().__init__(f"hes-bridge-{self.home}", command, folder, env)

    def add_user(self, name, role):
        """Makes an account on the command line, with a password of its own."""
        self.passwords[name] = secrets.token_urlsafe(12)
        file = self.password_file(name)
        self.command_line("user", "add", name, "--role", role, "--password-file", file, "--data", self.data)

    def password_file(self, name):
        file = self.folder / f"{name}.password"
        file.write_text(self.passwords[name] + "\n")
        return file

    def command_line(self, *arguments):
        """Runs a command of ours to its end and returns what it printed."""
        done = subprocess.run(
            [binary(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def start(self):
        """Starts it, and with a built-in broker waits until it says there that it is online."""
        super().start()
        if self.port:
            self.until(self._is_online, "it is online")
        return self

    @property
    def url(self):
        return f"mqtt://{self.host}:{self.port}"

    def client(self, user="owner", version=5, name=None):
        """Makes a client of an account on the built-in broker."""
        return Client(self.port, user, self.passwords[user], version, name, self.host)

    def _is_online(self):
        try:
            with self.client() as client:
                status = f"hes/1/{self.home}/$status"
                client.subscribe(status).fence()
                return b"online" in client.topics.get(status, b"")
        except ConnectionRefusedError:
            return False


def remote(broker, folder):
    """Spells how to reach another broker."""
    file = folder / f"{broker.name}.password"
    file.write_text(broker.password + "\n")
    return f'url = "{broker.url}"\nuser = "{broker.user}"\npassword_file = "{file}"\n'


def binary():
    """Returns the binary under test: `HES_BRIDGE`, or the release build."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    path = pathlib.Path(os.environ.get("HES_BRIDGE", target / "release" / "hes-bridge"))
    assert path.is_file(), f"there is no {path}: build it with cargo build --release, or name one in HES_BRIDGE"
    return path
