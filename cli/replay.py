"""Replay: a recording through the graph, in memory, in the order in which it was learned."""

from collections.abc import Callable, Collection

from cli.outputs import Outputs
from cli.recording import RecordingReader
from pipeline import graph
from pipeline.inline_host import InlineHost
from wheelsdown.clock import Clock
from wheelsdown.eventlog.memory import MemoryLog
from wheelsdown.eventlog.publish import publish
from wheelsdown.eventlog.state import MemoryState


def replay(
    recording: RecordingReader,
    reference: graph.Reference,
    *,
    route: str,
    clock: Clock,
    stages: Collection[str] | None = None,
    partitions: int = 1,
    on_day: Callable[[str], None] = lambda _: None,
) -> Outputs:
    """What the pipeline makes of the recording; ``on_day`` is told each day that is done.

    ``stages`` names those that run, None all of them. Records are handed in one moment at a time,
    so that nothing is known before it was learned.
    """
    log, state = MemoryLog(partitions, forgets=True), MemoryState()
    running = [
        stage
        for stage in graph.build(reference, partitions=log.partitions, route=route)
        if stages is None or stage.name in stages
    ]
    inputs = {stage.input for stage in running}
    host = InlineHost(log, state, running, clock)
    outputs = Outputs(log)
    for day in recording.days():
        moment = None
        for topic, record in recording.records(day):
            if topic not in inputs:
                continue
            if moment is not None and record.observed_at != moment:
                host.drain()
            moment = record.observed_at
            publish(log, topic, [record])
        host.drain()
        outputs.collect()
        on_day(day)
    outputs.rejected = host.rejected
    return outputs
