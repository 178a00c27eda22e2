"""Records that a stage or consumer could not handle, kept with everything needed to try again."""

from typing import Literal

from wheelsdown.records.record import Record

FailedStep = Literal["decoding", "processing", "sending"]


class DeadLetter(Record, frozen=True, kw_only=True, tag="dead_letter"):
    """The raw bytes of a record, where it stood, who failed on it and how.

    ``value`` is base64 in JSON; it is cut at half the size limit of the topic and ``cut`` says so.
    """

    reader: str
    topic: str
    partition: int
    offset: int
    step: FailedStep
    error: str
    key: str
    value: bytes
    cut: bool = False
