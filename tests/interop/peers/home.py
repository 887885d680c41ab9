"""Homes that know each other, and what their people say on the command line."""

import json
import subprocess

from .gateway import Gateway, binary
from .waiting import until


class Home(Gateway):
    """A gateway of a home with an id of its own, here or on another machine, in which `anna` has an account.

    `further` is what stands at the end of its configuration, `prefix` what its program is run by.
    """

    def __init__(self, folder, home, parts=(), further="", host="127.0.0.1", prefix=(), env=None):
        self.home, self.host, self.prefix = home, host, prefix
        folder = folder / home
        folder.mkdir()
        super().__init__(folder, [*parts, Further(further)], env=env)
        self.add_user("anna", "resident")

    def say(self, *words, user="owner"):
        """Runs a command of somebody's and returns what it printed; raises `Complaint`."""
        account = ["--url", f"mqtt://{user}@{self.host}:{self.port}", "--password-file", self.password_file(user)]
        command = [binary(), *words, "--json", *account, "--home", self.home]
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Complaint(done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def peer(self, home):
        """Returns what is listed of another home; nothing if there is no trust with it."""
        return next((peer for peer in self.say("peer", "list")["peers"] if peer["home"] == home), None)

    def invite(self, guest, url=None):
        """Pairs with another home, which comes to where this one is met."""
        code = self.say("peer", "invite", url or self.url)["code"]
        number = guest.say("peer", "join", code)["number"]
        assert number == self.say("peer", "list")["pairings"][0]["number"], "both owners see the same number"
        self.say("peer", "confirm", guest.home, number)
        guest.say("peer", "confirm", self.home, number)
        linked(self, guest)

    def give(self, other, what):
        """Lets anna use devices of this home from another one."""
        account = f"{self.home}/anna"
        proposed = ("federation", "create", account, "--for", "holidays", "--until", "30d", "--want", what)
        name = other.say(*proposed, user="anna")["id"]
        until(lambda: succeeds(self, "federation", "accept", name, user="anna"), "the proposal has come")
        until(lambda: succeeds(self, "federation", "approve", name), "the owner has approved")


class Complaint(Exception):
    """What a command complained of."""


class Further:
    """Lines of a configuration."""

    def __init__(self, text):
        self.text = text

    def config(self, _folder):
        return self.text


def linked(*homes):
    """Waits until two homes list each other as linked."""
    one, other = homes
    for at, peer in ((one, other), (other, one)):
        until(lambda at=at, peer=peer: (at.peer(peer.home) or {}).get("state") == "online", f"{at.home} is linked", within=60)


def succeeds(home, *words, user="owner"):
    """Says whether a command is not complained of."""
    try:
        home.say(*words, user=user)
    except Complaint:
        return False
    return True
