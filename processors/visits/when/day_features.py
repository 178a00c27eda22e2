"""What the classifier looks at that tells whether a stated day is the first day of a visit."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from processors.visits.shape import Shape
from processors.visits.text import words
from processors.visits.when.days import Days, Stated, stated
from processors.visits.when.tense import CUES, Line, Pair, trigger
from wheelsdown.records.visits import Status

_SPEECH = words(
    "said says told announced reported confirmed according statement spokesman spokesperson "
    "spokeswoman"
)
_BREAKS = frozenset(".;:|?!")
#: Words between a day and its visit that are looked at.
_BETWEEN = 15


class Dated(NamedTuple):
    """Days that a sentence states; ``way`` tells whether they were sought back or ahead."""

    sentence: int
    told: Stated
    way: str
    days: Days


class Said(NamedTuple):
    """The status by rules: at the pair, and of each sentence as a whole."""

    pair: Status
    sentences: Mapping[int, Status]


def dated(shapes: Sequence[Shape], published: date) -> list[Dated]:
    """All days that an entry states, weekdays both before and after publication."""
    found = []
    for shape in shapes:
        number = shape.sentence.number
        said = [element.symbol.removeprefix("^") for element in shape.elements]
        for one in stated(said, published):
            if one.back == one.ahead:
                found.append(Dated(number, one, "one", one.back))
            else:
                found.append(Dated(number, one, "back", one.back))
                found.append(Dated(number, one, "ahead", one.ahead))
    return found


def day_features(
    pair: Pair, one: Dated, others: Sequence[Dated], published: date, said: Said
) -> list[str]:
    """The features of one stated day.

    Args:
        pair: the visitor, the host and the sentences as seen from them.
        one: the day in question.
        others: all days of the entry, this one too.
        published: the day of publication.
        said: the status by rules.

    Returns:
        Names of features, each once, in no order that matters.
    """
    visitor, host, lines = pair
    told = one.told
    line = lines[one.sentence]
    where = _where(one.sentence, visitor.sentence, host.sentence)
    off = (one.days.start - published).days
    age = _age(off)
    way = one.way
    found = {
        f"K={told.kind}{way}",
        f"A={age}",
        f"KA={told.kind}{age}",
        f"W={where}",
        f"WK={where}{told.kind}",
        f"WW={where}{way}",
        f"WA={where}{age}",
        f"RW={said.pair}{way}",
        f"RA={said.pair}{age}",
        f"RP={said.pair}{where}",
        f"SW={said.sentences[one.sentence]}{way}",
        f"SA={said.sentences[one.sentence]}{age}",
        f"VK={visitor.kind}{told.kind}",
    }
    if told.kind in {"weekday", "week"}:
        found.update((f"F={way}{off}", f"FR={way}{off}{said.pair}"))
        found.add(f"FS={way}{off}{said.sentences[one.sentence]}")
    first, last = line.tag_at(told.start), line.tag_at(told.end - 1)
    found.update(_beside(line, told, first, last, where))
    found.update(_verbs(line.tags, first, last, way, off if told.kind == "weekday" else None))
    if where in {"pair", "host", "visitor"}:
        ends = [end.at for end in (visitor, host) if end.sentence == one.sentence]
        found.update(_on_the_way(line, told, min(ends), max(ends), where))
    else:
        found.add(f"N={'v' in line.tags}{'h' in line.tags}{where}")
    found.update(_among(one, others, host.sentence, where))
    return list(found)


def _where(number: int, visitor: int, host: int) -> str:
    if number == host:
        return "pair" if number == visitor else "host"
    if number == visitor:
        return "visitor"
    return "title" if number == 0 else "next" if abs(number - host) == 1 else "far"


def _age(off: int) -> str:
    if -1 <= off <= 0:
        return str(off)
    for most, name in ((-32, "<-31"), (-8, "<-7"), (-2, "<-1"), (6, "<7")):
        if off <= most:
            return name
    return ">6"


def _at(said: Sequence[str], number: int) -> str:
    return said[number] if 0 <= number < len(said) else "<" if number < 0 else ">"


def _beside(line: Line, told: Stated, first: int, last: int, where: str) -> Iterator[str]:
    """The words next to the day; a bracket after it is that of a caption."""
    said, tags = line.words, line.tags
    before, after = told.start - 1, told.end
    yield f"l1={_at(tags, first - 1)}"
    yield f"l2={_at(tags, first - 2)} {_at(tags, first - 1)}"
    yield f"r1={_at(tags, last + 1)}"
    yield f"r2={_at(tags, last + 1)} {_at(tags, last + 2)}"
    yield f"wl1={_at(said, before)}"
    yield f"wl2={_at(said, before - 1)} {_at(said, before)}"
    yield f"wl3={_at(said, before - 2)} {_at(said, before - 1)} {_at(said, before)}"
    yield f"wr1={_at(said, after)}"
    yield f"wr2={_at(said, after)} {_at(said, after + 1)}"
    yield f"kl={told.kind}{_at(said, before)}"
    caption = "(" in said[after : after + 3]
    yield f"B={caption}"
    yield f"BK={caption}{told.kind}{where}"


def _far(count: int) -> str:
    if count <= 2:
        return str(max(count, 0))
    return "3-4" if count <= 4 else "5-8" if count <= 8 else "9+"


def _on_the_way(line: Line, told: Stated, a: int, b: int, where: str) -> Iterator[str]:
    """How far the day is from the pair, and what stands between."""
    if told.start < a:
        side, low, high = "L", told.end, a
    elif told.start > b:
        side, low, high = "R", b + 1, told.start
    else:
        side, low, high = "M", a + 1, told.start
    far = _far(high - low) if side != "M" else "0"
    middle = line.words[low:high]
    yield f"D={side}{far}"
    yield f"DK={side}{far}{told.kind}"
    yield f"DW={side}{far}{where}"
    yield f"b={side}{not _BREAKS.isdisjoint(middle)}"
    yield f"s={side}{not _SPEECH.isdisjoint(middle)}"
    yield f"c={side}{min(2, middle.count(','))}"
    for word in middle[:_BETWEEN]:
        yield f"m{side}={word}"
    if middle:
        for tag in line.tags[line.tag_at(low) : line.tag_at(high - 1) + 1]:
            yield f"t{side}={tag}"
    if len(middle) <= 5:
        yield f"p{side}={' '.join(middle)}"
    after = line.words[told.end : b]
    if side == "M" and len(after) <= 5:
        yield f"pMr={' '.join(after)}"


def _verbs(tags: Sequence[str], first: int, last: int, way: str, off: int | None) -> Iterator[str]:
    """The verbs and visit words around the day, and the cues of its sentence."""
    left = right = nearest = None
    cue = "none"
    for at, tag in enumerate(tags):
        makes = trigger(tag)
        if makes and (nearest is None or abs(at - first) < abs(nearest - first)):
            nearest = at
        if makes or tag in {".d", "SAID", "TO"}:
            if at < first:
                left = at
            elif at > last and right is None:
                right = at
        if tag in CUES or tag == "TO":
            yield f"ct={tag}{way}"
            if at < first and tag != "TO":
                cue = tag
    yield f"cue={cue}{way}"
    yield f"vl={'' if left is None else tags[left]}"
    yield f"vld={'' if left is None else tags[left] + _far(first - left)}"
    yield f"vr={'' if right is None else tags[right] + _far(right - last)}"
    if nearest is not None:
        tag, side = tags[nearest], "L" if nearest < first else "R"
        yield f"tr={tag}{side}"
        yield f"trd={tag}{side}{_far(abs(nearest - first))}"
        yield f"trw={tag}{way}"
        if off is not None:
            yield f"tro={tag.rpartition('.')[2]}{way}{off}"


def _among(one: Dated, others: Sequence[Dated], host: int, where: str) -> Iterator[str]:
    places = {(other.sentence, other.told.start) for other in others}
    yield f"n={min(len(places), 4)}"
    yield f"first={min(places) == (one.sentence, one.told.start)}"
    yield f"ns={sum(place[0] == one.sentence for place in places)}{where}"
    yield f"nh={any(place[0] == host for place in places)}{where}"
