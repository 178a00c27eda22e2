"""Grades what the journeys stage said of simulated aircraft against what is true of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from simulator.truth import TrueLeg, TruePlace, TrueStay, Truth
from wheelsdown.records.journeys import Flight, Journey, Movement, Place, Stay
from wheelsdown.records.record import Record
from wheelsdown.reference.aerodromes import load_aerodromes
from wheelsdown.reference.geodesy import distance_nm

#: A movement may be off by its own error and so much more: a position is up to some seconds old.
SLACK = timedelta(minutes=2)
#: A claim that is still further off than this speaks of no true movement: it is a phantom.
FAR = timedelta(hours=2)
#: Aerodromes this close lie on one another's ground: positions do not tell them apart.
SAME_PLACE_NM = 6.0
#: A landing that was not seen may be told of an aerodrome so near in the same state: beside.
BESIDE_NM = 30.0
#: A stop as short as refuelling: whether it was a visit or technical can't be seen.
SHORT = timedelta(hours=3)
#: Lost so long before the landing, an aircraft was not yet coming down.
IN_CRUISE = timedelta(minutes=25)
#: A stay that begins so far from the true landing is another stay.
STAY_APART = timedelta(hours=4)


#: Codes of states, most likely first; None where only that it landed is said.
States = tuple[str | None, ...]


#: How a claim fits a true movement, best first. ``beside``: an inferred one at a neighbouring
#: aerodrome of the same state.
FITS = ("right", "beside", "wrong time", "wrong place")
#: From sure to unsure.
CERTAINTIES = ("observed", "inferred", "probable")


class Fit(NamedTuple):
    """How well a claim and a true movement fit, the better the smaller: an index of FITS first."""

    how: int
    off: timedelta
    in_state: bool


class Claim(NamedTuple):
    """One statement, told apart by everything but who said it."""

    kind: str
    certainty: str
    state: str | None
    aerodrome: str | None
    at: datetime
    error_min: float
    learned_at: datetime


@dataclass
class Said:
    """All that was published of one aircraft, last revisions by id, and every claim ever made."""

    flights: dict[str, Flight] = field(default_factory=dict)
    stays: dict[str, Stay] = field(default_factory=dict)
    journeys: dict[str, Journey] = field(default_factory=dict)
    claims: dict[tuple[object, ...], Claim] = field(default_factory=dict)
    #: Each loss of contact by when it was, with every ranking of destinations and when it was told.
    lost: dict[datetime, list[tuple[datetime, States]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    events: set[tuple[str, datetime]] = field(default_factory=set)

    def take(self, record: Record) -> None:
        match record:
            case Flight():
                self.flights[record.flight_id] = record
                for movement in _movements(record):
                    self._note(movement, record.observed_at)
            case Journey():
                self.journeys[record.journey_id] = record
                for leg in record.legs:
                    self._note(leg.departure, record.observed_at)
                    if leg.arrival is not None:
                        self._note(leg.arrival, record.observed_at)
            case Stay():
                self.stays[record.stay_id] = record
                for movement in (record.arrival, record.departure, record.returned):
                    if movement is not None:
                        self._note(movement, record.observed_at)

    def _note(self, movement: Movement, learned_at: datetime) -> None:
        place = movement.place
        if movement.kind == "contact_lost":
            states = tuple(one.state for one in (place, *movement.alternatives))
            told = self.lost[movement.at]
            if not told or told[-1][1] != states:
                told.append((learned_at, states))
        elif movement.kind in {"departure", "arrival"}:
            claim = _claim(movement, learned_at)
            if claim is not None:
                self.claims.setdefault(claim[:-1], claim)
        else:
            self.events.add((movement.kind, movement.at))

    def standing(self) -> list[Claim]:
        """What the last revisions claim.

        Journeys and stays repeat what the flights say; where they say something else, that counts
        as well.
        """
        flights = [
            claim
            for flight in self.flights.values()
            for movement in _movements(flight)
            if (claim := _claim(movement, flight.observed_at)) is not None
        ]
        repeated: list[tuple[Record, Iterable[Movement | None]]] = [
            (journey, (leg.departure, leg.arrival))
            for journey in self.journeys.values()
            for leg in journey.legs
            if journey.status != "withdrawn"
        ]
        repeated += [
            (stay, (stay.arrival, stay.departure, stay.returned))
            for stay in self.stays.values()
            if stay.status != "withdrawn"
        ]
        known = {claim[:-2] for claim in flights}
        others: dict[tuple[object, ...], Claim] = {}
        for record, movements in repeated:
            for movement in movements:
                claim = _claim(movement, record.observed_at)
                if claim is not None and claim[:-2] not in known:
                    others[claim[:-2]] = claim
        return [*flights, *others.values()]


@dataclass
class Grade:
    """Counts of one kind of journey, and the aircraft that failed with the reasons."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Of movements at the right place, by certainty: how far off in time, and the error they admit.
    off_min: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    admitted_min: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    length_errors_h: list[float] = field(default_factory=list)
    failures: list[tuple[Truth, Said, list[str]]] = field(default_factory=list)

    def add(self, other: "Grade") -> None:
        self.counts += other.counts
        for certainty, errors in other.off_min.items():
            self.off_min[certainty] += errors
            self.admitted_min[certainty] += other.admitted_min[certainty]
        self.length_errors_h += other.length_errors_h
        self.failures += other.failures


def grade(truth: Truth, said: Said) -> Grade:
    """One aircraft."""
    found = Grade()
    reasons: list[str] = []
    _grade_claims(truth, said, found, reasons)
    _grade_standing(truth, said, found, reasons)
    _grade_holes(truth, said, found, reasons)
    _grade_events(truth, said, found, reasons)
    _grade_journey(truth, said, found, reasons)
    if reasons:
        found.failures.append((truth, said, reasons))
    return found


def _grade_claims(truth: Truth, said: Said, found: Grade, reasons: list[str]) -> None:
    """Every departure and arrival ever claimed, each on its own beside the truth."""
    probable: set[tuple[str | None, int | None]] = set()
    for claim in said.claims.values():
        if claim.certainty != "probable":
            fits = [_fit(claim, one) for one in _true(truth, claim.kind)]
            fit = min((one for one in fits if one is not None), default=None)
            _count(claim, fit, "", found, reasons)
            if fit is not None and FITS[fit.how] != "wrong place":
                found.off_min[claim.certainty].append(fit.off / timedelta(minutes=1))
                found.admitted_min[claim.certainty].append(claim.error_min)
        elif claim.kind == "arrival":
            number = _leg_at(truth, claim)
            if (claim.state, number) in probable:
                continue
            probable.add((claim.state, number))
            right = number is not None and truth.legs[number].arrival.state == claim.state
            found.counts[f"probable {'right' if right else 'wrong'}"] += 1
            if not right:
                reasons.append(f"probable arrival wrong: {_told(claim)}")


def _grade_standing(truth: Truth, said: Said, found: Grade, reasons: list[str]) -> None:
    """What stands in the end, one to one: no true movement is the proof of two claims.

    The best fits are taken first, of equal ones the surer claim.
    """
    claims = said.standing()
    for kind in ("departure", "arrival"):
        ours = [one for one in claims if one.kind == kind]
        true = _true(truth, kind)
        pairs = [
            (fit.how, CERTAINTIES.index(claim.certainty), fit.off, mine, theirs, fit)
            for mine, claim in enumerate(ours)
            for theirs, one in enumerate(true)
            if (fit := _fit(claim, one)) is not None
        ]
        matched: dict[int, Fit] = {}
        taken: set[int] = set()
        for _, _, _, mine, theirs, fit in sorted(pairs):
            if mine not in matched and theirs not in taken:
                matched[mine] = fit
                taken.add(theirs)
        for number, claim in enumerate(ours):
            _count(claim, matched.get(number), "final ", found, reasons)
        found.counts["movements heard"] += sum(one.heard for one in true)
        found.counts["movements heard, not told"] += sum(
            one.heard for number, one in enumerate(true) if number not in taken
        )


def _count(claim: Claim, fit: Fit | None, when: str, found: Grade, reasons: list[str]) -> None:
    """Count a claim by how it fits; without a fit it is a phantom."""
    how = "phantom" if fit is None else FITS[fit.how]
    name = f"{when}{claim.certainty}"
    found.counts[f"{name} {how}"] += 1
    found.counts[f"{name} in its state"] += fit is not None and fit.in_state
    if how in {"right", "beside"}:
        return
    found.counts[f"{name} wrong"] += 1
    off = f" (off by {fit.off / timedelta(minutes=1):.0f} min)" if fit is not None else ""
    reasons.append(f"{name} {claim.kind}, {how}{off}: {_told(claim)}")


def _fit(claim: Claim, true: TruePlace) -> Fit | None:
    """How they fit; None when they are too far apart in time. ``probable`` ones name a state."""
    off = abs(true.at - claim.at)
    error = timedelta(minutes=claim.error_min) + SLACK
    if off > error + FAR:
        return None
    in_state = claim.state == true.state
    if claim.certainty == "probable":
        is_there = is_beside = in_state
    else:
        is_there = _is_there(true, claim, SAME_PLACE_NM)
        is_beside = claim.certainty == "inferred" and in_state and _is_there(true, claim, BESIDE_NM)
    if not is_there and not is_beside:
        how = "wrong place"
    elif off > error:
        how = "wrong time"
    else:
        how = "right" if is_there else "beside"
    return Fit(FITS.index(how), off, in_state)


def _grade_holes(truth: Truth, said: Said, found: Grade, reasons: list[str]) -> None:
    """Each flight that landed unheard after contact was lost: was the true state named first?

    ``blind`` is what was said until the aircraft was heard again, ``final`` what was said in the
    end: of the arrival when one is claimed, else of where contact was lost.
    """
    for number, leg in enumerate(truth.legs):
        if leg.arrival.heard or leg.last_heard is None or leg.last_heard > leg.arrival.at:
            continue
        blind, final = _said_of_landing(truth, said, number)
        names = ["holes"]
        if leg.arrival.at - leg.last_heard >= IN_CRUISE:
            names.append("holes in cruise")
        for name in names:
            found.counts[name] += 1
            found.counts[f"{name} blind {_how_ranked(leg.arrival.state, blind)}"] += 1
            found.counts[f"{name} final {_how_ranked(leg.arrival.state, final)}"] += 1
        if not final or final[0] != leg.arrival.state:
            reasons.append(
                f"hole: landed unheard in {leg.arrival.aerodrome} ({leg.arrival.state}) at "
                f"{leg.arrival.at:%d %b %H:%M}, last heard {leg.last_heard:%d %b %H:%M}; said "
                f"{_ranked(blind)} until heard again, {_ranked(final)} in the end"
            )


def _said_of_landing(truth: Truth, said: Said, number: int) -> tuple[States, States]:
    """The states in which flight ``number`` may have landed: until heard again, and in the end."""
    leg = truth.legs[number]
    again = [one.first_heard for one in truth.legs[number + 1 :] if one.first_heard]
    until = again[0] if again else datetime.max.replace(tzinfo=UTC)
    blind: States = ()
    final: States = ()
    losses = [at for at in said.lost if _during(leg, at)]
    if losses:
        told = said.lost[max(losses)]
        blind = next((states for at, states in reversed(told) if at <= until), ())
        final = told[-1][1]
    claims = [
        claim.state
        for claim in said.claims.values()
        if claim.kind == "arrival" and claim.learned_at <= until and _leg_at(truth, claim) == number
    ]
    if claims:
        blind = (claims[-1],)
    arrivals = _arrivals_of(said, leg)
    if arrivals:
        final = (arrivals[-1].place.state, *(one.state for one in arrivals[-1].alternatives))
    return blind, final


def _how_ranked(state: str, ranking: States) -> str:
    if not ranking or ranking[0] is None:
        return "nothing said"
    if ranking[0] == state:
        return "first"
    return "later" if state in ranking else "not named"


def _grade_events(truth: Truth, said: Said, found: Grade, reasons: list[str]) -> None:
    """Turned back, diverted: each leg that did, and each that was said to.

    Who goes around or passes low over a foreign runway and flies on looks like one that turned back
    or diverted: neither right nor wrong.
    """
    for kind in ("turned_back", "diverted"):
        true = [
            leg
            for leg in truth.legs
            if (leg.turned_back if kind == "turned_back" else leg.diverted_from is not None)
        ]
        looks = [leg for leg in truth.legs if leg.passed]
        at = sorted(when for name, when in said.events if name == kind)
        hit = [leg for leg in true if any(_during(leg, when) for when in at)]
        false = [when for when in at if not any(_during(leg, when) for leg in (*true, *looks))]
        found.counts[f"{kind} found"] += len(hit)
        found.counts[f"{kind} missed"] += len(true) - len(hit)
        found.counts[f"{kind} false"] += len(false)
        reasons += [f"{kind} said at {when:%d %b %H:%M}, not true" for when in false]
        missed = [leg for leg in true if leg not in hit]
        reasons += [f"{kind} not said of the flight of {leg.departure.at:%d %b}" for leg in missed]


def _grade_journey(truth: Truth, said: Said, found: Grade, reasons: list[str]) -> None:
    """Stays by state, and the verdict on the whole: right, wrong or unsure.

    Unsure: nothing false, but something is missing that nobody heard, or a short visit is told as a
    technical stop or the other way around. Missing what was heard is wrong.
    """
    stays = sorted(
        (one for one in said.stays.values() if one.status != "withdrawn"),
        key=lambda one: one.arrival.at,
    )
    wanted = list(truth.stays)
    # Once an aircraft is stationed abroad it is at home there: whether that is said at its second
    # return or its fourth is the rules' to choose.
    at_base = [
        one for one in wanted[1:] if truth.ends == "rebased" and one.state == wanted[0].state
    ]
    wanted = [one for one in wanted if one not in at_base]
    missing = list(wanted)
    wrong = unsure = False
    for stay in stays:
        match = _match(stay, missing)
        if match is None and (match := _match(stay, at_base)) is not None:
            at_base.remove(match)
            continue
        if match is None:
            wrong = True
            found.counts["stay false"] += 1
            reasons.append(f"false stay: {_stay(stay)}")
            continue
        missing.remove(match)
        if match.technical != (stay.stop == "technical_stop"):
            told = "technical stop as a stay" if match.technical else "stay as a technical stop"
            found.counts[told] += 1
            # What a short stop was for can't be seen; a long one was not to refuel.
            too_long = match.left is None or match.left - match.arrived > SHORT
            wrong |= too_long
            unsure |= not too_long
            reasons.append(f"{told}: {_stay(stay)}")
            continue
        found.counts["technical stop right" if match.technical else "stay right"] += 1
        error = _length_error_h(stay, match)
        if error is not None:
            found.length_errors_h.append(error)
    for lost in missing:
        found.counts["technical stop missed" if lost.technical else "stay missed"] += 1
        heard = any(leg.arrival.at == lost.arrived and leg.arrival.heard for leg in truth.legs)
        wrong |= heard
        unsure |= not heard
        how = "heard" if heard else "not heard"
        reasons.append(f"missed ({how}): {lost.state} {lost.aerodrome} {lost.arrived:%d %b %H:%M}")
    status = _status(said, truth.ends)
    expected = {"home": "completed", "abroad": "staying", "rebased": "rebased"}[truth.ends]
    if wanted and not missing and not wrong and status != expected:
        last = truth.legs[-1].arrival
        if last.heard or truth.ends == "rebased":
            wrong = True
        else:
            unsure = True
        reasons.append(
            f"ends {truth.ends} ({'heard' if last.heard else 'not heard'}), said {status}"
        )
    verdict = "wrong" if wrong else "unsure" if unsure else "right"
    found.counts[f"journey {verdict}"] += 1


def _claim(movement: Movement | None, learned_at: datetime) -> Claim | None:
    """What a departure or an arrival claims; None for other movements and where nothing is."""
    if movement is None or movement.kind not in {"departure", "arrival"}:
        return None
    if movement.certainty == "unknown" or movement.place == Place():
        return None
    return Claim(
        movement.kind,
        movement.certainty,
        movement.place.state,
        movement.place.aerodrome,
        movement.at,
        movement.error_min,
        learned_at,
    )


def _movements(flight: Flight) -> Iterator[Movement]:
    yield flight.leg.departure
    yield from flight.leg.events
    if flight.leg.arrival is not None:
        yield flight.leg.arrival


def _true(truth: Truth, kind: str) -> list[TruePlace]:
    return [leg.departure if kind == "departure" else leg.arrival for leg in truth.legs]


def _is_there(true: TruePlace, claim: Claim, within_nm: float) -> bool:
    """The same aerodrome, or one so near; a claim without an aerodrome names the state only."""
    if claim.aerodrome is None:
        return claim.state == true.state
    return claim.aerodrome == true.aerodrome or (
        _apart_nm(claim.aerodrome, true.aerodrome) <= within_nm
    )


@cache
def _apart_nm(one: str, other: str) -> float:
    known = load_aerodromes()
    here, there = known.get(one), known.get(other)
    assert here is not None, one
    assert there is not None, other
    return distance_nm(here.latitude, here.longitude, there.latitude, there.longitude)


def _leg_at(truth: Truth, claim: Claim) -> int | None:
    """Which flight a claimed arrival speaks of: the one under way then, or else the last.

    Where it was a little late, and the aircraft truly left again before, of the flight before.
    """
    begun = [number for number, leg in enumerate(truth.legs) if leg.departure.at <= claim.at]
    if not begun:
        return None
    number = begun[-1]
    if number == 0:
        return number
    here, before = truth.legs[number].arrival, truth.legs[number - 1].arrival
    is_nearer = claim.at - before.at < abs(here.at - claim.at)
    return number - 1 if is_nearer and before.state == claim.state else number


def _arrivals_of(said: Said, leg: TrueLeg) -> list[Movement]:
    """Arrivals that stand in the end and speak of this flight."""
    found = []
    for stay in said.stays.values():
        if stay.status != "withdrawn":
            found += [one for one in (stay.arrival, stay.returned) if one is not None]
    found += [one.leg.arrival for one in said.flights.values() if one.leg.arrival is not None]
    span = (leg.departure.at, leg.arrival.at + timedelta(hours=2))
    known = [one for one in found if one.place.state and one.certainty != "unknown"]
    return [one for one in known if span[0] <= one.at <= span[1]]


def _during(leg: TrueLeg, at: datetime) -> bool:
    return leg.departure.at <= at <= leg.arrival.at + timedelta(hours=1)


def _match(stay: Stay, among: list[TrueStay]) -> TrueStay | None:
    fitting = [
        one
        for one in among
        if one.state == stay.host
        and (
            abs(one.arrived - stay.arrival.at)
            <= max(STAY_APART, timedelta(minutes=stay.arrival.error_min))
        )
    ]
    return min(fitting, key=lambda one: abs(one.arrived - stay.arrival.at), default=None)


def _length_error_h(stay: Stay, true: TrueStay) -> float | None:
    if stay.departure is None or true.left is None:
        return None
    said = stay.departure.at - stay.arrival.at
    return abs(said - (true.left - true.arrived)) / timedelta(hours=1)


def _status(said: Said, ends: str) -> str | None:
    """That of the last journey; an aircraft that is stationed abroad makes others from there."""
    if ends == "rebased" and any(one.status == "rebased" for one in said.journeys.values()):
        return "rebased"
    kept = [one for one in said.journeys.values() if one.status != "withdrawn"]
    return max(kept, key=lambda one: one.occurred_at).status if kept else None


def _told(claim: Claim) -> str:
    return (
        f"{claim.kind} {claim.aerodrome or '-'} ({claim.state}) at {claim.at:%d %b %H:%M} "
        f"± {claim.error_min:.0f} min, told {claim.learned_at:%d %b %H:%M}"
    )


def _stay(stay: Stay) -> str:
    place = stay.arrival.place
    return (
        f"{stay.host} {place.aerodrome or '-'} from {stay.arrival.at:%d %b %H:%M} "
        f"({stay.arrival.certainty}: {'; '.join(stay.arrival.reasons)}), {stay.status}"
    )


def _ranked(states: States) -> str:
    return " > ".join(one or "-" for one in states[:5]) or "nothing"
