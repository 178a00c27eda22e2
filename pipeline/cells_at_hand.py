"""Decoded cells that a host keeps at hand, so that it need not decode a busy one each time."""

from collections.abc import Callable
from typing import Any

#: Decoded cells that are kept, a book; more are read from the state again.
CELLS_AT_HAND = 5_000


class CellsAtHand:
    """The cells that were used last; ``read`` fetches one that is not at hand (None: no such)."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read
        self._cells: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The cell, or None."""
        if name not in self._cells:
            self.keep(name, self._read(name))
        return self._cells[name]

    def keep(self, name: str, cell: Any) -> None:
        """Have it at hand from now on, as the last to be given up."""
        self._cells.pop(name, None)
        if len(self._cells) >= CELLS_AT_HAND:
            del self._cells[next(iter(self._cells))]
        self._cells[name] = cell
