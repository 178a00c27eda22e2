"""What the daemons count for Prometheus: every metric's name, unit and labels, in one place.

Labels have few values, all from the settings or from our own code; nothing from outside. ``kind``
is ``flights`` or ``news``; a ``reader`` is a stage or a consumer.
"""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

# When each counter was born: as many series again, of no use here.
disable_created_metrics()  # type: ignore[no-untyped-call] # it has no types

FEED_POLLS = Counter(
    "wheelsdown_feed_polls_total",
    "Polls of a feed or flight source, by how they ended.",
    ["kind", "feed", "outcome"],
)
FEED_LAST_SUCCESS = Gauge(
    "wheelsdown_feed_last_success_timestamp_seconds",
    "When a feed or flight source last gave a good answer.",
    ["kind", "feed"],
)
FEED_SILENT = Gauge(
    "wheelsdown_feed_silent",
    "1 when a feed or flight source has given no good answer for longer than three intervals.",
    ["kind", "feed"],
)
RECORDS_PUBLISHED = Counter(
    "wheelsdown_records_published_total", "Records that producers have published.", ["topic"]
)
RECORDS_APPLIED = Counter(
    "wheelsdown_records_applied_total", "Records that a stage has applied.", ["stage"]
)
POSITIONS_REJECTED = Counter(
    "wheelsdown_positions_rejected_total",
    "Positions that the rules did not believe, by why not.",
    ["reason"],
)
LAG = Gauge(
    "wheelsdown_lag_records", "Records that wait for their reader.", ["reader", "partition"]
)
DEAD_LETTERS = Counter(
    "wheelsdown_dead_letters_total", "Records that could not be handled and were kept.", ["reader"]
)
DELIVERIES = Gauge("wheelsdown_deliveries", "Alerts by the state of their delivery.", ["state"])
ALERTS_WAITING = Gauge("wheelsdown_alerts_waiting", "Alerts that wait to be shown.", ["reader"])
SLACK_CALLS = Counter(
    "wheelsdown_slack_calls_total", "Calls of Slack's API.", ["method", "outcome"]
)
DELIVERY_SECONDS = Histogram(
    "wheelsdown_alert_delivery_seconds",
    "From the observation of what an alert tells to the message that shows it.",
    buckets=(0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 1800, 21600),
)
POLL_GAP_SECONDS = Gauge(
    "wheelsdown_longest_poll_gap_seconds",
    "Longest time between two polls of the alerts since the process started.",
    ["reader"],
)


def watch_silence(kind: str, feed: str, silence: Callable[[], str | None]) -> None:
    """Ask ``silence`` at each look at the metrics; it gives a reason, or None for a good source.

    Asked then and not told before, so that a loop that stands still can't keep its last word.
    """
    FEED_SILENT.labels(kind, feed).set_function(lambda: float(silence() is not None))


def count_from_zero(stage: str) -> None:
    """Show a stage's counters before its first record, so that the first one is seen as a rise."""
    RECORDS_APPLIED.labels(stage)
    DEAD_LETTERS.labels(stage)
