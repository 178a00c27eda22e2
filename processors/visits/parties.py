"""Officials in a sentence, put together from states, offices and names.

"Russian defence minister Sergei Shoigu", "China's Xi", "president of Ukraine", "a delegation from
Oman", "US and Chinese envoys" each become one ``O``; "former Taiwan president Ma Ying-jeou" an
``X``. Who is no official of any state stays as words.
"""

import re
from datetime import date

from processors.visits.gazetteer import Name, term_on
from processors.visits.shape import Element, Party, Shape, numbers
from processors.visits.text import words
from wheelsdown.reference.officials import Official


def _any(words: str) -> str:
    """Any of the words, capitalised or not; ``_`` stands for a space within one."""
    alternatives = "|".join(
        re.escape(word).replace("_", r" \^?") for word in sorted(words.split(), key=len)[::-1]
    )
    return rf"\^?(?:{alternatives})"


#: What may stand between the state and the office. A word that is not here ends the search, so
#: that "Russian opposition leader" and "US football chief" are no officials.
_MODIFIER = _any(
    "acting administration affairs agriculture air air_force anti-corruption armed army "
    "atomic aviation border cabinet caretaker central chief climate coast_guard commerce "
    "commission communist communist_party congressional council crown culture cyber de-facto "
    "de_facto defence defense democratic deputy development digital diplomatic disarmament "
    "economic economy education electricity energy environment environmental european "
    "exterior external federation finance financial first fisheries food foreign "
    "foreign_affairs foreign_policy general government ground_forces head health high-level "
    "high-ranking highest-ranking home homeland house human human_rights humanitarian "
    "immigration industry infrastructure innovation intelligence interim interior "
    "international investment joint junior junta justice labor labour land lead leading "
    "lower_house maritime migration military mining national national_security naval navy new "
    "newly_elected nuclear oil outgoing parliament parliamentary party peace people's "
    "petroleum planning police policy politburo political power president prime public "
    "recently_appointed refugee regional research ruling ruling_party russia science "
    "secretary security security_council senate senior special sports spy state strategic supreme "
    "technology top top-level tourism trade transport transportation treasury under "
    "upper_house vice visiting war watchdog water working-level youth"
)
_OFFICE = _any(
    "adviser advisor ayatollah chairman chairwoman chairperson chancellor chief "
    "chief_diplomat chief_executive chief_negotiator chief_of_staff commander commissioner "
    "counterpart crown_prince crown_princess diplomat director director-general "
    "director_general emir emperor empress envoy first_lady fm foreign_secretary general "
    "governor-general governor_general head head_of_government head_of_state "
    "high_representative king leader lieutenant_general marshal minister minister-president "
    "monarch negotiator official "
    "parliamentarian pm pontiff pope premier president prime_minister prince princess queen "
    "representative ruler secretary secretary-general secretary_general speaker strongman "
    "sultan supreme_leader taoiseach tanaiste attorney_general vp undersecretary "
    "vice-chairman vice-chancellor vice-pm vice-premier vice-president lawmaker senator "
    "congressman congresswoman"
)
_OFFICES = _any(
    "advisers advisors chiefs commanders congressmen counterparts delegation delegates delegations "
    "diplomats envoys generals heads_of_state kings lawmakers leaders legislators ministers "
    "mps negotiators officials parliamentarians presidents premiers prime_ministers "
    "representatives royals secretaries senators speakers"
)
_JOB = (
    r" \^?(?:of|for) (?:the )?\^?(?:foreign|defen[cs]e|state|commerce|treasury|economic|"
    r"economy|finance|interior|energy|trade|health|transport|homeland|national|external|climate|"
    r"agriculture|education|culture|tourism|science|labou?r|women|investment)"
    r"(?: \^?(?:affairs|security|defen[cs]e|and|trade|relations|development|change|industry))*"
)
#: Who held an office, wants one or never had one.
_FORMER = _any(
    "former veteran ex ex- late deposed disgraced exiled jailed ousted retired would-be shadow "
    "one-time onetime then-candidate opposition"
)
_DAY_OR_MONTH = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|"
    r"september|october|november|december"
)
_NAME = (
    rf"(?!\^(?:{_DAY_OR_MONTH})\b)\^[^\W\d_][\w-]*"
    r"(?: (?:(?:\^?(?:al|bin|ibn|de|da|do|dos|von|van|der|el|la|le|du|ben)(?:-\w+)?|\^\w \.) ){0,2}"
    rf"(?!\^(?:{_DAY_OR_MONTH})\b)\^[^\W\d_][\w-]*){{0,3}}"
)
_STATE = r"[PDG]\d+"
#: "leader of the Taliban"; "leader of a Danish party" leads no state.
_AUTHORITY = (
    r"D\d+(?= (?:[,.]|'s|to|in|on|at|for|has|had|is|will|said|says|recently|met|meets|held|holds|"
    r"visit\w*|arriv\w+)(?!\S)|$)"
)
_OF_STATE = (
    r" (?:of|from|(?<=envoy )for|(?<=representative )for) (?:the )?"
    r"(?:[PG]\d+ 's (?=G\d))?"  # "chief of the U.N.'s IAEA"
    rf"(?:(?:\^?[a-z]\S+ ){{0,3}}\^?(?:republic|kingdom|emirate) of )?"
    rf"(?P<of_state>(?:[PG]\d+|{_AUTHORITY})"
    rf"(?:(?: , (?:the )?{_STATE}){{0,19}} ,? ?and (?:the )?{_STATE}(?! 's))?)"
)

_PARTY = re.compile(
    r"(?<![^\s^])(?:"  # no "king" in "speaking"
    rf"(?P<former>{_FORMER} |ex-)?"
    rf"(?P<states>(?:(?:D\d+|P\d+(?= and D)) (?:, |and |, and )){{0,6}}{_STATE})?"
    rf"(?: 's(?:(?: {_MODIFIER}){{0,2}} P\d+)?)?(?(states) )"  # "Russia's top Ukraine official"
    rf"(?P<former_too>{_FORMER} |ex-)?"
    rf"(?P<office>(?:{_MODIFIER} ){{0,6}}(?:{_OFFICES}|{_OFFICE})(?:{_JOB})?)\b"
    rf"(?! \^?assembly)(?:{_OF_STATE})?"
    rf"(?: (?:, )?(?P<known>N\d+)| (?P<name>{_NAME}))?"
    rf"|(?P<of_former>{_FORMER} )?(?P<owner>{_STATE})(?: 's)? (?P<owned>N\d+)"
    r"|(?P<alone>N\d+))"
)
#: No part of a state has these, so that "Georgia" and "Jordan" are states beside them.
_NATIONAL = re.compile(r"minister|president|king|diplomat|premier|delegation")
_ITS = re.compile(r"(?:^| )(?:its|the country 's|the island 's) $")
_NAME_BEFORE = re.compile(rf"(?P<name>{_NAME}|N\d+) , (?:the )?$")
#: "Head of the US Central Intelligence Agency": nobody's name ends with these.
_NO_PERSON = words(
    "agency army bank bureau commission committee corporation council department force forces fund "
    "institute ministry office parliament party police service union university"
)


def with_parties(shape: Shape, day: date) -> Shape:
    """The same sentence with its officials put together; ``day`` is that of publication."""
    merged: list[Element] = []
    at = 0
    for match in _PARTY.finditer(shape.text):
        start, end = shape.span(match)
        element = _element(shape, match, start, end, day)
        if element is not None:
            merged += shape.elements[at:start]
            merged.append(element)
            at = end
    if not merged:
        return shape
    merged += shape.elements[at:]
    return Shape(shape.sentence, merged)


def _element(shape: Shape, match: re.Match[str], start: int, end: int, day: date) -> Element | None:
    first, last = shape.elements[start].start, shape.elements[end - 1].end
    known = match["known"] or match["owned"] or match["alone"]
    if match["former"] or match["former_too"] or match["of_former"]:
        return Element("X", first, last, _nobody())
    term = _term(shape, known, day)
    codes = (term.state,) if term is not None else _codes(shape, match)
    if known and not codes:
        return Element("X", first, last, _nobody())
    if not codes and match["office"] and _ITS.search(shape.text, 0, match.start()):
        codes = _owner(shape, start)
    if not codes:
        return None
    party = Party(
        codes=codes,
        name=_name(shape, match, known, day),
        office=_office(shape, match),
        until=term.until if term is not None else None,
        post=term.office if term is not None else None,
    )
    return Element("O", first, last, party)


def _nobody() -> Party:
    return Party(codes=(), name=None, office=None, until=None)


def _term(shape: Shape, known: str | None, day: date) -> Official | None:
    if not known:
        return None
    name = _value(shape, known)
    return term_on(name.terms, day)


def _codes(shape: Shape, match: re.Match[str]) -> tuple[str, ...]:
    states = match["states"] or match["of_state"]
    if not states:
        return ()
    names = [_value(shape, f"_{number}") for number in numbers(states, "PDG")]
    national = _NATIONAL.search(match["office"] or "") is not None
    if any(name.kind == "city" or (name.unsure and not national) for name in names):
        return ()
    return tuple(dict.fromkeys(name.code for name in names if name.code))


def _owner(shape: Shape, before: int) -> tuple[str, ...]:
    """Whose "its president" is: the state that was named last."""
    for element in reversed(shape.elements[:before]):
        if element.symbol in {"P", "D"} and isinstance(element.value, Name):
            return (element.value.code,) if element.value.code else ()
    return ()


def _value(shape: Shape, symbol: str) -> Name:
    value = shape.elements[int(symbol[1:])].value
    assert isinstance(value, Name)
    return value


def _name(shape: Shape, match: re.Match[str], known: str | None, day: date) -> str | None:
    if known:
        number = int(known[1:])
        return shape.written(number, number + 1)
    if match["name"] and match["name"].rpartition(" ")[2].removeprefix("^") not in _NO_PERSON:
        return shape.written(*shape.span(match, "name"))
    before = _NAME_BEFORE.search(shape.text, 0, match.start())
    if before is None:
        return None
    name = shape.written(*shape.span(before, "name"))
    if not before["name"].startswith("N"):
        return name if " " in name else None
    # whoever holds an office of his own that day is another one: "Sharif, Iran's president"
    return name if _term(shape, before["name"], day) is None else None


def _office(shape: Shape, match: re.Match[str]) -> str | None:
    return shape.written(*shape.span(match, "office")) if match["office"] else None
