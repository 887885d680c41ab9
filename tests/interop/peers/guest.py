"""An MQTT client that looks at MQTT itself: qualities of service, sessions that are kept, reasons, properties."""

import contextlib
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .client import Refused
from .waiting import WAIT, until


@dataclass(frozen=True)
class Heard:
    """A message as it came; `properties` by the names that paho has for them."""

    topic: str
    payload: str
    qos: int
    retain: bool
    mid: int
    properties: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Will:
    """What the broker says for a client that is gone."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False
    properties: dict = field(default_factory=dict)


class Guest:
    """A client of one account; it comes back as the same client, with what it had under way.

    `keep` is for how many seconds its session is kept; in 3.1.1 that means for ever. `wishes` are properties of CONNECT.
    With `slow` it acknowledges only what it is told to. `dress` prepares paho's client further, as for TLS.
    """

    def __init__(self, account, version=5, name=None, *, keep=0, will=None, slow=False, dress=None, transport="tcp", **wishes):
        self.account = account
        self.port, user, password = account
        self.version = version
        self.name = f"guest-{uuid.uuid4().hex[:12]}" if name is None else name
        self.keep = keep
        self.wishes = {**wishes, **({"SessionExpiryInterval": keep} if keep else {})}
        self.heard = []
        self.answer = None
        self.session_present = None
        self.told = {}
        self.ended = None
        self._acknowledged = {}
        self._published = {}
        self._changed = threading.Condition()
        self._mqtt = self._make(transport, slow)
        if user is not None:
            self._mqtt.username_pw_set(user, password)
        if will:
            self._mqtt.will_set(will.topic, will.payload, will.qos, will.retain, self._properties("WILLMESSAGE", will.properties))
        if dress:
            dress(self._mqtt)

    def _make(self, transport, slow):
        options = {"transport": transport, "reconnect_on_failure": False, "manual_ack": slow}
        if self.version == 5:
            options["protocol"] = mqtt.MQTTv5
        else:
            options |= {"protocol": mqtt.MQTTv311, "clean_session": not self.keep}
        made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, self.name, **options)
        made.max_inflight_messages_set(100)
        made.on_connect = self._on_connect
        made.on_disconnect = self._on_disconnect
        made.on_message = self._on_message
        made.on_publish = self._on_publish
        made.on_subscribe = self._on_acknowledged
        made.on_unsubscribe = self._on_acknowledged
        return made

    def __enter__(self):
        return self.connect()

    def __exit__(self, *_):
        self.leave()

    def connect(self, keepalive=60):
        """Connects, or comes back; raises `Refused` with the broker's reason."""
        self._mqtt.loop_stop()
        self.answer = self.ended = None
        start = {"clean_start": not self.keep, "properties": self._properties("CONNECT", self.wishes)}
        self._mqtt.connect("127.0.0.1", self.port, keepalive, **(start if self.version == 5 else {}))
        self._mqtt.loop_start()
        self.until(lambda: self.answer, "the broker answers CONNECT")
        if self.answer.is_failure:
            raise Refused(str(self.answer))
        return self

    def connect_when_possible(self):
        """Connects as soon as somebody listens."""

        def met():
            with contextlib.suppress(OSError, Refused):
                return self.connect()

        return until(met, f"{self.name} is let in")

    def leave(self, reason=None, **properties):
        """Says good-bye, and waits until the connection has ended."""
        if self.version == 5:
            self._mqtt.disconnect(reason, self._properties("DISCONNECT", properties))
        else:
            self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def vanish(self):
        """Cuts the connection without a word."""
        if connection := self._mqtt.socket():
            # below TLS and WebSocket
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as bare:
                bare.shutdown(socket.SHUT_RDWR)
        self._mqtt.loop_stop()

    def fall_silent(self):
        """Says nothing any more, and hears nothing; the connection stays."""
        self._mqtt.loop_stop()

    def forget(self):
        """Leaves, and has the broker forget the session."""
        self.leave()
        Guest(self.account, self.version, self.name).connect().leave()

    def until(self, condition, what, within=WAIT):
        """Waits until a condition holds that packets bring about; ends early when the connection does."""
        deadline = time.monotonic() + within
        with self._changed:
            while not (value := condition()):
                if self.ended is not None:
                    raise Refused(f"disconnected ({self.ended}) before {what}; heard {self.payloads()[-20:]}")
                if not self._changed.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError(f"waited {within:.0f} s in vain until {what}; heard {self.payloads()[-20:]}")
        return value

    def until_ended(self):
        """Waits until the broker ends the connection, and returns its reason."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.ended is not None, WAIT), "the connection goes on"
        return self.ended

    def subscribe(self, text, qos=2, **options):
        """Subscribes, and returns the reason code; `identifier` is that of the subscription, the rest are its options."""
        identifier = options.pop("identifier", None)
        if self.version == 5:
            options = mqtt.SubscribeOptions(qos, **options)
            properties = self._properties("SUBSCRIBE", {"SubscriptionIdentifier": identifier} if identifier else {})
            _, mid = self._mqtt.subscribe(text, options=options, properties=properties)
        else:
            _, mid = self._mqtt.subscribe(text, qos)
        return self.until(lambda: self._acknowledged.pop(mid, None), f"SUBACK for {text}")[0].value

    def unsubscribe(self, text):
        _, mid = self._mqtt.unsubscribe(text)
        self.until(lambda: mid in self._acknowledged, f"UNSUBACK for {text}")

    def send(self, topic, payload, qos=2, retain=False, **properties):
        """Publishes, and waits for nothing; returns what `is_acknowledged` takes."""
        return self._mqtt.publish(topic, payload, qos, retain, self._properties("PUBLISH", properties)).mid

    def publish(self, topic, payload, qos=2, retain=False, **properties):
        """Publishes, waits until that is acknowledged or has gone out, and returns the reason code."""
        mid = self.send(topic, payload, qos, retain, **properties)
        self.until(lambda: mid in self._published, f"{topic} is acknowledged")
        return self._published[mid]

    def is_acknowledged(self, *mids):
        """Tells whether all of these have been acknowledged."""
        return all(mid in self._published for mid in mids)

    def acknowledge(self, heard):
        """Acknowledges a message, if the guest is slow."""
        self._mqtt.ack(heard.mid, heard.qos)

    def payloads(self, topic=None):
        """Returns what came, in its order; with a topic, what came there."""
        return [heard.payload for heard in list(self.heard) if topic in (None, heard.topic)]

    def until_heard(self, *payloads):
        """Waits until exactly these have come, in this order."""
        self.until(lambda: len(self.heard) >= len(payloads), f"{payloads} have come")
        assert self.payloads() == [*payloads]
        return list(self.heard)

    def fence(self):
        """Returns when all has come that the broker had for us when asked: our own message comes last."""
        topic = f"fence/{uuid.uuid4().hex}"
        self.subscribe(topic)
        self.publish(topic, "fence")
        self.until(lambda: topic in [heard.topic for heard in self.heard], "our own message comes back")
        self.heard = [heard for heard in self.heard if heard.topic != topic]
        self.unsubscribe(topic)
        return self

    def _properties(self, packet, wishes):
        if self.version != 5 or not wishes:
            return None
        properties = Properties(getattr(PacketTypes, packet))
        for name, value in wishes.items():
            setattr(properties, name, value)
        return properties

    def _on_connect(self, _client, _data, flags, reason, properties):
        with self._changed:
            self.session_present = flags.session_present
            self.told = named(properties)
            self.answer = reason
            self._changed.notify_all()

    def _on_disconnect(self, _client, _data, _flags, reason, _properties):
        with self._changed:
            self.ended = reason
            self._changed.notify_all()

    def _on_acknowledged(self, _client, _data, mid, codes, _properties):
        with self._changed:
            self._acknowledged[mid] = codes or [None]
            self._changed.notify_all()

    def _on_publish(self, _client, _data, mid, reason, _properties):
        with self._changed:
            self._published[mid] = reason.value
            self._changed.notify_all()

    def _on_message(self, _client, _data, message):
        properties = named(message.properties) if self.version == 5 else {}
        heard = Heard(message.topic, message.payload.decode(), message.qos, message.retain, message.mid, properties)
        with self._changed:
            self.heard.append(heard)
            self._changed.notify_all()


def named(properties):
    """Returns the properties of a packet by their names."""
    if properties is None:
        return {}
    names = (name.replace(" ", "") for name in properties.names)
    return {name: getattr(properties, name) for name in names if hasattr(properties, name)}
