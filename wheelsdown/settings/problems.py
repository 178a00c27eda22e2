"""What is wrong with a configuration, told so that it can be mended: place, reason, what to write.

No message repeats a value that could hold a secret; of the values only those are shown that had to
be one of a few words, or a number.
"""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]

#: What TOML calls the types that pydantic names in its errors.
_WANTED = {
    "string_type": "text in quotes",
    "path_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false, without quotes",
    "tuple_type": "a list in brackets",
}
_HEADER = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*=""")


@dataclass(frozen=True)
class Problem:
    """One thing to mend. ``line`` counts from 1 and is None where the place can't be found."""

    place: Place
    what: str
    line: int | None = None

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [written(self.place)] if self.place else []
        return f"{', '.join(where)}: {self.what}" if where else self.what


class SettingsError(Exception):
    """The configuration can't be used; the message lists every problem found in it."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        lines = "".join(f"\n  {problem}" for problem in problems)
        super().__init__(f"{path}: {count} in the configuration{lines}")


def written(place: Place) -> str:
    """A place as people write it: ``flights[1].url``. Entries of a list count from 0."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def line_of(text: str, place: Place) -> int | None:
    """The line of ``text`` on which the key of ``place`` stands, else that of its table's header.

    Follows tables with plain names and one key a line, as the example is written; None for others.
    """
    section = place[0] if place else None
    number = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
    key = next((part for part in place[1:] if isinstance(part, str)), None)
    current, seen, found = None, -1, None
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            current = header[1]
            seen += current == section
            if current == section and seen == number:
                found = line
        elif assignment := _KEY.match(content):
            if current is None and assignment[1] == section:
                return line
            if current == section and seen == number and assignment[1] == key:
                return line
    return found


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """``; did you mean "format"?`` when one of the allowed words is close, else nothing."""
    spelled = {candidate.lower(): candidate for candidate in allowed}
    close = difflib.get_close_matches(word.lower(), spelled, n=1)
    return f'; did you mean "{spelled[close[0]]}"?' if close else ""


def quoted(value: object) -> str:
    """A value for a message: cut, and with control characters written out."""
    text = json.dumps(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def problems_of(
    error: ValidationError, root: type[BaseModel], hidden: Collection[Place], text: str
) -> list[Problem]:
    """The problems that pydantic found in the document ``text``, in the document's order.

    ``hidden`` are fields of ``root`` that are no keys of the file.
    """
    problems = []
    for details in error.errors(include_url=False):
        place: Place = details["loc"]
        line = line_of(text, place)
        problems.append(Problem(place, _what(details, _keys_beside(place, root, hidden)), line))
    return sorted(problems, key=lambda problem: problem.line or 0)


def _what(details: ErrorDetails, keys: Collection[str]) -> str:
    kind, value, key = details["type"], details["input"], details["loc"][-1]
    if kind == "extra_forbidden":
        return (
            f"unknown {'key' if len(details['loc']) > 1 else 'section'}"
            f"{suggestion(str(key), keys)} (known here: {', '.join(sorted(keys))})"
        )
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", details["ctx"]["expected"])
        words = ", ".join(f'"{word}"' for word in allowed)
        near = suggestion(value, allowed) if isinstance(value, str) else ""
        return f"{quoted(value)} is not allowed; allowed: {words}{near}"
    if kind == "model_type" and isinstance(value, list):
        return f"must be one table: write [{key}] once, with single brackets"
    if kind == "model_type":
        return "must be a table"
    if kind == "tuple_type" and isinstance(value, dict):
        return f"must be a list of tables: write [[{key}]], with double brackets"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}"
    if kind == "value_error":
        return str(details["ctx"]["error"])
    got = f", not {quoted(value)}" if isinstance(value, int | float) else ""
    return details["msg"].replace("Input should", "must").replace("Tuple should", "must") + got


def _keys_beside(place: Place, root: type[BaseModel], hidden: Collection[Place]) -> set[str]:
    """The keys that may stand where ``place`` stands: in its table, or the names of all tables."""
    names = [part for part in place if isinstance(part, str)]
    table = model_in(root.model_fields[names[0]].annotation) if len(names) > 1 else root
    fields = table.model_fields if table else {}
    return {field for field in fields if (*names[:-1], field) not in hidden}


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in ``Model``, ``Model | None`` or ``tuple[Model, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)
