"""Answers and tracks kept in files, plain or gzip-compressed."""

import gzip
import zlib
from pathlib import Path

from producers.flights.picture import SourceError

#: A day of one aircraft takes 2 MB, a world snapshot 3 MB; beyond this it is no such file.
LIMIT_BYTES = 200_000_000

_GZIP_MAGIC = b"\x1f\x8b"


def read_file(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> bytes:
    """The contents, unpacked where they are compressed, whatever the name says.

    Raises SourceError when the file can't be read, is damaged or is larger than the limit.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) == _GZIP_MAGIC:
                file.seek(0)
                with gzip.GzipFile(fileobj=file) as unpacked:
                    body = unpacked.read(limit_bytes + 1)
            else:
                file.seek(0)
                body = file.read(limit_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:  # gzip.BadGzipFile is an OSError
        raise SourceError("bad_file", f"{path}: {error}") from error
    if len(body) > limit_bytes:
        raise SourceError("bad_file", f"{path}: more than {limit_bytes:,} bytes")
    return body
