"""How the devices of the simulated radio are called in the common interface, and looks at what is retained there."""

from .client import HOME, snapshot

CLUSTER = f"{HOME}/zigbee"
BULB = "zigbee/kitchen_bulb"
WEATHER = "zigbee/living_weather"
PLUG = "zigbee/plug"
DEVICES = ["kitchen_bulb", "living_weather", "hall_motion", "plug", "hue", "all_lights"]


def documents(client):
    """Returns the documents that a new subscriber finds, by device id."""
    found = snapshot(client, f"{CLUSTER}/+/$doc")
    return {topic.split("/")[-2]: document for topic, document in found.items()}


def topics_of(client, device):
    """Returns all topics of a device that a new subscriber finds."""
    return sorted(snapshot(client, f"{CLUSTER}/{device}/#"))


def cluster_state(client):
    """Returns `online` or `offline`, or nothing before the cluster was heard of."""
    return cluster_status(client).get("state")


def cluster_status(client):
    """Returns what is retained of the cluster itself."""
    return snapshot(client, f"{CLUSTER}/$status").get(f"{CLUSTER}/$status", {})


def device_state(client, device):
    """Returns `online`, `offline` or `unknown`, or nothing of an unknown device."""
    topic = f"{CLUSTER}/{device}/$status"
    return snapshot(client, topic).get(topic, {}).get("state")


def reading(client, path):
    """Returns the retained value of `zigbee/lamp/on`, or an empty one."""
    device, name = path.rsplit("/", 1)
    topic = f"{HOME}/{device}/property/{name}"
    return snapshot(client, topic).get(topic, {})
