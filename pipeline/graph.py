"""The graph: every stage with its input, written once. Both hosts run exactly this.

::

    adsb.snapshots ─▶ journeys ─▶ flights.journeys
                         │ stays, progress
                         ▼
                    cases.events ─▶ cases ─▶ visits, incidents
                         ▲                     │
                         │ mentions, progress  ▼
    news.entries ──▶ visits              dispatch.events ─▶ dispatch ─▶ alerts
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from processors.cases.stage import CasesStage
from processors.dispatch.stage import DispatchStage
from processors.journeys.following import Register
from processors.journeys.stage import JourneysStage
from processors.visits.stage import VisitsStage
from wheelsdown.records.topics import DEAD_LETTERS, Topic
from wheelsdown.reference.aerodromes import Aerodromes
from wheelsdown.reference.officials import Officials
from wheelsdown.reference.states import State
from wheelsdown.stage import Stage


@dataclass(frozen=True)
class Reference:
    """What the rules know of the world; loaded once by whoever runs the graph."""

    register: Register
    aerodromes: Aerodromes
    states: Mapping[str, State]
    officials: Officials


def build(reference: Reference, *, partitions: Callable[[Topic], int], route: str) -> list[Stage]:
    """The stages, upstream before downstream; ``partitions`` counts a topic's partitions."""
    return [
        JourneysStage(reference.register, reference.aerodromes, reference.states),
        VisitsStage(
            reference.states, reference.officials, partitions=partitions(VisitsStage.input)
        ),
        CasesStage(reference.states),
        DispatchStage(route),
    ]


#: Every topic that a host reads or writes.
TOPICS = tuple(
    {
        topic.name: topic
        for stage in (JourneysStage, VisitsStage, CasesStage, DispatchStage)
        for topic in (stage.input, *stage.outputs, DEAD_LETTERS)
    }.values()
)
