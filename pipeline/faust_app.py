"""Faust as the host uses it: whose positions are the host's and whose tables write no changelogs.

All that hangs on the inside of faust-streaming 0.15.3 is here (docs/adr/0003, 0009).
"""

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from pipeline.leaving import give_up, leave
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.eventlog.kafka_settings import KafkaConnection

#: How long a request to the broker may take before it is sent again.
REQUEST_TIMEOUT_S = 30.0
#: How long a stop in order may take; the supervisors wait longer.
STOP_WITHIN_S = 8.0


@dataclass(frozen=True)
class FaustOptions:
    """How the worker runs.

    ``session_timeout_s`` decides how soon a lost worker's share moves. ``health_at`` is the address
    and port where the worker tells how it is; None: nowhere.
    """

    connection: KafkaConnection
    group: str
    topic_prefix: str
    replication: int
    data_folder: Path
    session_timeout_s: float = 20.0
    health_at: tuple[str, int] | None = None


class Owner(Protocol):
    """What the app asks of the host."""

    def is_input(self, tp: TP) -> bool:
        """Whether it is a partition that a stage reads."""
        ...

    def wanted(self, assigned: Iterable[TP]) -> dict[TP, int]:
        """For each assigned input partition whose state is known the offset to read next."""
        ...

    async def take_over(self, assigned: Iterable[TP]) -> None:
        """Become the one who writes the state of these, and of no others."""
        ...

    async def work(self) -> None:
        """What goes on beside the agents, from the start of the app to its end."""
        ...

    def is_idle(self) -> bool:
        """Whether no record is being applied."""
        ...

    async def close(self) -> None:
        """Close what the app does not know of."""
        ...


class WorkerApp(faust.App):
    """A Faust app with the host's consumer, producer and tables."""

    owner: Owner

    async def on_start(self) -> None:
        """Call when the app starts."""
        await super().on_start()
        self.add_future(self.owner.work())

    async def on_shutdown(self) -> None:
        """Call when all parts of the app have stopped."""
        await super().on_shutdown()
        await self.owner.close()

    async def _on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Take the partitions over before Faust looks where their changelogs end."""
        if not self.should_stop:
            await self.owner.take_over(assigned)
        await super()._on_partitions_assigned(assigned, generation_id)

    def _new_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> driver.Transport:
        return _Transport(self.conf.broker_producer, self)


class _ReadOffsets(dict[TP, int | None]):
    """Up to where Faust has read, of which it makes out what is old; of inputs it is never told.

    A batch that was on its way while Faust sought would count as read, and what the seek then
    brings, as old. What is old, and what is not the next, the stages know themselves.
    """

    def __init__(self, owner: Owner) -> None:
        super().__init__()
        self._owner = owner

    def __getitem__(self, tp: TP) -> int | None:
        return None if self._owner.is_input(tp) else self.get(tp)


class _Consumer(driver.Consumer):
    """A consumer that goes to the positions of the tables, and commits these."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _ReadOffsets(cast("WorkerApp", self.app).owner)

    async def perform_seek(self) -> None:
        """Go where reading is to go on."""
        await super().perform_seek()
        owner = cast("WorkerApp", self.app).owner
        for tp, offset in owner.wanted(self.assignment()).items():
            await self.seek(tp, offset)

    def _filter_tps_with_pending_acks(self, topics: Set[str | TP] | None = None) -> Iterator[TP]:
        """What may have to be committed: also the positions of inputs from which nothing comes.

        A worker may die after it has applied the last record and before it commits. The next one
        begins at the position, and no record comes that it could acknowledge. While partitions are
        being shared out, the positions at hand may be old.
        """
        app = cast("WorkerApp", self.app)
        if app.rebalancing_count > 0 and not app.rebalancing:
            for tp in app.owner.wanted(self.assignment()):
                self._acked.setdefault(tp, [])  # Faust looks at those that have a list
        return super()._filter_tps_with_pending_acks(topics)

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        """Commit, and forget what was refused, which Faust would take for committed."""
        did_commit = await super()._commit_offsets(offsets, start_new_transaction)
        if not did_commit:
            for tp in offsets:
                self._committed_offset.pop(tp, None)
        return did_commit

    def _new_offset(self, tp: TP) -> int | None:
        """What to commit: the position. Faust's own reckoning needs each record acknowledged once.

        Where some were passed over, or came twice, it commits nothing any more and keeps every
        acknowledgement in memory.
        """
        owner = cast("WorkerApp", self.app).owner
        if not owner.is_input(tp):
            return super()._new_offset(tp)
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        self._gap.pop(tp, None)
        return owner.wanted({tp}).get(tp)


class _Producer(driver.Producer):
    """An idempotent producer, so that a retry neither doubles nor reorders."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class _Transport(driver.Transport):
    Consumer = _Consumer
    Producer = _Producer


class CellTable(faust.Table[bytes, bytes]):
    """A table that Faust restores from its changelog, and whose changelog the host writes."""

    def on_key_set(self, key: bytes, value: bytes) -> None:
        """Send nothing: it was written before."""

    def on_key_del(self, key: bytes) -> None:
        """Send nothing: it was written before."""


class Worker(faust.Worker):
    """A process with one app, whose stop has an end.

    Faust waits for a broker that is away, and for its group to gather, which takes as long as the
    session of a member that died.
    """

    def _schedule_shutdown(self, number: signal.Signals) -> None:
        last_resort = threading.Timer(STOP_WITHIN_S, self._end)
        last_resort.daemon = True
        last_resort.start()
        super()._schedule_shutdown(number)

    def _end(self) -> None:
        app = cast("WorkerApp", self.app)
        if app.rebalancing and app.owner.is_idle():
            leave("stopped_while_joining")  # it has nothing to finish, and nothing to hand over
        give_up("stop_overdue", ExitCode.FAILED)


def new_app(options: FaustOptions, owner: Owner) -> WorkerApp:
    """The app, without tables and agents."""
    settings = options.connection.for_faust()
    credentials: Any = settings.tls
    if settings.login is not None:
        credentials = faust.SASLCredentials(**settings.login._asdict(), ssl_context=settings.tls)
    app = WorkerApp(
        options.group,
        broker=settings.brokers,
        broker_credentials=credentials,
        autodiscover=False,
        datadir=options.data_folder,
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_replication_factor=options.replication,
        topic_allow_declare=True,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=options.session_timeout_s,
        broker_heartbeat_interval=options.session_timeout_s / 6,
        broker_request_timeout=options.session_timeout_s * 2,
        broker_rebalance_timeout=options.session_timeout_s * 2,
        broker_commit_interval=1.0,
        producer_acks=-1,
        producer_max_request_size=2_000_000,
        producer_request_timeout=REQUEST_TIMEOUT_S,
        stream_wait_empty=True,
        stream_buffer_maxsize=1024,
        Table=CellTable,
    )
    app.owner = owner
    return app


def client_settings(app: WorkerApp) -> dict[str, Any]:
    """The arguments with which a client of aiokafka reaches the app's brokers."""
    return {
        "bootstrap_servers": driver.server_list(app.conf.broker_producer, 9092),
        **driver.credentials_to_aiokafka_auth(app.conf.broker_credentials),
    }
