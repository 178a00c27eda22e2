"""What the documents say of the house, and what may not lie about in it.

Imports, styles and types are checked by the tools that ``make lint`` runs.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from cli.main import app
from pipeline import graph
from wheelsdown.daemon import metrics
from wheelsdown.daemon.lifecycle import ExitCode
from wheelsdown.records.topics import CATALOGUE

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "bench/traffic.lock"]


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_every_topic_is_described_with_what_it_holds() -> None:
    rows = re.findall(r"^\| `(.+\.v\d)` \| [^|]+ \| (.+?) \|", text("docs/architecture.md"), re.M)
    described = dict(rows)
    for topic in CATALOGUE:
        held = re.findall(r"`(\w+)`", described[topic.name])
        assert set(held) == {one.__name__ for one in topic.types}
    assert len(described) == len(CATALOGUE)


def test_the_graph_reads_and_writes_topics_of_the_catalogue_only() -> None:
    assert set(graph.TOPICS) <= set(CATALOGUE)


def test_every_exit_code_and_command_is_described_for_operators() -> None:
    operating = text("docs/operating.md")
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", operating, re.M)}
    assert codes == {*ExitCode, 1}
    documents = operating + text("README.md") + text("docs/architecture.md")
    for command in commands(typer.main.get_command(app)):
        assert f"wheelsdown {command}" in documents, command


def test_every_metric_is_described_for_operators() -> None:
    operating = text("docs/operating.md")
    described = re.findall(r"`(wheelsdown_\w+)(?:\{([\w, ]+)\})?`", operating)
    own = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    counters = {one: "_total" for one in own if isinstance(one, Counter)}
    names = {
        (family.name + counters.get(one, ""), ", ".join(one._labelnames))
        for one in own
        for family in one.describe()
    }
    assert names <= set(described)


def test_every_health_port_is_described_for_operators_and_watched_in_compose() -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \| (\d{4}) \|$", text("docs/operating.md"), re.M)
    root = typer.main.get_command(app)
    ports = {name: port for name in commands(root) if (port := health_port(root, name))}
    assert dict(rows) == ports
    assert len(set(ports.values())) == len(ports)
    compose = text("docker-compose.yml")
    watched = re.findall(
        r"command: (?!topics)([a-z ]+) --config(?:.*\n)+?.*\"live\", \"(\d+)\"", compose
    )
    assert dict(watched) == {name: port for name, port in ports.items() if name != "run"}


def health_port(command: object, name: str) -> str | None:
    for part in name.split():
        command = getattr(command, "commands")[part]  # noqa: B009 - of a group
    defaults = {one.name: one.default for one in getattr(command, "params")}  # noqa: B009
    return str(defaults["health_port"]) if "health_port" in defaults else None


def commands(command: object, before: str = "") -> list[str]:
    below = getattr(command, "commands", None)
    if below is None:
        return [before.strip()]
    return [name for key, one in below.items() for name in commands(one, f"{before} {key}")]


def test_every_claim_names_a_command_that_make_help_lists() -> None:
    listed = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", text("docs/evidence.md") + text("README.md")))
    assert named <= listed
    assert named


def test_the_image_is_built_from_every_package() -> None:
    let_in = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    packages = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packages["packages"]) <= let_in


def test_the_evidence_has_a_figure_and_a_date_for_every_claim() -> None:
    claims = re.findall(r"^\| (?!claim|---)(.+) \|$", text("docs/evidence.md"), re.M)
    assert claims
    for claim in claims:
        day = claim.split(" | ")[-1].strip()
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", day), claim


@pytest.mark.parametrize("name", LOCKS)
def test_the_locks_pin_everything_and_name_no_address(name: str) -> None:
    lock = text(name)
    assert "://" not in lock
    for block in re.findall(r"^\S.*(?:\n[ \t].*)*", lock, re.M):
        if not block.startswith("#"):
            assert re.match(r"[\w.\[\],-]+==\S+", block), block[:80]
            assert "--hash=sha256:" in block, block[:80]


@pytest.mark.parametrize(
    "pattern",
    [
        r"https?://[a-z0-9.-]*(pypi|pythonhosted|npmjs|maven|crates|debian)",
        r"(^|[\s\"'=:])/(home|root|work|Users)/",
        r"(TODO|FIXME)\b",
    ],
)
def test_tracked_files_name_no_registry_no_machine_and_no_loose_end(pattern: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    own = f":!{Path(__file__).relative_to(ROOT)}"
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", own],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
    assert found.returncode == 1
