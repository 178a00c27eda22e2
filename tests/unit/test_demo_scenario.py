"""Scenario files: all shipped ones are right, and one that is wrong says where."""

import pytest

from cli.demo.scenario_file import ScenarioError, load_scenario, read_scenario, scenario_names

GOOD = """
name = "test"
title = "A test"
synthetic = "Made up."
facts = []
invented = ["Everything."]
start = 2023-07-31T00:00:00Z
end = 2023-08-02T00:00:00Z

[[aircraft]]
icao24 = "15a001"
synthetic = true
operator = "Russian Air Force"
state = "RUS"
[[aircraft.flights]]
waypoints = [
    { at = 2023-07-31T10:00:00Z, aerodrome = "UUMU" },
    { at = 2023-07-31T11:00:00Z, latitude = 55.8, longitude = 50.0, altitude_ft = 33000 },
    { at = 2023-07-31T12:00:00Z, aerodrome = "UUMU" },
]

[[feeds]]
name = "World Desk"
[[feeds.entries]]
published = 2023-07-30T10:00:00Z
title = "Nothing happened"
link = "https://world.example.com/nothing"

[expect]
incidents = []
journeys = 0
"""

INCIDENT = """
[[expect.incidents]]
pair = "PRK-RUS"
host = "PRK"
aircraft = "15521f"
operator = "Russian Air Force"
route = ["UUMU", "ZKPY", "UUMU"]
stay_hours = [34.0, 38.0]
arrival = "probable"
stay = "returned"
status = "closed"
official = "Sergei Shoigu"
days = 4
"""


FLIGHT = "$.aircraft[0].flights[0]"


@pytest.mark.parametrize(
    ("old", "new", "said", "place"),
    [
        ("title = ", "titel = ", "unknown field `titel`", ""),
        ("aerodrome", "aerodrom", "unknown field `aerodrom`", f"{FLIGHT}.waypoints[0]"),
        ("10:00:00Z, aero", "10:00:00, aero", "a timezone", f"{FLIGHT}.waypoints[0].at"),
        ("15a001", "15A001", "matching regex", "$.aircraft[0].icao24"),
        ('state = "RUS"', "", "an operator needs a state", "$.aircraft[0].state"),
        ("UUMU", "UUMM", "no aerodrome is called 'UUMM'", f"{FLIGHT}.waypoints[0]"),
        ("latitude = 55.8, ", "", "it needs an aerodrome, or", f"{FLIGHT}.waypoints[1]"),
        (
            "latitude = 55.8, ",
            'latitude = 55.8, aerodrome = "UUWW", ',
            "one of them is enough",
            f"{FLIGHT}.waypoints[1]",
        ),
        ("longitude = 50.0", "longitude = 70.0", "too fast", f"{FLIGHT}.waypoints[1].at"),
        ("T11:00:00Z", "T09:00:00Z", "not later than", f"{FLIGHT}.waypoints[1].at"),
        (
            "altitude_ft = 33000",
            'altitude_ft = 33000, contact = "heard again"',
            "'heard again', but it is heard before that",
            f"{FLIGHT}.waypoints[1].contact",
        ),
        ("world.example.com", "world.test", "matching regex", "$.feeds[0].entries[0].link"),
        ("-07-30T10", "-08-30T10", "is over", "$.feeds[0].entries[0].published"),
        ("end = 2023-08-02", "end = 2023-07-02", "not after the start", "$.end"),
        (
            "incidents = []\njourneys = 0",
            f"journeys = 0\n{INCIDENT}",
            "no aircraft has the address 15521f",
            "$.expect.incidents[0].aircraft",
        ),
        ("name = ", "name = = ", "invalid", ""),
    ],
)
def test_a_wrong_file_says_where(old: str, new: str, said: str, place: str) -> None:
    read_scenario(GOOD.encode(), "test.toml")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(GOOD.replace(old, new, 1).encode(), "test.toml")
    message = str(caught.value)
    assert message.startswith("test.toml: ")
    assert said in message or said.capitalize() in message
    assert message.endswith(f"at `{place}`") or not place


def test_what_is_there_twice_is_refused() -> None:
    table = GOOD[GOOD.index("[[aircraft]]") : GOOD.index("[[feeds]]")]
    with pytest.raises(ScenarioError, match=r"'15a001' is there twice - at `\$\.aircraft\[1\]"):
        read_scenario(GOOD.replace("[[feeds]]", f"{table}[[feeds]]", 1).encode(), "test.toml")


def test_an_unknown_name_brings_a_suggestion() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'pyongyang-2023'"):
        load_scenario("pyongjang-2023")
    with pytest.raises(ScenarioError, match="quiet-week"):
        load_scenario("x")
    with pytest.raises(ScenarioError, match=r"can't read none\.toml"):
        load_scenario("none.toml")


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_say_what_they_are(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.facts
    assert all("(" in fact for fact in scenario.facts), "each fact names its source"
    assert scenario.invented
    assert all(one.synthetic or one.note for one in scenario.aircraft)


def test_the_scenarios_that_tests_and_docs_count_on_are_shipped() -> None:
    expected = {"pyongyang-2023", "quiet-week", "seoul-observed", "two-visits"}
    assert set(scenario_names()) >= expected
