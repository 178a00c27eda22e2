"""A Slack that takes 20 s for each answer: ``python bench/slow_slack.py [ALERTS]``, 18 by default.

``wheelsdown consumers slack`` runs on a real broker with alerts for one channel, enough to take
longer than the five minutes that Kafka allows between two polls. Printed are the group's members,
looked at twice a second, the longest time between two polls as the consumer's own metric has it,
and how often each alert is in Slack.
"""

import math
import re
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from kafka.admin import KafkaAdminClient
from kafka.errors import RetriableError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from fakes.examples import alert_of, pyongyang_incident
from fakes.kafka_broker import running_broker
from fakes.slack_faults import Fault
from fakes.slack_server import TOKEN, FakeSlack, running_slack
from fakes.slack_workspace import CHANNEL
from fakes.supervised import AS_USUAL, Daemon

from wheelsdown.eventlog.kafka_consumer import MAX_POLL_INTERVAL_S
from wheelsdown.eventlog.kafka_log import KafkaLog
from wheelsdown.eventlog.kafka_settings import KafkaConnection
from wheelsdown.eventlog.publish import publish
from wheelsdown.records.alerts import Alert
from wheelsdown.records.topics import ALERTS

ANSWER_S = 20.0
METHODS = ("auth.test", "chat.postMessage", "chat.update", "conversations.history")
#: More calls than there will be.
CALLS = 1_000
#: After the last message: what comes twice would come.
SETTLED_S = 30.0


def alerts(count: int) -> Iterator[Alert]:
    """As many alerts, each of an incident of its own."""
    incident = pyongyang_incident("arrived")
    for number in range(count):
        yield alert_of(
            msgspec.structs.replace(
                incident, incident_id=f"incident-{number}", record_id=f"incident-{number}-1"
            )
        )


def administration(bootstrap: str) -> Any:
    make: Any = KafkaAdminClient
    return make(bootstrap_servers=bootstrap)


def group(admin: Any, name: str) -> tuple[str, ...]:
    """The group's state and members."""
    try:
        found = admin.describe_groups([name])[name]
    except RetriableError as error:  # no group has been here yet
        return (type(error).__name__,)
    return (found["group_state"], *sorted(one["member_id"] for one in found["members"]))


def longest_gap_s(log: Path) -> float:
    """The longest time between two polls, from the consumer's metrics."""
    (port,) = set(re.findall(r"health_listening.* port=(\d+)", log.read_text()))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    gap = r'^wheelsdown_longest_poll_gap_seconds\{reader="slack"\} (\S+)$'
    (value,) = re.findall(gap, text, re.MULTILINE)
    return float(value)


def shown(slack: FakeSlack) -> Counter[str]:
    """How often each alert is to be seen."""
    return Counter(
        one["metadata"]["event_payload"]["alert_id"] for one in slack.workspace.channels[CHANNEL]
    )


def measure(folder: Path, count: int) -> bool:
    with running_slack() as slack, running_broker(folder / "broker") as broker:
        for method in METHODS:
            slack.fail(method, *[Fault("true", delay_s=ANSWER_S)] * CALLS)
        config = folder / "wheelsdown.toml"
        config.write_text(
            f'[log]\nkind = "kafka"\n[kafka]\nbootstrap = ["{broker.bootstrap}"]\n'
            f'[data]\nfolder = "data"\n'
            f'[slack]\nchannel = "{CHANNEL}"\nbase_url = "{slack.base_url}"\n'
        )
        sent = list(alerts(count))
        with KafkaLog(KafkaConnection(bootstrap=(broker.bootstrap,)), 4) as log:
            log.create_topics(replication=1)
            publish(log, ALERTS, sent)
        daemon = Daemon("consumers slack", config, TOKEN, AS_USUAL)
        daemon.start()
        with closing(administration(broker.bootstrap)) as admin:
            seen, took_s = watch(daemon, admin, slack, count)
        gap_s = longest_gap_s(daemon.log)
        code = daemon.stop()
    times = shown(slack)
    missing, doubled = count - len(times), times.total() - len(times)
    rebalances = sum(1 for members in seen if members[0] == "Stable") - 1
    print(f"the group, one look after the other: {seen}")
    print(f"calls: {Counter(method for method, _ in slack.calls)}; ended with {code}")
    print(
        f"slow Slack, {count} alerts, {took_s:.0f} s: longest poll gap {gap_s:.1f} s of "
        f"{MAX_POLL_INTERVAL_S:g} s, rebalances {rebalances}, missing {missing}, doubled {doubled}"
    )
    return not (missing or doubled or rebalances or code) and gap_s < MAX_POLL_INTERVAL_S


def watch(
    daemon: Daemon, admin: Any, slack: FakeSlack, count: int
) -> tuple[list[tuple[str, ...]], float]:
    """What the group looked like until all alerts are shown, each change once, and the time."""
    started = time.monotonic()
    until = started + 60.0 + 3 * ANSWER_S * count
    seen: list[tuple[str, ...]] = []
    took_s = math.inf
    while time.monotonic() < until:
        daemon.watch()
        members = group(admin, "slack")
        if not seen or members != seen[-1]:
            seen.append(members)
            print(f"{time.monotonic() - started:6.1f} s  {members}", flush=True)
        if took_s == math.inf and len(shown(slack)) == count:
            took_s, until = time.monotonic() - started, time.monotonic() + SETTLED_S
        time.sleep(0.5)
    return seen, took_s


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        fine = measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 18)
    sys.exit(not fine)
