"""The programs that the gateway meets in a home, each as a small class with start, stop, kill and restart."""

from .certificates import Authority
from .client import Answer, Client, Refused, snapshot
from .door import Door, Listener
from .gateway import Alongside, Cluster, Gateway
from .guest import Guest, Will
from .home import Complaint, Home, linked
from .house import BuiltInHouse, House, MosquittoHouse, OldBuiltInHouse
from .mosquitto import Mosquitto
from .mqttjs import MqttJs, digest
from .network import Machine
from .process import Process
from .waiting import WAIT, until
from .zigbee2mqtt import Zigbee2Mqtt

__all__ = [
    "Alongside",
    "Answer",
    "Authority",
    "BuiltInHouse",
    "Client",
    "Complaint",
    "Cluster",
    "Door",
    "Gateway",
    "Guest",
    "Home",
    "House",
    "Listener",
    "Machine",
    "Mosquitto",
    "MosquittoHouse",
    "OldBuiltInHouse",
    "MqttJs",
    "Process",
    "Refused",
    "WAIT",
    "Will",
    "Zigbee2Mqtt",
    "digest",
    "linked",
    "snapshot",
    "until",
]
