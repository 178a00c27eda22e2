"""The fleet: the register of watched aircraft, shipped and the user's own."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import MappingProxyType

import msgspec

from wheelsdown.records.aircraft import Aircraft, StateVector
from wheelsdown.reference.address_blocks import government_state, state_of_address
from wheelsdown.reference.fleet_files import read_fleet_file


class Fleet:
    """Aircraft by address.

    ``dropped`` counts the rows that could not be used, by reason. ``version`` is a hash of the
    rows: twelve hex digits, the same for the same rows in any order.
    """

    def __init__(
        self, aircraft: Mapping[str, Aircraft], dropped: Mapping[str, int] | None = None
    ) -> None:
        self._aircraft = dict(aircraft)
        self.dropped: Mapping[str, int] = MappingProxyType(dict(dropped or {}))
        ordered = sorted(self._aircraft.values(), key=lambda one: one.icao24)
        self.version = hashlib.sha256(msgspec.json.encode(ordered)).hexdigest()[:12]

    def __len__(self) -> int:
        return len(self._aircraft)

    def get(self, icao24: str) -> Aircraft | None:
        """The fleet's row of an address (six lower-case hex digits)."""
        return self._aircraft.get(icao24)

    def describe(self, vector: StateVector) -> Aircraft:
        """The fleet's row, else what the feed and the address tell; ``source`` says which."""
        known = self.get(vector.icao24)
        if known is not None:
            return known
        state = government_state(vector.icao24)
        learned = "state by government address block"
        if state is None:
            state = state_of_address(vector.icao24)
            learned = "state by address block" if state else "state unknown"
        return Aircraft(
            icao24=vector.icao24,
            registration=vector.registration,
            type_code=vector.type_code,
            operator_state=state,
            source=f"feed; {learned}",
        )

    def watches(self, vector: StateVector) -> bool:
        """Whether the aircraft is in the fleet, flagged military or in a government block."""
        return (
            vector.icao24 in self._aircraft
            or vector.military
            or government_state(vector.icao24) is not None
        )


def load_fleet(files: Sequence[Path] = ()) -> Fleet:
    """The shipped fleet with the user's files; where both know an aircraft, the last file counts.

    Raises FleetError when a file can't be read or is in no known form.
    """
    aircraft: dict[str, Aircraft] = {}
    dropped: Counter[str] = Counter()
    shipped = resources.files("wheelsdown.reference").joinpath("data", "fleet.csv")
    with resources.as_file(shipped) as path:
        for file in (path, *files):
            found, unusable = read_fleet_file(file)
            aircraft |= found
            dropped += unusable
    return Fleet(aircraft, dropped)
