"""Where simulated aircraft live and fly to, and the states in which nobody listens."""

import functools
from typing import NamedTuple

from wheelsdown.reference.aerodromes import Aerodrome, load_aerodromes
from wheelsdown.reference.states import load_states

#: States with no receiver that feeds a public network, or hardly any. Our assumption, drawn from
#: where the coverage maps of OpenSky and ADS-B Exchange have been empty for years.
UNHEARD_STATES = frozenset(
    {
        "AFG", "BDI", "CAF", "COD", "COG", "COM", "DJI", "ERI", "ETH", "GIN", "GNB", "LBY",
        "MLI", "MMR", "NER", "NRU", "PRK", "SDN", "SLB", "SLE", "SOM", "SSD", "SYR", "TCD", "TJK",
        "TKM", "TLS", "TUV", "YEM",
    }
)  # fmt: skip


class Places(NamedTuple):
    """Capitals' aerodromes by state, and those that airlines serve in the order of ``icao``."""

    capitals: dict[str, Aerodrome]
    airports: tuple[Aerodrome, ...]


@functools.cache
def load_places() -> Places:
    """The aerodromes on the soil of states."""
    known = load_aerodromes()
    states = load_states()
    capitals = {
        code: found for code in sorted(states) if (found := known.capital_of(code)) is not None
    }
    served = (one for one in known if one.served and one.state in states)
    return Places(capitals, tuple(sorted(served, key=lambda one: one.icao)))
