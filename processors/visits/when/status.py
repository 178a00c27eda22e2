"""Whether a visit is planned, under way, over, called off or only talked of: read at the phrase."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from processors.visits.when.days import Days, days_in, stamped
from wheelsdown.records.visits import Status


def _cue(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\s^])(?:{words})(?!\S)")


_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_CANCELLED = _cue(
    r"cancel(?:s|l?ed|l?ing)?|cancell?ation|postpon(?:e|es|ed|ing)|postponement|"
    r"call(?:s|ed|ing)? off|scrap(?:s|ped|ping)?|delay(?:s|ed)?|put(?:s|ting)? off|axe[sd]?|"
    r"shelv(?:e|es|ed|ing)|"
    r"drop(?:s|ped)? (?:plans? (?:to (?:visit|travel|attend|go|meet|fly)|for (?:a|his|her|its) "
    r"(?:visit|trip|tour))|(?:a|his|her|its) (?:planned )?(?:visit|trip|tour))|"
    r"abort(?:s|ed)?|scuttle[sd]?|nix(?:es|ed)?|defer(?:s|red|ring)?|suspend(?:s|ed)?"
)
_CANCELLED_AFTER = _cue(
    r"cancell?ed|postponed|called off|scrapped|put off|axed|shelved|scuttled|delayed|"
    r"deferred|in doubt"
)
_UNCONFIRMED = _cue(
    r"(?:will|would|did|does|has|is|was) not|refut(?:es|ed)|dismiss(?:es|ed)|alleged|"
    r"invit(?:e|es|ed|ing|ation|ations)|(?<!\^)may(?! \^?(?:\d|day))|might|could|"
    r"consider(?:s|ed|ing)?|mull(?:s|ed|ing)?|weigh(?:s|ed|ing)?|wants? to|hop(?:es|ing) to|"
    r"possible|possibly|potential|rumou?red|urge[sd]?|refus(?:e|es|ed|ing|al)|"
    r"declin(?:e|es|ed|ing)|den(?:y|ies|ied)|skip(?:s|ped|ping)?|would like|open to|unlikely|"
    r"proposed|proposes|offers? to|offered to|whether|not attend|won t|rules? out|ruled out|"
    r"ready to|willing to|hints?(?: at)?|hinted(?: at)?|expectation|no plans"
)
_TO_DO = (
    r"(?:visit|travel|go|fly|arrive|attend|meet|hold|host|receive|welcome|make|head|tour|lead|send|"
    r"pay|begin|start|embark|depart|leave|join|address|land|return|stop|be|take|discuss|talk|speak|"
    r"sign)"
)
_PLANNED = _cue(
    # "Xi to test limits", but not "Xi to reporters"
    r"(?<=O )to (?!(?:the|an?|its|his|her|their|media|parliament|congress) )[a-z-]+(?:[^s]|ss)|"
    rf"will|to {_TO_DO}|set (?:to|for)|due|expected|scheduled|slated|plan(?:s|ned|ning)?|upcoming|"
    r"forthcoming|ahead of|before|prepar(?:es|ed|ing) (?:for|to)|are to|going to|readies|"
    r"gears? up|eve of|confirms|would"
)
_COMPLETED = _cue(
    r"after|following|since|return(?:s|ed|ing)? (?:home )?from|back from|fresh from|"
    r"in the wake of|had|concluded|recent|recently|previous|earlier|past|flew home|home from|"
    r"response to|reacts? to|reacted to|(?:came|comes|got|gets) (?:back|home)"
)
#: "Days after O visits P": over, whatever the tense.
_RECALLED = _cue(r"(?P<cue>after|following|since) (?:the )?O")
#: Times after a visit that outweigh the words before it ...
_PERIOD = r"(?:week|month|year|spring|summer|autumn|fall|winter)"
_THEN = _cue(rf"last {_PERIOD}|in (?:19|20)\d\d")
_SOON = _cue(r"next (?:week|month|year)|tomorrow")
#: ... and those that count where such words are missing.
_PLANNED_AFTER = _cue(
    r"next \^?\w+day|later this \w+|this weekend|planned|scheduled|expected|set|due|to happen|"
    r"in the coming \w+"
)
#: "O's trip to P will mark", "could be disrupted": it is still to come.
_WILL_BE = re.compile(r"(?:[a-z]\S* ){0,2}(?P<cue>will|would|could|might) (?:also )?[a-z]")
#: "when O travels to P": in a headline and its lead, what is to come.
_WHEN = _cue(
    r"when (?:O|he|she|they|the \^?\w+)(?: \w+)? (?P<cue>visits?|travels?|tours?|arrives?|touches|"
    r"meets?|heads?|goes|lands?|comes|hosts?|welcomes?|flies)"
)
_COMPLETED_AFTER = _cue(rf"last \^?{_MONTH}|earlier (?:this|in)|ago")
#: What comes last before the phrase counts: an official on a trip may look forward to another.
_UNDER_WAY = _cue(
    r"arriv(?:es|ed|ing)|reach(?:es|ed|ing)?|flew in|begins|began|begun|kick(?:s|ed) off|starts|"
    r"started|heads|headed|"
    r"departs|departed|leaves|lands|landed|travels|visits|ends|wraps up|is in|are in|"
    r"on (?:a|an|his|her|their)(?: [a-z-]+){0,3} (?:visit|trip|tour)"
)
#: A day named with these is not the first one.
_ENDING = _cue(
    r"(?:second|third|fourth|final|last) day|departed|left|leaves|ends|ended|concludes|"
    r"concluded|wraps up|wrapped up"
)
#: Doubt is voiced close to what is doubted.
_DOUBT = 60
#: "O should visit", "must O go": somebody's opinion, said directly before the phrase.
_OPINION = re.compile(
    r"(?<![^\s^])(?P<cue>should|must|ought to|needs? to|has to|have to)"
    r"(?: O)?(?: (?![A-Z,.;:]|says?(?!\S)|said(?!\S))\S+){0,3}$"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
#: "In 2018 O visited P", "the 2018 visit to P" ...
_YEAR_BEFORE = re.compile(rf"(?:^\^?in (?=\d+ (?:, )?O$)|(?<!\S)(?=\d+$)){_YEAR}")
#: ... "visited P in 2018", "in March 2018".
_YEAR_AFTER = re.compile(rf"(?:[^\s,.;:]+ ){{0,2}}?in (?:\^?{_MONTH} )?{_YEAR}(?!\S)")


class Wording(NamedTuple):
    """The words of a visit: ``before`` the phrase, the phrase, ``after`` it, all up to the end."""

    before: str
    phrase: str
    after: str
    rest: str


class When(NamedTuple):
    """Status and dates of a visit, and the word that told the status, if any did."""

    status: Status
    days: Days | None
    cue: str


def when(said: Wording, published: date) -> When:
    """When a visit is or was, from its words and the day of publication."""
    year = _past_year(said, published)
    if year is not None:
        return When("completed", Days(date(year, 1, 1), date(year, 12, 31)), str(year))
    status, cue = by_words(said)
    days = _days(said, published, ahead=status in {"planned", "unconfirmed"})
    dated = by_date(days, published, status)
    return When(dated, days, cue if dated == status else "")


def _days(said: Wording, published: date, *, ahead: bool) -> Days | None:
    near = days_in(f"{said.phrase} {said.after}", published, ahead=ahead)
    days = near or stamped(said.rest, published)
    if days is not None and days.end is None and _ENDING.search(f"{said.before} {said.phrase}"):
        return None
    return days


def by_date(days: Days | None, published: date, status: Status) -> Status:
    """The status by the dates, where there are any; what is called off or doubted stays so."""
    if days is None or status == "cancelled":
        return status
    if (days.end or days.start) < published - timedelta(days=1):
        return "completed"
    if status == "unconfirmed":
        return status
    return "planned" if days.start > published else "ongoing"


def _past_year(said: Wording, published: date) -> int | None:
    """The year of a visit that is told to have been in an earlier one."""
    found = _YEAR_BEFORE.search(said.before) or _YEAR_AFTER.match(said.after)
    if found is None:
        return None
    year = int(found["year"])
    return year if year < published.year else None


def by_words(said: Wording) -> tuple[Status, str]:
    """The status that the words tell, whatever the dates, and the cue that told it."""
    near = f"{said.before} {said.phrase}"
    close = f"{said.before[-_DOUBT:]} {said.phrase}"
    found = _CANCELLED.search(close) or _CANCELLED_AFTER.search(said.after[:_DOUBT])
    if found:
        return "cancelled", found.group()
    found = _UNCONFIRMED.search(close)
    if found:
        return "unconfirmed", found.group()
    found = _OPINION.search(said.before)
    if found:
        return "unconfirmed", found["cue"]
    if found := _RECALLED.search(near):
        return "completed", found.group("cue")
    told = f"{said.phrase} {said.after[:_DOUBT]}"
    if found := _SOON.search(told):
        return "planned", found.group()
    if found := _THEN.search(told):
        return "completed", found.group()
    if found := _WILL_BE.match(said.after) or _WHEN.search(near):
        return "planned", found.group("cue")
    over, ahead, now = (_last(one, near) for one in (_COMPLETED, _PLANNED, _UNDER_WAY))
    latest = max((over, ahead, now), key=lambda one: one.end() if one else -1)
    if latest is not None and latest is ahead:
        return "planned", latest.group()
    if latest is not None and latest is over:
        return "completed", latest.group()
    found = _PLANNED_AFTER.search(said.after)
    if found:
        return "planned", found.group()
    found = _COMPLETED_AFTER.search(said.after)
    if found:
        return "completed", found.group()
    return "ongoing", latest.group() if latest else ""


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return max(pattern.finditer(text), key=lambda found: found.end(), default=None)
