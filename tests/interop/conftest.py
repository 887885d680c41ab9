"""Houses for the tests, and the peers' last words for a test that failed."""

import signal
import sys

import pytest

from peers import BuiltInHouse, MosquittoHouse, OldBuiltInHouse, Process

# A run that is told to end still ends its programs.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))


HOUSES = {"built_in": BuiltInHouse, "built_in_3_1_1": OldBuiltInHouse, "mosquitto": MosquittoHouse}


@pytest.fixture(scope="module", params=HOUSES.values(), ids=HOUSES.keys())
def house(request, tmp_path_factory):
    """A house on each kind of broker."""
    yield from live(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def built_in_house(tmp_path_factory):
    """A house on the built-in broker."""
    yield from live(BuiltInHouse, tmp_path_factory)


@pytest.fixture(autouse=True, scope="module")
def nothing_runs_on():
    """Ends whatever a module left behind, a house that failed to start included."""
    yield
    for process in Process.all:
        process.kill()
    Process.all.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed:
        report.sections += [(process.name, process.tail()) for process in Process.all if process.output]
    return report


def live(kind, folders):
    house = kind(folders.mktemp(kind.__name__))
    yield house
    house.stop()
