"""The metrics follow Prometheus's conventions, as ``promtool check metrics`` asks for, and more."""

import re

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

from wheelsdown.daemon import metrics

OURS = sorted(
    (one for one in REGISTRY.collect() if one.name.startswith("wheelsdown_")),
    key=lambda one: one.name,
)
#: Gauges that count things or answer yes and no have no unit.
UNITLESS = {"wheelsdown_feed_silent", "wheelsdown_deliveries", "wheelsdown_alerts_waiting"}


def test_they_are_all_collected() -> None:
    own = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    names = {family.name for one in own for family in one.describe()}
    assert names == {one.name for one in OURS}
    assert len(names) >= 10


@pytest.mark.parametrize("metric", OURS, ids=lambda one: one.name)
def test_names_say_the_unit_in_base_units_and_the_help_is_a_sentence(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", metric.name)
    assert not re.search(r"_(ms|milliseconds|minutes|hours|days|kb|mb|percent)(_|$)", metric.name)
    assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket", "_info", "_created"))
    assert metric.documentation[0].isupper() or metric.documentation[0].isdigit()
    assert metric.documentation.endswith(".")
    if metric.type != "counter" and metric.name not in UNITLESS:
        assert metric.name.endswith(("_seconds", "_bytes", "_records"))


def test_counters_end_in_total_and_nothing_else_is_exported_of_them() -> None:
    for metric in OURS:
        for sample in metric.samples:
            if metric.type == "counter":
                assert sample.name == f"{metric.name}_total"
            assert not sample.name.endswith("_created")
