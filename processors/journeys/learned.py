"""What a snapshot teaches, as the rules for single aircraft get it."""

from collections import Counter
from typing import NamedTuple

from processors.journeys.cells import SourceSight
from processors.journeys.reception import Ears
from wheelsdown.records.aircraft import Snapshot


class Learned(NamedTuple):
    """A snapshot with its place in the input, what sources could see then, and what is rejected."""

    snapshot: Snapshot
    offset: int
    sources: dict[str, SourceSight]
    ears: Ears
    rejected: Counter[str]
