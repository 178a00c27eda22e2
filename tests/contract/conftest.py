"""Every kind of event log, for tests of what all of them promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.logs import LogKind, kafka_kind, memory_kind, sqlite_kind

from wheelsdown.eventlog import kafka_consumer
from wheelsdown.eventlog.port import EventLog


@pytest.fixture(params=["memory", "sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def kind(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LogKind:
    # Members of a group learn sooner that another one has joined.
    monkeypatch.setattr(kafka_consumer, "HEARTBEAT_S", 0.2)
    if request.param == "memory":
        return memory_kind()
    if request.param == "sqlite":
        return sqlite_kind(tmp_path)
    return kafka_kind(request.getfixturevalue("kafka"))


@pytest.fixture
def log(kind: LogKind) -> Iterator[EventLog]:
    with kind.open() as log:
        yield log
