"""Runs one stage over one partition, as a host would: cells survive only as bytes."""

from collections.abc import Iterable
from typing import Any

from pipeline.applying import CellCodec
from wheelsdown.records.record import Record
from wheelsdown.stage import Position, Stage


class StageRun:
    """The book of one partition; ``again`` hands in the last record anew."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cells: dict[str, bytes] = {}
        self._codec = CellCodec(stage)
        self._offset = -1
        self._last: Record | None = None

    def get(self, name: str, /) -> Any:
        data = self.cells.get(name)
        return None if data is None else self._codec.decode(data)

    def take(self, record: Record) -> list[Record]:
        self._offset += 1
        self._last = record
        return self._step(record)

    def take_all(self, records: Iterable[Record]) -> list[Record]:
        return [output for record in records for output in self.take(record)]

    def again(self) -> list[Record]:
        assert self._last is not None
        return self._step(self._last)

    def _step(self, record: Record) -> list[Record]:
        topic = self.stage.input
        assert topic.decode(topic.encode(record)) == record
        step = self.stage.step(self, record, Position(0, self._offset))
        for name, cell in step.cells.items():
            if cell is None:
                self.cells.pop(name, None)
            else:
                self.cells[name] = self._codec.encode(cell)
        for output in step.outputs:
            assert output.topic in self.stage.outputs
            output.topic.encode(output.record)
        return [output.record for output in step.outputs]
