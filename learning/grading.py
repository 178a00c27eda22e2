"""What was read beside what people read: counts for each entry, from which all figures are made.

A pair is a visitor and a host. Three ways to count pairs:

``all``      every pair of the entry, background ones too
``strict``   pairs that are the entry's news: those that we call background are not found, those
             that the label calls background are not wanted
``lenient``  the same, but pairs that the label calls background count on neither side
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from learning.labels import Event, Example
from learning.officials import Named, has_name, is_same
from processors.visits.when.days import Days

Pair = tuple[str, str]


class Read(Protocol):
    """A visit as it was read from an entry."""

    @property
    def visitor(self) -> str: ...  # noqa: D102
    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def official(self) -> str | None: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def days(self) -> Days | None: ...  # noqa: D102
    @property
    def background(self) -> bool: ...  # noqa: D102


class Mistake(NamedTuple):
    """Something that was read otherwise than people did; ``kind`` is one of ``MISTAKES``."""

    kind: str
    example: Example
    detail: str


class Graded(NamedTuple):
    """The counts of one entry; ``statuses`` counts (label, read) of its right pairs."""

    example: Example
    counts: Counter[str]
    statuses: Counter[tuple[str, str]]
    mistakes: tuple[Mistake, ...]


#: What is counted as right, found and wanted.
SCOPES = ("all", "strict", "lenient", "detection", "news")
#: What is counted as right, and of how many.
SHARES = (
    "status",
    "start",
    "start unstated",
    "end",
    "end unstated",
    "background",
    "kind",
    "official told",
    "name resolved",
    "official resolved",
)
MISTAKES = (
    "false pair, no visit in the entry",
    "false pair, no single state in the label",
    "false pair beside others",
    "direction swapped",
    "right visitor, wrong host",
    "right host, wrong visitor",
    "main visit missed",
    "second pair missed",
    "background visit missed",
    "pair told twice",
    "status",
    "start",
    "background",
    "kind",
    "official not resolved",
)


def grade(example: Example, read: Sequence[Read], named: Iterable[Named]) -> Graded:
    """Compare what was read from an entry, and the officials known in it, with its label."""
    wanted = {event.pair: event for event in example.events}
    found: dict[Pair, Read] = {}
    for one in read:
        found.setdefault((one.visitor, one.host), one)
    right = sorted(wanted.keys() & found.keys())
    counts: Counter[str] = Counter()
    _count_pairs(counts, wanted, found)
    mistakes = [
        *_wrong_pairs(example, wanted, found),
        *(
            Mistake("pair told twice", example, _arrow(pair))
            for pair, times in Counter((one.visitor, one.host) for one in read).items()
            if times > 1
        ),
    ]
    statuses: Counter[tuple[str, str]] = Counter()
    for pair in right:
        event, one = wanted[pair], found[pair]
        statuses[event.status, one.status] += 1
        mistakes += _compare(counts, example, event, one)
    mistakes += _count_officials(counts, example, tuple(named))
    return Graded(example, counts, statuses, tuple(mistakes))


def _count_pairs(
    counts: Counter[str],
    wanted: dict[Pair, Event],
    found: dict[Pair, Read],
) -> None:
    main = {pair for pair, event in wanted.items() if not event.background}
    ours = {pair for pair, one in found.items() if not one.background}
    recalled = wanted.keys() - main
    for scope, some, theirs in (
        ("all", set(found), set(wanted)),
        ("strict", ours, main),
        ("lenient", found.keys() - recalled, main),
    ):
        counts[f"{scope} right"] = len(some & theirs)
        counts[f"{scope} found"] = len(some)
        counts[f"{scope} wanted"] = len(theirs)
    counts["detection right"] = int(bool(wanted and found))
    counts["detection found"] = int(bool(found))
    counts["detection wanted"] = int(bool(wanted))


def _compare(counts: Counter[str], example: Example, event: Event, one: Read) -> list[Mistake]:
    """Count what a right pair has right besides; what it has wrong."""
    mistakes = []

    def compare(what: str, label: object, ours: object) -> None:
        counts[f"{what} of"] += 1
        counts[f"{what} right"] += label == ours
        if label != ours and what in MISTAKES:
            told = f"{_arrow(event.pair)}: {label}, read as {ours}"
            mistakes.append(Mistake(what, example, told))

    compare("status", event.status, one.status)
    compare("background", _place(event.background), _place(one.background))
    compare("kind", event.kind, one.kind)
    start, end = (one.days.start, one.days.end) if one.days else (None, None)
    compare("start" if event.start else "start unstated", event.start, start)
    compare("end" if event.end else "end unstated", event.end, end)
    if event.official is not None and has_name(event.official):
        counts["official told of"] += 1
        counts["official told right"] += is_same(event.official, one.official or "")
    return mistakes


def _count_officials(
    counts: Counter[str], example: Example, named: Sequence[Named]
) -> list[Mistake]:
    """Count the officials of the label that are known for whom they act, each once."""
    mistakes = []
    labelled = {
        (event.official, event.visitor) for event in example.events if event.official is not None
    }
    for official, visitor in sorted(labelled):
        known = any(visitor in one.codes and is_same(official, one.written) for one in named)
        for what in ("name", "official") if has_name(official) else ("official",):
            counts[f"{what} resolved of"] += 1
            counts[f"{what} resolved right"] += known
        if not known:
            mistakes.append(Mistake("official not resolved", example, f"{official} of {visitor}"))
    return mistakes


def _wrong_pairs(
    example: Example, wanted: dict[Pair, Event], found: dict[Pair, Read]
) -> list[Mistake]:
    """Each false pair once, with the missed pair that it stands for, and what else is missed."""
    mistakes = []
    missed = dict.fromkeys(sorted(wanted.keys() - found.keys()))
    false = sorted(found.keys() - wanted.keys())
    if not wanted:
        where = "no visit" if example.tag == "neg" else "no single state"
        kind = next(one for one in MISTAKES if where in one)
        return [Mistake(kind, example, _arrow(pair)) for pair in false]
    stands_for: tuple[tuple[str, Callable[[Pair, Pair], bool]], ...] = (
        ("direction swapped", lambda ours, label: ours == (label[1], label[0])),
        ("right visitor, wrong host", lambda ours, label: ours[0] == label[0]),
        ("right host, wrong visitor", lambda ours, label: ours[1] == label[1]),
    )
    for kind, fits in stands_for:
        for pair in tuple(false):
            label = next((one for one in missed if fits(pair, one)), None)
            if label is not None:
                false.remove(pair)
                del missed[label]
                told = f"{_arrow(pair)} for {_arrow(label)}"
                mistakes.append(Mistake(kind, example, told))
    mistakes += [Mistake("false pair beside others", example, _arrow(pair)) for pair in false]
    is_second = bool(wanted.keys() & found.keys())
    for pair in missed:
        kind = "second pair missed" if is_second else "main visit missed"
        if wanted[pair].background:
            kind = "background visit missed"
        mistakes.append(Mistake(kind, example, _arrow(pair)))
    return mistakes


def _place(background: bool) -> str:
    return "background" if background else "news"


def _arrow(pair: Pair) -> str:
    return f"{pair[0]} > {pair[1]}"
