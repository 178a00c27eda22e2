"""Whether two entries speak of the same official: names as written, and kinds of office."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from wheelsdown.records.visits import Mention

#: The ranks (``processors/visits``) that tell an official from the others of a state. "Minister",
#: "chief", "envoy" or "delegation" may be anybody of them.
_TELLING_RANKS = frozenset(
    {"head", "vice", "deputy", "foreign", "defence", "military", "legis", "royal"}
)
#: Spellings are compared loosely only in words so long: in ``Yi`` and ``Ji`` each letter counts.
_LOOSE_FROM = 5
#: What tells a son from his father. Numerals don't: Lloyd Austin III is also Lloyd Austin.
_SON = frozenset({"jr", "jr.", "junior"})


def same_official(one: str | None, other: str | None) -> bool:
    """Whether two names, as written, can be one person's: ``Shoigu`` and ``Sergei Shoigu``.

    A son is not his father, but a surname alone may mean either.
    """
    if one is None or other is None:
        return True
    words, others = _words(one), _words(other)
    is_son, is_other_son = not _SON.isdisjoint(words), not _SON.isdisjoint(others)
    words, others = _without_son(words), _without_son(others)
    if not words or not others:
        return False
    if is_son != is_other_son and len(others if is_son else words) > 1:
        return False
    spelled, respelled = tuple(map(_spelled, words)), tuple(map(_spelled, others))
    if set(spelled) <= set(respelled) or set(respelled) <= set(spelled):
        return True
    return spelled[-1] == respelled[-1] and _same_first_name(words[0], others[0])


def people(mentions: Iterable[Mention]) -> list[str]:
    """One name a person, the fullest, longest first."""
    found: list[str] = []
    written = {one.official for one in mentions if one.official}
    for name in sorted(written, key=lambda name: (-len(name.split()), -len(name), name)):
        if not any(same_official(name, known) for known in found):
            found.append(name)
    return found


def rank_of(mention: Mention) -> str | None:
    """The kind of office, where it tells officials of one state apart."""
    return mention.rank if mention.rank in _TELLING_RANKS else None


def may_be_of(mention: Mention, chain: Sequence[Mention]) -> bool:
    """Whether a mention can be of the official of whom ``chain`` speaks.

    By name where both have one. Else by the kind of office where both have one: the foreign
    minister does not come on the visit of a named defence minister.
    """
    named = [one for one in chain if one.official is not None]
    if mention.official is not None and named:
        return any(same_official(mention.official, one.official) for one in named)
    ranks = {rank for one in named or chain if (rank := rank_of(one)) is not None}
    return not ranks or rank_of(mention) is None or rank_of(mention) in ranks


def rank_fits(mention: Mention, chain: Sequence[Mention]) -> bool:
    """Whether a mention tells the kind of office of the official of whom ``chain`` speaks."""
    rank = rank_of(mention)
    return rank is not None and any(rank_of(one) == rank for one in chain if one.official)


def _without_son(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.rstrip(",") for word in words if word not in _SON)


@lru_cache(maxsize=4_096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case and without diacritics."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(letters.replace("-", " ").split())


@lru_cache(maxsize=4_096)
def _spelled(word: str) -> str:
    """What spellings of a word have in common: those of ``Zelensky``, ``Zelenskiy``, say."""
    if len(word) < _LOOSE_FROM:
        return word
    return _once(word.replace("y", "i").replace("j", "i"))


def _once(word: str) -> str:
    """A word without doubled letters."""
    return "".join(letter for letter, _ in groupby(word))


def _same_first_name(one: str, other: str) -> bool:
    """Whether two first names may be spellings of one: ``Sergei``, ``Sergey`` and ``S.`` are.

    So are those that begin with the same two letters (``Mike``, ``Michael``) or have the same
    consonants (``Mohammed``, ``Muhammad``); ``Joe`` and ``Jill`` are two people. So are those of
    which one ends with the other (``Antony``, ``Tony``) or of which all but the first letter is the
    same (``Aleksandr``, ``Oleksandr``), if they are long enough not to be Chinese surnames
    (``Chang``, ``Zhang``).
    """
    if one[0] == other[0]:
        is_initial = len(one.rstrip(".")) == 1 or len(other.rstrip(".")) == 1
        return is_initial or one[:2] == other[:2] or _consonants(one) == _consonants(other)
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= 4 and longer.endswith(shorter):
        return True
    return len(shorter) >= 6 and one[1:] == other[1:]


def _consonants(word: str) -> str:
    return _once("".join(letter for letter in word if letter not in "aeiouy"))
