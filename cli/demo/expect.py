"""Whether a run found what its scenario says must be found, and nothing else."""

from collections.abc import Iterator

from cli.demo.scenario import Expected, ExpectedIncident
from cli.outputs import Outputs
from wheelsdown.records.incidents import Incident, VisitMatch
from wheelsdown.records.journeys import Stay


def unmet(expected: Expected, found: Outputs) -> list[str]:
    """What is not as expected, in sentences; empty when all is."""
    said: list[str] = []
    if len(found.journeys) != expected.journeys:
        said.append(f"{len(found.journeys)} journeys, not {expected.journeys}")
    left = list(found.incidents.values())
    for wanted in expected.incidents:
        one = next((one for one in left if _is_about(one, wanted)), None)
        if one is None:
            said.append(f"no incident {wanted.pair} of {wanted.aircraft}")
            continue
        left.remove(one)
        said += [
            f"{wanted.pair} of {wanted.aircraft}: {what}" for what in _differences(one, wanted)
        ]
    said += [f"unexpected: {one.pair} of {one.stay.aircraft.icao24}: {one.title}" for one in left]
    return said


def stay_hours(stay: Stay) -> float | None:
    """How long it lasted; None while its end is not known."""
    if stay.departure is None:
        return None
    return (stay.departure.at - stay.arrival.at).total_seconds() / 3600


def _is_about(incident: Incident, wanted: ExpectedIncident) -> bool:
    return (incident.pair, incident.stay.aircraft.icao24) == (wanted.pair, wanted.aircraft)


def _differences(incident: Incident, wanted: ExpectedIncident) -> Iterator[str]:
    stay = incident.stay
    movements = [one for one in (stay.origin, stay.arrival, stay.returned) if one is not None]
    facts = {
        "host": (stay.host, wanted.host),
        "operator": (stay.aircraft.operator, wanted.operator),
        "route": (tuple(one.place.aerodrome for one in movements), wanted.route),
        "arrival": (stay.arrival.certainty, wanted.arrival),
        "stay": (stay.status, wanted.stay),
        "status": (incident.status, wanted.status),
    }
    for name, (is_, should_be) in facts.items():
        if is_ != should_be:
            yield f"{name} is {is_}, not {should_be}"
    hours = stay_hours(stay)
    shortest, longest = wanted.stay_hours
    if hours is None or not shortest <= hours <= longest:
        yield f"a stay of {hours} h, not {shortest} to {longest}"
    yield from _visit_differences(incident, wanted)


def _visit_differences(incident: Incident, wanted: ExpectedIncident) -> Iterator[str]:
    match = next((one for one in incident.visits if one.visit.official == wanted.official), None)
    if match is None:
        yield f"no visit of {wanted.official}; {[_official(one) for one in incident.visits]}"
    elif match.days != wanted.days:
        yield f"the flight came {match.days} days after the visit, not {wanted.days}"
    elif match.visit.mentions < wanted.entries:
        yield f"{match.visit.mentions} entries on the visit, not {wanted.entries}"
    for name in wanted.without:
        surname = name.split()[-1]
        if any(surname in _official(one) for one in incident.visits):
            yield f"{name} is attached to it"


def _official(match: VisitMatch) -> str:
    return match.visit.official or "nobody named"
