"""Which state an operator's name tells: "Russian Air Force" is RUS, "Royal Air Force" is open."""

import functools
import re
from collections.abc import Mapping

from wheelsdown.reference.states import folded, load_ambiguous_names, load_states


@functools.lru_cache(maxsize=4096)
def state_of_operator(operator: str) -> str | None:
    """The code of the one state that the name of an operator speaks of, else None.

    The longest name at a place counts ("Republic of China" is not China); names that are ambiguous
    tell nothing, and neither do two states in one name.
    """
    pattern, codes = _known_names()
    told = {codes[match.casefold()] for match in pattern.findall(folded(operator))} - {None}
    return told.pop() if len(told) == 1 else None


@functools.cache
def _known_names() -> tuple[re.Pattern[str], Mapping[str, str | None]]:
    codes: dict[str, str | None] = {}
    spellings: set[str] = set()
    for state in load_states().values():
        for name in (state.name, *state.names, *state.demonyms):
            spellings.add(name)
            codes[name.casefold()] = state.code
    for name in load_ambiguous_names():
        spellings.add(name)
        codes[name.casefold()] = None
    longest_first = sorted(spellings, key=lambda name: (-len(name), name))
    alternatives = "|".join(_as_written(name) for name in longest_first)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)"), codes


def _as_written(name: str) -> str:
    """A pattern for the name: abbreviations as they stand, words in any case."""
    escaped = re.escape(name)
    return escaped if name.isupper() else f"(?i:{escaped})"
