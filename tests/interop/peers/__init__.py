"""The programs that the gateway meets in a home, each as a small class with start, stop, kill and restart."""

from .client import Answer, Client, Refused, snapshot
from .gateway import Alongside, Cluster, Gateway
from .house import BuiltInHouse, House, MosquittoHouse, OldBuiltInHouse
from .mosquitto import Mosquitto
from .process import Process
from .waiting import WAIT, until
from .zigbee2mqtt import Zigbee2Mqtt

__all__ = [
    "Alongside",
    "Answer",
    "BuiltInHouse",
    "Client",
    "Cluster",
    "Gateway",
    "House",
    "Mosquitto",
    "MosquittoHouse",
    "OldBuiltInHouse",
    "Process",
    "Refused",
    "WAIT",
    "Zigbee2Mqtt",
    "snapshot",
    "until",
]
