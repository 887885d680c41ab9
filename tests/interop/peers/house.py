"""A whole house: the gateway, Zigbee2MQTT, and the broker between them."""

from .gateway import Cluster, Gateway
from .mosquitto import Mosquitto
from .zigbee2mqtt import Zigbee2Mqtt


class House:
    """A gateway and the real Zigbee2MQTT. `broker` is the program that Zigbee2MQTT is connected to."""

    gateway: Gateway
    zigbee: Zigbee2Mqtt

    @property
    def broker(self):
        raise NotImplementedError

    def client(self, **options):
        """Makes a client with the owner's rights on the gateway."""
        return self.gateway.client(**options)

    def stop(self):
        for part in {self.zigbee, self.gateway, self.broker}:
            part.kill()


class BuiltInHouse(House):
    """Zigbee2MQTT is connected to the gateway's own broker, and speaks MQTT 5."""

    version = 5

    def __init__(self, folder):
        self.gateway = Gateway(folder, [Cluster()]).start()
        password = self.gateway.passwords["zigbee2mqtt"]
        self.zigbee = Zigbee2Mqtt(folder, self.gateway.port, "zigbee2mqtt", password, self.version).start()

    @property
    def broker(self):
        return self.gateway


class OldBuiltInHouse(BuiltInHouse):
    """There Zigbee2MQTT speaks MQTT 3.1.1, as it does unless told otherwise."""

    version = 4


class MosquittoHouse(House):
    """Zigbee2MQTT is connected to mosquitto, as the gateway is, and speaks MQTT 3.1.1."""

    def __init__(self, folder):
        self.mosquitto = Mosquitto(folder).start()
        self.zigbee = Zigbee2Mqtt(folder, self.mosquitto.port, Mosquitto.user, Mosquitto.password, version=4).start()
        self.gateway = Gateway(folder, [Cluster(broker=self.mosquitto)]).start()

    @property
    def broker(self):
        return self.mosquitto
