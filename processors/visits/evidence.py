"""The evidence for each pair of an entry in named columns, which the decision trees weigh.

A pair is seen beside the others: a visit phrase has one visitor, so a better one counts against it.
"""

from collections.abc import Collection, Mapping

from processors.visits.classifier import Link, Scores
from processors.visits.lines import VISIT_WORDS
from processors.visits.places import SEATS
from processors.visits.scene import Pair, Scene, ground_of

#: The columns, in this order.
COLUMNS = (
    "entry",
    "pairs",
    "states",
    "mentions",
    "rules",
    "remote",
    "link",
    "second link",
    "link in title",
    "link in a sentence",
    "link by name",
    "links",
    "named",
    "of the newsroom's state",
    "of a state named before",
    "official",
    "title",
    "pronoun",
    "only a state",
    "host is a place",
    "host is an official",
    "host is a word",
    "visitor's sentence",
    "host's sentence",
    "head",
    "speaks or stays",
    "unclear office",
    "in a sentence",
    "link to another host",
    "link of another visitor",
    "link reversed",
    "any other link",
    "pair to another host",
    "pair of another visitor",
    "pair reversed",
    "any other pair",
    "pair",
    "link and pair",
    "link and entry",
    "visitor",
    "host",
    "visitor as host",
    "host as visitor",
    "both roles",
    "visitor by name",
    "visitor's mentions",
    "host's mentions",
    "visitor in title",
    "host in title",
    "host by place",
    "seat",
    "rule",
    "rule reversed",
    "rule of visitor",
    "rule of host",
)
#: Where there is nothing to weigh.
NOTHING = -9.0


def evidence(
    scene: Scene, scores: Scores, by_patterns: Collection[Pair]
) -> dict[Pair, dict[str, float]]:
    """Columns and values for each pair; ``by_patterns`` are the pairs that patterns found."""
    if not scores.links:
        return {}
    best = {pair: links[0].score for pair, links in scores.links.items()}
    as_visitor, as_host = _best_roles(scene, scores)
    shared = {
        "entry": scores.entry,
        "pairs": float(len(best)),
        "states": float(len({mention.code for mention in scene.mentions})),
        "mentions": float(len(scene.mentions)),
        "rules": float(len(by_patterns)),
        "remote": float(_has_remote(scene)),
    }
    found = {}
    for pair, links in scores.links.items():
        visitor, host = pair
        own = [mention for mention in scene.mentions if mention.code == visitor]
        hosts = [mention for mention in scene.mentions if mention.code == host]
        named = [
            score
            for mention, score in zip(scene.mentions, scores.visitors, strict=True)
            if mention.code == visitor and mention.via == "named"
        ]
        found[pair] = {
            **shared,
            **_of_links(scene, links),
            **_of_best(scene, links[0]),
            **_of_rivals(pair, best, "link"),
            **_of_rivals(pair, scores.pairs, "pair"),
            "pair": scores.pairs[pair],
            "link and pair": best[pair] + scores.pairs[pair],
            "link and entry": best[pair] + scores.entry,
            "visitor": as_visitor.get(visitor, NOTHING),
            "host": as_host.get(host, NOTHING),
            "visitor as host": as_host.get(visitor, NOTHING),
            "host as visitor": as_visitor.get(host, NOTHING),
            "both roles": min(as_visitor.get(visitor, NOTHING), as_host.get(host, NOTHING)),
            "visitor by name": max(named, default=NOTHING),
            "visitor's mentions": float(len(own)),
            "host's mentions": float(len(hosts)),
            "visitor in title": float(any(mention.sentence == 0 for mention in own)),
            "host in title": float(any(mention.sentence == 0 for mention in hosts)),
            "host by place": float(any(mention.kind in "PCW" for mention in hosts)),
            "seat": float(host in SEATS.get(visitor, ())),
            "rule": float(pair in by_patterns),
            "rule reversed": float((host, visitor) in by_patterns),
            "rule of visitor": float(any(one[0] == visitor for one in by_patterns)),
            "rule of host": float(any(one[1] == host for one in by_patterns)),
        }
    return found


def _best_roles(scene: Scene, scores: Scores) -> tuple[dict[str, float], dict[str, float]]:
    """The best score of each state as visitor, and as host."""
    as_visitor: dict[str, float] = {}
    as_host: dict[str, float] = {}
    for place, mention in enumerate(scene.mentions):
        ground = ground_of(mention.code)
        as_visitor[mention.code] = max(
            as_visitor.get(mention.code, NOTHING), scores.visitors[place]
        )
        as_host[ground] = max(as_host.get(ground, NOTHING), scores.hosts[place])
    return as_visitor, as_host


def _of_links(scene: Scene, links: Collection[Link]) -> dict[str, float]:
    title = together = named = NOTHING
    scores = []
    for link in links:
        visitor, host = scene.mentions[link.visitor], scene.mentions[link.host]
        scores.append(link.score)
        if visitor.sentence == host.sentence:
            together = max(together, link.score)
            if visitor.sentence == 0:
                title = max(title, link.score)
        if visitor.via == "named":
            named = max(named, link.score)
    return {
        "link": scores[0],
        "second link": scores[1] if len(scores) > 1 else NOTHING,
        "link in title": title,
        "link in a sentence": together,
        "link by name": named,
        "links": float(len(scores)),
    }


def _of_best(scene: Scene, link: Link) -> dict[str, float]:
    visitor, host = scene.mentions[link.visitor], scene.mentions[link.host]
    return {
        "named": float(visitor.via == "named"),
        "of the newsroom's state": float(visitor.via == "home"),
        "of a state named before": float(visitor.via == "near"),
        "official": float(visitor.kind == "O"),
        "title": float(visitor.kind == "T"),
        "pronoun": float(visitor.kind == "H"),
        "only a state": float(visitor.kind in "DPC"),
        "host is a place": float(host.kind == "P"),
        "host is an official": float(host.kind == "O"),
        "host is a word": float(host.kind in "DC"),
        "visitor's sentence": float(visitor.sentence),
        "host's sentence": float(host.sentence),
        "head": float(visitor.role == "head"),
        "speaks or stays": float(visitor.role in {"spokes", "ambassador"}),
        "unclear office": float(visitor.role in {"officials", "military", "other"}),
        "in a sentence": float(visitor.sentence == host.sentence),
    }


def _of_rivals(pair: Pair, scores: Mapping[Pair, float], name: str) -> dict[str, float]:
    """The best score of other pairs: with the same visitor, the same host, reversed, any."""
    visitor, host = pair
    same_visitor = same_host = other = NOTHING
    for (one, ground), score in scores.items():
        if (one, ground) == pair:
            continue
        other = max(other, score)
        if one == visitor:
            same_visitor = max(same_visitor, score)
        if ground == host:
            same_host = max(same_host, score)
    return {
        f"{name} to another host": same_visitor,
        f"{name} of another visitor": same_host,
        f"{name} reversed": scores.get((host, visitor), NOTHING),
        f"any other {name}": other,
    }


def _has_remote(scene: Scene) -> bool:
    """Whether title or lead speak of a call, letter or video."""
    return any(
        VISIT_WORDS[line.words[at]] == "REMOTE"
        for line in scene.lines[:2]
        for at in line.visit_words
    )
