"""What the classifiers of status, background and kind look at: the words around a pair."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from processors.visits.when.tense import CUES, Line, Pair, trigger

#: Words between visitor and host, before and after both, that are looked at.
_BETWEEN = 16
_BEFORE = 10
_AFTER = 12
#: Cues further off are said of something else.
_CUES_WITHIN = 12
#: The sentences that say what an entry is about, and as many words of each.
_TELLING = 3
_TELLING_WORDS = 40


def status_features(pair: Pair) -> list[str]:
    """The features of a pair: names, each once, in no order that matters.

    Those of plain words begin with small letters and a colon, the others are about tags.
    """
    visitor, host, lines = pair
    there, here = lines[visitor.sentence], lines[host.sentence]
    v, h = there.tag_at(visitor.at), here.tag_at(host.at)
    same = visitor.sentence == host.sentence
    order = "x" if not same else "vh" if visitor.at < host.at else "hv"
    title = "t" if host.sentence == 0 else "b"
    found = {
        f"S={min(host.sentence, 2)}",
        f"O={order}",
        f"K={visitor.kind}{host.kind}",
        f"VR={visitor.role}",
        f"HR={host.role}",
    }
    found.update(_context("V", there.tags, v), _context("H", here.tags, h))
    found.update(_context("v:", there.words, visitor.at), _context("h:", here.words, host.at))
    a, b = (min(v, h), max(v, h)) if same else (h, h)
    x, y = sorted((visitor.at, host.at)) if same else (host.at, host.at)
    found.update(_between(here.tags[a + 1 : b], order), _outside(here.tags, a, b))
    found.update(_words(here.words, x, y))
    found.update(_cues("", here.tags, a, b))
    if not same:
        found.update(_cues("X", there.tags, v, v))
    for name, tags, at in (("H", here.tags, h), ("V", there.tags, v)):
        found.update(_trigger(name, tags, at, (a, b) if same else None, (order, title)))
    for number, line in lines.items():
        if number < _TELLING and number not in {host.sentence, visitor.sentence}:
            found.update(_elsewhere("T" if number == 0 else "B", line))
    return list(found)


def _at(said: Sequence[str], number: int) -> str:
    return said[number] if 0 <= number < len(said) else "<" if number < 0 else ">"


def _context(name: str, said: Sequence[str], at: int) -> Iterator[str]:
    """What stands next to one word."""
    left = [_at(said, at - far) for far in (1, 2, 3)]
    right = [_at(said, at + far) for far in (1, 2, 3)]
    yield f"{name}l1={left[0]}"
    yield f"{name}l2={left[1]} {left[0]}"
    yield f"{name}l3={left[2]} {left[1]} {left[0]}"
    yield f"{name}r1={right[0]}"
    yield f"{name}r2={right[0]} {right[1]}"
    yield f"{name}r3={right[0]} {right[1]} {right[2]}"
    yield f"{name}lr={left[0]} {right[0]}"


def _between(middle: Sequence[str], order: str) -> Iterator[str]:
    if order == "x":
        return
    if len(middle) <= _BETWEEN // 2:
        yield f"PATH={order} {' '.join(middle)}"
    telling = [tag for tag in middle if tag != "w"]
    yield f"PATHC={order} {' '.join(telling[: _BETWEEN // 2])}"
    chain = ["[", *middle[:_BETWEEN], "]"]
    for one, two in pairwise(chain):
        yield f"MM={order} {one} {two}"
    for one, two, three in zip(chain, chain[1:], chain[2:], strict=False):
        yield f"MMM={order} {one} {two} {three}"


def _outside(tags: Sequence[str], a: int, b: int) -> Iterator[str]:
    before, after = tags[max(0, a - _BEFORE) : a], tags[b + 1 : b + _AFTER]
    for tag in before:
        yield f"L={tag}"
    for tag in after:
        yield f"R={tag}"
    for far in (1, 2, 3):
        yield f"L{far}={' '.join(before[-far:]) if a >= far else '<'}"
        yield f"R{far}={' '.join(after[:far])}"


def _words(said: Sequence[str], x: int, y: int) -> Iterator[str]:
    for name, some in (
        ("m:", said[x + 1 : y][:_BETWEEN]),
        ("l:", said[max(0, x - _BEFORE) : x]),
        ("r:", said[y + 1 : y + _AFTER]),
    ):
        for word in some:
            yield name + word
        for one, two in pairwise(some):
            yield f"{name}{one} {two}"


def _far(count: int) -> str:
    return str(count) if count <= 2 else "3-4" if count <= 4 else "5-8" if count <= 8 else "9+"


def _cues(name: str, tags: Sequence[str], a: int, b: int) -> Iterator[str]:
    """The cues before, between and after, how far off they are, and the last before the end."""
    last = "none"
    for at, tag in enumerate(tags):
        if tag not in CUES:
            continue
        side, far = ("L", a - at) if at < a else ("M", 0) if at <= b else ("R", at - b)
        if far <= _CUES_WITHIN:
            yield f"{name}C={tag}{side}"
            yield f"{name}CF={tag}{side}{_far(far)}"
        if side != "R":
            last = tag
    yield f"{name}LAST={last}"


def _trigger(
    name: str,
    tags: Sequence[str],
    at: int,
    link: tuple[int, int] | None,
    marks: tuple[str, str],
) -> Iterator[str]:
    """The word that makes the visit, nearest to one of the pair: its form and what governs it."""
    near = [n for n, tag in enumerate(tags) if abs(n - at) <= _CUES_WITHIN and trigger(tag)]
    a, b = link or (at, at)
    order, title = marks
    near = [n for n in near if a < n < b] or near
    if not near:
        yield f"{name}T=none"
        return
    number = min(near, key=lambda n: abs(n - at))
    tag = tags[number]
    side = "L" if number < a else "M" if number < b else "R"
    one, two = _at(tags, number - 1), _at(tags, number - 2)
    yield f"{name}T={tag}"
    yield f"{name}TS={tag}{side}{order}"
    yield f"{name}TL={title}{tag}"
    yield f"{name}T1={one} {tag}"
    yield f"{name}T2={two} {one} {tag}"
    yield f"{name}TB={one}"
    yield f"{name}TA={tag} {_at(tags, number + 1)}"
    before = [cue for cue in tags[max(0, number - 7) : number] if cue in CUES]
    governs = before[-1] if before else "none"
    yield f"{name}TC={governs} {tag}"
    yield f"{name}TG={governs}"
    for cue in tags[b + 1 : b + _CUES_WITHIN]:
        if cue in CUES:
            yield f"{name}TR={tag} {cue}"


def _elsewhere(name: str, line: Line) -> Iterator[str]:
    """What another sentence tells, more where it names one of the pair again."""
    tags = line.tags[:_TELLING_WORDS]
    again = "".join(one for one in "vh" if one in tags)
    for at, tag in enumerate(tags):
        if tag in CUES or trigger(tag):
            yield f"{name}={tag}"
            yield f"{name}{again}={tag}"
        elif tag in {"v", "h"}:
            yield from _context(name + tag, tags, at)
    for word in line.words[:_TELLING_WORDS]:
        yield f"{name.lower()}:{word}"
