"""aiomqtt at the door of the built-in broker, in 3.1.1 and 5."""

import asyncio
import uuid

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from peers import WAIT, Door


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    return Door(tmp_path_factory.mktemp("aiomqtt")).start()


@pytest.fixture(params=["V311", "V5"], ids=["mqtt_3_1_1", "mqtt_5"])
def version(request):
    return aiomqtt.ProtocolVersion[request.param]


def client(door, version, keep=False, **options):
    """Makes a client, not connected yet; with `keep` its session is kept."""
    if version == aiomqtt.ProtocolVersion.V5:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if keep else 0
        options |= {"clean_start": not keep, "properties": properties}
    else:
        options["clean_session"] = not keep
    options.setdefault("identifier", f"aio-{uuid.uuid4().hex[:8]}")
    port, user, password = door.account()
    return aiomqtt.Client("127.0.0.1", port, username=user, password=password, protocol=version, **options)


async def hear(client, count):
    """Returns the next payloads, with their qualities of service."""
    messages = aiter(client.messages)
    heard = [await asyncio.wait_for(anext(messages), WAIT) for _ in range(count)]
    return [(message.payload.decode(), message.qos) for message in heard]


def test_quality_two_goes_both_ways_in_order(door, version):
    async def story():
        async with client(door, version) as one, client(door, version) as other:
            await one.subscribe("aio/two/+", qos=2)
            for number in range(100):
                await other.publish("aio/two/x", f"{number}", qos=2)
            assert await hear(one, 100) == [(f"{number}", 2) for number in range(100)]

    asyncio.run(story())


def test_the_will_of_one_that_was_taken_over_is_heard(door, version):
    async def story():
        name = f"aio-{uuid.uuid4().hex[:8]}"
        will = aiomqtt.Will("aio/will/x", "gone", qos=2)
        async with client(door, version) as heir:
            await heir.subscribe("aio/will/+", qos=2)
            with pytest.raises(aiomqtt.MqttError):
                async with client(door, version, identifier=name, will=will) as dying:
                    async with client(door, version, identifier=name):
                        await hear(dying, 1)
            assert await hear(heir, 1) == [("gone", 2)]

    asyncio.run(story())


def test_a_kept_session_goes_on_after_a_power_cut(door, version):
    async def story():
        listener = client(door, version, keep=True)
        with pytest.raises(aiomqtt.MqttError):
            async with listener:
                await listener.subscribe("aio/kept/+", qos=2)
                door.kill()
                await hear(listener, 1)
        door.start()
        async with client(door, version) as other:
            for number in range(20):
                await other.publish("aio/kept/x", f"{number}", qos=2)
        async with listener:
            assert await hear(listener, 20) == [(f"{number}", 2) for number in range(20)]

    asyncio.run(story())
