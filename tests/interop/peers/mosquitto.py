"""The mosquitto broker, with an account and on a port of its own."""

import subprocess

from .process import Process, accepts, free_port

CONFIG = """\
user root
listener {port} 127.0.0.1
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

    def __init__(self, folder):
        self.port = free_port()
        self.folder = folder
        config = folder / "mosquitto.conf"
        config.write_text(CONFIG.format(port=self.port, folder=folder))
        passwords = folder / "mosquitto.passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, self.user, self.password], check=True)
        super().__init__("mosquitto", ["mosquitto", "-c", config], folder)

    def lose_all(self):
        """Removes what it keeps on disk, as a new disk does; only while it does not run."""
        (self.folder / "mosquitto.db").unlink(missing_ok=True)

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        super().start()
        self.until(lambda: accepts(self.port), "it listens")
        return self
