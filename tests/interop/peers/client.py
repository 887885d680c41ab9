"""An MQTT client that asks the gateway and remembers what it was told."""

import contextlib
import json
import threading
import time
import uuid
from dataclasses import dataclass

import cbor2
import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .waiting import WAIT

JSON = "application/json"
CBOR = "application/cbor"
HOME = "hes/1/home"

# Seconds past a request's deadline in which its answer must still come through a loaded machine.
GRACE = 10.0


class Refused(Exception):
    """The broker refused a connection or a subscription, or closed the connection."""


@dataclass(frozen=True)
class Answer:
    """The final answer to a request; `label` is its status as a user property."""

    status: int
    body: dict
    label: str | None

    @property
    def value(self):
        return self.body["value"]


class Client:
    """A client of one account. It keeps all that it hears in `heard`, and in `topics` the latest payload by topic."""

    def __init__(self, port, user, password, version=5, name=None, host="127.0.0.1"):
        self.name = name or f"interop-{uuid.uuid4().hex[:12]}"
        self.answers = f"{HOME}/$res/{self.name}"
        self.version = version
        self.account = (port, user, password)
        self.host = host
        self.topics = {}
        self.heard = []
        self.disconnected = None
        self._answers = {}
        self.surplus = []
        self._answered = set()
        self._acknowledged = {}
        self._listens = False
        self._changed = threading.Condition()
        self._connected = None
        protocol = mqtt.MQTTv5 if version == 5 else mqtt.MQTTv311
        self._mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, self.name, protocol=protocol, reconnect_on_failure=False)
        self._mqtt.username_pw_set(user, password)
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = self._on_disconnect
        self._mqtt.on_message = self._on_message
        self._mqtt.on_subscribe = self._on_subscribe

    def __enter__(self):
        self.connect()
        return self

    def __exit__(self, *_):
        self.close()
        assert not self.surplus, f"requests with a second final answer: {self.surplus}"

    def connect(self):
        """Connects; raises `Refused` with the broker's reason."""
        self._mqtt.connect(self.host, self.account[0], keepalive=30)
        self._mqtt.loop_start()
        self.until(lambda: self._connected, "the broker answers CONNECT")
        if self._connected.is_failure:
            raise Refused(str(self._connected))
        return self

    def twin(self):
        """Makes a new client of the same account on the same broker."""
        return Client(*self.account, version=self.version, host=self.host)

    def close(self):
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def until(self, condition, what, within=WAIT):
        """Waits until a condition holds that messages bring about; ends early when the connection does."""
        deadline = time.monotonic() + within
        with self._changed:
            while not (value := condition()):
                if self.disconnected is not None:
                    raise Refused(f"disconnected ({self.disconnected}) before {what}")
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    if time.monotonic() >= deadline:
                        raise TimeoutError(f"waited {within:.0f} s in vain until {what}; heard {sorted(self.topics)[-20:]}")
        return value

    def subscribe(self, *filters):
        """Subscribes with QoS 1 and waits for the broker's word."""
        _, packet = self._mqtt.subscribe([(text, 1) for text in filters])
        codes = self.until(lambda: self._acknowledged.pop(packet, None), f"SUBACK for {filters}")
        if any(code.is_failure for code in codes):
            raise Refused(f"{filters}: {[str(code) for code in codes]}")
        return self

    def publish(self, topic, payload, retain=False, properties=None):
        self._mqtt.publish(topic, payload, qos=1, retain=retain, properties=properties)

    def fence(self):
        """Returns when all has arrived that the broker had for us when asked: our own message comes last."""
        topic = f"interop/{self.name}/{uuid.uuid4().hex}"
        self.subscribe(topic)
        self.publish(topic, b"fence")
        self.until(lambda: topic in self.topics, "our own message comes back")
        del self.topics[topic]

    def ask(self, topic, body=None, *, payload=None, encoding=JSON, ttl=10, retain=False, reply_to=None):
        """Sends a request and returns its final answer."""
        token = self.send(topic, body, payload=payload, encoding=encoding, ttl=ttl, retain=retain, reply_to=reply_to)
        return self.answer(token, f"{topic} is answered", ttl)

    def send(self, topic, body=None, *, payload=None, encoding=JSON, ttl=10, retain=False, reply_to=None):
        """Sends a request and returns its id.

        `body` is encoded as `encoding` says; `payload` goes as it is. An MQTT 3.1.1 request needs a `body` that is a map.
        """
        token = uuid.uuid4().hex
        if not self._listens:
            self.subscribe(self.answers)
            self._listens = True
        if self.version == 5:
            payload = encode(body, encoding) if payload is None else payload
            properties = request_properties(reply_to or self.answers, token, encoding, ttl)
            self.publish(topic, payload, retain, properties)
        else:
            envelope = {"id": token, "reply_to": reply_to or self.answers, "ttl": ttl}
            self.publish(topic, encode({**(body or {}), **envelope}, JSON), retain)
        return token

    def answer(self, token, what, ttl=10):
        """Waits for the final answer to a request until its deadline and a grace for a loaded machine."""
        return self.until(lambda: self._answers.pop(token, None), what, ttl + GRACE)

    def get(self, path, body=None, **request):
        """Retrieves a property, named as `zigbee/lamp/on`."""
        return self.ask(property_topic(path, "get"), body, **request)

    def set(self, path, value, **request):
        """Updates a property, named as `zigbee/lamp/on`."""
        return self.ask(property_topic(path, "set"), {"value": value}, **request)

    def _on_connect(self, _client, _data, _flags, reason, _properties):
        with self._changed:
            self._connected = reason
            self._changed.notify_all()

    def _on_disconnect(self, _client, _data, _flags, reason, _properties):
        with self._changed:
            self.disconnected = reason
            self._changed.notify_all()

    def _on_subscribe(self, _client, _data, packet, codes, _properties):
        with self._changed:
            self._acknowledged[packet] = codes
            self._changed.notify_all()

    def _on_message(self, _client, _data, message):
        with self._changed:
            self.heard.append((message.topic, message.payload))
            if message.topic == self.answers:
                self._keep_answer(message)
            elif message.payload:
                self.topics[message.topic] = message.payload
            else:
                self.topics.pop(message.topic, None)
            self._changed.notify_all()

    def _keep_answer(self, message):
        properties = message.properties if self.version == 5 else None
        body = decode(message.payload, getattr(properties, "ContentType", JSON))
        token = getattr(properties, "CorrelationData", b"").decode() or body.get("id")
        label = dict(getattr(properties, "UserProperty", [])).get("status")
        if body["status"] == 202:
            return
        if token in self._answered:
            self.surplus.append(body)
        self._answered.add(token)
        self._answers[token] = Answer(body["status"], body, label)


def property_topic(path, verb):
    """Spells the topic on which the property `zigbee/lamp/on` is asked for or set."""
    device, name = path.rsplit("/", 1)
    return f"{HOME}/{device}/property/{name}/{verb}"


def request_properties(reply_to, token, encoding, ttl):
    """Makes the MQTT 5 properties of a request."""
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = reply_to
    properties.CorrelationData = token.encode()
    properties.MessageExpiryInterval = ttl
    if encoding:
        properties.ContentType = encoding
    return properties


def encode(body, encoding):
    if body is None:
        return b""
    return cbor2.dumps(body) if encoding == CBOR else json.dumps(body).encode()


def decode(payload, encoding):
    return cbor2.loads(payload) if encoding == CBOR else json.loads(payload)


def snapshot(client, *filters):
    """Returns what a new subscriber of the same account finds retained: JSON by topic."""
    with client.twin() as fresh:
        fresh.subscribe(*filters)
        fresh.fence()
        return {topic: loads(payload) for topic, payload in fresh.topics.items()}


def loads(payload):
    with contextlib.suppress(ValueError):
        return json.loads(payload)
    return payload
