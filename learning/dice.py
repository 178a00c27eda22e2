"""The one source of chance here, for folds and intervals: seeded by whoever asks, and handed on."""

from random import Random as Dice  # noqa: TID251 - a type here; seeded at the edge, never global

__all__ = ["Dice"]
