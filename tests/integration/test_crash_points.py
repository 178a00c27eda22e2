"""An embedded run that dies at crash points leaves what one leaves that does not.

``make crash`` has every point, Kafka too, and kills at random moments.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from fakes.crash_run import Found, compared, found, live_run, to_the_end
from fakes.live_case import ICAO24, OTHER_ICAO24, SHORT_ACTS

WITHIN_S = 60.0
#: News that was published and not remembered; what a case file has led to, and it is not filed; a
#: message that was posted, and said to be, and is not in the ledger. The second process has at
#: least three mentions and two stays to file.
PLACES = ("news.published", "cases.published:4", "slack.told")


async def test_deaths_at_three_places_change_nothing_that_is_found_or_shown(tmp_path: Path) -> None:
    base = datetime.now(UTC).replace(microsecond=0)

    async def left_by(name: str, *deaths: str) -> Found:
        async with live_run("embedded", tmp_path / name, SHORT_ACTS, base) as run:
            problems = await to_the_end(run, {"run": deaths}, within_s=WITHIN_S, settle_s=0.5)
            assert not problems
            assert run.daemons["run"].died == list(deaths)
            return found(run)

    undisturbed, dying = await asyncio.gather(left_by("undisturbed"), left_by("dying", *PLACES))
    assert {icao24: len(texts) for icao24, texts in undisturbed.messages.items()} == {
        ICAO24: 1,
        OTHER_ICAO24: 1,
    }
    verdict = compared(undisturbed, dying)
    assert (verdict.lost, verdict.doubled) == (0, 0), verdict.words
