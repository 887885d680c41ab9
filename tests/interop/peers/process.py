"""A program in a process group of its own, which never outlives the tests."""

import atexit
import os
import signal
import socket
import subprocess

from .waiting import until


class Process:
    """Runs one command; what it prints goes into a file that a failing test shows the end of."""

    all = []
    stdin = subprocess.DEVNULL

    def __init__(self, name, command, folder, env=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = folder / f"{name}.log"
        self.env = {**os.environ, **(env or {})}
        self.child = None
        Process.all.append(self)

    @property
    def is_running(self):
        return self.child is not None and self.child.poll() is None

    @property
    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self):
        """Starts the command. The kernel kills it with us, even when we get no chance to."""
        assert not self.is_running, f"{self.name} is running already"
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self.command],
                stdin=self.stdin,
                stdout=log,
                stderr=log,
                env=self.env,
                start_new_session=True,
            )

    def until(self, condition, what):
        """Waits until a condition holds that the program brings about; fails at once if the program ends."""

        def met():
            if not self.is_running:
                raise RuntimeError(f"{self.name} ended with code {self.child.returncode} before {what}:\n{self.tail()}")
            return condition()

        return until(met, f"{what} ({self.name})")

    def stop(self):
        """Asks the program to end and returns its exit code."""
        self._signal(signal.SIGTERM)
        try:
            return self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"{self.name} did not end when asked to:\n{self.tail()}") from None

    def kill(self):
        """Ends the program and its children like a power cut."""
        self._signal(signal.SIGKILL)
        if self.child:
            self.child.wait()

    def tail(self, lines=30):
        return "\n".join(self.output.splitlines()[-lines:])

    def _signal(self, number):
        if self.is_running:
            os.killpg(self.child.pid, number)


def free_port():
    """Returns a loopback port that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port, host="127.0.0.1"):
    """Tells whether somebody listens on a port."""
    try:
        with socket.create_connection((host, port), 1):
            return True
    except OSError:
        return False


@atexit.register
def _kill_all():
    for process in Process.all:
        process.kill()
