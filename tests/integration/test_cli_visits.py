"""``visits read``, ``train`` and ``evaluate`` as a user runs them."""

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.visits.labelled import development
from cli.visits.labelled import labelled as labelled_in
from cli.visits.reader import taught_model
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.reference.visit_model import encode_visit_model

VISIT = {
    "key": "shoigu",
    "title": "Russian defence minister Sergei Shoigu arrives in North Korea",
    "summary": "",
    "feed": "f",
    "published": "2023-07-25",
}
NO_VISIT = {"title": "Rain in Wales", "summary": "It is wet.", "published": "2023-07-25T08:00:00"}
SPANISH = {
    "title": "El ministro de la guerra llega a los Estados Unidos",
    "published": "2023-07-25",
}
BAD = {
    "{": "not JSON",
    "[]": "a member is no text, or the line no object",
    '{"title": 7}': "a member is no text, or the line no object",
    '{"title": "T"}': "no time of publication",
    '{"title": "T", "published": "today"}': "time of publication not ISO 8601",
    '{"title": "T", "published": "0001-01-01T00:00:00+14:00"}': "time of publication not ISO 8601",
    '{"title": "T", "published": "1970-01-01"}': "published before 1990",
    '{"title": "T", "published": "9999-12-31"}': "published after 2199",
    '{"title": " ", "published": "2023-07-25"}': "neither title nor summary",
}


def wheelsdown(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_mentions_are_read_and_bad_lines_and_other_languages_end_nothing(tmp_path: Path) -> None:
    rows = [*BAD, json.dumps(SPANISH), "", json.dumps(NO_VISIT), json.dumps(VISIT)]
    (tmp_path / "in.jsonl").write_bytes(b"\xff\xfe\n" + "\n".join(rows).encode())
    done = wheelsdown("visits", "read", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.exit_code == ExitCode.OK
    (mention,) = read(tmp_path / "out.jsonl")
    assert list(mention) == [
        "key", "visitor", "host", "official", "rank", "status", "kind", "start", "end",
        "background", "certainty", "why",
    ]  # fmt: skip
    assert (mention["key"], mention["visitor"], mention["host"]) == ("shoigu", "RUS", "PRK")
    assert mention["official"] == "Sergei Shoigu"
    assert (mention["rank"], mention["status"], mention["kind"]) == ("defence", "ongoing", "visit")
    assert "arrives in North Korea" in mention["why"][0]
    for number, reason in enumerate(BAD.values(), 2):
        assert f"line {number}: {reason}\n" in done.stderr
    assert "line 1: not JSON" in done.stderr
    assert "entries: 3, with visits: 1, mentions: 1" in done.stderr
    assert "other languages: 1, bad lines: 10 (2 not JSON, 2 a member" in done.stderr


def test_a_file_without_any_entry_is_none_to_read(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("# Notes\n\nNothing else.\n")
    done = wheelsdown("visits", "read", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert done.exit_code == ExitCode.USAGE
    assert "line 1: not JSON" in done.stderr
    assert "no line is an entry" in done.stderr


def test_archives_gzip_and_standard_input_and_output_will_do(tmp_path: Path) -> None:
    row = {
        "source": "f",
        "title": VISIT["title"],
        "description": "<p>He is there &amp; well.</p>",
        "date_published": "2023-07-25 10:00:00+00:00",
        "language": "en-US",
    }
    packed = gzip.compress(json.dumps(row).encode())
    command = [sys.executable, "-m", "cli", "visits", "read", "-", "--output", "-"]
    done = subprocess.run(command, input=packed, capture_output=True, check=True, timeout=60)
    mention = json.loads(done.stdout)
    assert (mention["host"], mention["key"]) == ("PRK", "0f9f70970cbd")
    assert b"flight" not in done.stderr  # nobody asked for them


def test_flight_reports_go_to_a_file_of_their_own(tmp_path: Path) -> None:
    title = "Russian Air Force Il-62M RA-86559 flew from Moscow to Pyongyang on Tuesday"
    row = {**NO_VISIT, "title": title}
    rows = [{**row, "key": "flight"}, {**row, "language": "ru"}]
    (tmp_path / "in").write_text("\n".join(map(json.dumps, rows)))
    flights = tmp_path / "flights.jsonl"
    done = wheelsdown(
        "visits", "read", tmp_path / "in", "--output", tmp_path / "out", "--flights", flights
    )
    assert done.exit_code == ExitCode.OK
    (flight,) = read(flights)
    assert list(flight) == [
        "key", "operator_state", "operator", "aircraft_type", "registration", "callsign", "origin",
        "destination", "departed", "arrived", "returned", "hours_on_ground", "cited", "certainty",
        "why",
    ]  # fmt: skip
    assert (flight["key"], flight["registration"]) == ("flight", "RA-86559")
    assert flight["destination"] == {"state": "PRK", "name": "Pyongyang"}
    assert (flight["departed"], flight["hours_on_ground"]) == ("2023-07-25", None)
    assert "flight reports: 1, in other languages: 1" in done.stderr


def test_files_that_can_not_be_read_or_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "in").write_text(json.dumps(VISIT))
    (tmp_path / "torn").write_bytes(gzip.compress(b'{"a": 1}\n' * 9_000)[:-9])
    for entries, output, said in (
        ("gone", "out", "can't be read"),
        ("torn", "out", "can't be read beyond line"),
        ("in", "in", "name another output"),
        ("in", "in/below", "can't write"),
    ):
        done = wheelsdown("visits", "read", tmp_path / entries, "--output", tmp_path / output)
        assert done.exit_code == ExitCode.USAGE, entries
        assert said in done.stderr
    assert json.loads((tmp_path / "in").read_text()) == VISIT


STATES = {
    "FRA": ("France", "French", "Paris"),
    "JPN": ("Japan", "Japanese", "Tokyo"),
    "BRA": ("Brazil", "Brazilian", "Brasilia"),
    "KEN": ("Kenya", "Kenyan", "Nairobi"),
    "POL": ("Poland", "Polish", "Warsaw"),
    "IND": ("India", "Indian", "New Delhi"),
    "EGY": ("Egypt", "Egyptian", "Cairo"),
    "NOR": ("Norway", "Norwegian", "Oslo"),
    "IDN": ("Indonesia", "Indonesian", "Jakarta"),
    "CHL": ("Chile", "Chilean", "Santiago"),
    "ITA": ("Italy", "Italian", "Rome"),
    "CAN": ("Canada", "Canadian", "Ottawa"),
    "GRC": ("Greece", "Greek", "Athens"),
    "VNM": ("Vietnam", "Vietnamese", "Hanoi"),
}


def labelled(number: int, rng: random.Random) -> Mapping[str, Any]:
    """A label with a text of ours: every other one tells of a visit, in one of four ways."""
    (visitor, (_, guest, _)), (host, (state, _, capital)) = rng.sample(sorted(STATES.items()), 2)
    office = rng.choice(["foreign minister", "prime minister", "president", "defence minister"])
    where, topic = rng.choice([state, capital]), rng.choice(["trade", "grain", "visas", "rail"])
    day = date(2023, 5 if number % 10 == 0 else 1 + number % 4, 1 + number % 27)
    event = {"visitor": visitor, "host": host, "official": f"{guest} {office}"}
    event |= {"status": "ongoing", "kind": "visit", "start": None, "end": None}
    is_visit = number % 2 == 0
    if not is_visit:
        title = rng.choice(
            [
                f"{guest} {office} rejects what {state} says about {topic}",
                f"Shares fall in {where} as {guest} buyers wait for news on {topic}",
            ]
        )
    elif number % 8 == 0:
        title = f"{guest} {office} arrives in {where} for talks on {topic}"
    elif number % 8 == 2:
        title = f"{guest} {office} visits {where} on {day:%A} to sign a pact on {topic}"
        event |= {"start": day.isoformat()}
    elif number % 8 == 4:
        title = (
            f"Calm on {topic}, press said on {day:%A}, weeks after {guest} {office} visited {where}"
        )
        event |= {"status": "completed", "background": True}
    else:
        title = f"{guest} {office} will meet rebels in {where} for talks on {topic}"
        event |= {"status": "planned", "kind": "third_place"}
    return {
        "key": f"{number:012x}",
        "pub": day.isoformat(),
        "feed": "f",
        "title": f"{title}, report {number}",
        "summary": "",
        "tag": "pos" if is_visit else "neg",
        "events": [event] if is_visit else [],
    }


@pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is not installed")
def test_a_classifier_is_taught_without_the_frozen_months_and_graded_on_them(
    tmp_path: Path,
) -> None:
    rng = random.Random(1)
    labels, model = tmp_path / "labels.jsonl", tmp_path / "model.json"
    rows = [labelled(number, rng) for number in range(240)]
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = wheelsdown("visits", "train", "--labels", labels, "--output", model)
    assert done.exit_code == ExitCode.OK, done.output
    assert "stories that reach into them: 24" in done.stdout
    assert "cross-validated: 216 entries" in done.stdout
    again = taught_model(development(labelled_in([labels], []).examples))
    assert model.read_bytes() == encode_visit_model(again)
    done = wheelsdown(
        *("visits", "evaluate", "--labels", labels, "--model", model, "--part", "frozen"),
        *("--errors", "2"),
    )
    assert done.exit_code == ExitCode.OK, done.output
    (found,) = [line for line in done.stdout.splitlines() if "all pairs" in line]
    assert float(found.split()[-3]) > 0.9
    assert "frozen, read with" in done.stdout
    assert "24 entries" in done.stdout
    assert "development" not in done.stdout


@pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is not installed")
def test_too_few_labels_to_learn_from_are_told(tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    rng = random.Random(1)
    labels.write_text("\n".join(json.dumps(labelled(number, rng)) for number in range(30)))
    done = wheelsdown("visits", "train", "--labels", labels, "--output", tmp_path / "model")
    assert done.exit_code == ExitCode.USAGE
    assert "visits with a first day, at least 15 needed" in done.stderr


def test_labels_and_models_that_can_not_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("{}")
    row = {"key": "0" * 12, "pub": "2023-01-01", "tag": "neg", "events": []}
    (tmp_path / "bare").write_text(json.dumps(row))
    for labels, said in (
        ("gone", "gone can't be read"),
        ("bad", "bad, line 1: "),
        ("bare", "1 labels have no text; name the files of news"),
    ):
        done = wheelsdown("visits", "evaluate", "--labels", tmp_path / labels)
        assert done.exit_code == ExitCode.USAGE, done.output
        assert said in done.stderr
    (tmp_path / "l").write_text(json.dumps({**row, "pub": "2023-05-01", "title": "T"}))
    evaluate = ("visits", "evaluate", "--labels", tmp_path / "l", "--part", "frozen")
    for model, said in (("gone", "gone can't be read"), ("bad", "bad holds no classifier")):
        done = wheelsdown(*evaluate, "--model", tmp_path / model)
        assert done.exit_code == ExitCode.USAGE, done.output
        assert said in done.stderr
    done = wheelsdown("visits", "evaluate", "--labels", "l", "--curve", "--part", "frozen")
    assert done.exit_code == ExitCode.USAGE
    assert "--curve goes with --labels and --news only" in done.stderr


def test_the_text_of_mistakes_is_cleaned_before_it_is_shown(tmp_path: Path) -> None:
    row = {"key": "k", "pub": "2023-05-02", "title": "Macron visits Japan \x1b[31m", "summary": ""}
    (tmp_path / "l").write_text(json.dumps({**row, "tag": "neg", "events": []}))
    done = wheelsdown(
        *("visits", "evaluate", "--labels", tmp_path / "l", "--part", "frozen", "--errors", 1)
    )
    assert done.exit_code == ExitCode.OK, done.output
    assert "Macron visits Japan [31m" in done.stdout
    assert "\x1b" not in done.stdout
