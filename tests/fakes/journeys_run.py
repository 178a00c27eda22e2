"""The journeys stage on the tracks of one aircraft of the Russian Air Force."""

from datetime import datetime, timedelta

from fakes.stage_run import StageRun
from fakes.tracks import START, flown, parked, snapshots

from processors.journeys.stage import JourneysStage
from wheelsdown.records.aircraft import Aircraft, StateVector
from wheelsdown.records.journeys import Journey, Stay
from wheelsdown.records.record import Record
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.states import load_states

HOUR = timedelta(hours=1)
#: Over the sea off Vladivostok, the last place on the way to Pyongyang where somebody listens.
COAST = (42.3, 131.2)


class Register:
    """Every aircraft is one of the operator's state."""

    def __init__(self, state: str = "RUS") -> None:
        self._state = state

    def describe(self, vector: StateVector) -> Aircraft:
        return Aircraft(icao24=vector.icao24, operator="Air Force", operator_state=self._state)


def new_run(operator_state: str = "RUS") -> StageRun:
    """The stage over an empty book."""
    return StageRun(JourneysStage(Register(operator_state), load_aerodromes(), load_states()))


def run(vectors: list[StateVector], stop: datetime, **how: object) -> list[Record]:
    """What the stage says of these vectors, polled from the first on."""
    return new_run().take_all(snapshots(vectors, vectors[0].heard_at, stop, **how))  # type: ignore[arg-type]


def stays(outputs: list[Record]) -> list[Stay]:
    return [one for one in outputs if isinstance(one, Stay)]


def journeys(outputs: list[Record]) -> list[Journey]:
    return [one for one in outputs if isinstance(one, Journey)]


def out_and_back(
    stay_h: float, *, hole_nm: float = 285, every_s: int = 120
) -> tuple[list[StateVector], datetime, datetime]:
    """Moscow, Pyongyang and back, not heard within ``hole_nm``; true arrival and departure."""
    out = flown(["UUMU", (56.8, 60.6), (52.3, 104.3), COAST, "ZKPY"], START, every_s=every_s)
    landed = out[-1].heard_at + timedelta(seconds=every_s)
    left = landed + stay_h * HOUR
    back = flown(["ZKPY", COAST, (52.3, 104.3), (56.8, 60.6), "UUMU"], left, every_s=every_s)
    hole = int(hole_nm / 460 * 3600 / every_s)
    home = back[-1].heard_at + timedelta(seconds=every_s)
    heard = [
        *parked("UUMU", START - HOUR, START, every_s=every_s),
        *out[:-hole],
        *back[hole:],
        *parked("UUMU", home, home + HOUR, every_s=every_s),
    ]
    return heard, landed, left
