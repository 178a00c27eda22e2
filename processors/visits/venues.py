"""Gatherings whose place a headline leaves out: "at the G20" is in the state that holds it then."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from processors.visits.text import Token, tokens
from wheelsdown.reference.venues import Venue

#: News looks forward to a gathering for months and back on it for days.
_AHEAD = timedelta(days=120)
_BACK = timedelta(days=14)


class Gathering(NamedTuple):
    """A gathering named at tokens ``start`` up to ``end``, and the state where it is held."""

    start: int
    end: int
    host: str


class Venues:
    """Looks gatherings up by their names and the day of publication."""

    def __init__(self, venues: Iterable[Venue]) -> None:
        self._rows: dict[str, list[tuple[tuple[str, ...], Venue]]] = defaultdict(list)
        for venue in venues:
            for name in venue.names:
                first, *rest = _keys(tokens(name))
                self._rows[first].append((tuple(rest), venue))

    def find(self, sentence: Sequence[Token], day: date) -> Iterator[Gathering]:
        """Gatherings in order; where a name is that of several, the one nearest in time."""
        places = [at for at, token in enumerate(sentence) if token.text != "-"]
        keys = [sentence[at].key for at in places]
        end = 0
        for n, key in enumerate(keys):
            if n < end or key not in self._rows:
                continue
            best: tuple[int, timedelta, Venue] | None = None
            for rest, venue in self._rows[key]:
                if tuple(keys[n + 1 : n + 1 + len(rest)]) != rest or not _is_near(venue, day):
                    continue
                away = max(venue.start - day, day - venue.end, timedelta(0))
                if best is None or (-len(rest), away) < (-best[0], best[1]):
                    best = (len(rest), away, venue)
            if best is not None:
                end = n + best[0] + 1
                yield Gathering(places[n], places[end - 1] + 1, best[2].host)


def _is_near(venue: Venue, day: date) -> bool:
    return venue.start - _AHEAD <= day <= venue.end + _BACK


def _keys(found: Sequence[Token]) -> list[str]:
    return [token.key for token in found if token.text != "-"]
