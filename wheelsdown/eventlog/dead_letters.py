"""A message that its reader could not handle, as the record that is kept of it."""

from datetime import datetime

from wheelsdown.eventlog.port import Message
from wheelsdown.records.dead_letters import DeadLetter, FailedStep
from wheelsdown.records.record import record_id
from wheelsdown.records.topics import DEAD_LETTERS

#: Characters kept of the error and of the key.
ERROR_CHARS = 2_000
KEY_CHARS = 1_000


def dead_letter(
    message: Message,
    *,
    reader: str,
    step: FailedStep,
    error: str,
    occurred_at: datetime,
    observed_at: datetime,
) -> DeadLetter:
    """The dead letter: the same id whenever this reader fails on this message.

    The value is cut at half of what the topic takes, since base64 makes it a third longer.
    """
    kept = message.value[: DEAD_LETTERS.max_bytes // 2]
    return DeadLetter(
        record_id=record_id("dead", reader, message.topic.name, message.partition, message.offset),
        occurred_at=occurred_at,
        observed_at=observed_at,
        reader=reader,
        topic=message.topic.name,
        partition=message.partition,
        offset=message.offset,
        step=step,
        error=error[:ERROR_CHARS],
        key=message.key[:KEY_CHARS],
        value=kept,
        cut=len(kept) < len(message.value),
    )
