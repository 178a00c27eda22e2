"""Prometheus's Alertmanager and this project, side by side on the same faults of the same Slack.

``python bench/alertmanager.py`` puts both through the trials of alert_trials.py, each against a
fake Slack of its own, and prints what readers of the channel saw: alerts lost and doubled, seconds
from the push to the message, and messages in which text of the alert works as a mention or a link.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from alert_contenders import (
    ALERTMANAGER,
    GROUP_INTERVAL_S,
    GROUP_WAIT_S,
    Alertmanager,
    Wheelsdown,
    alertmanager_version,
)
from alert_trials import TRIALS, Score, Trial, run
from fakes.slack_server import running_slack
from fakes.slack_workspace import Workspace

PRODUCTS = {"Alertmanager": Alertmanager, "wheelsdown": Wheelsdown}
#: So many trials at a time; they mostly wait.
AT_ONCE = 4


def score(folder: Path, product: str, trial: Trial) -> Score:
    """One trial of one product, in a folder and against a Slack of its own."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as own,
        running_slack(Workspace(limited=True)) as slack,
    ):
        contender = PRODUCTS[product](Path(own), slack)
        try:
            return run(trial, contender, slack)
        finally:
            contender.kill()


def table(scores: dict[tuple[str, str], Score]) -> str:
    """A line for each trial and product."""
    lines = [
        f"{'trial':37}{'product':14}{'lost':>6}{'doubled':>9}{'pings':>7}{'delay':>9}{'calls':>7}"
    ]
    for trial in TRIALS:
        for product in PRODUCTS:
            found = scores[product, trial.name]
            delay = "never" if found.delay_s is None else f"{found.delay_s:.1f} s"
            lines.append(
                f"{trial.name:37}{product:14}{found.lost:>6d}{found.doubled:>9}{found.live:>7}"
                f"{delay:>9}{found.calls:>7}"
            )
    return "\n".join(lines)


def total(product: str, scores: dict[tuple[str, str], Score]) -> str:
    """What all trials of a product come to."""
    found = [scores[product, trial.name] for trial in TRIALS]
    longest = max((one.delay_s for one in found if one.delay_s is not None), default=0.0)
    return (
        f"{product} lost {sum(one.lost for one in found)}, "
        f"doubled {sum(one.doubled for one in found)}, "
        f"pings {sum(one.live for one in found)}, longest delay {longest:.1f} s"
    )


def main() -> int:
    """Run everything; 1 when this project lost, doubled or let through anything."""
    version = alertmanager_version()
    if version is None:
        sys.stderr.write(
            f"{ALERTMANAGER} is not installed; on Debian: apt-get install {ALERTMANAGER} "
            "(measured with 0.25)\n"
        )
        return 2
    print(
        f"Alertmanager {version} posts to an incoming webhook. It is left at its defaults but for "
        f"group_wait {GROUP_WAIT_S} s\n(30 s by default) and group_interval {GROUP_INTERVAL_S} s "
        "(5 min by default), so that this takes minutes.\nWhat it delivers with the next group "
        "interval would come up to 5 min later with the default.\nAfter a kill its alert is pushed "
        "again, as Prometheus does; wheelsdown is told nothing twice.\n"
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        begun = {
            (product, trial.name): pool.submit(score, Path(folder), product, trial)
            for trial in TRIALS
            for product in PRODUCTS
        }
        scores = {key: future.result() for key, future in begun.items()}
    print(table(scores))
    print("; ".join(total(product, scores) for product in PRODUCTS))
    ours = [found for (product, _), found in scores.items() if product == "wheelsdown"]
    return int(any(one.lost or one.doubled or one.live for one in ours))


if __name__ == "__main__":
    sys.exit(main())
