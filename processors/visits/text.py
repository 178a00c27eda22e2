"""From an entry to sentences of tokens, and whether it is English at all."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wheelsdown.records.news import Entry
from wheelsdown.reference.states import folded


def words(text: str) -> frozenset[str]:
    """A list of words for rules to look up."""
    return frozenset(text.split())


#: What stands further down in a summary is seldom what the entry is about (live blogs, lists).
SUMMARY_CHARS = 1_000
#: Longer titles are no titles.
TITLE_CHARS = 500

#: One character for one, so that places in the text stay the same.
_PLAIN = str.maketrans(
    {
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{MODIFIER LETTER APOSTROPHE}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{HYPHEN}": "-",
    }
)
#: "U.S.", a word or number, a possessive, or any other sign by itself.
_TOKEN = re.compile(r"(?:[A-Za-z]\.){2,}|[^\W_]+|'s(?!\w)|\S")
_ENDS = frozenset(".!?…")
_BREAKS = frozenset("•|")
#: A full stop after these ends no sentence; nor does one after a single letter.
_ABBREVIATIONS = words(
    "mr mrs ms dr prof gen sen rep gov lt col maj sgt capt cmdr adm brig hon rev st jr sr no vs "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)

_ENGLISH = words(
    "the of to in and for on is with as at by after from over says his her its has will who that "
    "are be an it not this"
)
_FOREIGN = words(
    "le la les des du et en un une pour dans au aux sur est qui "  # French
    "el los las del y por con para una que su se "  # Spanish
    "der die das und den dem von zu im mit auf ein eine ist nicht "  # German
    "il di che per della gli nel sono "  # Italian
    "o os da do em um uma não ao "  # Portuguese
    "het een van voor op met "  # Dutch
    "och att som av til og det på for i w z na nie się do ve bir ile için"  # others
) - {"for", "do", "i", "die", "im", "per", "met", "is"}


class Token(NamedTuple):
    """A word, number or sign.

    ``text`` is as written, ``key`` lower case without diacritics and dots, ``glued`` tells that no
    space comes before it; ``start`` and ``end`` are places in the sentence's source.
    """

    text: str
    key: str
    start: int
    end: int
    glued: bool


class Sentence(NamedTuple):
    """Tokens of one sentence; the title is a sentence of its own, number 0.

    ``titled`` tells that Most Words Are Capitalised, so that capitals mark no names.
    """

    number: int
    source: str
    tokens: tuple[Token, ...]
    titled: bool

    def written(self, start: int, end: int) -> str:
        """The text from token ``start`` up to token ``end``, as the feed had it."""
        return self.source[self.tokens[start].start : self.tokens[end - 1].end]


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text."""
    found = []
    last = -1
    for match in _TOKEN.finditer(text.translate(_PLAIN)):
        word = match.group()
        plain = word if word.isascii() else folded(word)
        if len(plain) > 1 and "." in plain:
            plain = plain.replace(".", "")
        start, end = match.span()
        found.append(Token(word, plain.lower(), start, end, start == last))
        last = end
    return tuple(found)


def sentences(entry: Entry) -> tuple[Sentence, ...]:
    """The title and the sentences of the summary."""
    title = entry.title[:TITLE_CHARS]
    summary = entry.summary[:SUMMARY_CHARS]
    parts = [(title, tokens(title)), *((summary, part) for part in _split(tokens(summary)))]
    return tuple(
        Sentence(number, source, part, _is_titled(part))
        for number, (source, part) in enumerate(parts)
    )


def is_english(entry: Entry) -> bool:
    """By the feed's own word, else by which small words are the more frequent."""
    if entry.language:
        return entry.language.lower().startswith("en")
    words = f"{entry.title} {entry.summary[:SUMMARY_CHARS]}".lower().split()
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    return english >= foreign


def _split(found: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    begin = 0
    for index, token in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else None
        ends = token.text in _ENDS and following is not None and not following.glued
        if ends and following is not None:
            before = found[index - 1] if index else token
            short = before.key in _ABBREVIATIONS or (len(before.key) == 1 and token.text == ".")
            ends = not short and not following.text[0].islower()
        if ends or token.text in _BREAKS:
            yield tuple(found[begin : index + 1])
            begin = index + 1
    if begin < len(found):
        yield tuple(found[begin:])


def _is_titled(found: Sequence[Token]) -> bool:
    words = [token.text for token in found[1:] if token.text.isalpha() and len(token.text) > 3]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) >= 2 and capitals > 0.7 * len(words)
