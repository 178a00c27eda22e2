"""What the linear classifiers look at, as readable names: ``phtGO to`` is "travels to HOST".

A link is a possible visitor, a possible host and one visit word, or none, in one sentence; or a
visitor and a host in two sentences. Its features are those of the visitor's and the host's
surroundings, of the couple, and of the visit word, so that each part is written and weighed once.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from processors.visits.candidates import Mention
from processors.visits.lines import PEOPLE, PLACES, VISIT_WORDS, Line, is_bone, is_letter

#: A visit word further away says nothing of a mention or a couple.
_NEAR = 18
_BESIDE = 10
_ACROSS = 8
_MOST_VISIT_WORDS = 5
#: Words of a sentence that are read for a pair or an entry, and words between a couple.
_MOST_WORDS = 70
_MOST_BETWEEN = 14
#: Words that a mention's surroundings reach.
_AROUND = 8
#: The longest run of words and of the skeleton around a mention of a pair.
_WORD_RUN = 3
_BONE_RUN = 5
_BONE_PATH = 9


def _distance(words_between: int) -> str:
    if words_between <= 0:
        return "0"
    if words_between <= 3:
        return str(words_between)
    return "4-6" if words_between <= 6 else "7-12" if words_between <= 12 else "13+"


def surroundings(prefix: str, line: Line, mention: Mention) -> tuple[str, ...]:
    """The words next to one mention."""
    at, kind, word = mention.at, mention.kind, line.word
    left, right = word(at - 1), word(at + 1)
    left2, right2 = f"{word(at - 2)}_{left}", f"{right}_{word(at + 2)}"
    return (
        f"{prefix}l1={left}",
        f"{prefix}l2={left2}",
        f"{prefix}l3={word(at - 3)}_{left2}",
        f"{prefix}r1={right}",
        f"{prefix}r2={right2}",
        f"{prefix}r3={right2}_{word(at + 3)}",
        f"{prefix}lr={left}_{right}",
        f"{prefix}k={kind}",
        f"{prefix}kl1={kind}_{left}",
        f"{prefix}kr1={kind}_{right}",
    )


def role_features(line: Line, mention: Mention) -> list[str]:
    """For how likely one mention is a visitor, or a host."""
    at, kind, said = mention.at, mention.kind, line.words
    sentence = min(line.number, 2)
    found = [
        *surroundings("", line, mention),
        f"kr={kind}_{mention.role}_{mention.via}",
        f"s={sentence}",
        f"sk={sentence}_{kind}",
        f"pos={min(at, 1) if at < 1 else 1 if at < 4 else 2}_{kind}",
    ]
    for n in range(max(0, at - _AROUND), at):
        word = said[n]
        found.append(f"L={word}")
        if word in VISIT_WORDS:
            found.append(f"TL={VISIT_WORDS[word]}_{_distance(at - n)}")
    for n in range(at + 1, min(len(said), at + _AROUND + 1)):
        word = said[n]
        found.append(f"R={word}")
        if word in VISIT_WORDS:
            found.append(f"TR={VISIT_WORDS[word]}_{_distance(n - at)}")
    first, last = line.breaths.get(at, (at, at))
    for n in line.visit_words:
        if abs(n - at) <= _NEAR:
            path = line.path(n, first) if n < first else line.path(last, n)
            found.append(f"pt={'L' if n < at else 'R'}{VISIT_WORDS[said[n]]} {path}")
    return found


def _couple(line: Line, visitor: Mention, host: Mention) -> tuple[int, int, int, int]:
    """First and last place of the visitor's breath and of the host's."""
    first, last = line.breaths.get(visitor.at, (visitor.at, visitor.at))
    host_first, host_last = line.breaths.get(host.at, (host.at, host.at))
    if first <= host.at <= last or host_first <= visitor.at <= host_last:
        return visitor.at, visitor.at, host.at, host.at
    return first, last, host_first, host_last


def couple_features(line: Line, visitor: Mention, host: Mention) -> list[str]:
    """For a visitor and a host in one sentence, whatever visit word there is."""
    first, last, host_first, host_last = _couple(line, visitor, host)
    ahead = visitor.at < host.at
    order = "vh" if ahead else "hv"
    start, end = (last, host_first) if ahead else (host_last, first)
    path = line.path(start, end)
    found = [
        f"k={visitor.kind}{visitor.via[0]}_{host.kind}{order}",
        f"kr={visitor.role}_{host.role}_{order}",
        f"vr={visitor.role}_{visitor.kind}",
        f"hr={host.role}_{host.kind}",
        f"s={min(line.number, 2)}_{order}",
        f"d={order}_{_distance(end - start - 1)}",
        f"dp={order} {path}",
        f"dpk={visitor.kind}{host.kind}{order} {path}",
        f"gv={last > first}_{host_last > host_first}_{order}",
    ]
    if host_first != host.at:
        before, nearer = line.word(host_first - 2), line.word(host_first - 1)
        found += (f"hgl={nearer}", f"hgl2={before}_{nearer}")
    if last != visitor.at:
        nearer, after = line.word(last + 1), line.word(last + 2)
        found += (f"vgr={nearer}", f"vgr2={nearer}_{after}")
    before = "["
    for word in line.words[start + 1 : end][:_MOST_BETWEEN]:
        found += (f"m={order} {word}", f"mm={order} {before} {word}")
        before = word
    found.append(f"mm={order} {before} ]")
    return found


def no_word_features(visitor: Mention, host: Mention) -> tuple[str, ...]:
    """For a couple without a visit word: "Macron in Rabat"."""
    order = "vh" if visitor.at < host.at else "hv"
    return (
        f"t=none_{order}",
        f"nk={order}{visitor.kind}{host.kind}",
    )


def visit_words_near(line: Line, visitor: Mention, host: Mention) -> list[int]:
    """The visit words between a couple or beside it, the nearest first."""
    start, end = sorted((visitor.at, host.at))
    near = [
        at
        for at in line.visit_words
        if start - _BESIDE <= at <= end + _BESIDE and at not in (start, end)
    ]
    return sorted(near, key=lambda at: abs(2 * at - start - end))[:_MOST_VISIT_WORDS]


def word_features(line: Line, visitor: Mention, host: Mention, at: int) -> tuple[str, ...]:
    """For a couple and the visit word at a place."""
    first, last, host_first, host_last = _couple(line, visitor, host)
    v, h, word = visitor.at, host.at, line.word
    form = line.words[at]
    family = VISIT_WORDS[form]
    order = "".join(mark for _, mark in sorted(((v, "v"), (h, "h"), (at, "t"))))
    to_visitor = line.path(last, at, host=h) if at > v else line.path(at, first, host=h)
    to_host = (
        line.path(at, host_first, visitor=v) if at < h else line.path(host_last, at, visitor=v)
    )
    people = _whose(line, at, PEOPLE, first, last)
    places = _whose(line, at, PLACES, host_first, host_last)
    return (
        f"T={family}_{order}",
        f"Tk={family}_{order}{visitor.kind}{host.kind}",
        f"Tr={family}_{order}{visitor.role}",
        f"Tf={form}_{order}",
        f"Tl={word(at - 1)}_{form}",
        f"Tr1={form}_{word(at + 1)}",
        f"TL={word(at - 2)}_{word(at - 1)}_{family}",
        f"TR={family}_{word(at + 1)}_{word(at + 2)}",
        f"pv={order}{family} {to_visitor}",
        f"ph={order}{family} {to_host}",
        f"pv0={order} {to_visitor}",
        f"ph0={order} {to_host}",
        f"pvf={order}{form} {to_visitor}",
        f"phf={order}{form} {to_host}",
        f"pvk={order}{visitor.kind}{visitor.role} {to_visitor}",
        f"phk={order}{host.kind} {to_host}",
        f"dv={order}{family}{_distance(abs(at - v) - 1)}",
        f"dh={order}{family}{_distance(abs(at - h) - 1)}",
        f"pp={order}{family} {to_visitor} | {to_host}",
        f"nv={order}{family}{people}",
        f"nh={order}{family}{places}",
        f"nn={order}{people}{places}",
    )


def _whose(line: Line, at: int, letters: frozenset[str], first: int, last: int) -> str:
    """On each side of a visit word: is the nearest person or place this one, another, or none."""
    marks = ""
    for step in (-1, 1):
        place = line.nearest(at, letters, step)
        marks += "0" if place < 0 else "=" if first <= place <= last else "x"
    return marks


def across_features(visitor: Mention, host: Mention) -> tuple[str, ...]:
    """For a visitor in one sentence and a host in another; see also ``end_features``."""
    order = across_order(visitor, host)
    return (
        f"x:{order}{visitor.kind}{visitor.via[0]}_{host.kind}",
        f"x:{order}{visitor.role}_{host.role}",
        f"x:s={min(visitor.sentence, 2)}{min(host.sentence, 3)}",
    )


def across_order(visitor: Mention, host: Mention) -> str:
    """Which of two sentences is the first."""
    return "vh" if visitor.sentence < host.sentence else "hv"


def end_features(end: str, order: str, line: Line, mention: Mention) -> Iterator[str]:
    """For one end of a couple in two sentences, ``v`` or ``h``, in its own sentence."""
    yield from surroundings(f"x{end}{order}", line, mention)
    at = mention.at
    first, last = line.breaths.get(at, (at, at))
    for n in line.visit_words:
        if abs(n - at) <= _ACROSS:
            side = f"{order}={VISIT_WORDS[line.words[n]]}_{'L' if n < at else 'R'}"
            path = line.path(n, first) if n < first else line.path(last, n)
            yield f"x:t{end}{side}"
            yield f"x:p{end}{side} {path}"


def pair_features(
    lines: Sequence[Line],
    codes: Mapping[tuple[int, int], Sequence[str]],
    visitor: str,
    host: str,
) -> Iterator[str]:
    """For how likely a pair of states is, from all sentences with its mentions marked.

    ``codes`` gives for sentence and place the states that a mention may stand for.
    """
    for line in lines:
        said = [
            _marked(word, codes.get((line.number, at), ()), visitor, host)
            for at, word in enumerate(line.words[:_MOST_WORDS])
        ]
        if "V" not in said and "H" not in said:
            continue
        bones = _bones(said)
        place = "t" if line.number == 0 else "b"
        for prefix, run, longest in (("w", said, _WORD_RUN), ("s", bones, _BONE_RUN)):
            for gram in _runs_with_marks(run, longest):
                yield f"{prefix}{' '.join(gram)}"
                if len(gram) <= _WORD_RUN:
                    yield f"{prefix}{place}{' '.join(gram)}"
        marks = [at for at, word in enumerate(bones) if word in "VH"]
        for start, end in itertools.pairwise(marks):
            if bones[start] != bones[end] and end - start <= _BONE_PATH:
                path = bones[start : end + 1]
                yield f"p{' '.join(path)}"
                yield f"q{' '.join(word for word in path if word not in 'OPDCT,')}"


def _marked(word: str, codes: Sequence[str], visitor: str, host: str) -> str:
    if visitor in codes:
        return "V"
    return "H" if host in codes else word


def _runs_with_marks(run: Sequence[str], longest: int) -> Iterator[Sequence[str]]:
    """All runs of two to ``longest`` words that hold a ``V`` or ``H``, once for each."""
    count = len(run)
    for at, word in enumerate(run):
        if word not in "VH":
            continue
        for size in range(2, longest + 1):
            for start in range(max(0, at - size + 1), min(at, count - size) + 1):
                yield run[start : start + size]


def _bones(said: Sequence[str]) -> list[str]:
    """The skeleton, those named in one breath with a visitor or host being one with them."""
    bones: list[str] = []
    for word in said:
        if not is_bone(word):
            continue
        joined = len(bones) > 1 and bones[-1] in {"and", ",", "&"}
        if joined and is_letter(word) and _same_breath(bones[-2], word):
            bones.pop()
            if word in "VH":
                bones[-1] = word
        else:
            bones.append(VISIT_WORDS.get(word, word))
    return bones


def _same_breath(one: str, other: str) -> bool:
    both = {one, other}
    return ("V" in both and both <= {"V", "O", "T"}) or (
        "H" in both and both <= {"H", "P", "C", "E", "W"}
    )


def entry_features(lines: Sequence[Line]) -> frozenset[str]:
    """For how likely the entry tells of any visit."""
    found = set()
    for line in lines:
        place = "t" if line.number == 0 else "b"
        said = line.words[:_MOST_WORDS]
        for at, word in enumerate(said):
            found.add(f"{place}:{word}")
            if at + 1 < len(said):
                found.add(f"{place}:{word} {said[at + 1]}")
            if at + 2 < len(said) and (is_letter(word) or is_letter(said[at + 2])):
                found.add(f"{place}:{word} {said[at + 1]} {said[at + 2]}")
    return frozenset(found)
