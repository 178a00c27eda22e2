"""Slack's way to take a file: a ticket, the bytes, and then a message that shows it."""

import itertools
import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fakes.slack_content import RefusedError


@dataclass
class _Ticket:
    """A file that was announced; it is there when ``size`` bytes of it have come."""

    name: str
    size: int
    alt_text: str
    content: bytes | None = None


class Uploads:
    """The files that are on their way, and those that were shared (``shared``, by their ids)."""

    def __init__(self) -> None:
        self.shared: dict[str, bytes] = {}
        self._tickets: dict[str, _Ticket] = {}
        self._numbers = itertools.count(1)

    def announce(self, arguments: dict[str, Any]) -> str:
        """files.getUploadURLExternal: the id of the file. Raises RefusedError."""
        name, length = str(arguments.get("filename") or ""), str(arguments.get("length") or "0")
        if not length.isdecimal():
            raise _invalid("must be an integer", "/length")
        if not name or int(length) == 0:
            raise RefusedError("missing_argument")
        file_id = f"F0FILE{next(self._numbers):04d}"
        alt_text = str(arguments.get("alt_txt") or "")
        self._tickets[file_id] = _Ticket(name, int(length), alt_text)
        return file_id

    def take(self, file_id: str, content: bytes) -> None:
        """The bytes at the address that was given. Raises RefusedError."""
        ticket = self._tickets.get(file_id)
        if ticket is None:
            raise RefusedError("file_not_found")
        if len(content) != ticket.size:
            raise RefusedError("length_mismatch")
        ticket.content = content

    def complete(
        self, arguments: dict[str, Any], share: Callable[[list[dict[str, Any]]], object]
    ) -> list[dict[str, Any]]:
        """files.completeUploadExternal: the files as its answer names them.

        ``share`` makes the message; a file stays open when that is refused. Raises RefusedError.
        """
        wanted = _wanted(arguments.get("files"))
        for one in wanted:
            if one["id"] not in self._tickets or self._tickets[one["id"]].content is None:
                raise RefusedError("file_not_found")
        share([self._shown(one) for one in wanted])
        for one in wanted:
            self.shared[one["id"]] = self._tickets.pop(one["id"]).content or b""
        return [{"id": one["id"], "title": one.get("title", "")} for one in wanted]

    def _shown(self, wanted: dict[str, Any]) -> dict[str, Any]:
        ticket = self._tickets[wanted["id"]]
        return {
            "id": wanted["id"],
            "name": ticket.name,
            "title": wanted.get("title") or ticket.name,
            "mimetype": mimetypes.guess_type(ticket.name)[0] or "application/octet-stream",
            "size": ticket.size,
            "alt_txt": ticket.alt_text,
        }


def _wanted(given: Any) -> list[dict[str, Any]]:
    try:
        files = json.loads(given) if isinstance(given, str) else given
    except ValueError as error:
        raise _invalid("must be valid JSON", "/files") from error
    match files:
        case [_, *_] if all(isinstance(one, dict) and "id" in one for one in files):
            return list(files)
        case _:
            raise _invalid("must be a list of files with ids", "/files")


def _invalid(what: str, at: str) -> RefusedError:
    messages = [f"[ERROR] {what} [json-pointer:{at}]"]
    return RefusedError("invalid_arguments", response_metadata={"messages": messages})
