"""Reading the data files that ship with this package (data/README.md tells of each)."""

import csv
from collections.abc import Iterator
from importlib import resources


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of ``data/<name>``, as column -> text.

    Raises ValueError when a row has more or fewer fields than the header.
    """
    file = resources.files("wheelsdown.reference").joinpath("data", name)
    with file.open(encoding="utf-8") as lines:
        reader = csv.reader(lines, strict=True)
        header = next(reader)
        for row in reader:
            try:
                yield dict(zip(header, row, strict=True))
            except ValueError as error:
                raise ValueError(
                    f"data/{name}, line {reader.line_num}: {len(row)} fields, "
                    f"but the header has {len(header)}"
                ) from error


def listed(text: str) -> tuple[str, ...]:
    """The items of a field that holds a list: ``"UK;Britain"`` -> ``("UK", "Britain")``."""
    return tuple(item for item in text.split(";") if item)
