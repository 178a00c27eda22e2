"""Aircraft as feeds report them: state vectors and the snapshots that carry them."""

import math
from typing import Annotated, Literal

import msgspec

from wheelsdown.records.reception import Reception
from wheelsdown.records.record import Instant, Record, StateCode

#: Six lower-case hex digits. Non-ICAO addresses (``~``) never become a state vector: producers
#: count and drop them, because they identify no airframe.
Icao24 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{6}$(?!\n)")]

#: How the position was learned, most trusted first (readsb's ``type``, OpenSky's source number).
PositionSource = Literal["adsb", "adsc", "mlat", "tisb", "other", "unknown"]

Health = Literal["ok", "degraded", "silent"]


class StateVector(msgspec.Struct, frozen=True, kw_only=True):
    """One aircraft at one time, in feet, knots, feet per minute, degrees and UTC.

    ``heard_at`` is the last contact of any kind, ``positioned_at`` the time of the position.
    A field that the feed did not give is None; zero is a value.
    Raises ValueError when a number is not finite.
    """

    icao24: Icao24
    heard_at: Instant
    callsign: str | None = None
    registration: str | None = None
    type_code: str | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None
    positioned_at: Instant | None = None
    altitude_ft: float | None = None
    on_ground: bool | None = None
    ground_speed_kt: float | None = None
    track_deg: float | None = None
    vertical_rate_fpm: float | None = None
    position_source: PositionSource = "unknown"
    military: bool = False

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} of {self.icao24} is {value}, not a finite number")


_NUMBERS = (
    "latitude",
    "longitude",
    "altitude_ft",
    "ground_speed_kt",
    "track_deg",
    "vertical_rate_fpm",
)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll could have seen at all: absence means nothing outside it.

    ``box`` is (south, west, north, east) in degrees; ``icao24s`` the addresses that were asked for.
    """

    kind: Literal["world", "box", "list"]
    box: tuple[float, float, float, float] | None = None
    icao24s: tuple[Icao24, ...] = ()


class Snapshot(Record, frozen=True, kw_only=True, tag="snapshot"):
    """One poll of one source, one shard of it; published also when empty or when the poll failed.

    So "the feed is silent" and "the aircraft is gone" differ. ``occurred_at`` is the source's own
    clock (or the poll's time when it gave none), ``observed_at`` the time of the poll.
    ``received`` and ``dropped`` (reason -> count) speak of the whole answer, not of the shard;
    ``candidates`` are the watched aircraft of the shard, ordered by ``icao24``. ``every_s`` is how
    often the source is looked at, in seconds; None in recordings that don't say. ``reception`` is
    where it heard anybody at all, watched or not; None in most snapshots: once a minute is enough.
    """

    source: str
    sequence: int
    shard: int
    shards: int
    scope: Scope
    health: Health = "ok"
    reason: str = ""
    received: int = 0
    dropped: dict[str, int] = msgspec.field(default_factory=dict)
    candidates: tuple[StateVector, ...] = ()
    every_s: float | None = None
    reception: Reception | None = None


class Aircraft(msgspec.Struct, frozen=True, kw_only=True):
    """Who an aircraft is, as far as the fleet register or its address tells.

    ``operator_state`` is None when neither names one. ``source`` says where the row comes from.
    """

    icao24: Icao24
    registration: str | None = None
    type_code: str | None = None
    type_name: str | None = None
    operator: str | None = None
    operator_state: StateCode | None = None
    source: str = ""


def shard_of(icao24: str, shards: int) -> int:
    """The shard (0-based) that an address belongs to."""
    return int(icao24, 16) % shards
