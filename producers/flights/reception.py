"""Where an answer shows that somebody listens: any aircraft that was heard counts, watched or not.

So readers of snapshots can tell an aircraft that has gone from a region of which nothing comes.
"""

from datetime import timedelta

from producers.flights.picture import Picture
from wheelsdown.records.aircraft import PositionSource, Scope
from wheelsdown.records.reception import Reception, box_at, box_map

#: A position older than this says nothing of who listens now. readsb calls a position current for
#: as long (README-json.md: ``lat`` and ``lon`` for 60 s, then ``lastPosition``).
FRESH = timedelta(minutes=1)

#: Below it aircraft are approaching, landing or have just left; barometric, as sources give it.
LOW_FT = 5_000.0

#: Faster than any airliner rolls; a ground bit at more is an error. OpenSky's answer of 17 October
#: 2021, 11:49 UTC, has five of those among 379 aircraft on the ground, at 250 to 454 kt.
FASTEST_ROLL_KT = 200.0

#: Whose positions show that a receiver of the source hears the place: the aircraft's own signals
#: (MLAT takes several receivers). Not a satellite (ADS-C), and neither ground radar (ASTERIX among
#: ``other``, TIS-B, which a station far away may have sent) nor FLARM: an aircraft with nothing but
#: a transponder may fly there unheard. A source that does not tell is a plain receiver.
HEARD_THERE = frozenset[PositionSource]({"adsb", "mlat", "unknown"})


def reception_of(scope: Scope, picture: Picture) -> Reception | None:
    """The maps of an answer; None when it can't tell, by its scope or because nothing is readable.

    A list shows only what was asked for. A degraded answer heard what it heard: its clock is wrong,
    and ages count from the corrected one. One of which no row can be read did not hear nothing.
    """
    if scope.kind == "list" or (picture.health == "degraded" and not picture.vectors):
        return None
    heard: set[int] = set()
    low: set[int] = set()
    since = picture.at - FRESH
    for vector in picture.vectors:
        at, latitude, longitude = vector.positioned_at, vector.latitude, vector.longitude
        if (
            at is None
            or latitude is None
            or longitude is None
            or at < since
            or vector.position_source not in HEARD_THERE
            or latitude == longitude == 0  # no position, but the lack of one
        ):
            continue
        box = box_at(latitude, longitude)
        heard.add(box)
        altitude_ft, speed_kt = vector.altitude_ft, vector.ground_speed_kt
        if (altitude_ft is not None and altitude_ft < LOW_FT) or (
            vector.on_ground and (speed_kt is None or speed_kt <= FASTEST_ROLL_KT)
        ):
            low.add(box)
    return Reception(heard=box_map(heard), low=box_map(low))
