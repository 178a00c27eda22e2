"""The one source of chance of a simulation: seeded by whoever asks for it, and handed on."""

from random import Random as Dice  # noqa: TID251 - a type here; seeded at the edge, never global

__all__ = ["Dice"]
