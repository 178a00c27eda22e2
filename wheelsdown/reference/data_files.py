"""Reading the data files that ship with this package (data/README.md tells of each)."""

import csv
from collections.abc import Iterator
from importlib import resources


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of ``data/<name>``, as column -> text.

    Raises ValueError when a row has more or fewer fields than the header, or names no source.
    """
    file = resources.files("wheelsdown.reference").joinpath("data", name)
    with file.open(encoding="utf-8") as lines:
        reader = csv.reader(lines, strict=True)
        header = next(reader)
        width = len(header)
        for fields in reader:
            if len(fields) != width:
                raise ValueError(
                    f"data/{name}, line {reader.line_num}: {len(fields)} fields, "
                    f"but the header has {width}"
                )
            row = dict(zip(header, fields, strict=True))
            if not row.get("source"):
                raise ValueError(
                    f"data/{name}, line {reader.line_num}: no source; name a page that others can "
                    "open to check the row, in the column 'source' (data/README.md has the forms)"
                )
            yield row


def listed(text: str) -> tuple[str, ...]:
    """The items of a field that holds a list: ``"UK;Britain"`` -> ``("UK", "Britain")``."""
    return tuple(filter(None, text.split(";")))
