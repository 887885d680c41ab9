"""The mosquitto broker, with an account and on a port of its own."""

import subprocess

from .process import Process, accepts, free_port

BRIDGE = """\
connection door
address 127.0.0.1:{port}
remote_clientid bridge
remote_username {user}
remote_password {password}
bridge_protocol_version {version}
cleansession false
restart_timeout 1
{rules}
"""

CONFIG = """\
user root
listener {port} {host}
set_tcp_nodelay true
allow_anonymous false
password_file {folder}/mosquitto.passwords
persistence true
persistence_location {folder}/
"""


class Mosquitto(Process):
    """A broker for one house. `kill` loses what it retained since its start, as a power cut does."""

    user = "house"
    password = "secret of the house"

    def __init__(self, folder, further="", machine=None):
        self.host = machine.there if machine else "127.0.0.1"
        self.port = free_port()
        self.folder = folder
        config = folder / "mosquitto.conf"
        config.write_text(CONFIG.format(host=self.host, port=self.port, folder=folder) + further)
        passwords = folder / "mosquitto.passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, self.user, self.password], check=True)
        super().__init__("mosquitto", [*(machine.prefix if machine else []), "mosquitto", "-c", config], folder)

    @classmethod
    def bridged(cls, folder, account, version, *rules):
        """Makes one with a bridge to another broker, whose further lines are the rules; `version` is as it spells it."""
        port, user, password = account
        lines = "\n".join(rules)
        return cls(folder, BRIDGE.format(port=port, user=user, password=password, version=version, rules=lines))

    @property
    def account(self):
        return (self.port, self.user, self.password)

    def lose_all(self):
        """Removes what it keeps on disk, as a new disk does; only while it does not run."""
        (self.folder / "mosquitto.db").unlink(missing_ok=True)

    @property
    def url(self):
        return f"mqtt://{self.host}:{self.port}"

    def start(self):
        super().start()
        self.until(lambda: accepts(self.port, self.host), "it listens")
        return self
