"""Fixtures of all tests: a Kafka broker for those that are marked ``kafka``."""

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.kafka_broker import KafkaBroker, running_broker
from fakes.kafka_install import NoBrokerError, installed

#: Brokers as HOST:PORT,... to use instead of one of our own.
GIVEN = "WHEELSDOWN_KAFKA"
_absent = pytest.StashKey[str]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch Kafka the first time, which may take longer than the time limit of a test."""
    needed = any(item.get_closest_marker("kafka") for item in session.items)
    if not needed or session.config.option.collectonly or GIVEN in os.environ:
        return
    try:
        installed()
    except NoBrokerError as error:
        session.config.stash[_absent] = str(error)


def _without_kafka(reason: str) -> None:
    """Skip, or fail where Kafka must be there."""
    if os.environ.get("REQUIRE_KAFKA") == "1":
        pytest.fail(f"REQUIRE_KAFKA=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of brokers that all tests share; use a topic prefix of your own."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    absent = pytestconfig.stash.get(_absent, None)
    if absent:
        _without_kafka(f"no Kafka broker can run here: {absent}; or set {GIVEN}=HOST:PORT")
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.bootstrap


@pytest.fixture
def own_broker(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker for one test, which may set it up in its own way, start it and kill it."""
    if os.environ.get(GIVEN):
        pytest.skip(f"needs a broker of its own, not the one of {GIVEN}")
    absent = pytestconfig.stash.get(_absent, None)
    if absent:
        _without_kafka(f"no Kafka broker can run here: {absent}")
    broker = KafkaBroker(tmp_path / "kafka")
    yield broker
    broker.stop()


@pytest.fixture
def own_kafka(own_broker: KafkaBroker) -> KafkaBroker:
    """A broker for one test, started."""
    own_broker.start()
    return own_broker


@pytest.fixture
def kafka_drops_sockets(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """For tests in which kafka-python fails to connect: it drops those sockets without closing.

    They are let go within the test, which says with ``filterwarnings`` that it knows of them; the
    records of the log would hold them longer.
    """
    caplog.set_level(logging.CRITICAL + 1, logger="kafka")
    yield
    gc.collect()
