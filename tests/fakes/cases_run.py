"""The cases stage on the case file of Russia and North Korea."""

from collections.abc import Iterable
from datetime import datetime

from fakes.examples import pyongyang_stay
from fakes.stage_run import StageRun
from msgspec.structs import replace

from processors.cases.cells import CaseCell
from processors.cases.stage import CasesStage
from wheelsdown.records.incidents import Incident
from wheelsdown.records.journeys import Stay
from wheelsdown.records.progress import Reader, progress
from wheelsdown.records.record import Record
from wheelsdown.reference.states import load_states


def new_run() -> StageRun:
    """The stage over an empty book."""
    return StageRun(CasesStage(load_states()))


def case_of(run: StageRun) -> CaseCell:
    """What is filed."""
    cell = run.get("PRK-RUS")
    assert isinstance(cell, CaseCell)
    return cell


def incidents(outputs: Iterable[Record]) -> list[Incident]:
    """Each incident revision once, though it goes to two topics."""
    return list({one.record_id: one for one in outputs if isinstance(one, Incident)}.values())


def read(reader: Reader, up_to: datetime) -> Record:
    """One of the two readers has come so far."""
    return progress(reader, part=0, parts=1, up_to=up_to, observed_at=up_to)


def both_read(up_to: datetime) -> tuple[Record, Record]:
    """Flights and news are read up to here."""
    return read("journeys", up_to), read("visits", up_to)


def another_stay(number: int, *, arrived: datetime) -> Stay:
    """An aircraft that lands in Pyongyang and is still there."""
    stay = pyongyang_stay("arrived")
    return replace(
        stay,
        record_id=f"stay-{number}-{arrived}",
        stay_id=f"stay-{number}",
        occurred_at=arrived,
        observed_at=arrived,
        arrival=replace(stay.arrival, at=arrived),
    )
