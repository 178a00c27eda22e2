"""What the visits stage remembers of a partition: how far the news is read."""

from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from wheelsdown.records.progress import Progress
from wheelsdown.records.record import Instant


class Blindness(NamedTuple):
    """Since when a reader sees nothing, and why."""

    since: Instant
    reason: str


class VisitsCell(msgspec.Struct, frozen=True, kw_only=True):
    """How far each of ``parts`` news producers is, who of them is blind, and what was told."""

    applied: int
    parts: int = 0
    up_to: dict[int, Instant] = msgspec.field(default_factory=dict)
    blind: dict[int, Blindness] = msgspec.field(default_factory=dict)
    told_up_to: Instant | None = None

    def noted(self, told: Progress, offset: int) -> "VisitsCell":
        """With a progress record, which never leads back; another count of parts starts anew."""
        same = told.parts == self.parts
        up_to = dict(self.up_to) if same else {}
        blind = dict(self.blind) if same else {}
        if told.part not in up_to or told.up_to >= up_to[told.part]:
            up_to[told.part] = told.up_to
            blind.pop(told.part, None)
            if told.blind_since is not None:
                blind[told.part] = Blindness(told.blind_since, told.blind_reason)
        return replace(self, applied=offset, parts=told.parts, up_to=up_to, blind=blind)

    def having_told(self, up_to: Instant) -> "VisitsCell":
        """With what was told downstream."""
        return replace(self, told_up_to=up_to)

    def read_up_to(self) -> Instant | None:
        """The time up to which all producers have read; None until each has told."""
        if len(self.up_to) < self.parts:
            return None
        return min(self.up_to.values())

    def blind_since(self) -> Blindness | None:
        """The longest blindness of any producer."""
        return min(self.blind.values(), default=None)
